"""Where the forwarder stands: a cursor per target, rows for what it did not take, and how it answered.

A target is held by one process at a time. What an attempt changed is written together, in one transaction with the
cursor: after a crash everything since is tried again, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import KEEP_DEAD_MS, Case, Delivery, Held, Outcome, Progress
from wabawatch.ports import BodyId
from wabawatch.storage import application_answers, counts
from wabawatch.storage.body_log import PROCESSED
from wabawatch.storage.books import read_floors
from wabawatch.storage.bulk import Lookup
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert
from wabawatch.storage.kept_bodies import drop_unneeded
from wabawatch.storage.schema import bodies
from wabawatch.storage.schema_forward import forward_deliveries, forward_targets

_DROPPED_ROWS = 5_000
ATTEMPTS = "forward:"
"""Names of counters begin so that count attempts; the target and the outcome follow."""
CHANGING = ("since", "tries", "next_try_at", "dead_at", "outcome", "detail")
"""What an attempt, or somebody who wants another one, changes in a row"""

_same = Lookup(
    lambda some: select(bodies.c.fingerprint, bodies.c.id).where(
        bodies.c.fingerprint.in_(some), bodies.c.code.in_(PROCESSED)
    )
)


class SqlForwards:
    """The books of forwarding, as the forwarder sees them. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, names: Collection[str], newest: BodyId) -> None:
        """Note which targets are wanted now. A new one begins after *newest*, one that is back where it ended."""
        with self._database.writing() as connection:
            connection.execute(update(forward_targets).values(is_wanted=0))
            for name in sorted(names):
                new = insert(connection, forward_targets).values(name=name, cursor=newest, judged=newest, is_wanted=1)
                connection.execute(new.on_conflict_do_update(index_elements=["name"], set_={"is_wanted": 1}))

    def claim(self, name: str, holder: str, now: Millis, until: Millis) -> Held | None:
        """Hold the target until *until*. None: another process holds it, or nobody registered it."""
        c = forward_targets.c
        # One held until long after that was held by a clock that went wrong.
        is_free = or_(c.holder == holder, c.held_until < now, c.held_until > now + 2 * (until - now))
        with self._database.writing() as connection:
            row = connection.execute(select(forward_targets).where(c.name == name, is_free)).one_or_none()
            if row is None:
                return None
            taken = update(forward_targets).where(c.id == row.id)
            connection.execute(taken.values(holder=holder, held_until=until))
            return _held(connection, row, holder)

    def look(self, name: str, holder: str) -> Held:
        """How the target stands, without holding it."""
        with self._database.reading() as connection:
            row = connection.execute(select(forward_targets).where(forward_targets.c.name == name)).one()
            return _held(connection, row, holder)

    def keep(self, name: str, holder: str, progress: Progress, held_until: Millis) -> bool:
        """Write down *progress*, and hold the target until *held_until*. False: it was lost; nothing was written."""
        c = forward_targets.c
        told: dict[str, Any] = {"open_since": progress.open_since, "held_until": held_until}
        if progress.delivered_at is not None:
            told["delivered_at"] = progress.delivered_at
        if progress.trouble is not None:
            told["trouble"] = progress.trouble
        with self._database.writing() as connection:
            row = connection.execute(select(c.id, c.skip_to).where(c.name == name, c.holder == holder)).one_or_none()
            if row is None:
                return False
            place = {"cursor": max(progress.cursor, row.skip_to), "judged": max(progress.judged, row.skip_to)}
            connection.execute(update(forward_targets).where(c.id == row.id).values(**place, **told))
            _keep_rows(connection, row.id, progress)
            _count(connection, row.id, name, progress)
        return True

    def give_back(self, name: str, holder: str) -> None:
        """Let another process have the target at once."""
        c = forward_targets.c
        with self._database.writing() as connection:
            connection.execute(update(forward_targets).where(c.name == name, c.holder == holder).values(held_until=0))

    def due(self, name: str, now: Millis, limit: int, besides: Collection[BodyId]) -> list[Delivery]:
        """Deliveries to try again by *now*, the longest waiting first, but those of *besides*, which are under way."""
        with self._database.reading() as connection:
            target_id = _id(connection, name)
            c = forward_deliveries.c
            query = select(forward_deliveries).where(c.target_id == target_id, c.next_try_at <= now)
            rows = connection.execute(query.order_by(c.next_try_at).limit(limit + len(besides))).all()
        return [delivery_of(row) for row in rows if row.body_id not in besides][:limit]

    def drop_old(self, now: Millis) -> int:
        """Delete dead letters whose time is over, and bodies and answers nobody needs. Gives how many; 0: none is
        left."""
        c = forward_deliveries.c
        with self._database.writing() as connection:
            old = select(c.target_id, c.body_id).where(c.dead_at < now - KEEP_DEAD_MS).limit(_DROPPED_ROWS)
            dropped = 0
            for row in connection.execute(old).all():
                gone = delete(forward_deliveries).where(c.target_id == row.target_id, c.body_id == row.body_id)
                dropped += connection.execute(gone).rowcount
            return dropped + drop_unneeded(connection) + application_answers.drop_judged(connection, now)


