"""Names of files, and how far an export is."""

from __future__ import annotations

import pytest

from tests.support.facts import HOUR, T0
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.export_columns import NAMES, chosen
from wabawatch.domain.exports import (
    Export,
    Format,
    Order,
    Outline,
    Progress,
    expected_rows,
    is_file_name,
    is_key,
    key_in,
)
from wabawatch.domain.search import MessageFilter

KEY = "0123456789abcdef" * 2


def test_a_file_is_named_by_what_we_made_up_ourselves_and_downloaded_under_a_readable_name() -> None:
    export = Export(KEY, "user:1", Order(Format.XLSX, NAMES), MessageFilter(), T0, tries=2)

    assert export.file_name == f"{KEY}-2.xlsx"
    assert export.title == "wabawatch-messages-2026-09-21-01234567.xlsx"
    assert key_in(export.file_name) == KEY


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        f"../{KEY}-1.csv",
        f"{KEY}-1.csv/../../keys.json",
        f"{KEY}-1.csv\n",
        f"{KEY}-1.exe",
        f"/tmp/{KEY}-1.csv",
        f"{KEY}.csv",
        f"{KEY[:-1]}٣-1.csv",
        "",
        "keys.json",
    ],
)
def test_no_other_name_is_one_of_ours(name: str) -> None:
    assert not is_file_name(name)
    assert key_in(name) == ""
    assert not is_key(name)


def test_columns_come_once_and_in_the_order_of_the_list() -> None:
    assert chosen(["status", "id", "status"]) == ("id", "status")
    assert chosen([]) == NAMES
    with pytest.raises(BadRequest, match="no column 'text'"):
        chosen(["text"])


def test_how_far_it_is_is_told_by_how_many_messages_are_in_the_hours_behind_it() -> None:
    outline = Outline([(T0 + 3 * HOUR, 60), (T0 + HOUR, 30), (T0, 10)])

    assert outline.total == 100
    assert outline.share(T0 + 3 * HOUR + 1) == 0.0
    assert outline.share(T0 + 2 * HOUR) == 0.6
    assert outline.share(T0) == 1.0
    assert Outline([]).share(T0) == 0.0


@pytest.mark.parametrize(
    ("progress", "rows"),
    [
        (Progress(), None),
        (Progress(0, 0.0, 1000), 1000),
        (Progress(50, 0.25, 1000), 200),
        (Progress(600, 0.5, 1000), 1000),
        (Progress(1200, 0.9, 1000), 1200),
        (Progress(3, 1.0, 1000), 3),
    ],
)
def test_the_more_is_done_the_surer_is_how_many_rows_there_will_be(progress: Progress, rows: int | None) -> None:
    assert expected_rows(progress) == rows
