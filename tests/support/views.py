"""Real books with the public views, and what a question to them gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from tests.support.books import Shelf
from tests.support.places import Place
from wabawatch.domain.facts import Fact


def shelf_with_views(place: Place, facts: Sequence[Fact] = ()) -> Shelf:
    """Books that know *facts*, under their public names too."""
    shelf = Shelf(place)
    shelf.learn(facts)
    return shelf


def emptied(shelf: Shelf, facts: Sequence[Fact] = ()) -> Shelf:
    """*shelf*, which knows *facts* and nothing else from now on."""
    shelf.clear()
    shelf.learn(facts)
    return shelf


def ask(shelf: Shelf, question: str) -> list[dict[str, Any]]:
    """The rows that the SQL *question* gives."""
    with shelf.database.reading() as connection:
        return [dict(row) for row in connection.exec_driver_sql(question).mappings()]


def plan(shelf: Shelf, question: str) -> list[str]:
    """How the database would go about *question*, one line for each step, were its tables full."""
    with shelf.database.reading() as connection:
        return steps_of(connection, question)


def steps_of(connection: Connection, question: str, values: Any = None) -> list[str]:
    """As `plan`, for the SQL *question* with its parameters."""
    if connection.dialect.name == "sqlite":
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", values)]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # empty tables are read whole otherwise
    return [row[0].strip() for row in connection.exec_driver_sql(f"EXPLAIN {question}", values)]
