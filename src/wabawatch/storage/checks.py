"""Checks on disk: how they stand, when they were watched, how looks went, and incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from wabawatch.domain.causes import Decision
from wabawatch.domain.checks import CheckState, Outcome, Plan, Seen, Step
from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import Tier, bucket_of
from wabawatch.domain.standing import DAY_MS
from wabawatch.domain.uptime import CheckView, Incident, Looks, Spans, joined, view
from wabawatch.storage import check_rows as rows
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert, larger
from wabawatch.storage.schema_uptime import check_results, check_rollups, check_spans, checks, incidents
from wabawatch.uptime_ports import Watched

RESULTS_DAYS = 3
HOURS_DAYS = 90
"""Counts by the hour are kept so long; those by the day for ever."""
TIERS = (Tier.HOUR, Tier.DAY)
_DROPPED_ROWS = 5_000


class SqlChecks:
    """The books of uptime. *plans*: what the settings want to be checked. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, plans: Sequence[Plan]) -> None:
        self._database = database
        self._plans = {plan.name: plan for plan in plans}

    def states(self) -> Mapping[str, CheckState]:
        """How each check stands that was ever looked at."""
        with self._database.reading() as connection:
            return _states(connection)

    @contextmanager
    def writing(self) -> Iterator[Ledger]:
        """A transaction: durable when the block ends, undone if it raises."""
        with self._database.writing() as connection:
            yield Ledger(connection)

    def drop_old(self, now: Millis) -> int:
        """Delete some single looks and counts by the hour whose time is over. Gives how many."""
        r, h = check_results.c, check_rollups.c
        with self._database.writing() as connection:
            old = select(r.check_id, r.at).where(r.at < now - RESULTS_DAYS * DAY_MS).limit(_DROPPED_ROWS)
            keys = connection.execute(old).all()
            for name, latest in _newest_by_check(keys).items():
                connection.execute(delete(check_results).where(r.check_id == name, r.at <= latest))
            hour = bucket_of(Tier.HOUR, now - HOURS_DAYS * DAY_MS)
            gone = connection.execute(delete(check_rollups).where(h.tier == Tier.HOUR, h.bucket < hour))
            return len(keys) + gone.rowcount

    def views(self, now: Millis) -> list[CheckView]:
        """How each check of the settings stands."""
        with self._database.reading() as connection:
            return self._views(connection, now)

    def _views(self, connection: Connection, now: Millis) -> list[CheckView]:
        states, is_open = _states(connection), open_incidents(connection)
        return [
            view(plan, states.get(name, CheckState()), is_open.get(name), now) for name, plan in self._plans.items()
        ]

    def watched(self, start: Millis, end: Millis, now: Millis) -> Watched:
        """What is known of the time from *start* to *end*."""
        c = incidents.c
        with self._database.reading() as connection:
            names = _names(connection)
            query = select(incidents).where(c.opened_at < end, or_(c.ended_at.is_(None), c.ended_at > start))
            found = connection.execute(query.order_by(c.opened_at.desc(), c.id.desc())).all()
            return Watched(
                tuple(self._views(connection, now)),
                _spans(connection, names, start, end),
                _looks(connection, names, start, end, now),
                tuple(map(rows.incident_of, found)),
            )

    def first_at(self) -> Millis | None:
        """When anything was looked at first; None: never."""
        with self._database.reading() as connection:
            found: Millis | None = connection.execute(select(func.min(check_spans.c.start_at))).scalar()
            return found

    def incidents(self, start: Millis, limit: int) -> list[Incident]:
        """Incidents that were open at *start* or later, the newest first."""
        c = incidents.c
        query = select(incidents).where(or_(c.ended_at.is_(None), c.ended_at >= start))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(c.opened_at.desc(), c.id.desc()).limit(limit))
            return [rows.incident_of(row) for row in found]

    def incident(self, id_: int) -> Incident | None:
        """One incident."""
        with self._database.reading() as connection:
            row = connection.execute(select(incidents).where(incidents.c.id == id_)).one_or_none()
            return None if row is None else rows.incident_of(row)

    def results(self, name: str, limit: int) -> list[Seen]:
        """The newest looks at a check, the newest first."""
        c = check_results.c
        with self._database.reading() as connection:
            check_id = connection.execute(select(checks.c.id).where(checks.c.name == name)).scalar()
            query = select(check_results).where(c.check_id == check_id).order_by(c.at.desc()).limit(limit)
            return [rows.seen_of(name, row) for row in connection.execute(query)]


