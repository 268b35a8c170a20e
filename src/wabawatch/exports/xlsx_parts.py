"""The parts of a workbook that are always the same, and the frame of its sheets (ECMA-376 part 1)."""

from __future__ import annotations

from collections.abc import Sequence

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WIDE = {"wamid": 30, "contact": 18, "error_title": 30, "template_name": 24}
_USUAL_WIDTH, _TIME_WIDTH = 16, 26

TIME_FORMAT = 'yyyy\\-mm\\-dd"T"hh:mm:ss.000"Z"'


def title(number: int) -> str:
    """The name of a sheet with messages."""
    return "Messages" if number == 1 else f"Messages {number}"


def letters(place: int) -> str:
    """The name of a column, counted from 0."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def width(number: int, characters: int) -> str:
    """How wide a column (counted from 1) is."""
    return f'<col min="{number}" max="{number}" width="{characters}" customWidth="1"/>'


def sheet_head(names: Sequence[str], style: int) -> str:
    """The beginning of a sheet, with the row of the columns' *names*, which stays in view."""
    widths = "".join(
        width(i, _WIDE.get(name, _TIME_WIDTH if name == "at" or name.endswith("_at") else _USUAL_WIDTH))
        for i, name in enumerate(names, 1)
    )
    heads = "".join(
        f'<c r="{letters(i)}1" s="{style}" t="inlineStr"><is><t>{name}</t></is></c>' for i, name in enumerate(names)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f'{XML}<worksheet {MAIN}>{view}<cols>{widths}</cols><sheetData><row r="1">{heads}</row>'


def sheet_tail(columns: int, rows: int) -> str:
    """The end of a sheet with so many *rows*, the header among them: it can be filtered, and ids may be digits."""
    everything = f"A1:{letters(columns - 1)}{rows}"
    quiet = f'<ignoredErrors><ignoredError sqref="{everything}" numberStoredAsText="1"/></ignoredErrors>'
    return f'</sheetData><autoFilter ref="{everything}"/>{quiet}</worksheet>'


def around(sheets: int) -> dict[str, str]:
    """Everything but the sheets, by name; there is one more than *sheets*, which is about the others."""
    numbers = range(1, sheets + 2)
    names = [title(number) for number in numbers[:-1]] + ["About"]
    kept = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    ties = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = f'<Relationship Id="rId{sheets + 2}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    return {
        "xl/workbook.xml": f'{XML}<workbook {MAIN} xmlns:r="{_OFFICE}"><sheets>{kept}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">{ties}{styles}</Relationships>'
        ),
        "xl/styles.xml": _STYLES,
        "_rels/.rels": (
            f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "[Content_Types].xml": (
            f'{XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>'
        ),
    }


_FONT = '<sz val="11"/><name val="Calibri"/>'
_SHOWN = TIME_FORMAT.replace('"', "&quot;")
_FILL = '<fill><patternFill patternType="{}"/></fill>'
_STYLES = (
    f'{XML}<styleSheet {MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="{_SHOWN}"/></numFmts>'
    f'<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    f'<fills count="2">{_FILL.format("none")}{_FILL.format("gray125")}</fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