def delivery_of(row: Any) -> Delivery:
    """A row of `forward_deliveries` as a value."""
    return Delivery(
        row.body_id,
        row.received_at,
        row.since,
        row.tries,
        row.next_try_at,
        Outcome(row.outcome),
        row.detail,
        row.dead_at,
    )


def _held(connection: Connection, row: Any, holder: str) -> Held:
    c = forward_deliveries.c
    due_at = connection.execute(select(func.min(c.next_try_at)).where(c.target_id == row.id)).scalar()
    place = max(row.cursor, row.skip_to), max(row.judged, row.skip_to)
    return Held(*place, bool(row.is_paused), row.holder == holder, due_at)


def _id(connection: Connection, name: str) -> int:
    return int(connection.execute(select(forward_targets.c.id).where(forward_targets.c.name == name)).scalar_one())


def _keep_rows(connection: Connection, target_id: int, progress: Progress) -> None:
    c = forward_deliveries.c
    for some in chunks(progress.done):
        gone = delete(forward_deliveries).where(c.target_id == target_id, c.body_id.in_(some))
        connection.execute(gone)
    _change(connection, [row_of(target_id, each) for each in progress.changed])
    if not progress.failed:
        return
    new = insert(connection, forward_deliveries)
    upsert = new.on_conflict_do_update(
        index_elements=["target_id", "body_id"], set_={name: new.excluded[name] for name in CHANGING}
    )
    connection.execute(upsert, [row_of(target_id, each) for each in progress.failed])


def _change(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Change rows; of those that are gone nothing comes back."""
    if not rows:
        return
    c = forward_deliveries.c
    those = update(forward_deliveries).where(
        c.target_id == bindparam("of_target_id"), c.body_id == bindparam("of_body_id")
    )
    changed = those.values({name: bindparam(f"new_{name}") for name in CHANGING})
    keys = {"of_target_id": "target_id", "of_body_id": "body_id", **{f"new_{name}": name for name in CHANGING}}
    connection.execute(changed, [{given: row[name] for given, name in keys.items()} for row in rows])


def row_of(target_id: int, delivery: Delivery) -> dict[str, Any]:
    """*delivery* as a row of `forward_deliveries`."""
    return {
        "target_id": target_id,
        "body_id": delivery.body_id,
        "received_at": delivery.received_at,
        "since": delivery.since,
        "tries": delivery.tries,
        "next_try_at": delivery.next_try_at,
        "dead_at": delivery.dead_at,
        "outcome": delivery.outcome.value,
        "detail": delivery.detail,
    }


def _count(connection: Connection, target_id: int, name: str, progress: Progress) -> None:
    floors = read_floors(connection)
    application_answers.add(connection, _distinct(connection, progress.cases), floors, target_id)
    attempts = {(at, attempts_counter(name, outcome)): n for (at, outcome), n in progress.attempts.items()}
    counts.add_counters(connection, attempts, floors)


def attempts_counter(name: str, outcome: Outcome) -> str:
    """The counter of a target's attempts that ended so."""
    return f"{ATTEMPTS}{name}:{outcome}"


def _distinct(connection: Connection, cases: Sequence[Case]) -> list[Case]:
    """Those of *cases* whose bodies did not come before: Meta repeats a body byte for byte."""
    first: dict[bytes, BodyId] = {}
    for print_, body_id in _same(connection, {case.fingerprint for case in cases}) if cases else ():
        first[bytes(print_)] = min(body_id, first.get(bytes(print_), body_id))
    for case in cases:
        first[case.fingerprint] = min(case.body_id, first.get(case.fingerprint, case.body_id))
    return [case for case in cases if first[case.fingerprint] == case.body_id]
