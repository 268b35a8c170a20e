"""Alerts on disk: states, alerts and their transitions, each look written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from wabawatch.domain.alert_news import DeedKind
from wabawatch.domain.alert_records import Alert, AlertFilter, Change
from wabawatch.domain.alerts import AlertScope, AlertState, OpenAlert, Phase, Reason, ScopeKind, Severity, Transition
from wabawatch.domain.facts import Millis
from wabawatch.domain.inhibition import AFTERMATH_MS, EXPLAINS
from wabawatch.storage import audit
from wabawatch.storage.alert_deeds import add_deed
from wabawatch.storage.alert_rows import (
    alert_of,
    memory_of,
    reading_json,
    scope_columns,
    scope_of,
    state_of,
    transition_columns,
    transition_of,
)
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert, is_inserted
from wabawatch.storage.marks import set_marks
from wabawatch.storage.schema_alerts import alert_states, alert_transitions, alerts

OPEN = (Phase.PENDING, Phase.FIRING)
AT_ONCE = 25
"""Changes in one transaction: one takes about 1.4 ms, and nobody else shall wait for longer than 50 ms."""
_fired_at = func.coalesce(alerts.c.fired_at, alerts.c.opened_at)


class SqlAlerts:
    """`alerting_ports.AlertBook` on one `Database`. Every method may be called from any thread."""

    def __init__(self, database: Database, on_transitions: Callable[[], None] = lambda: None) -> None:
        """*on_transitions* is called, outside any transaction, when something changed that somebody may be told of."""
        self._database = database
        self.on_transitions = on_transitions

    def states(self, rules: Collection[str] | None = None) -> Mapping[tuple[str, AlertScope], AlertState]:
        query = select(alert_states)
        if rules is not None:
            query = query.where(alert_states.c.rule.in_(sorted(rules)))
        with self._database.reading() as connection:
            return {(row.rule, scope_of(row)): state_of(row) for row in connection.execute(query)}

    def save(self, changes: Sequence[Change], marks: Mapping[str, int]) -> list[Transition]:
        if not changes and not marks:
            return []
        written: list[Change] = []
        for start in range(0, max(1, len(changes)), AT_ONCE):
            some = changes[start : start + AT_ONCE]
            with self._database.writing() as connection:
                done = [change for change in some if write(connection, change)]
                if start + AT_ONCE >= len(changes):
                    set_marks(connection, marks)
            written += done
        return self._told(written)

    def open(self) -> list[Alert]:
        return self._alerts(alerts.c.ended_at.is_(None))

    def find(self, wanted: AlertFilter, limit: int) -> list[Alert]:
        return self._alerts(*_where(wanted), limit=limit)

    def alert(self, key: str) -> Alert | None:
        return next(iter(self._alerts(alerts.c.alert == key)), None)

    def of_checks(self, start: Millis, end: Millis) -> list[Alert]:
        c = alerts.c
        about = c.scope.in_((str(ScopeKind.CHECK), str(ScopeKind.ALL)))
        return self._alerts(c.fired_at >= start, c.fired_at <= end, about)[::-1]

    def transitions(self, key: str) -> list[Transition]:
        query = select(alert_transitions).where(alert_transitions.c.alert == key).order_by(alert_transitions.c.id)
        with self._database.reading() as connection:
            return [transition_of(row) for row in connection.execute(query)]

    def acknowledge(self, key: str, at: Millis, by: str, note: str, change: Change | None) -> bool:
        c = alerts.c
        mine = (c.alert == key, c.ended_at.is_(None))
        with self._database.writing() as connection:
            row = connection.execute(select(c.ack_at).where(*mine)).first()
            if row is None or (change is not None and not write(connection, change)):
                return False
            if row.ack_at is None:
                seen = update(alerts).where(c.alert == key).values(ack_at=at, ack_by=by, ack_note=note)
                connection.execute(seen)
                add_deed(connection, at, by, DeedKind.ACKNOWLEDGED, alert=key, words=note)
                audit.append(connection, at, by, "alert_acknowledged", f"alert:{key}")
        self._told([change] if change is not None else [])
        return True

    def past_causes(self, now: Millis) -> list[OpenAlert]:
        with self._database.reading() as connection:
            return past_causes(connection, now)

    def counts(self) -> Mapping[Severity, int]:
        query = select(alerts.c.severity, func.count()).where(
            alerts.c.ended_at.is_(None), alerts.c.phase == str(Phase.FIRING)
        )
        with self._database.reading() as connection:
            return {Severity(severity): int(n) for severity, n in connection.execute(query.group_by(alerts.c.severity))}

    def firing(self) -> Mapping[tuple[str, Severity], int]:
        c = alerts.c
        query = select(c.rule, c.severity, func.count()).where(c.ended_at.is_(None), c.phase == str(Phase.FIRING))
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(c.rule, c.severity)).all()
        return {(rule, Severity(severity)): int(n) for rule, severity, n in rows}

    def _told(self, written: Sequence[Change]) -> list[Transition]:
        changed = [change.transition for change in written if change.transition is not None]
        if changed:
            self.on_transitions()
        return changed

    def _alerts(self, *where: ColumnElement[bool], limit: int | None = None) -> list[Alert]:
        query = select(alerts).where(*where).order_by(_fired_at.desc(), alerts.c.alert.desc())
        with self._database.reading() as connection:
            return [alert_of(row) for row in connection.execute(query.limit(limit))]


def unplanned(connection: Connection, limit: int) -> list[tuple[int, Transition]]:
    """The oldest transitions of which nobody has decided yet who is told, with their numbers."""
    c = alert_transitions.c
    query = select(alert_transitions).where(c.planned_at.is_(None)).order_by(c.id).limit(limit)
    return [(row.id, transition_of(row)) for row in connection.execute(query)]


def mark_planned(connection: Connection, ids: Collection[int], at: Millis) -> None:
    """Note that it was decided at the time *at* who is told of these transitions."""
    for some in chunks(sorted(ids)):
        mine = alert_transitions.c.id.in_(some)
        connection.execute(update(alert_transitions).where(mine).values(planned_at=at))


def open_alerts(connection: Connection, also: Collection[str] = ()) -> list[OpenAlert]:
    """Every alert that fires now, and those that ended with a key in *also*."""
    c = alerts.c
    fires = and_(c.ended_at.is_(None), c.phase == str(Phase.FIRING))
    rows = list(connection.execute(select(alerts).where(fires)))
    for some in chunks(sorted(set(also))):
        query = select(alerts).where(c.alert.in_(some), c.fired_at.is_not(None), c.ended_at.is_not(None))
        rows += connection.execute(query)
    keys = [row.alert for row in rows]
    newest = _newest(connection, keys)
    firings = {row.alert: state_of(row).fired_at for some in chunks(keys) for row in _states_of(connection, some)}
    return [_open_alert(row, *newest[row.alert], firings.get(row.alert, (row.fired_at,))) for row in rows]


def past_causes(connection: Connection, now: Millis) -> list[OpenAlert]:
    """What explains others, fired, and recovered lately: its transitions are not told."""
    c = alerts.c
    query = select(alerts).where(c.ended_at > now - AFTERMATH_MS, c.ended_at <= now, c.rule.in_(sorted(EXPLAINS)))
    query = query.where(c.fired_at.is_not(None), c.ended == str(Reason.RECOVERED)).order_by(c.alert)
    return [_open_alert(row, 0, 0, (row.fired_at,)) for row in connection.execute(query)]


def _newest(connection: Connection, keys: Collection[str]) -> dict[str, tuple[int, int]]:
    """The numbers of the newest transition of each alert, and of its newest worsening (0: none)."""
    c = alert_transitions.c
    worsened = func.max(case((c.reason == str(Reason.WORSENED), c.id), else_=0))
    found: dict[str, tuple[int, int]] = {}
    for some in chunks(keys):
        query = select(c.alert, func.max(c.id), worsened).where(c.alert.in_(some)).group_by(c.alert)
        found |= {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
    return found


def _states_of(connection: Connection, keys: Collection[str]) -> Sequence[Any]:
    return connection.execute(select(alert_states).where(alert_states.c.alert.in_(keys))).all()


def _open_alert(row: Any, transition: int, worsened: int, firings: tuple[Millis, ...]) -> OpenAlert:
    found = alert_of(row)
    return OpenAlert(
        found.key,
        found.rule,
        found.scope,
        found.severity,
        found.fired_at or found.opened_at,
        found.newest,
        found.ended_at,
        Reason(found.ended) if found.ended else None,
        found.ack_at,
        found.ack_by,
        transition,
        worsened,
        firings,
    )


def write(connection: Connection, change: Change) -> bool:
    """Write one change whole. False: its state is not as it was read, and nothing was written."""
    if not _save_state(connection, change):
        return False
    if change.transition is not None:
        connection.execute(insert(connection, alert_transitions).values(transition_columns(change.transition)))
    if change.transition is not None or change.after.phase in OPEN:
        _save_alert(connection, change)
    return True


def _save_state(connection: Connection, change: Change) -> bool:
    state, c = change.after, alert_states.c
    scope = scope_columns(change.scope)
    key = {"rule": change.rule, "scope": scope["scope"], "scope_id": scope["scope_id"]}
    told: dict[str, Any] = {"phase": str(state.phase), "alert": state.alert, "memory": memory_of(state)}
    if change.before.version == 0 or change.scope.waba:  # what was known once is not forgotten
        told["waba_id"] = scope["waba_id"]
    told["version"] = change.before.version + 1
    if change.before.version == 0:
        return is_inserted(connection, insert(connection, alert_states).values(key | told).on_conflict_do_nothing())
    mine = [*(c[name] == value for name, value in key.items()), c.version == change.before.version]
    return connection.execute(update(alert_states).where(*mine).values(told)).rowcount == 1


def _save_alert(connection: Connection, change: Change) -> None:
    """The alert that *change* opens, goes on with, or ends."""
    seen: dict[str, Any] = {"newest": reading_json(change.reading), "message": change.reading.words}
    if change.scope.waba:
        seen["waba_id"] = change.scope.waba
    key, transition = change.after.alert, change.transition
    if transition is None:
        if change.reading.is_bad:
            connection.execute(update(alerts).where(alerts.c.alert == key).values(seen))
        return
    told: dict[str, Any] = {"phase": str(transition.became), "severity": str(transition.severity)}
    if transition.became is Phase.FIRING and transition.was is not Phase.FIRING:
        told |= {"fired_at": transition.at, "is_flapping": int(transition.is_flapping)}
    if transition.became in OPEN:
        told |= seen
    else:
        told |= {"ended_at": transition.at, "ended": str(transition.reason)}
    if transition.was not in OPEN:
        opened: dict[str, Any] = {
            "alert": key,
            "rule": change.rule,
            "title": change.title,
            **scope_columns(change.scope),
        }
        opened |= {"opened_at": transition.at, "first": seen["newest"], "ended": "", "is_flapping": 0}
        new = insert(connection, alerts).values(opened | {"ack_by": "", "ack_note": ""} | told)
        connection.execute(new.on_conflict_do_nothing())
    else:
        connection.execute(update(alerts).where(alerts.c.alert == key).values(told))


def _where(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    c = alerts.c
    where: list[ColumnElement[bool]] = []
    if wanted.is_open is not None:
        where.append(c.ended_at.is_(None) if wanted.is_open else c.ended_at.is_not(None))
    if not wanted.with_pending:
        where.append(c.fired_at.is_not(None))
    if wanted.rule:
        where.append(c.rule == wanted.rule)
    if wanted.severity is not None:
        where.append(c.severity == str(wanted.severity))
    if wanted.waba:
        where.append(or_(c.waba_id == wanted.waba, and_(c.scope == str(ScopeKind.WABA), c.scope_id == wanted.waba)))
    if wanted.number:
        where.append(and_(c.scope == str(ScopeKind.NUMBER), c.scope_id == wanted.number))
    if wanted.since is not None:
        where.append(or_(_fired_at >= wanted.since, c.ended_at.is_(None)))
    if wanted.before is not None:
        at, key = wanted.before
        where.append(or_(_fired_at < at, and_(_fired_at == at, c.alert < key)))
    return where
