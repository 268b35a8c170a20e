"""Real books with the public views, and what a question to them gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.books import Shelf
from wabawatch.domain.facts import Fact
from wabawatch.storage.views import create_views


def shelf_with_views(folder: Path, facts: Sequence[Fact] = ()) -> Shelf:
    """Books that know *facts*, under their public names too."""
    shelf = Shelf(folder)
    with shelf.database.writing() as connection:
        create_views(connection)
    shelf.learn(facts)
    return shelf


def ask(shelf: Shelf, question: str) -> list[dict[str, Any]]:
    """The rows that the SQL *question* gives."""
    with shelf.database.reading() as connection:
        return [dict(row) for row in connection.exec_driver_sql(question).mappings()]
