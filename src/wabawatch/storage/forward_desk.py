"""Targets and deliveries as an operator sees and changes them: `flows.forwarding.Desk` on one `Database`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Delivery, Letters, Outcome, TargetState
from wabawatch.domain.rollups import Scope
from wabawatch.ports import BodyId, Deed, Window
from wabawatch.storage import audit
from wabawatch.storage.counts import read_counters, read_histograms
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert
from wabawatch.storage.figures import spans_of
from wabawatch.storage.forwards import ATTEMPTS, CHANGING, delivery_of, row_of
from wabawatch.storage.kept_bodies import KeptBodies
from wabawatch.storage.schema_forward import forward_deliveries, forward_targets
from wabawatch.webhook_ports import ForwardTally

AT_ONCE = 500
"""So many deliveries change in one transaction"""


class ForwardDesk:
    """What the running forwarder reads at its next look: within seconds. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, bodies: KeptBodies) -> None:
        self._database = database
        self._bodies = bodies

    def states(self) -> list[TargetState]:
        """Every target that was ever known, by name."""
        with self._database.reading() as connection:
            found = read_targets(connection)
        return [self._with_waiting(state) for state in found.values()]

    def undelivered(self, name: str, *, is_dead: bool, limit: int | None) -> list[Delivery]:
        """Deliveries of a target that are tried again, or are dead letters; the oldest bodies first."""
        c = forward_deliveries.c
        with self._database.reading() as connection:
            which = c.next_try_at.is_(None) if is_dead else c.next_try_at.is_not(None)
            query = select(forward_deliveries).where(c.target_id == _id(connection, name), which)
            return [delivery_of(row) for row in connection.execute(query.order_by(c.body_id).limit(limit))]

    def find(self, name: str, ids: Collection[BodyId]) -> Mapping[BodyId, Delivery]:
        """Those of *ids* that the target has not taken."""
        c = forward_deliveries.c
        found: dict[BodyId, Delivery] = {}
        with self._database.reading() as connection:
            for some in chunks(ids):
                query = select(forward_deliveries).where(c.target_id == _id(connection, name), c.body_id.in_(some))
                found |= {row.body_id: delivery_of(row) for row in connection.execute(query)}
        return found

    def letters(self, name: str, wanted: Letters, after: BodyId, limit: int) -> tuple[list[Delivery], int]:
        """The first *limit* deliveries that are *wanted* numbered above *after*, and how many are wanted in all."""
        c = forward_deliveries.c
        with self._database.reading() as connection:
            where = [c.target_id == _id(connection, name)]
            where.append(c.next_try_at.is_(None) if wanted.is_dead else c.next_try_at.is_not(None))
            where += [] if wanted.outcome is None else [c.outcome == wanted.outcome.value]
            where += [] if wanted.from_at is None else [c.received_at >= wanted.from_at]
            where += [] if wanted.to_at is None else [c.received_at < wanted.to_at]
            query = select(forward_deliveries).where(*where, c.body_id > after).order_by(c.body_id).limit(limit)
            found = [delivery_of(row) for row in connection.execute(query)]
            n = connection.execute(select(func.count()).select_from(forward_deliveries).where(*where)).scalar_one()
        return found, int(n)

    def left_of(self, name: str, since: Millis) -> tuple[int, int]:
        """Of what was sent again at *since*: how much was not taken yet, and how much of that failed since."""
        c = forward_deliveries.c
        with self._database.reading() as connection:
            those = (c.target_id == _id(connection, name), c.since == since)
            query = select(func.count(), func.count().filter(c.tries > 0)).where(*those)
            left, failed = connection.execute(query).one()
        return int(left), int(failed)

    def tallies(self, window: Window) -> Mapping[str, ForwardTally]:
        """How each target answered in *window*; the times are those of the whole hours that hold it."""
        attempts: defaultdict[str, dict[Outcome, int]] = defaultdict(dict)
        with self._database.reading() as connection:
            ids = {row.name: row.id for row in connection.execute(select(forward_targets.c.name, forward_targets.c.id))}
            for counter, n in read_counters(connection, spans_of(connection, window, Scope.ALL)).items():
                if counter.startswith(ATTEMPTS):
                    name, _, outcome = counter.removeprefix(ATTEMPTS).rpartition(":")
                    attempts[name][Outcome(outcome)] = n
            # Of each target alone, times are counted by the hour.
            times = read_histograms(connection, "application", spans_of(connection, window, Scope.TEMPLATE))
        return {name: ForwardTally(attempts.get(name, {}), times.get(id_, {})) for name, id_ in ids.items()}

    def resend(self, name: str, bodies: Sequence[tuple[BodyId, Millis]], now: Millis, done: Deed) -> None:
        """Have bodies (number, receipt) sent again as soon as possible, for up to 7 days from *now*.

        Many are noted in several transactions, so that each is short; who wants it stands in the first.
        """
        for place, some in enumerate(chunks(bodies, AT_ONCE)):
            with self._database.writing() as connection:
                target_id = _id(connection, name)
                new = insert(connection, forward_deliveries)
                latest = {column: new.excluded[column] for column in CHANGING}
                upsert = new.on_conflict_do_update(index_elements=["target_id", "body_id"], set_=latest)
                again = [Delivery(id_, at, now, 0, now, Outcome.HELD, "to be sent again") for id_, at in some]
                connection.execute(upsert, [row_of(target_id, each) for each in again])
                if place == 0:
                    audit.write(connection, now, done)

    def drop(
        self, name: str, ids: Collection[BodyId] | None, *, is_dead: bool, now: Millis, done: Deed, reason: str = ""
    ) -> int:
        """Give up deliveries for good: *ids* (None: all) of the dead letters, or of those that are tried again.

        Many go in several transactions, so that each is short; who wants it stands in the first.
        """
        c = forward_deliveries.c
        known = [each.body_id for each in self.undelivered(name, is_dead=is_dead, limit=None)]
        doomed = known if ids is None else sorted(set(known).intersection(ids))
        dropped = 0
        for place, some in enumerate(chunks(doomed, AT_ONCE) or [[]]):
            with self._database.writing() as connection:
                which = c.next_try_at.is_(None) if is_dead else c.next_try_at.is_not(None)
                those = delete(forward_deliveries).where(c.target_id == _id(connection, name), which)
                dropped += connection.execute(those.where(c.body_id.in_(some))).rowcount
                if place == 0:
                    detail = {"reason": reason} if reason else {}
                    audit.append(connection, now, done.actor, done.action, f"{done.subject}: {len(doomed)}", detail)
        return dropped

    def skip_waiting(self, name: str, up_to: BodyId, now: Millis, done: Deed) -> None:
        """Give up everything up to *up_to* that the target was not tried with yet."""
        self._set(name, {"skip_to": up_to}, now, done)

    def pause(self, name: str, is_paused: bool, now: Millis, done: Deed) -> None:
        """Begin no further attempt, or go on."""
        self._set(name, {"is_paused": int(is_paused)}, now, done)

    def _set(self, name: str, values: Mapping[str, int], now: Millis, done: Deed) -> None:
        with self._database.writing() as connection:
            connection.execute(update(forward_targets).where(forward_targets.c.name == name).values(**values))
            audit.write(connection, now, done)

    def _with_waiting(self, state: TargetState) -> TargetState:
        waiting, oldest_at = self._bodies.waiting(state.cursor), self._bodies.oldest_waiting_at(state.cursor)
        return replace(state, waiting=waiting, oldest_waiting_at=oldest_at)


