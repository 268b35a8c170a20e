"""Knowing: facts about Meta's objects go into their history, and into what is known of them now, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wabawatch.domain.facts import OtherFact, Source, TemplateChanged, When
from wabawatch.domain.platform import (
    RESTRICTION,
    Kind,
    Known,
    News,
    Seen,
    States,
    Subject,
    fact_of,
    is_overruled,
    news,
    told_by,
    with_terms,
)
from wabawatch.domain.templates import APPROVED, status_meaning
from wabawatch.ports import Ledger


def note(ledger: Ledger, facts: Sequence[OtherFact]) -> None:
    """Write down *facts* that came by webhook, and what they tell of the present.

    One that came so late that a look has shown otherwise since is history only: the look holds.
    """
    told = [(fact, said) for fact in facts if (said := told_by(fact)) is not None]
    if not told:
        ledger.note(facts)
        return
    states = ledger.states({subject for _, (subject, _, _) in told})
    looked_at = ledger.listed_at({subject.waba for _, (subject, _, _) in told if subject.kind is Kind.TEMPLATE})
    now: dict[tuple[Subject, str], Known] = {}
    still: list[OtherFact] = []
    for fact, (subject, aspect, known) in told:
        was = now.get((subject, aspect)) or states.get(subject, {}).get(aspect)
        seen_at = looked_at.get(subject.waba, 0)
        if isinstance(fact, TemplateChanged) and was is not None and is_overruled(known, was, seen_at):
            still.append(_still(fact, was, seen_at))
            now[subject, aspect] = was._replace(at=seen_at)
        elif was is not None and aspect == RESTRICTION:
            now[subject, aspect] = with_terms(was, known)
        elif was is None or known.at >= was.at:
            now[subject, aspect] = known
    ledger.note([*facts, *still])
    ledger.save_states(now)


def _still(fact: TemplateChanged, was: Known, looked_at: int) -> TemplateChanged:
    """That the template was as it *was* when we looked, after what *fact* tells of: known since then."""
    return replace(
        fact,
        when=When(looked_at, looked_at),
        source=Source.POLL,
        before=fact.after,
        after=was.value,
        reason=was.note if was.source is Source.POLL else "",
        detail="",
    )


def learn(ledger: Ledger, looks: Sequence[Seen], states: States, asked_at: int, told_at: int) -> int:
    """Write down what *looks*, asked for at *asked_at*, change of *states*. Gives how many changes there were."""
    changes: list[tuple[Seen, News]] = [
        (seen, change) for seen in looks for change in news(seen, states.get(seen.subject, {}), asked_at, told_at)
    ]
    if changes:
        ledger.note([fact_of(seen, change) for seen, change in changes])
        ledger.save_states({(seen.subject, change.aspect): change.known for seen, change in changes})
    return len(changes)


def testify(ledger: Ledger, looks: Sequence[Seen], states: States, asked_at: int, told_at: int) -> None:
    """Write down that templates still were, at *asked_at*, as they were known: evidence about the sends before it.

    Only what cannot be sent is worth it: of the rest, a change is all that matters.
    """
    still: list[OtherFact] = []
    for seen in looks:
        value, was = seen.values.get("status", ""), states.get(seen.subject, {}).get("status")
        if was is not None and value == was.value and status_meaning(value) not in ("", APPROVED):
            news = News("status", value, Known(value, seen.notes.get("status", ""), asked_at, told_at))
            still.append(fact_of(seen, news))
    if still:
        ledger.note(still)
