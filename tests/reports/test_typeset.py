"""A report in print: PDF/A with everything in it, whatever names stand in it, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.reports.test_files import DIGEST, empty, hostile
from tests.support.report_values import REPORT
from wabawatch.domain.errors import BadRequest, Conflict
from wabawatch.reports import typeset
from wabawatch.reports.typeset_child import plain


def test_it_is_pdf_a_with_structure_and_the_same_bytes_each_time() -> None:
    made = typeset.write(REPORT, DIGEST)

    assert made.startswith(b"%PDF-1.7")
    assert b"pdfaid:part>2<" in made
    assert b"pdfaid:conformance>A<" in made
    assert b"StructTreeRoot" in made
    assert typeset.write(REPORT, DIGEST) == made


@pytest.mark.parametrize("report", [hostile(), empty()], ids=["hostile", "empty"])
def test_any_report_can_be_printed(report: object) -> None:
    assert typeset.write(report, DIGEST).startswith(b"%PDF")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["日本語", "😀 sale", "\0", "#panic()", "$x$ *b* @ref <l> \\", "مرحبا", "x" * 500])
def test_signs_that_no_font_has_do_not_keep_it_from_being_printed(name: str) -> None:
    report = replace(REPORT, templates=(replace(REPORT.templates[0], name=name),))

    assert typeset.write(report, DIGEST).startswith(b"%PDF")


def test_only_what_fonts_lack_is_replaced() -> None:
    assert json.loads(plain(json.dumps({"a": ["Größe – 5\u202f%, 日本", 1]}))) == {
        "a": ["Größe – 5\u202f%, \ufffd\ufffd", 1]
    }


def test_without_typst_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeset, "find_spec", lambda _name: None)

    with pytest.raises(BadRequest, match=r"pip install 'wabawatch\[reports\]'"):
        typeset.write(REPORT, DIGEST)


def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeset, "CHILD", "wabawatch.reports.nothing")

    with pytest.raises(Conflict, match=r"the PDF could not be typeset: .*take HTML"):
        typeset.write(REPORT, DIGEST)
