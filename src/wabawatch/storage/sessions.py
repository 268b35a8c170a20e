"""Where people are signed in, on disk: `access_ports.Sessions`. A session that was ended is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from wabawatch.access_ports import NewSession
from wabawatch.domain.facts import Millis
from wabawatch.domain.users import Session, Stage, User
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.schema_access import sessions as table
from wabawatch.storage.schema_access import users
from wabawatch.storage.users import user_of

_AGENT_LENGTH = 200


class SqlSessions:
    """`access_ports.Sessions` on one `Database`. Every method may be called from any thread.

    Each raises StoreUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, new: NewSession, now: Millis, replaces: bytes, done: Deed | None) -> int:
        """Open a session and end the one whose digest is *replaces*. Gives its number.

        Those of anybody whose time is over are dropped.
        """
        row: dict[str, Any] = {"digest": new.digest, "user_id": new.user_id, "stage": new.stage.value}
        row |= {"created_at": now, "used_at": now, "ends_at": new.ends_at}
        row |= {"address": new.origin.address, "agent": _storable(new.origin.agent)}
        with self._database.writing() as connection:
            connection.execute(delete(table).where((table.c.digest == replaces) | (table.c.ends_at <= now)))
            connection.execute(table.insert().values(row))
            id = connection.execute(select(table.c.id).where(table.c.digest == new.digest)).scalar_one()
            if new.stage is Stage.WHOLE:
                connection.execute(update(users).where(users.c.id == new.user_id).values(seen_at=now))
            if done is not None:
                audit.write(connection, now, done, {"address": new.origin.address})
        return int(id)

    def find(self, digest: bytes) -> tuple[Session, User] | None:
        """The session and whose it is; None: there is none, it was ended, or they are disabled."""
        with self._database.reading() as connection:
            found = connection.execute(select(table).where(table.c.digest == digest)).one_or_none()
            if found is None:
                return None
            who = connection.execute(select(users).where(users.c.id == found.user_id)).one_or_none()
        return None if who is None or who.disabled_at is not None else (_session(found), user_of(who))

    def touch(self, id: int, now: Millis) -> None:
        """Note that it is used."""
        with self._database.writing() as connection:
            connection.execute(update(table).where(table.c.id == id, table.c.used_at < now).values(used_at=now))

    def of(self, user_id: int, now: Millis, idle_ms: int) -> list[Session]:
        """Those of a user that are live, the newest first."""
        query = select(table).where(table.c.user_id == user_id).order_by(table.c.id.desc())
        with self._database.reading() as connection:
            found = [_session(row) for row in connection.execute(query)]
        return [each for each in found if each.stage is Stage.WHOLE and each.is_live(now, idle_ms)]

    def counts(self, now: Millis, idle_ms: int) -> dict[int, int]:
        """In how many browsers each user is signed in, of those who are in any."""
        whole, live = table.c.stage == Stage.WHOLE.value, (table.c.ends_at > now, table.c.used_at > now - idle_ms)
        query = select(table.c.user_id, func.count().label("n")).where(whole, *live).group_by(table.c.user_id)
        with self._database.reading() as connection:
            return {row.user_id: int(row.n) for row in connection.execute(query)}

    def end(self, user_id: int, ids: Sequence[int], now: Millis, done: Deed) -> int:
        """End those of *ids* that are the user's. Gives how many there were; nothing is audited for none."""
        mine = (table.c.user_id == user_id, table.c.id.in_(ids))
        with self._database.writing() as connection:
            ended = int(connection.execute(delete(table).where(*mine)).rowcount)
            if ended:
                audit.write(connection, now, done, {"sessions": ended})
        return ended


def _session(row: Any) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        stage=Stage(row.stage),
        created_at=row.created_at,
        used_at=row.used_at,
        ends_at=row.ends_at,
        address=row.address,
        agent=row.agent,
    )


def _storable(agent: str) -> str:
    """Cut, and without what a database refuses in text: it is what a stranger sends."""
    return agent[:_AGENT_LENGTH].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