def read_targets(connection: Connection) -> dict[str, TargetState]:
    """Every target that was ever known, by name, without what waits for it in the inbox."""
    counted = _counts(connection)
    rows = connection.execute(select(forward_targets).order_by(forward_targets.c.name))
    return {row.name: _state(row, *counted.get(row.id, (0, 0))) for row in rows}


def _state(row: Any, retrying: int, dead: int) -> TargetState:
    return TargetState(
        name=row.name,
        is_wanted=bool(row.is_wanted),
        is_paused=bool(row.is_paused),
        cursor=max(row.cursor, row.skip_to),
        waiting=0,
        oldest_waiting_at=None,
        retrying=retrying,
        dead=dead,
        open_since=row.open_since,
        delivered_at=row.delivered_at,
        trouble=row.trouble,
    )


def _id(connection: Connection, name: str) -> int:
    found = connection.execute(select(forward_targets.c.id).where(forward_targets.c.name == name)).scalar()
    if found is None:
        raise NotFound(f"{name}: there is no such forward target")
    return int(found)


def _counts(connection: Connection) -> dict[int, tuple[int, int]]:
    """How many deliveries of each target are tried again, and how many are dead letters."""
    c = forward_deliveries.c
    retried = func.count(c.next_try_at)
    query = select(c.target_id, retried, func.count() - retried).group_by(c.target_id)
    return {target_id: (int(retrying), int(dead)) for target_id, retrying, dead in connection.execute(query)}