class Ledger:
    """The checks inside one transaction that writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ids: dict[str, int] = {name: id_ for id_, name in _names(connection).items()}

    def states(self) -> Mapping[str, CheckState]:
        """How each check stands."""
        return _states(self._connection)

    def put_off(self, names: Collection[str], due_at: Millis) -> None:
        """Have these checks looked at next at *due_at*."""
        c = checks.c
        self._connection.execute(update(checks).where(c.name.in_(sorted(names))).values(due_at=due_at))

    def save(self, plan: Plan, seen: Seen, step: Step) -> None:
        """Keep a look and what it made of the check."""
        check_id = self._keep_state(plan, step.state)
        new = insert(self._connection, check_results).values(rows.result_of(check_id, seen))
        self._connection.execute(new.on_conflict_do_nothing())
        if seen.outcome is not Outcome.UNKNOWN:
            self._extend(check_id, seen.at, follows_on=step.follows_on)
        for tier in TIERS:
            self._count(check_id, tier, bucket_of(tier, seen.at), seen)

    def _keep_state(self, plan: Plan, state: CheckState) -> int:
        values = {"kind": str(plan.kind), "due_at": state.due_at, "state": rows.state_json(state)}
        check_id = self._ids.get(plan.name)
        if check_id is not None:
            self._connection.execute(update(checks).where(checks.c.id == check_id).values(values))
            return check_id
        self._connection.execute(insert(self._connection, checks).values(name=plan.name, **values))
        self._ids[plan.name] = self._connection.execute(
            select(checks.c.id).where(checks.c.name == plan.name)
        ).scalar_one()
        return self._ids[plan.name]

    def _extend(self, check_id: int, at: Millis, *, follows_on: bool) -> None:
        c = check_spans.c
        if follows_on:
            newest = select(func.max(c.start_at)).where(c.check_id == check_id, c.start_at <= at).scalar_subquery()
            longer = update(check_spans).where(c.check_id == check_id, c.start_at == newest, c.end_at < at)
            self._connection.execute(longer.values(end_at=at))
            return
        new = insert(self._connection, check_spans).values(check_id=check_id, start_at=at, end_at=at)
        self._connection.execute(new.on_conflict_do_nothing())

    def _count(self, check_id: int, tier: Tier, bucket: int, seen: Seen) -> None:
        # Read and written again: nobody else writes meanwhile.
        c = check_rollups.c
        mine = (c.check_id == check_id, c.tier == tier, c.bucket == bucket)
        row = self._connection.execute(select(check_rollups).where(*mine)).one_or_none()
        looks = rows.counted(rows.looks_of(row) if row is not None else Looks(), seen)
        values: dict[str, Any] = {
            "n": looks.n,
            "failed": looks.failed,
            "unknown": looks.unknown,
            "latency": rows.latency_json(looks.latency_ms),
        }
        if row is not None:
            self._connection.execute(update(check_rollups).where(*mine).values(values))
            return
        key = {"check_id": check_id, "tier": int(tier), "bucket": bucket}
        self._connection.execute(insert(self._connection, check_rollups).values(**key, **values))

    def open_incidents(self) -> Mapping[str, Incident]:
        """The open incident of each check that has one."""
        return open_incidents(self._connection)

    def open(self, plan: Plan, state: CheckState, noted_at: Millis, decision: Decision) -> None:
        """Open an incident that began at the first failure of the row."""
        values = {
            "check_name": plan.name,
            "kind": str(plan.kind),
            "is_essential": int(plan.is_essential),
            "opened_at": noted_at if state.since is None else state.since,
            "noted_at": noted_at,
            "cause": str(decision.cause),
            "why": str(decision.why),
            "words": state.last.words[: rows.MOST_WORDS] if state.last else "",
            "failures": state.failures,
        }
        self._connection.execute(insert(self._connection, incidents).values(values))

    def go_on(self, incident: Incident, decision: Decision, words: str, failures: int) -> None:
        """Keep what is newly known of an open incident."""
        values = {"cause": str(decision.cause), "why": str(decision.why), "failures": failures}
        told = {**values, "words": words[: rows.MOST_WORDS]}
        self._connection.execute(update(incidents).where(incidents.c.id == incident.id).values(told))

    def close(self, incident: Incident, ended_at: Millis) -> None:
        """Close it; never before it began."""
        ended = larger(self._connection, incidents.c.opened_at, ended_at)
        self._connection.execute(update(incidents).where(incidents.c.id == incident.id).values(ended_at=ended))


def _names(connection: Connection) -> dict[int, str]:
    return {int(id_): name for id_, name in connection.execute(select(checks.c.id, checks.c.name))}


def _states(connection: Connection) -> dict[str, CheckState]:
    found = connection.execute(select(checks.c.name, checks.c.due_at, checks.c.state))
    return {row.name: rows.state_of(row) for row in found}


def open_incidents(connection: Connection) -> dict[str, Incident]:
    """The open incident of each check that has one."""
    found = connection.execute(select(incidents).where(incidents.c.ended_at.is_(None)).order_by(incidents.c.id))
    return {row.check_name: rows.incident_of(row) for row in found}


def _spans(connection: Connection, names: Mapping[int, str], start: Millis, end: Millis) -> dict[str, Spans]:
    c = check_spans.c
    found: defaultdict[str, list[tuple[Millis, Millis]]] = defaultdict(list)
    for row in connection.execute(select(check_spans).where(c.start_at < end, c.end_at > start)):
        found[names[row.check_id]].append((row.start_at, row.end_at))
    return {name: joined(spans) for name, spans in found.items()}


def _looks(
    connection: Connection, names: Mapping[int, str], start: Millis, end: Millis, now: Millis
) -> dict[str, Looks]:
    """By the hour as far back as there are such counts, by the day before. A bucket belongs where it begins."""
    c = check_rollups.c
    edge = max(start, now - (HOURS_DAYS - 1) * DAY_MS)
    edge -= edge % DAY_MS if edge > start else 0
    spans = {Tier.HOUR: (max(start, edge), end), Tier.DAY: (start, min(edge, end))}
    found: defaultdict[str, list[Looks]] = defaultdict(list)
    for tier, (first, last) in spans.items():
        if first >= last:
            continue
        buckets = (c.bucket >= bucket_of(tier, first), c.bucket <= bucket_of(tier, last - 1))
        for row in connection.execute(select(check_rollups).where(c.tier == tier, *buckets)):
            found[names[row.check_id]].append(rows.looks_of(row))
    return {name: rows.added(some) for name, some in found.items()}


def _newest_by_check(keys: Sequence[Any]) -> dict[int, Millis]:
    newest: dict[int, Millis] = {}
    for check_id, at in keys:
        newest[check_id] = max(at, newest.get(check_id, 0))
    return newest
