"""A notice as plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wabawatch.notifiers.page import Page, Section


def text_of(page: Page) -> str:
    """The whole page; no line is longer than the page's own longest part."""
    parts = [page.lead] if page.lead else []
    parts += ["\n".join(_section(each)) for each in page.sections]
    if page.rest:
        parts.append("In all:\n" + "\n".join(f"  {each}" for each in page.rest))
    if page.link is not None:
        parts.append(f"{page.link.label}: {page.link.url}")
    return "\n\n".join([*parts, f"-- \n{page.foot}"]) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"{section.state}: {section.title}"
    if section.about:
        yield section.about
    if section.says:
        yield from ("", section.says)
    yield ""
    widest = max((len(line.label) for line in section.lines), default=0)
    yield from (f"{line.label + ':':<{widest + 2}}{line.text}" for line in section.lines)
    if section.contributors:
        yield "Largest contributors:"
        yield from (f"  - {each}" for each in section.contributors)
    if section.steps:
        yield from ("", "What to check first:")
        yield from (f"  {number}. {step}" for number, step in enumerate(section.steps, 1))
    if section.links:
        yield ""
        yield from (f"{link.label}: {link.url}" for link in section.links)
