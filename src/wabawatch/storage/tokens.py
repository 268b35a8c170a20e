"""API tokens on disk: what they hash to, what they open, and an entry in the audit trail for each change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from wabawatch.domain.access import ApiToken, Scope
from wabawatch.domain.errors import Conflict, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.schema_access import api_tokens as table


class SqlTokens:
    """`flows.access.Tokens` on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, digest: bytes) -> ApiToken | None:
        """The token that hashes to *digest*, also one that opens nothing any more."""
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.digest == digest)).one_or_none()
        return None if row is None else _token(row)

    def all(self) -> list[ApiToken]:
        """Every token there ever was, the oldest first."""
        with self._database.reading() as connection:
            return [_token(row) for row in connection.execute(select(table).order_by(table.c.id))]

    def create(self, token: ApiToken, digest: bytes, actor: str) -> ApiToken:
        """Keep a new token; its id is made here. Raises Conflict when there is one of its name."""
        with self._database.writing() as connection:
            if _named(connection, token.name) is not None:
                raise Conflict(f"name: there is a token {token.name!r} already, maybe a revoked one; take another name")
            scopes = " ".join(sorted(token.scopes))
            new: dict[str, Any] = {"name": token.name, "digest": digest, "scopes": scopes}
            new |= {"created_at": token.created_at, "expires_at": token.expires_at}
            connection.execute(table.insert().values(new))
            created = _named(connection, token.name)
            assert created is not None
            subject, ends = f"token:{created.id}", token.expires_at
            audit.append(
                connection, token.created_at, actor, "token_created", subject, {"scopes": scopes, "expires_at": ends}
            )
        return created

    def revoke(self, name: str, at: Millis, actor: str) -> ApiToken:
        """Let a token open nothing from now on; repeatable. Raises NotFound."""
        with self._database.writing() as connection:
            token = _named(connection, name)
            if token is None:
                raise NotFound(f"name: there is no token {name!r}; `wabawatch tokens list` shows them")
            if token.revoked_at is None:
                connection.execute(update(table).where(table.c.id == token.id).values(revoked_at=at))
                audit.append(connection, at, actor, "token_revoked", f"token:{token.id}")
        return token

    def note_use(self, id: int, day: int) -> None:
        """Note that a token was used on *day* (days since 1970)."""
        with self._database.writing() as connection:
            connection.execute(update(table).where(table.c.id == id).values(used_day=day))


def count_live(connection: Connection, now: Millis) -> int:
    """How many tokens open something at the time *now*."""
    return sum(_token(row).is_live(now) for row in connection.execute(select(table)))


def _named(connection: Connection, name: str) -> ApiToken | None:
    row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else _token(row)


def _token(row: Any) -> ApiToken:
    scopes = frozenset(Scope(word) for word in row.scopes.split())
    return ApiToken(row.id, row.name, scopes, row.created_at, row.expires_at, row.revoked_at, row.used_day)
