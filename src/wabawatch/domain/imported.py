"""What was imported or replayed into time that rules still look at: nothing bad in it is news (SPEC.md 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wabawatch.domain.facts import Feed, MessageFact, Millis, StatusChanged
from wabawatch.domain.platform import Kind, Known, States, Subject, of_kind

UNTIL = "until"
NOT_NEWS = "messages of this time were imported or replayed: what is bad in it alarms nobody"


def imports_in(facts: Iterable[MessageFact]) -> dict[tuple[Subject, str], Known]:
    """Up to when messages of each number were told by what was imported, as states to be kept."""
    found: dict[str, Millis] = {}
    for fact in facts:
        if not fact.when.is_live and isinstance(fact, StatusChanged) and fact.number and fact.feed in _COUNTED:
            found[fact.number] = max(found.get(fact.number, 0), fact.when.at)
    return {
        (Subject(Kind.IMPORT, number), UNTIL): Known(str(at), "", at, at, is_live=False) for number, at in found.items()
    }


_COUNTED = frozenset({Feed.MESSAGES, Feed.STANDBY})


def imported_until(states: States) -> dict[str, Millis]:
    """Up to when messages of each number were imported."""
    return {subject.id: aspects[UNTIL].at for subject, aspects in of_kind(states, Kind.IMPORT) if UNTIL in aspects}


def is_touched(number: str, start: Millis, imported: Mapping[str, Millis]) -> bool:
    """Whether messages of *number* were imported into the time from *start* on."""
    return imported.get(number, 0) >= start
