"""What a database consists of, object by object, and the schemas kept from each step.

`python -m tests.migration.pictures` keeps the schema of the newest step: run it in the commit that adds the step.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS, migrate

FOLDER = Path(__file__).resolve().parent
END = ";\n\n"

Picture = dict[tuple[str, str], Any]


def kept(number: int) -> Path:
    """Where the schema after step *number* is kept, as SQL."""
    return FOLDER / f"schema_{number:04}.sql"


def picture(connection: Connection) -> Picture:
    """Every table, index and view, so that equal ones are equal however they came about."""
    rows = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
    return {(kind, name): _describe(connection, kind, name, table, sql or "") for kind, name, table, sql in rows}


def dump(connection: Connection) -> str:
    """The statements that make an empty database like this one."""
    order = "CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name"
    rows = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY {order}")
    lines = [re.sub(r"[ \t]+$", "", row[0], flags=re.MULTILINE).strip() for row in rows]
    return END.join(lines) + END


def rebuild(connection: Connection, statements: str) -> None:
    """Make what `dump` described."""
    for statement in statements.split(END)[:-1]:
        connection.exec_driver_sql(statement)


def _describe(connection: Connection, kind: str, name: str, table: str, sql: str) -> Any:
    if kind == "table":
        # By name: a column that was added later stands last.
        columns = connection.exec_driver_sql(f"PRAGMA table_info({name})").all()
        return "WITHOUT ROWID" in sql.upper(), {row[1]: tuple(row[2:]) for row in columns}
    if kind == "index":
        columns = connection.exec_driver_sql(f"PRAGMA index_xinfo({name})").all()
        is_unique = next(r[2] for r in connection.exec_driver_sql(f"PRAGMA index_list({table})") if r[1] == name)
        condition = sql.upper().partition(" WHERE ")[2]
        return table, bool(is_unique), [tuple(row[2:]) for row in columns], " ".join(condition.split())
    return " ".join(sql.split())


def main() -> None:
    """Keep the schema of the newest step."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/new.db")
        migrate(database, 0)
        with database.reading() as connection:
            kept(STEPS[-1].number).write_text(dump(connection), "utf-8")
        database.close()


if __name__ == "__main__":
    main()
