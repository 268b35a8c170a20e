"""Exports on disk: `exports_ports.ExportBook` on one `Database`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, func, or_, select, update

from wabawatch.domain.exports import UNDER_WAY, Export, ExportState, Format, Made, Order, Progress
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.schema_exports import exports as table
from wabawatch.storage.sealed import Keyring

_c = table.c
_OPEN = _c.state.in_(UNDER_WAY)


class SqlExports:
    """Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def add(self, export: Export, most: int, done: Deed) -> bool:
        """Keep a new one. False: its owner has *most* under way already, and nothing was kept."""
        with self._database.writing() as connection:
            theirs = select(func.count()).select_from(table).where(_c.owner == export.owner, _OPEN)
            if connection.execute(theirs).scalar_one() >= most:
                return False
            connection.execute(table.insert().values(self._row(export)))
            _noted(connection, export, export.made_at, done)
        return True

    def find(self, key: str) -> Export | None:
        """The one with this key."""
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(_c.key == key)).one_or_none()
        return None if row is None else self._export(row)

    def all(self, owner: str | None, limit: int) -> Sequence[Export]:
        """The newest *limit*, of one owner or (None) of all."""
        query = select(table).order_by(_c.made_at.desc(), _c.key).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query if owner is None else query.where(_c.owner == owner)).all()
        return [self._export(row) for row in rows]

    def claim(self, holder: str, now: Millis, until: Millis) -> Export | None:
        """Take the next that waits, or that its holder let go silent. Of several processes exactly one gets it."""
        # A lease that reaches further than one is given for was written by a clock that went wrong.
        is_silent = or_(_c.held_until <= now, _c.held_until > now + 2 * (until - now))
        is_free = or_(_c.state == ExportState.WAITING, and_(_c.state == ExportState.RUNNING, is_silent))
        query = select(table).where(_OPEN, is_free).order_by(_c.made_at, _c.key).limit(1)
        with self._database.reading() as connection:  # most often there is none, and nobody must wait for this
            if connection.execute(query).one_or_none() is None:
                return None
        with self._database.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            values = {"state": ExportState.RUNNING, "holder": holder, "held_until": until, "tries": row.tries + 1}
            values |= {"started_at": now, "rows": 0, "share": 0.0, "at_most": 0}
            taken = update(table).where(_c.key == row.key).values(values).returning(*_c)
            return self._export(connection.execute(taken).one())

    def progress(self, export: Export, holder: str, progress: Progress, until: Millis) -> bool:
        """Note how far it is, and hold it on. False: it is *holder*'s no more."""
        values = {**progress._asdict(), "held_until": until}
        with self._database.writing() as connection:
            return connection.execute(_mine(export, holder).values(values)).rowcount == 1

    def finish(self, export: Export, holder: str, made: Made, now: Millis, expires_at: Millis) -> bool:
        """Note that its file is whole and in its place. False: it is *holder*'s no more; nothing was noted."""
        values = {**made._asdict(), "state": ExportState.DONE, "share": 1.0, "ended_at": now, "expires_at": expires_at}
        detail = {"rows": made.rows, "bytes": made.bytes, "sha256": made.sha256}
        return self._end(export, holder, values, now, Deed("exports", "export_finished"), detail)

    def fail(self, export: Export, holder: str, why: str, now: Millis, expires_at: Millis) -> bool:
        """Note that there will be no file. False: as `finish`."""
        values = {"state": ExportState.FAILED, "why": why, "ended_at": now, "expires_at": expires_at}
        return self._end(export, holder, values, now, Deed("exports", "export_failed"), {})

    def _end(
        self, export: Export, holder: str, values: dict[str, Any], now: Millis, done: Deed, detail: dict[str, Any]
    ) -> bool:
        with self._database.writing() as connection:
            if connection.execute(_mine(export, holder).values(values)).rowcount != 1:
                return False
            audit.append(connection, now, done.actor, done.action, f"export:{export.key}", detail)
        return True

    def release(self, export: Export, holder: str) -> None:
        """Let it wait again, as if it had never been begun."""
        values = {"state": ExportState.WAITING, "holder": "", "held_until": 0, "tries": export.tries - 1, "rows": 0}
        with self._database.writing() as connection:
            connection.execute(_mine(export, holder).values(values))

    def cancel(self, key: str, now: Millis, expires_at: Millis, done: Deed) -> bool:
        """End one that is under way. False: it is not."""
        values = {"state": ExportState.CANCELLED, "ended_at": now, "expires_at": expires_at}
        with self._database.writing() as connection:
            if connection.execute(update(table).where(_c.key == key, _OPEN).values(values)).rowcount != 1:
                return False
            audit.append(connection, now, done.actor, done.action, f"export:{key}")
        return True

    def delete(self, key: str, now: Millis, done: Deed) -> bool:
        """Forget one. False: there is none."""
        with self._database.writing() as connection:
            if connection.execute(delete(table).where(_c.key == key)).rowcount != 1:
                return False
            audit.append(connection, now, done.actor, done.action, f"export:{key}")
        return True

    def expired(self, now: Millis) -> Sequence[Export]:
        """Those whose time is over."""
        with self._database.reading() as connection:
            rows = connection.execute(select(table).where(_c.expires_at <= now)).all()
        return [self._export(row) for row in rows]

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed that changes none of them, durably."""
        with self._database.writing() as connection:
            audit.append(connection, at, done.actor, done.action, done.subject)

    def _row(self, export: Export) -> dict[str, Any]:
        order = export.order
        return {
            "key": export.key,
            "owner": export.owner,
            "state": export.state,
            "format": order.format,
            "columns": " ".join(order.columns),
            "is_masked": int(order.is_masked),
            "has_bom": int(order.has_bom),
            "wanted": self._keyring.seal(msgspec.json.encode(export.wanted), context=context_of(export.key)),
            "made_at": export.made_at,
            **{"holder": "", "held_until": 0, "tries": 0, "sheets": 0, "sha256": "", "why": ""},
            **Progress()._asdict(),
        }

    def _export(self, row: Any) -> Export:
        plain = self._keyring.open(bytes(row.wanted), context=context_of(row.key))
        columns = tuple(row.columns.split())
        return Export(
            key=row.key,
            owner=row.owner,
            order=Order(Format(row.format), columns, bool(row.is_masked), bool(row.has_bom)),
            wanted=_filter(plain),
            made_at=row.made_at,
            state=ExportState(row.state),
            tries=row.tries,
            progress=Progress(row.rows, row.share, row.at_most),
            made=None if row.bytes is None else Made(row.rows, row.sheets, row.bytes, row.sha256),
            why=row.why,
            started_at=row.started_at,
            ended_at=row.ended_at,
            expires_at=row.expires_at,
        )


def _mine(export: Export, holder: str) -> Any:
    """An update of *export* if *holder* still makes it, in the same try."""
    return update(table).where(
        _c.key == export.key, _c.holder == holder, _c.tries == export.tries, _c.state == ExportState.RUNNING
    )


def _noted(connection: Connection, export: Export, at: Millis, done: Deed) -> None:
    order = export.order
    detail = {"format": order.format.value, "masked": order.is_masked, "columns": len(order.columns)}
    audit.append(connection, at, done.actor, done.action, f"export:{export.key}", detail)


def _filter(plain: bytes) -> MessageFilter:
    found = msgspec.json.decode(plain, type=MessageFilter)
    several: dict[str, Any] = {}
    for each in fields(found):
        if isinstance(some := getattr(found, each.name), list):
            several[each.name] = tuple(some)
    return replace(found, **several)


def context_of(key: str) -> bytes:
    """As what the search of the export *key* is sealed."""
    return b"exports.wanted:" + key.encode()
