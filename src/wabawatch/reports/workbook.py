"""A report as a workbook (ECMA-376): a sheet for each table, numbers as numbers, the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import quoteattr

from wabawatch.domain.compliance_report import ComplianceReport, millis
from wabawatch.exports.xlsx_file import DAY_MS, EPOCH_DAYS, spelt
from wabawatch.exports.xlsx_parts import MAIN, XML, letters, width
from wabawatch.reports.tables import Cell, Column, Kind, Table
from wabawatch.reports.tables_all import every
from wabawatch.reports.words import BAD, GOOD, WARN, tone

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD, TIME, SHARE, WHOLE, SECONDS, WRAP = 1, 2, 3, 4, 5, 6
TONES = {GOOD: 7, WARN: 8, BAD: 9}
"""Styles by number, as they stand in `_STYLES`"""
_WIDE = {Kind.TEXT: 26, Kind.LONG: 65, Kind.TIME: 18}


def write(report: ComplianceReport) -> bytes:
    """The workbook."""
    sheets = every(report)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        for name, content in _around(sheets).items():
            _put(book, name, content)
        for number, table in enumerate(sheets, 1):
            _put(book, f"xl/worksheets/sheet{number}.xml", _sheet(table))
    return file.getvalue()


def _put(book: zipfile.ZipFile, name: str, content: str) -> None:
    info = zipfile.ZipInfo(name)  # of 1980: no bytes of a report depend on when it was written
    info.compress_type = zipfile.ZIP_DEFLATED
    book.writestr(info, content.encode("utf-8", "replace"))


def _sheet(table: Table) -> str:
    widths = "".join(width(i, _width(column)) for i, column in enumerate(table.columns, 1))
    head = "".join(_text(f"{letters(i)}1", column.title, HEAD) for i, column in enumerate(table.columns))
    rows = "".join(
        f'<row r="{number}">'
        + "".join(_cell(f"{letters(i)}{number}", table.columns[i].kind, cell) for i, cell in enumerate(row))
        + "</row>"
        for number, row in enumerate(table.rows, 2)
    )
    everything = f"A1:{letters(len(table.columns) - 1)}{len(table.rows) + 1}"
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    quiet = f'<ignoredErrors><ignoredError sqref="{everything}" numberStoredAsText="1"/></ignoredErrors>'
    return (
        f'{XML}<worksheet {MAIN}><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f'<cols>{widths}</cols><sheetData><row r="1">{head}</row>{rows}</sheetData>'
        f'<autoFilter ref="{everything}"/>{quiet}</worksheet>'
    )


def _width(column: Column) -> int:
    return max(_WIDE.get(column.kind, 13), len(column.title) + 4)


def _cell(place: str, kind: Kind, cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, datetime):
        return f'<c r="{place}" s="{TIME}"><v>{millis(cell) / DAY_MS + EPOCH_DAYS!r}</v></c>'
    if isinstance(cell, int | float):
        style = {Kind.SHARE: SHARE, Kind.SECONDS: SECONDS}.get(kind, WHOLE)
        return f'<c r="{place}" s="{style}"><v>{cell!r}</v></c>'
    return _text(place, cell, TONES.get(tone(cell), 0) if kind is Kind.WORD else WRAP)


def _text(place: str, said: str, style: int) -> str:
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{spelt(said)}</t></is></c>'


def _around(sheets: Sequence[Table]) -> dict[str, str]:
    numbers = range(1, len(sheets) + 1)
    kept = "".join(
        f'<sheet name={quoteattr(table.name)} sheetId="{n}" r:id="rId{n}"/>'
        for n, table in zip(numbers, sheets, strict=True)
    )
    ties = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = f'<Relationship Id="rId{len(sheets) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    return {
        "[Content_Types].xml": (
            f'{XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>'
        ),
        "_rels/.rels": (
            f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'{XML}<workbook {MAIN} xmlns:r="{_OFFICE}"><sheets>{kept}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">{ties}{styles}</Relationships>'
        ),
        "xl/styles.xml": _STYLES,
    }


def _font(extra: str = "") -> str:
    return f'<font>{extra}<sz val="11"/><name val="Calibri"/></font>'


def _coloured(colour: str) -> str:
    return f'<font><b/><sz val="11"/><color rgb="FF{colour}"/><name val="Calibri"/></font>'


def _style(format: int = 0, font: int = 0, more: str = "") -> str:
    opened = f'<xf numFmtId="{format}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
    return f'{opened} applyFont="1" applyAlignment="1"><alignment vertical="top"{more}/></xf>'


_FORMATS = {164: "yyyy\\-mm\\-dd hh:mm", 165: "0.00%", 166: "#,##0.000"}
_NUMBER_FORMATS = "".join(f'<numFmt numFmtId="{id}" formatCode={quoteattr(code)}/>' for id, code in _FORMATS.items())
_FONTS = _font() + _font("<b/>") + _coloured("17693F") + _coloured("8A5A00") + _coloured("B42318")
_CELLS = [_style(), _style(font=1), _style(164), _style(165), _style(3), _style(166), _style(more=' wrapText="1"'),
          _style(font=2), _style(font=3), _style(font=4)]  # fmt: skip
_FILL = '<fill><patternFill patternType="{}"/></fill>'
_STYLES = (
    f'{XML}<styleSheet {MAIN}><numFmts count="{len(_FORMATS)}">{_NUMBER_FORMATS}</numFmts>'
    f'<fonts count="5">{_FONTS}</fonts><fills count="2">{_FILL.format("none")}{_FILL.format("gray125")}</fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{len(_CELLS)}">{"".join(_CELLS)}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
