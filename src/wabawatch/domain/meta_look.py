"""What was found out about an installation's access to Meta, before anybody judges it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.domain.platform import Known, Seen, States, Subject
from wabawatch.domain.polls import Ask, Poll, Problem, Usage


@dataclass(frozen=True, slots=True)
class MetaLook:
    """Everything that is known of Meta's side: what polling learnt, and what was asked just now."""

    states: States = field(default_factory=dict)
    polls: tuple[Poll, ...] = ()
    """All that are asked again and again, with how that goes"""
    usages: tuple[Usage, ...] = ()
    has_asked: bool = False
    """Whether Meta was asked just now; else all is as polling found it"""
    problems: Mapping[tuple[Ask, str], Problem] = field(default_factory=dict)
    """What Meta did not answer just now, by what was asked of whom"""


def with_seen(states: States, looks: Iterable[Seen], now: Millis) -> States:
    """*states* as *looks* show them at the time *now*."""
    found: dict[Subject, dict[str, Known]] = {subject: dict(aspects) for subject, aspects in states.items()}
    for seen in looks:
        mine = found.setdefault(seen.subject, {})
        mine |= {a: Known(value, seen.notes.get(a, ""), now, now) for a, value in seen.values.items()}
    return found


def questions(wabas: Sequence[str], apps: Sequence[str], most_wabas: int) -> list[tuple[Ask, str]]:
    """What a look asks: little enough to wait for. Of more WABAs, polling knows."""
    some = sorted(wabas)[:most_wabas]
    asks = (Ask.SUBSCRIBED, Ask.NUMBERS, Ask.ACCOUNT)
    return [*((Ask.APP, app) for app in sorted(apps)), *((ask, waba) for waba in some for ask in asks)]
