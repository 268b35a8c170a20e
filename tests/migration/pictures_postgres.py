"""As `pictures`, for PostgreSQL: partitions are left out, because their names say when they were made.

`python -m tests.migration.pictures_postgres` keeps the schema of the newest step: run it in the commit that adds it.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import Connection

from tests.migration.pictures import FOLDER, Picture
from tests.support.postgres import PostgresServer
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS, migrate
from wabawatch.storage.partitions import ALL

FIRST = 5
"""The step with which PostgreSQL was first supported"""

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage,
    pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    AND a.attnum > 0 AND NOT a.attisdropped
"""
_INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('i', 'I') AND NOT c.relispartition
"""
_PARTITIONED = "SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table"
_VIEWS = "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"


def kept(number: int) -> Path:
    """Where the schema after step *number* is kept, as SQL."""
    return FOLDER / f"schema_{number:04}_postgres.sql"


def picture(connection: Connection) -> Picture:
    """Every table, index and view, so that equal ones are equal however they came about."""
    ask = connection.exec_driver_sql
    columns = {("column", f"{row[0]}.{row[1]}"): tuple(row[2:]) for row in ask(_COLUMNS)}
    parts = (("index", _INDEXES), ("partitioned", _PARTITIONED), ("view", _VIEWS))
    return columns | {(kind, row[0]): row[1] for kind, query in parts for row in ask(query)}


def dump(server: PostgresServer, url: str) -> str:
    """The statements that make an empty database like the one at *url*."""
    partitions = [f"--exclude-table={series.name}_{end}" for series in ALL for end in ("before", "2*")]
    partitions += [f"--exclude-table={series.table}_rest" for series in ALL]
    command = [str(server.bin / "pg_dump"), "--schema-only", "--no-owner", "--no-privileges", *partitions, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    # Comments tell the version, and lines with a backslash are for psql.
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"^(--|\\).*\n", "", said, flags=re.MULTILINE)).strip() + "\n"


def rebuild(url: str, statements: str) -> None:
    """Make what `dump` described."""
    with psycopg.connect(url) as connection:
        connection.execute(statements.encode())


def main() -> None:
    """Keep the schema of the newest step."""
    with closing(PostgresServer()) as server, server.database() as url:
        with closing(Database(url)) as database:
            migrate(database, 0)
        kept(STEPS[-1].number).write_text(dump(server, url), "utf-8")


if __name__ == "__main__":
    main()
