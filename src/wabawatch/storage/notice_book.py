"""Decisions and the outbox on disk: `notifying_ports.NoticeBook` on one `Database`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, exists, func, or_, select, update

from wabawatch.domain.alerts import Severity
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Delivered, Notice, NoticeKind, Outcome
from wabawatch.domain.outbox import Attempt, Claimed, Next, NoticeState
from wabawatch.domain.planning import Plan
from wabawatch.domain.routing import Because, Decision, Route
from wabawatch.domain.standing import HOUR_MS
from wabawatch.notifying_ports import Glance, Pulse
from wabawatch.storage.alerts import mark_planned, open_alerts, past_causes, unplanned
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.marks import set_marks
from wabawatch.storage.schema import audit_entries
from wabawatch.storage.schema_alerts import alert_transitions
from wabawatch.storage.schema_notices import alert_decisions, alert_routes, channel_states, notice_attempts, notices
from wabawatch.storage.silences import read_silences, read_windows

MARK = "alerts_planned"
"""Counts the plans that were kept."""
MOST_TRANSITIONS = 1_000
_LONGEST_INTERVAL_MS = 2 * HOUR_MS
"""No setting of an interval between notices is longer."""


class SqlNotices:
    """Every method may be called from any thread, and by several processes at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pulse(self) -> Pulse:
        fresh = select(alert_transitions.c.id).where(alert_transitions.c.planned_at.is_(None)).limit(1)
        newest = select(func.max(audit_entries.c.id))  # all that people do to alerts is audited
        with self._database.reading() as connection:
            return Pulse(connection.execute(fresh).first() is not None, int(connection.execute(newest).scalar() or 0))

    def glance(self, now: Millis) -> Glance:
        with self._database.reading() as connection:
            version = read_mark(connection, MARK)
            fresh = unplanned(connection, MOST_TRANSITIONS + 1)
            routes = _open_routes(connection)
            told = {route.alert for route in routes} | {transition.alert for _, transition in fresh}
            return Glance(
                version,
                tuple(id_ for id_, _ in fresh[:MOST_TRANSITIONS]),
                len(fresh) > MOST_TRANSITIONS,
                tuple(open_alerts(connection, told)),
                routes,
                read_silences(connection, now),
                read_windows(connection, now, now + 1),
                _last_told(connection, now),
                tuple(past_causes(connection, now)),
            )

    def keep(self, seen: Glance, plan: Plan, notices: Sequence[Notice], now: Millis) -> bool:
        with self._database.writing() as connection:
            if read_mark(connection, MARK) != seen.version:
                return False
            set_marks(connection, {MARK: seen.version + 1})
            mark_planned(connection, seen.unplanned, now)
            _keep_decisions(connection, plan.decisions)
            _keep_routes(connection, plan.routes)
            _keep_notices(connection, notices)
        return True

    def claim(self, channel: str, holder: str, now: Millis, until: Millis) -> Claimed | None:
        # Looked for without holding up those who write: mostly there is nothing.
        with self._database.reading() as connection:
            if _due(connection, channel, now, until) is None:
                return None
        with self._database.writing() as connection:
            row = _due(connection, channel, now, until)
            if row is None:
                return None
            taken = update(notices).where(notices.c.id == row.id)
            connection.execute(taken.values(holder=holder, held_until=until))
            thread = _service_thread(connection, channel, row.thread)
            return Claimed(row.id, msgspec.json.decode(row.content, type=Notice), row.tries, thread)

    def note(self, claimed: Claimed, holder: str, attempt: Attempt, made: Next, thread: str) -> bool:
        c = notices.c
        ended_at = None if made.state is NoticeState.WAITING else attempt.at
        told: dict[str, Any] = {"state": str(made.state), "tries": claimed.tries + 1, "next_try_at": made.next_try_at}
        told |= {"ended_at": ended_at, "detail": attempt.detail, "service_thread": thread, "held_until": 0}
        mine = and_(c.id == claimed.id, c.holder == holder, c.state == str(NoticeState.WAITING))
        with self._database.writing() as connection:
            if connection.execute(update(notices).where(mine).values(told)).rowcount != 1:
                return False
            row: dict[str, Any] = {
                "notice_id": claimed.id,
                "n": claimed.tries + 1,
                "at": attempt.at,
                "took_ms": attempt.took_ms,
            }
            row |= {"outcome": str(attempt.outcome), "detail": attempt.detail}
            connection.execute(insert(connection, notice_attempts).values(row).on_conflict_do_nothing())
            _note_channel(connection, claimed.notice.channel, attempt.outcome, attempt.detail, attempt.at)
        return True

    def note_channel(self, channel: str, delivered: Delivered, now: Millis) -> None:
        with self._database.writing() as connection:
            _note_channel(connection, channel, delivered.outcome, delivered.detail, now)


def _open_routes(connection: Connection) -> tuple[Route, ...]:
    rows = connection.execute(select(alert_routes).where(alert_routes.c.is_closed == 0))
    return tuple(route_of(row) for row in rows)


