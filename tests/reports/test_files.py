"""A report as a page, as CSV and as a workbook: all of it is there, nothing in it runs, and the bytes stay the same."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import openpyxl
import pytest

from tests.support.report_values import REPORT
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.domain.report_formats import ReportFormat
from wabawatch.reports import lines, page, workbook
from wabawatch.reports.charts import Chart, Line, svg
from wabawatch.reports.outline import sentence
from wabawatch.reports.rendering import render
from wabawatch.reports.tables import NARROW, Kind
from wabawatch.reports.tables_all import every
from wabawatch.reports.words import duration, share, tone, words
from wabawatch.signed_reports import encode

DIGEST = "ab" * 32
HOSTILE = "</td><script>alert(1)</script>&\"'=cmd()"


def hostile() -> ComplianceReport:
    """A report in which Meta told a name full of markup."""
    template = replace(REPORT.templates[0], name=HOSTILE, language='"><img src=x>')
    return replace(REPORT, templates=(template,), scope="all")


def empty() -> ComplianceReport:
    """A report of a time in which nothing was."""
    return replace(
        REPORT, trend=(), failures=(), failures_by_fault={}, numbers=(), templates=(), limits=(), alerts=(),
        account_events=(), gaps=(), advice=(), changes=(), quality_parts=(),
        requirements=tuple(replace(x, value=None, low=None, high=None, before=None, n=0) for x in REPORT.requirements),
        template_use=replace(REPORT.template_use, violating=(), unproven=(), by_reason={}),
        uptime=replace(REPORT.uptime, uptime=None, meets_sla=None, checks=(), log=(), mttr_s=None),
    )  # fmt: skip


@pytest.mark.parametrize("format", [each for each in ReportFormat if each is not ReportFormat.JSON])
@pytest.mark.parametrize("report", [REPORT, hostile(), empty()], ids=["full", "hostile", "empty"])
def test_the_same_report_is_the_same_file_byte_for_byte(report: ComplianceReport, format: ReportFormat) -> None:
    document = encode(report)

    assert render(document, DIGEST, format) == render(document, DIGEST, format)


# ---------------------------------------------------------------- the page


def test_the_page_says_what_the_report_says() -> None:
    text = page.write(REPORT, DIGEST).decode()

    for said in ("Violation", "97.31", "18 of them against the rule", "autumn_sale/en", REPORT.id, DIGEST, "131026",
                 "All accounts and numbers", "1 October 2026 – 31 October 2026", "0.06"):  # fmt: skip
        assert said in text, said


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    text = page.write(hostile(), DIGEST).decode()

    assert not re.search(r"<(script|link|iframe|object|embed|form|base)\b", text)
    assert not re.search(r"""\b(src|action|srcset|poster)=|url\(|@import|javascript:""", text.replace("src=x", ""))
    assert set(re.findall(r'href="([^"#]*)', text)) == {""}
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert "&lt;script&gt;" in text


def test_each_section_can_be_reached_and_each_picture_has_words() -> None:
    text = page.write(REPORT, DIGEST).decode()

    ids = set(re.findall(r'<section id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) == ids
    assert len(re.findall(r'<svg[^>]* role="img" aria-label="[^"]{10,}"', text)) == 5


def test_a_long_table_is_cut_and_says_where_the_rest_is() -> None:
    many = tuple(replace(REPORT.numbers[0], key=str(i)) for i in range(page.MOST_ROWS + 7))

    assert "and 7 more, in the JSON" in page.write(replace(REPORT, numbers=many), DIGEST).decode()


def test_of_nothing_the_page_says_so() -> None:
    text = page.write(empty(), DIGEST).decode()

    assert "Nothing is known of uptime in this period" in text
    assert "No template was sent." in text
    assert "<figure>" not in text


# ---------------------------------------------------------------- CSV and workbook


def test_every_cell_of_every_table_is_in_the_csv() -> None:
    found = list(csv.DictReader(io.StringIO(lines.write(REPORT).decode(), newline="")))

    assert len(found) == sum(len(table.rows) * len(table.columns) for table in every(REPORT))
    (sends,) = [x for x in found if x["table"] == "Messages" and x["value"] == "41524"]
    assert (sends["line"], sends["column"]) == ("1", "Messages")
    assert {"table": "Trend", "line": "1", "column": "Day", "value": "2026-10-01T00:00:00Z"} in found


def test_no_cell_of_the_csv_is_a_formula() -> None:
    report = replace(REPORT, templates=(replace(REPORT.templates[0], name="=cmd()"),))

    values = [row["value"] for row in csv.DictReader(io.StringIO(lines.write(report).decode(), newline=""))]

    assert "'=cmd()/en" in values
    assert not [value for value in values if value.startswith(("=", "+", "@"))]


def test_the_workbook_has_every_table_with_numbers_as_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(REPORT)))

    assert book.sheetnames == [table.name for table in every(REPORT)]
    for table in every(REPORT):
        rows = list(book[table.name].iter_rows(values_only=True))
        assert rows[0] == tuple(column.title for column in table.columns)
        assert len(rows) == len(table.rows) + 1
    first = next(book["Trend"].iter_rows(min_row=2, max_row=2))
    assert (first[0].value, first[1].value) == (datetime(2026, 10, 1), 1_300)  # a sheet knows no zones
    assert (first[3].value, first[3].number_format) == (pytest.approx(0.972), "0.00%")


def test_the_workbook_takes_any_text_for_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.write(hostile())))

    cell = book["Templates"]["A2"]
    assert cell.value.startswith(HOSTILE)
    assert cell.data_type in ("s", "inlineStr")


# ---------------------------------------------------------------- charts and words

AT = [datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=i) for i in range(5)]


def drawn(
    values: list[float | None],
    spell: Callable[[float], str] = str,
    threshold: float | None = None,
    low: float | None = None,
) -> ElementTree.Element:
    chart = Chart("a & b", AT, [Line("x", values, "#000")], spell, threshold, low)
    return ElementTree.fromstring(svg(chart, "serif"))


def test_where_nothing_is_known_the_line_is_broken() -> None:
    chart = drawn([1.0, 2.0, None, 3.0, None])
    ns = "{http://www.w3.org/2000/svg}"

    assert [len(x.attrib["points"].split()) for x in chart.iter(f"{ns}polyline")] == [2]
    assert len(list(chart.iter(f"{ns}circle"))) == 1


@pytest.mark.parametrize(
    ("values", "more", "ticks"),
    [
        ([0.91, 0.97, 0.98], {"threshold": 0.95}, ["0.90", "0.92", "0.94", "0.96", "0.98"]),
        ([3.0, 110.0], {"low": 0.0}, ["0.00", "50.00", "100.00", "150.00", "200.00"]),
        ([1.0, 1.0], {}, ["1.00", "1.25", "1.50", "1.75", "2.00"]),
        ([0.0], {"low": 0.0}, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
    ],
)
def test_the_axis_goes_in_round_steps_and_holds_every_value(
    values: list[float | None], more: dict[str, float], ticks: list[str]
) -> None:
    said = [x.text for x in drawn(values, lambda value: f"{value:.2f}", **more).iter() if x.tag.endswith("text")]

    assert said[:5] == ticks


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.031, "31 ms"), (1.25, "1.2 s"), (60, "1 min"), (3_725, "1 h 02 min"), (200_000, "2 d 7 h")],
)
def test_durations_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds).replace(NARROW, " ") == said


def test_a_share_is_never_rounded_to_a_whole_that_it_is_not() -> None:
    said = [share(each).replace(NARROW, "") for each in (1.0, 0.999999, 0.99953, 0.0, 0.00001)]

    assert said == ["100%", "99.9999%", "99.95%", "0%", "0.0010%"]


def test_a_word_has_its_colour_and_what_is_unknown_a_dash() -> None:
    assert (tone("violation"), tone("met"), tone("anything")) == ("bad", "good", "none")
    assert (words(Kind.WHOLE, None), words(Kind.TEXT, ""), words(Kind.WORD, "not_met")) == ("–", "–", "Not met")


def test_what_is_not_known_is_said_beside_a_good_verdict() -> None:
    lines = tuple(replace(x, verdict=Verdict.COMPLIANT) for x in REPORT.requirements[:4])
    unknown = replace(REPORT.requirements[4], verdict=Verdict.INSUFFICIENT_DATA)
    report = replace(REPORT, verdict=Verdict.COMPLIANT, requirements=(*lines, unknown), changes=())

    assert sentence(report) == (
        "No requirement was missed. There is too little data to judge: Webhook response (p99)."
        " Nobody watched for 24 min of the period: what passed then is unknown."
    )
    good = replace(report, requirements=lines, unknown_s=0.0)
    assert sentence(good) == "All requirements were met in this period."
    assert sentence(replace(good, revision=3, changes=REPORT.changes)).endswith("than in revision 2: see Changes.")
