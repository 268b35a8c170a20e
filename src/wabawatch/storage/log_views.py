"""Saved views of the log: `flows.log_views.LogViews` on one `Database`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, or_, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.log_views import LogView
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_access import log_views


class SqlLogViews:
    """Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: int) -> list[LogView]:
        """The views of *owner* and those that are shared, by name."""
        c = log_views.c
        mine = select(log_views).where(or_(c.user_id == owner, c.is_shared == 1)).order_by(c.name, c.id)
        with self._database.reading() as connection:
            return [_view_of(row) for row in connection.execute(mine)]

    def count(self, owner: int) -> int:
        """How many views *owner* has saved."""
        query = select(func.count()).select_from(log_views).where(log_views.c.user_id == owner)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def find(self, id: int) -> LogView | None:
        """The view of this number."""
        with self._database.reading() as connection:
            row = connection.execute(select(log_views).where(log_views.c.id == id)).one_or_none()
        return None if row is None else _view_of(row)

    def save(self, view: LogView, at: Millis, done: Deed | None) -> LogView:
        """Keep *view*, in place of one of the same owner and name. Gives it with its number.

        *done* goes to the audit trail, its subject the view, in the same transaction; None: nothing to note.
        """
        c = log_views.c
        row = {"user_id": view.owner, "name": view.name, "query": view.query, "is_shared": int(view.is_shared)}
        with self._database.writing() as connection:
            new = insert(connection, log_views).values(**row, made_at=at)
            changed = {name: new.excluded[name] for name in ("query", "is_shared", "made_at")}
            saved = new.on_conflict_do_update(index_elements=[c.user_id, c.name], set_=changed).returning(*c)
            found = _view_of(connection.execute(saved).one())
            if done is not None:
                audit.append(connection, at, done.actor, done.action, f"{done.subject}:{found.id}")
        return found

    def delete(self, id: int, at: Millis, done: Deed | None) -> bool:
        """Take a view away. False: there is none of this number. *done* as in `save`."""
        with self._database.writing() as connection:
            if connection.execute(delete(log_views).where(log_views.c.id == id)).rowcount != 1:
                return False
            if done is not None:
                audit.append(connection, at, done.actor, done.action, f"{done.subject}:{id}")
        return True


def _view_of(row: Any) -> LogView:
    return LogView(row.id, row.user_id, row.name, row.query, row.is_shared == 1)