def route_of(row: Any) -> Route:
    """A row of `alert_routes` as a value."""
    return Route(
        row.alert,
        row.channel,
        row.told_at,
        None if row.told_severity is None else Severity(row.told_severity),
        row.told_transition,
        row.rose_at,
        row.last_at,
        row.reminders,
        row.thread,
        row.waiting_since,
        None if row.reason is None else Because(row.reason),
        row.detail,
        bool(row.is_closed),
    )


def _last_told(connection: Connection, now: Millis) -> dict[tuple[str, NoticeKind], Millis]:
    c = notices.c
    recent = select(c.channel, c.kind, func.max(c.at)).where(c.at > now - _LONGEST_INTERVAL_MS, c.at <= now)
    return {(row[0], NoticeKind(row[1])): row[2] for row in connection.execute(recent.group_by(c.channel, c.kind))}


def _keep_decisions(connection: Connection, decisions: Sequence[Decision]) -> None:
    if decisions:
        connection.execute(insert(connection, alert_decisions), [_decision_row(each) for each in decisions])


def _decision_row(decision: Decision) -> dict[str, Any]:
    return {
        "alert": decision.alert,
        "channel": decision.channel,
        "transition_id": decision.transition,
        "at": decision.at,
        "decision": "tell" if decision.is_told else "hold",
        "reason": str(decision.because),
        "detail": decision.detail,
        "until": decision.until,
        "notice": decision.notice,
    }


def _keep_routes(connection: Connection, routes: Sequence[Route]) -> None:
    if not routes:
        return
    new = insert(connection, alert_routes)
    changing = {column.name: new.excluded[column.name] for column in alert_routes.c if not column.primary_key}
    upsert = new.on_conflict_do_update(index_elements=["alert", "channel"], set_=changing)
    connection.execute(upsert, [_route_row(each) for each in routes])


def _route_row(route: Route) -> dict[str, Any]:
    return {
        "alert": route.alert,
        "channel": route.channel,
        "told_at": route.told_at,
        "told_severity": None if route.told_severity is None else str(route.told_severity),
        "told_transition": route.told_transition,
        "rose_at": route.rose_at,
        "last_at": route.last_at,
        "reminders": route.reminders,
        "thread": route.thread,
        "waiting_since": route.waiting_since,
        "reason": None if route.because is None else str(route.because),
        "detail": route.detail,
        "is_closed": int(route.is_closed),
    }


def _keep_notices(connection: Connection, some: Sequence[Notice]) -> None:
    if some:
        new = insert(connection, notices).on_conflict_do_nothing(index_elements=["key"])
        connection.execute(new, [_notice_row(each) for each in some])


def _notice_row(notice: Notice) -> dict[str, Any]:
    return {
        "key": notice.key,
        "channel": notice.channel,
        "kind": str(notice.kind),
        "at": notice.at,
        "total": notice.total,
        "content": msgspec.json.encode(notice).decode(),
        "thread": notice.thread,
        "service_thread": "",
        "state": str(NoticeState.WAITING),
        "tries": 0,
        "next_try_at": notice.at,
        "holder": "",
        "held_until": 0,
        "ended_at": None,
        "detail": "",
    }


def _due(connection: Connection, channel: str, now: Millis, until: Millis) -> Any:
    """The oldest notice of *channel* that may be delivered now; None: there is none."""
    c, older = notices.c, notices.alias()
    waiting = str(NoticeState.WAITING)
    earlier = older.c.id < c.id
    is_first = ~exists().where(
        older.c.channel == channel, older.c.thread == c.thread, earlier, older.c.state == waiting
    )
    # One held, or put off, until long after now was so by a clock that went wrong.
    is_free = or_(c.held_until <= now, c.held_until > now + 2 * (until - now))
    is_time = or_(c.next_try_at <= now, c.next_try_at > now + _LONGEST_INTERVAL_MS)
    query = select(notices).where(c.channel == channel, c.state == waiting, is_time, is_free, is_first)
    return connection.execute(query.order_by(c.next_try_at, c.id).limit(1)).first()


def _service_thread(connection: Connection, channel: str, thread: str) -> str:
    c = notices.c
    mine = (c.channel == channel, c.thread == thread, c.service_thread != "")
    found = connection.execute(select(c.service_thread).where(*mine).order_by(c.id).limit(1)).scalar()
    return str(found or "")


def _note_channel(connection: Connection, channel: str, outcome: Outcome, detail: str, now: Millis) -> None:
    c = channel_states.c
    if outcome is Outcome.SENT:
        well = {"failures": 0, "failing_since": None, "sent_at": now, "trouble": ""}
        new = insert(connection, channel_states).values(channel=channel, **well)
        connection.execute(new.on_conflict_do_update(index_elements=["channel"], set_=well))
        return
    new = insert(connection, channel_states).values(channel=channel, failures=1, failing_since=now, trouble=detail)
    worse = {"failures": c.failures + 1, "failing_since": func.coalesce(c.failing_since, now), "trouble": detail}
    connection.execute(new.on_conflict_do_update(index_elements=["channel"], set_=worse))
