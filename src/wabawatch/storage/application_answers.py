"""How the application answered webhooks, on disk: those that it got itself, and those that were forwarded to it.

All answers together count each body once, also one of which several forward targets get something: then the worst of
their answers counts. What each target answered is counted beside that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from wabawatch.domain.facts import Millis, WebhookAnswered
from wabawatch.domain.forwarding import Case, worse_of
from wabawatch.domain.histograms import index_of
from wabawatch.domain.rollups import Floors
from wabawatch.domain.standing import DAY_MS, MINUTE_MS
from wabawatch.storage import counts
from wabawatch.storage.bulk import Lookup, upserting
from wabawatch.storage.schema_forward import forward_answers, forward_targets

UNANSWERED = "application_unanswered"
"""The counter of distinct bodies that the application did not answer with 2xx."""

_DROPPED_ROWS = 5_000

_known = Lookup(
    lambda some: select(forward_answers.c.body_id, forward_answers.c.slot).where(forward_answers.c.body_id.in_(some))
)
_save = upserting(forward_answers, ["body_id"], ["slot"])


def note(connection: Connection, answered: Sequence[WebhookAnswered], floors: Floors) -> None:
    """Count answers to distinct bodies: those with 2xx in the histogram of `application`, the others as unanswered."""
    slots = [(f.when.at, index_of(f.ms) if 200 <= f.status < 300 else None) for f in answered]
    _move(connection, Counter(slots), floors)


def add(connection: Connection, cases: Sequence[Case], floors: Floors, target_id: int) -> None:
    """Count how a forward target answered distinct bodies."""
    if not cases:
        return
    own = Counter((_minute(case.received_at), target_id, case.slot) for case in cases if case.slot is not None)
    counts.add_histogram(connection, "application", own, floors, in_all=False)
    moved = Counter((case.received_at, case.slot) for case in cases if not case.is_shared)
    moved.update(_joined(connection, [case for case in cases if case.is_shared]))
    _move(connection, moved, floors)


def drop_judged(connection: Connection, now: Millis) -> int:
    """Delete answers to bodies that every target was judged by. Gives how many."""
    c = forward_answers.c
    wanted = select(func.min(forward_targets.c.judged)).where(forward_targets.c.is_wanted == 1).scalar_subquery()
    # A day, for an attempt may still be under way with what its target's cursor has passed.
    old = select(c.body_id).where(c.received_at < now - DAY_MS, c.body_id <= func.coalesce(wanted, c.body_id))
    return connection.execute(delete(forward_answers).where(c.body_id.in_(old.limit(_DROPPED_ROWS)))).rowcount


def _joined(connection: Connection, cases: Sequence[Case]) -> Counter[tuple[Millis, int | None]]:
    """What *cases* change, where what other targets answered to the same bodies is counted already."""
    moved: Counter[tuple[Millis, int | None]] = Counter()
    known = dict(_known(connection, [case.body_id for case in cases])) if cases else {}
    rows = []
    for case in cases:
        slot = case.slot
        if case.body_id in known:
            slot = worse_of(known[case.body_id], case.slot)
            moved[case.received_at, known[case.body_id]] -= 1
        moved[case.received_at, slot] += 1
        rows.append({"body_id": case.body_id, "received_at": case.received_at, "slot": slot})
    _save(connection, rows)
    return moved


def _move(connection: Connection, moved: Counter[tuple[Millis, int | None]], floors: Floors) -> None:
    """Add to the answers of all targets together; keys are (receipt, slot of the answer time or None)."""
    slots: Counter[tuple[int, int, int]] = Counter()
    unanswered: Counter[tuple[int, str]] = Counter()
    for (at, slot), n in moved.items():
        if slot is None:
            unanswered[_minute(at), UNANSWERED] += n
        else:
            slots[_minute(at), 0, slot] += n
    counts.add_histogram(connection, "application", slots, floors)
    counts.add_counters(connection, unanswered, floors)


def _minute(at: Millis) -> Millis:
    return at - at % MINUTE_MS
