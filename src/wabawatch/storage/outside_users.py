"""Users who sign in elsewhere, on disk: `outside_ports.OutsideUsers`."""

from __future__ import annotations

from sqlalchemy import exists, select, update

from wabawatch.access_ports import Known
from wabawatch.domain.access import Role
from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.errors import Conflict
from wabawatch.domain.facts import Millis
from wabawatch.domain.users import User
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.schema_access import users as table
from wabawatch.storage.users import end_sessions, user_of


class SqlOutsideUsers:
    """The users of one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: str) -> Known | None:
        """Whose key it is, also somebody disabled."""
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.outside == key)).one_or_none()
        return None if row is None else Known(user_of(row), row.password)

    def add(self, name: str, role: Role, key: str, now: Millis) -> User:
        """Somebody new. Raises Conflict when name or key is taken, or when there would be nobody who administers."""
        administers = (table.c.role == Role.ADMIN.value, table.c.disabled_at.is_(None))
        with self._database.writing() as connection:
            if role is not Role.ADMIN and not connection.scalar(select(exists(select(table.c.id).where(*administers)))):
                raise Conflict("nobody administers this installation yet", code="no_admin")
            if connection.scalar(select(exists(select(table.c.id).where(table.c.name == name)))):
                raise Conflict(f"there is a user {name!r} already", code="name_taken")
            if connection.scalar(select(exists(select(table.c.id).where(table.c.outside == key)))):
                raise Conflict("somebody else was faster", code="key_taken")
            new = {"name": name, "role": role.value, "unmasking": 0, "created_at": now, "outside": key}
            connection.execute(table.insert().values(new))
            added = user_of(connection.execute(select(table).where(table.c.name == name)).one())
            detail: dict[str, Plain] = {"role": role.value, "unmask": False}
            audit.append(connection, now, "oidc", "user_added", added.actor, detail)
        return added

    def link(self, id: int, key: str, now: Millis) -> bool:
        """Let who has *key* be the user *id* from now on. False: the user belongs to somebody else there."""
        with self._database.writing() as connection:
            taken = connection.scalar(select(table.c.id).where(table.c.outside == key))
            if taken is not None and taken != id:
                return False
            free = (table.c.id == id, table.c.outside.is_(None))
            if not connection.execute(update(table).where(*free).values(outside=key)).rowcount:
                return taken == id
            audit.append(connection, now, "oidc", "user_linked", f"user:{id}")
        return True

    def unlink(self, id: int, now: Millis, actor: str) -> bool:
        """Let nobody sign in elsewhere as the user *id*, and end their sessions. False: nobody could."""
        with self._database.writing() as connection:
            linked = (table.c.id == id, table.c.outside.is_not(None))
            if not connection.execute(update(table).where(*linked).values(outside=None)).rowcount:
                return False
            end_sessions(connection, id)
            audit.append(connection, now, actor, "user_unlinked", f"user:{id}")
        return True
