"""People who sign in, and one-time links, on disk. Each change is written with its entry in the audit trail."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from wabawatch.access_ports import Known
from wabawatch.domain.access import Role
from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.errors import Conflict
from wabawatch.domain.facts import Millis
from wabawatch.domain.users import User
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.schema_access import login_links as links
from wabawatch.storage.schema_access import sessions
from wabawatch.storage.schema_access import users as table

FIRST = 0
"""Whom a link is for that makes the first admin."""


class SqlUsers:
    """`access_ports.Users` on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any(self) -> bool:
        """Whether there is anybody at all, also somebody disabled."""
        with self._database.reading() as connection:
            return _is_any(connection)

    def all(self) -> list[User]:
        """Everybody, by name."""
        with self._database.reading() as connection:
            return [user_of(row) for row in connection.execute(select(table).order_by(table.c.name))]

    def named(self, name: str) -> Known | None:
        """Who has this name."""
        return self._known(table.c.name == name)

    def numbered(self, id: int) -> Known | None:
        """Who has this number."""
        return self._known(table.c.id == id)

    def _known(self, which: Any) -> Known | None:
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(which)).one_or_none()
        return None if row is None else Known(user_of(row), row.password)

    def add(self, name: str, role: Role, now: Millis, actor: str, *, is_unmasking: bool = False) -> User:
        """Somebody new, without a password yet. Raises Conflict when the name is taken."""
        with self._database.writing() as connection:
            if connection.execute(select(table.c.id).where(table.c.name == name)).one_or_none() is not None:
                raise Conflict(f"name: there is a user {name!r} already, maybe a disabled one; `wabawatch users list`")
            added = _added(connection, name, role, now, is_unmasking=is_unmasking)
            detail: dict[str, Plain] = {"role": role.value, "unmask": is_unmasking}
            audit.append(connection, now, actor, "user_added", added.actor, detail)
        return added

    def add_first(self, name: str, password: str, link: bytes, now: Millis) -> User | None:
        """The first admin, made with the one-time *link*. None: it does not open that. Of two at once one wins."""
        with self._database.writing() as connection:
            if _is_any(connection) or _taken_link(connection, link, now) != FIRST:
                return None
            added = _added(connection, name, Role.ADMIN, now, password=password)
            detail: dict[str, Plain] = {"role": Role.ADMIN.value, "unmask": False}
            audit.append(connection, now, "first_start", "user_added", added.actor, detail)
        return added

    def take_link(self, link: bytes, password: str, now: Millis) -> User | None:
        """Give the user whom *link* was made for a new password; it is used up, and their sessions end."""
        with self._database.writing() as connection:
            id = _taken_link(connection, link, now)
            row = connection.execute(select(table).where(table.c.id == id)).one_or_none() if id else None
            if id is None or row is None or row.disabled_at is not None:
                return None
            _set_password(connection, id, password, keep=0)
            audit.append(connection, now, f"user:{id}", "password_set", f"user:{id}", {"by": "link"})
            return user_of(connection.execute(select(table).where(table.c.id == id)).one())

    def set_password(self, id: int, password: str, now: Millis, done: Deed, keep: int = 0) -> None:
        """A new password. All sessions but *keep* end, and links that would set one open nothing more."""
        with self._database.writing() as connection:
            _set_password(connection, id, password, keep)
            audit.write(connection, now, done)

    def rehash(self, id: int, before: str, password: str) -> None:
        """The same password, hashed as is usual now; nothing happens when it was changed meanwhile."""
        same = (table.c.id == id, table.c.password == before)
        with self._database.writing() as connection:
            connection.execute(update(table).where(*same).values(password=password))

    def set_role(self, id: int, role: Role, is_unmasking: bool, now: Millis, actor: str) -> None:
        """What they may do from now on. Raises Conflict when nobody would be left who administers."""
        with self._database.writing() as connection:
            before = user_of(connection.execute(select(table).where(table.c.id == id)).one())
            if (before.role, before.is_unmasking) == (role, is_unmasking):
                return
            values = {"role": role.value, "unmasking": int(is_unmasking)}
            connection.execute(update(table).where(table.c.id == id).values(values))
            _must_be_administered(connection)
            detail: dict[str, Plain] = {"role": role.value, "before": before.role.value, "unmask": is_unmasking}
            if is_unmasking != before.is_unmasking:
                detail["before_unmask"] = before.is_unmasking
            audit.append(connection, now, actor, "role_changed", before.actor, detail)

    def disable(self, id: int, now: Millis, actor: str) -> None:
        """Let them in no more, and end their sessions; repeatable. Raises Conflict as `set_role`."""
        mine = (table.c.id == id, table.c.disabled_at.is_(None))
        with self._database.writing() as connection:
            if not connection.execute(update(table).where(*mine).values(disabled_at=now)).rowcount:
                return
            _must_be_administered(connection)
            connection.execute(delete(sessions).where(sessions.c.user_id == id))
            connection.execute(delete(links).where(links.c.user_id == id))
            audit.append(connection, now, actor, "user_disabled", f"user:{id}")

    def enable(self, id: int, now: Millis, actor: str) -> None:
        """Let them in again; repeatable."""
        mine = (table.c.id == id, table.c.disabled_at.is_not(None))
        with self._database.writing() as connection:
            if connection.execute(update(table).where(*mine).values(disabled_at=None)).rowcount:
                audit.append(connection, now, actor, "user_enabled", f"user:{id}")


