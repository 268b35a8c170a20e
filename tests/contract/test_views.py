"""The public names: made, taken away, and documented to the last column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import inspect

from tests.support.books import Shelf
from tests.support.places import Place
from tests.support.views import ask, shelf_with_views
from wabawatch.domain.facts import Source, Status, StatusChanged, When
from wabawatch.storage.schema import metadata
from wabawatch.storage.views import VIEWS, create_views, drop_views, wamid_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"


def columns_of(shelf: Shelf, view: str) -> list[str]:
    with shelf.database.reading() as connection:
        return [column["name"] for column in inspect(connection).get_columns(view)]


def documented_columns(view: str) -> list[str]:
    """The first cells of the table in the section of *view*."""
    section = re.search(rf"^## `{view}`\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert section, f"docs/tables.md has no section about {view}"
    return re.findall(r"^\| `(\w+)` \|", section[1], re.MULTILINE)


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_is_documented_and_in_order(view: str, place: Place) -> None:
    shelf = shelf_with_views(place)

    assert documented_columns(view) == columns_of(shelf, view)

    shelf.database.close()


def test_views_can_be_taken_away_and_made_again(place: Place) -> None:
    shelf = shelf_with_views(place)

    with shelf.database.writing() as connection:
        drop_views(connection)
        drop_views(connection)
        left = inspect(connection).get_view_names()
        create_views(connection)

    assert not left
    assert ask(shelf, "SELECT * FROM whatsapp_logs") == []
    shelf.database.close()


def test_no_view_has_the_name_of_a_table() -> None:
    assert not VIEWS.keys() & metadata.tables.keys()


@pytest.mark.parametrize("wamid", ["wamid.HBgLMTU1NTAwMDAwMDBVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA", "wamid.odd", "?", "é"])
def test_a_packed_wamid_is_shown_in_hex_and_can_be_read_back(wamid: str, place: Place) -> None:
    told = StatusChanged(When(1_790_000_000_000, 1_790_000_000_500), Source.WEBHOOK, Status.SENT, wamid)
    shelf = shelf_with_views(place, [told])

    (row,) = ask(shelf, "SELECT wamid FROM whatsapp_message_queue")

    assert re.fullmatch("[0-9a-f]+", row["wamid"])
    assert wamid_of(row["wamid"]) == wamid
    shelf.database.close()


def test_what_is_no_packed_wamid_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown form"):
        wamid_of("7fff")
