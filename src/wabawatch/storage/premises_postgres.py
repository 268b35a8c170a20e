"""A look at a PostgreSQL server: does it keep what it confirms, and is it a release that is known to work."""

from __future__ import annotations

from sqlalchemy import Connection, text

from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.domain.premises import BooksState, InboxState, Postgres
from wabawatch.ports import DIGESTED
from wabawatch.storage.blocks import BLOCK_BODIES
from wabawatch.storage.database import Database
from wabawatch.storage.inbox_table import InboxTable
from wabawatch.storage.raw_bodies import newest_head

HEAD = 16
"""So many bytes of something sealed tell its key."""

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


def look_at_inbox_table(url: str, books: BooksState) -> tuple[InboxState, dict[str, bytes]]:
    """The inbox in the database at *url*, and the first bytes of what was sealed last there and in the books."""
    place = f"in {books.place}"
    if books.trouble or books.schema is None or books.schema != books.schema_needed:
        return InboxState(place, books.schema is not None, books.trouble, books.fix), {}
    database = Database(url)
    table, digested = InboxTable(database), books.marks.get(DIGESTED, 0)
    try:
        table.must_be_writable()
        waiting, oldest_at = table.waiting(digested), table.oldest_waiting_at(digested)
        newest = table.block(table.newest() // BLOCK_BODIES) or b""
        with database.reading() as connection:
            sealed = {"the database": newest_head(connection, HEAD), "the inbox": newest[:HEAD]}
        return InboxState(place, True, waiting=waiting, oldest_waiting_at=oldest_at), sealed
    except StoreUnavailable as error:
        return InboxState(place, True, str(error), "see what PostgreSQL says in its log"), {}
    finally:
        database.close()