class SqlLinks:
    """`access_ports.Links` on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, digest: bytes, user_id: int | None, now: Millis, ends_at: Millis, actor: str) -> None:
        """Keep a link for *user_id* (None: for the first admin). Those made for the same before open nothing more."""
        subject = FIRST if user_id is None else user_id
        with self._database.writing() as connection:
            connection.execute(delete(links).where((links.c.user_id == subject) | (links.c.ends_at <= now)))
            connection.execute(links.insert().values(digest=digest, user_id=subject, ends_at=ends_at))
            named = "first admin" if user_id is None else f"user:{subject}"
            audit.append(connection, now, actor, "login_link_made", named, {"ends_at": ends_at})

    def of(self, digest: bytes, now: Millis) -> tuple[bool, User | None]:
        """Whether the link opens anything, and for whom (None: for the first admin, while there is no user)."""
        live = (links.c.digest == digest, links.c.ends_at > now)
        with self._database.reading() as connection:
            id = connection.execute(select(links.c.user_id).where(*live)).scalar()
            if id is None:
                return False, None
            if id == FIRST:
                return not _is_any(connection), None
            row = connection.execute(select(table).where(table.c.id == id, table.c.disabled_at.is_(None))).one_or_none()
        return row is not None, None if row is None else user_of(row)

    def pending(self, now: Millis) -> dict[int, Millis]:
        """For whom there is a link that opens something, and how long it does."""
        query = select(links.c.user_id, links.c.ends_at).where(links.c.ends_at > now)
        with self._database.reading() as connection:
            return {row.user_id: row.ends_at for row in connection.execute(query)}


def user_of(row: Any) -> User:
    """The user in a row of `users`."""
    return User(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        is_unmasking=bool(row.unmasking),
        disabled_at=row.disabled_at,
        has_password=row.password is not None,
        has_totp=row.totp is not None,
        seen_at=row.seen_at,
        is_outside=row.outside is not None,
    )


def end_sessions(connection: Connection, user_id: int, keep: int = 0) -> None:
    """End all sessions of a user but the one numbered *keep*."""
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id != keep))


def _added(
    connection: Connection,
    name: str,
    role: Role,
    now: Millis,
    *,
    password: str | None = None,
    is_unmasking: bool = False,
) -> User:
    new: dict[str, Any] = {"name": name, "role": role.value, "unmasking": int(is_unmasking)}
    connection.execute(table.insert().values(new | {"created_at": now, "password": password}))
    return user_of(connection.execute(select(table).where(table.c.name == name)).one())


def _set_password(connection: Connection, id: int, password: str, keep: int) -> None:
    connection.execute(update(table).where(table.c.id == id).values(password=password))
    end_sessions(connection, id, keep)
    connection.execute(delete(links).where(links.c.user_id == id))


def _is_any(connection: Connection) -> bool:
    return bool(connection.execute(select(exists(select(table.c.id)))).scalar())


def _taken_link(connection: Connection, digest: bytes, now: Millis) -> int | None:
    """Whom the link is for; it is used up. None: there is none, or its time is over."""
    found = connection.execute(select(links).where(links.c.digest == digest)).one_or_none()
    connection.execute(delete(links).where(links.c.digest == digest))
    return found.user_id if found is not None and found.ends_at > now else None


def _must_be_administered(connection: Connection) -> None:
    living = (table.c.role == Role.ADMIN.value, table.c.disabled_at.is_(None))
    if not connection.execute(select(exists(select(table.c.id).where(*living)))).scalar():
        raise Conflict(
            "this is the last user who administers, so nobody could undo it: give somebody else the role admin first",
            code="last_admin",
        )
