"""A look at a PostgreSQL server: does it keep what it confirms, and is it a release that is known to work."""

from __future__ import annotations

from sqlalchemy import Connection, text

from wabawatch.domain.facts import Millis
from wabawatch.domain.premises import Postgres

_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"
_LASTING = ("fsync", "full_page_writes")  # synchronous_commit is on in our own sessions, whatever the server says
_NAMES = [*_LASTING, "server_version", "server_version_num", "server_encoding"]
_NOW = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint), pg_is_in_recovery()"


def look_at_postgres(connection: Connection, now: Millis) -> Postgres:
    """The server behind *connection*, at the time *now* by our clock."""
    found = {row.name: row.setting for row in connection.execute(text(_SETTINGS), {"names": _NAMES})}
    at, is_standby = connection.execute(text(_NOW)).one()
    return Postgres(
        version=found["server_version"].split()[0],
        major=int(found["server_version_num"]) // 10_000,
        unsafe=tuple(f"{name}={found[name]}" for name in _LASTING if found[name] == "off"),
        is_standby=bool(is_standby),
        encoding=found["server_encoding"],
        ahead_ms=int(at) - now,
    )
