"""Silences and maintenance windows on disk: `flows.silencing.QuietBook` on one `Database`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from wabawatch.domain.alert_news import DeedKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.silences import Matcher, Silence, Window
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.alert_deeds import add_deed
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_alerts import alerts
from wabawatch.storage.schema_notices import alert_decisions, maintenance, silences

_TOLD = ("alert", "type", "scope", "waba_id", "types", "wabas", "starts_at", "ends_at")
"""What stands in the trail of a silence or of a maintenance window; its reason may name somebody"""


class SqlSilences:
    """Each change is written with its entry in the audit trail. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_open(self, alert: str) -> bool | None:
        """Whether the alert of that key is pending or firing; None: there is no such alert."""
        query = select(alerts.c.alert, alerts.c.ended_at).where(alerts.c.alert == alert)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else row.ended_at is None

    def silences(self, since: Millis) -> Sequence[Silence]:
        """Those that end after *since*, also ones yet to start; the newest first."""
        with self._database.reading() as connection:
            query = select(silences).where(silences.c.ends_at > since).order_by(silences.c.id.desc())
            return [_silence_of(row) for row in connection.execute(query)]

    def held(self, ids: Sequence[int]) -> Mapping[int, int]:
        """How many alerts each of these silences kept from being told so far; 0 is left out."""
        c = alert_decisions.c
        query = select(c.detail, func.count(c.alert.distinct())).where(
            c.reason == "silenced", c.detail.in_([str(each) for each in ids])
        )
        with self._database.reading() as connection:
            return {int(row[0]): int(row[1]) for row in connection.execute(query.group_by(c.detail))}

    def silence(self, wanted: Silence, now: Millis, done: Deed) -> Silence:
        """Begin a silence. Gives it with its number."""
        row = {
            "alert": wanted.matcher.alert,
            "type": wanted.matcher.type,
            "scope": wanted.matcher.scope,
            "waba_id": wanted.matcher.waba,
            "reason": wanted.reason,
            "made_by": wanted.by,
            "made_at": now,
            "starts_at": wanted.starts_at,
            "ends_at": wanted.ends_at,
            "ended_by": "",
        }
        with self._database.writing() as connection:
            added = _silence_of(_added(connection, silences, row, now, done, "silence"))
            _did(connection, added, now, done.actor, DeedKind.SILENCED, added.reason)
            return added

    def end_silence(self, number: int, now: Millis, done: Deed) -> bool:
        """End a silence now. False: there is none of that number that has not ended."""
        return self._end(silences, number, now, done)

    def windows(self, since: Millis, until: Millis) -> Sequence[Window]:
        """The maintenance windows that somebody entered and that touch *since* to *until*, the first one first."""
        with self._database.reading() as connection:
            return read_windows(connection, since, until)

    def maintain(self, wanted: Window, now: Millis, done: Deed) -> Window:
        """Enter a maintenance window. Gives it with its number."""
        row = {
            "name": wanted.name,
            "reason": wanted.reason,
            "made_by": wanted.by,
            "made_at": now,
            "starts_at": wanted.starts_at,
            "ends_at": wanted.ends_at,
            "ended_by": "",
            "wabas": " ".join(sorted(wanted.wabas)),
            "types": " ".join(sorted(wanted.types)),
        }
        with self._database.writing() as connection:
            return _window_of(_added(connection, maintenance, row, now, done, "maintenance"))

    def end_maintenance(self, number: int, now: Millis, done: Deed) -> bool:
        """End a maintenance window now. False: there is none of that number that has not ended."""
        return self._end(maintenance, number, now, done)

    def _end(self, table: Table, number: int, now: Millis, done: Deed) -> bool:
        mine = (table.c.id == number, table.c.ends_at > now)
        with self._database.writing() as connection:
            # One that has not begun yet never will.
            values = {"ends_at": now, "ended_by": done.actor}
            if connection.execute(update(table).where(*mine).values(values)).rowcount != 1:
                return False
            if table is silences:
                row = connection.execute(select(silences).where(silences.c.id == number)).one()
                _did(connection, _silence_of(row), now, done.actor, DeedKind.UNSILENCED)
            audit.write(connection, now, done)
        return True


def read_silences(connection: Connection, now: Millis) -> tuple[Silence, ...]:
    """Those that hold at *now*."""
    c = silences.c
    rows = connection.execute(select(silences).where(c.starts_at <= now, c.ends_at > now).order_by(c.id))
    return tuple(_silence_of(row) for row in rows)


def read_windows(connection: Connection, since: Millis, until: Millis) -> tuple[Window, ...]:
    """The maintenance windows on disk that touch *since* to *until*."""
    c = maintenance.c
    touching = (c.starts_at < until, c.ends_at > since, c.ends_at > c.starts_at)
    rows = connection.execute(select(maintenance).where(*touching).order_by(c.starts_at, c.id))
    return tuple(_window_of(row) for row in rows)


def _added(connection: Connection, table: Table, row: dict[str, Any], now: Millis, done: Deed, what: str) -> Any:
    added = connection.execute(insert(connection, table).values(row).returning(*table.c)).one()
    detail = {name: row[name] for name in _TOLD if row.get(name)}
    audit.append(connection, now, done.actor, done.action, f"{what}:{added.id}", detail)
    return added


def _did(connection: Connection, which: Silence, at: Millis, by: str, kind: DeedKind, words: str = "") -> None:
    """Have open windows told of it, and the alert that it is about."""
    add_deed(connection, at, by, kind, alert=which.matcher.alert, silence=which.id, words=words)


def _silence_of(row: Any) -> Silence:
    matcher = Matcher(row.alert, row.type, row.scope, row.waba_id)
    return Silence(row.id, matcher, row.reason, row.made_by, row.starts_at, row.ends_at, row.ended_by)


def _window_of(row: Any) -> Window:
    wabas, types = frozenset(row.wabas.split()), frozenset(row.types.split())
    return Window(row.name, row.starts_at, row.ends_at, row.reason, wabas, types, row.made_by, row.id)
