"""A notice as HTML for e-mail: light and dark, narrow and wide, and nothing is fetched from anywhere. Pure.

Mail programs know little CSS: the layout is a table, light colours stand at each element, and the style sheet, which
some programs drop, only adds the dark ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from wabawatch.notifiers.page import Link, Page, Section, Tone

_LIGHT = {
    Tone.CRITICAL: ("#a4161a", "#fdecec"),
    Tone.WARNING: ("#8a5300", "#fdf3e0"),
    Tone.INFO: ("#1b4f9c", "#e9f1fc"),
    Tone.GOOD: ("#14693a", "#e7f6ec"),
}
"""Colour of letters and of what is behind them: at least 4.5 to 1"""
_DARK = {
    Tone.CRITICAL: ("#ff9b96", "#4a1d1f"),
    Tone.WARNING: ("#ffc46b", "#43310f"),
    Tone.INFO: ("#9cc4ff", "#1b3050"),
    Tone.GOOD: ("#86dfa7", "#143a25"),
}
_INK, _PALE, _LINE, _PAPER, _DESK, _BLUE = "#1b1f24", "#59636e", "#d8dee4", "#ffffff", "#f3f5f7", "#0b57a4"
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

_STYLE = f"""
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
@media (prefers-color-scheme: dark) {{
  .desk {{ background: #0e1116 !important; }}
  .paper {{ background: #171b21 !important; border-color: #2e353e !important; }}
  .ink {{ color: #e8ebef !important; }}
  .pale {{ color: #a3adb8 !important; }}
  .line {{ border-color: #2e353e !important; }}
  .link {{ color: #8ab9f5 !important; }}
  {" ".join(f".{t} {{ color: {ink} !important; background: {back} !important; }}" for t, (ink, back) in _DARK.items())}
}}
@media (max-width: 480px) {{
  .pad {{ padding-left: 16px !important; padding-right: 16px !important; }}
  .label, .fact {{ display: block !important; width: auto !important; padding-right: 0 !important; }}
  .label {{ padding-bottom: 0 !important; }}
}}
"""


def html_of(page: Page) -> str:
    """The page as one document that stands alone."""
    sections = "".join("".join(_section(each, is_first=not at)) for at, each in enumerate(page.sections))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{_escaped(page.headline)}</title>
<style>{_STYLE}</style>
</head>
<body class="desk" style="margin:0;padding:0;background:{_DESK}">
<table role="presentation" class="desk" width="100%" cellpadding="0" cellspacing="0" style="background:{_DESK}">
<tr><td align="center" style="padding:24px 8px">
<table role="presentation" class="paper" width="100%" cellpadding="0" cellspacing="0" \
style="max-width:640px;background:{_PAPER};border:1px solid {_LINE};border-radius:10px">
{_head(page)}{sections}{_rest(page)}
<tr><td class="pad pale line" style="padding:16px 28px 20px;border-top:1px solid {_LINE};{_FONT};font-size:12px;\
line-height:18px;color:{_PALE}">{_escaped(page.foot)}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"""


def _head(page: Page) -> str:
    # Of a single alert the section has state and title, and need not be announced.
    if not page.lead:
        return ""
    lead = f'<div class="ink" style="padding-top:12px;{_text()}">{_escaped(page.lead)}</div>'
    title = f'<div class="ink" style="padding-top:10px;{_heading(20)}">{_escaped(page.subject)}</div>'
    return f'<tr><td class="pad" style="padding:24px 28px 4px">{_badge(page.state, page.tone)}{title}{lead}</td></tr>\n'


def _section(section: Section, *, is_first: bool) -> Iterator[str]:
    border = "" if is_first else f"border-top:1px solid {_LINE};"
    yield f'<tr><td class="pad line" style="padding:22px 28px;{border}">'
    yield _badge(section.state, section.tone)
    yield f'<div class="ink" style="padding-top:10px;{_heading(20)}">{_escaped(section.title)}</div>'
    if section.about:
        yield f'<div class="pale" style="padding-top:2px;{_text(_PALE, 14)}">{_escaped(section.about)}</div>'
    if section.says:
        yield f'<div class="ink" style="padding-top:12px;{_text()}">{_escaped(section.says)}</div>'
    if section.lines:
        yield '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin-top:12px">'
        for line in section.lines:
            yield (
                f'<tr><td class="label pale" valign="top" width="110" '
                f'style="padding:4px 12px 4px 0;{_text(_PALE, 14)}">{_escaped(line.label)}</td>'
                f'<td class="fact ink" valign="top" style="padding:4px 0;{_text()}">{_escaped(line.text)}</td></tr>'
            )
        yield "</table>"
    if section.contributors:
        yield from _list("Largest contributors", "ul", section.contributors)
    if section.steps:
        yield from _list("What to check first", "ol", section.steps)
    if section.links:
        links = " &nbsp;·&nbsp; ".join(map(_link, section.links))
        yield f'<div class="pale" style="padding-top:16px;{_text(_PALE)}">{links}</div>'
    yield "</td></tr>\n"


def _list(heading: str, kind: str, items: tuple[str, ...]) -> Iterator[str]:
    yield f'<div class="ink" style="padding-top:16px;{_heading(15)}">{heading}</div>'
    yield f'<{kind} class="ink" style="margin:6px 0 0;padding-left:22px;{_text()}">'
    yield from (f'<li style="padding:2px 0">{_escaped(each)}</li>' for each in items)
    yield f"</{kind}>"


def _rest(page: Page) -> str:
    parts = [*_list("In all", "ul", page.rest)] if page.rest else []
    if page.link is not None:
        parts.append(f'<div style="padding-top:14px;{_text()}">{_link(page.link)}</div>')
    if not parts:
        return ""
    style = f"padding:6px 28px 22px;border-top:1px solid {_LINE}"
    return f'<tr><td class="pad line" style="{style}">{"".join(parts)}</td></tr>'


def _badge(state: str, tone: Tone) -> str:
    ink, back = _LIGHT[tone]
    return (
        f'<span class="{tone}" style="display:inline-block;padding:3px 10px;border-radius:6px;background:{back};'
        f'color:{ink};{_FONT};font-size:13px;line-height:20px;font-weight:700;letter-spacing:.4px">{_escaped(state)}</span>'
    )


def _link(link: Link) -> str:
    return f'<a class="link" href="{_escaped(link.url)}" style="color:{_BLUE}">{_escaped(link.label)}</a>'


def _escaped(text: str) -> str:
    # A percentage stays in one line.
    return escape(text).replace(" %", "&nbsp;%")


def _text(colour: str = _INK, size: int = 15) -> str:
    return f"{_FONT};font-size:{size}px;line-height:{size + 7}px;color:{colour};overflow-wrap:anywhere"


def _heading(size: int) -> str:
    return f"{_FONT};font-size:{size}px;line-height:{size + 8}px;font-weight:700;color:{_INK};overflow-wrap:anywhere"
