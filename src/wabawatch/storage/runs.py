"""When monitoring ran: one row for each unbroken time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, insert, select, update

from wabawatch.domain.facts import Millis
from wabawatch.domain.runs import Ended, Gap, Run, gaps, is_alive
from wabawatch.storage.database import Database
from wabawatch.storage.schema_monitoring import monitoring_runs as runs

MOST = 10_000
"""So many runs of a window are read, the newest."""


class SqlRuns:
    """`monitoring_ports.Runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def gaps(self, start: Millis | None, end: Millis, now: Millis) -> list[Gap]:
        with self._database.reading() as connection:
            return gaps(_of(connection, start), start, end, now)

    def alive_at(self) -> Millis | None:
        with self._database.reading() as connection:
            newest = _newest(connection)
        return None if newest is None or newest.ended == Ended.STOPPED else newest.alive_at


def note_alive(connection: Connection, now: Millis) -> None:
    """Monitoring runs at *now*: the newest run goes on if it may, else a new one begins."""
    newest = _newest(connection)
    if newest is not None and is_alive(_run(newest), now):
        if now > newest.alive_at:
            connection.execute(update(runs).where(runs.c.id == newest.id).values(alive_at=now))
        return
    if newest is not None and not newest.ended:
        connection.execute(update(runs).where(runs.c.id == newest.id).values(ended=Ended.LOST))
    connection.execute(insert(runs).values(began_at=now, alive_at=now))


def end_run(connection: Connection, now: Millis, ended: Ended, actor: str) -> None:
    """Somebody ends monitoring at *now*. What was lost before stays lost until then."""
    note_alive(connection, now)
    newest = _newest(connection)
    assert newest is not None
    connection.execute(update(runs).where(runs.c.id == newest.id).values(ended=ended, actor=actor))


def _newest(connection: Connection) -> Row[tuple[int, Millis, Millis, str, str]] | None:
    return connection.execute(select(*runs.c).order_by(runs.c.id.desc()).limit(1)).one_or_none()


def _of(connection: Connection, start: Millis | None) -> Sequence[Run]:
    found = select(*runs.c)
    if start is not None:
        before = select(func.max(runs.c.id)).where(runs.c.began_at < start).scalar_subquery()
        found = found.where((runs.c.alive_at >= start) | (runs.c.id == before))
    rows = connection.execute(found.order_by(runs.c.id.desc()).limit(MOST)).all()
    return sorted((_run(row) for row in rows), key=lambda run: run.began_at)


def _run(row: Row[tuple[int, Millis, Millis, str, str]]) -> Run:
    return Run(row.began_at, row.alive_at, Ended(row.ended) if row.ended else None, row.actor)
