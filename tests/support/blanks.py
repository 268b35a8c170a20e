"""Blank databases on PostgreSQL: all tables and no row. One that comes back is emptied and given again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from tests.support.postgres import PostgresServer
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import migrate

_TEMPLATE = "blank"
_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_FILLED = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
_SHAPE = """
    SELECT (
        SELECT string_agg(
            concat_ws(' ', relname, relkind, relispartition, relnatts, relhastriggers, reloptions), ',' ORDER BY relname
        )
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
    ), (
        SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""
"""Tables, indexes and views with their columns, what is a partition, and settings of the database"""


@dataclass
class Blanks:
    """The blank databases of one server.

    To make one has the server write out all it has in memory and copy hundreds of files; to empty one touches only the
    tables that were written to. A database whose tables are not as they were is thrown away.
    """

    server: PostgresServer
    _free: list[str] = field(default_factory=list)
    _shape: Any = None
    _rows: dict[str, bytes] = field(default_factory=dict)
    _sequences: dict[str, Any] = field(default_factory=dict)

    def take(self) -> str:
        """The name of a blank database."""
        if self._shape is None:
            self._make_template()
        return self._free.pop() if self._free else self.server.create(_TEMPLATE)

    def give_back(self, name: str) -> None:
        """Who is still connected to it is thrown out."""
        with psycopg.connect(self.server.url(name), autocommit=True) as connection:
            connection.execute(_OTHERS)
            is_as_it_was = connection.execute(_SHAPE).fetchone() == self._shape
            if is_as_it_was:
                self._empty(connection)
        if is_as_it_was:
            self._free.append(name)
        else:
            self.server.drop(name)

    def _make_template(self) -> None:
        self.server.execute(f"CREATE DATABASE {_TEMPLATE}")
        database = Database(self.server.url(_TEMPLATE))
        migrate(database, 0)
        database.close()
        with psycopg.connect(self.server.url(_TEMPLATE), autocommit=True) as connection:
            self._shape = connection.execute(_SHAPE).fetchone()
            self._sequences = dict(connection.execute(_SEQUENCES).fetchall())
            for (table,) in connection.execute(_FILLED).fetchall():
                with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as rows:
                    self._rows[table] = b"".join(bytes(row) for row in rows)

    def _empty(self, connection: psycopg.Connection) -> None:
        filled = [table for (table,) in connection.execute(_FILLED).fetchall()]
        with connection.transaction():
            if filled:
                tables = sql.SQL(", ").join(map(sql.Identifier, filled))
                connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
            for table in self._rows.keys() & set(filled):
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as rows:
                    rows.write(self._rows[table])
            for sequence, last in connection.execute(_SEQUENCES).fetchall():
                if last == (before := self._sequences[sequence]):
                    continue
                if before is None:
                    connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(sequence)))
                else:
                    connection.execute("SELECT setval(%s, %s)", [sequence, before])
