"""A notice as Slack blocks, within Slack's limits. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from wabawatch.notifiers.page import Link, Page, Section, Tone
from wabawatch.notifiers.words import cut

Block: TypeAlias = dict[str, Any]

MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_SECTION = 3_000
LONGEST_MESSAGE = 12_000
"""Of all blocks together. Slack documents no limit and refuses some 13,200 (slackapi/bolt-js#2509, April 2025)"""

_SIGNS = {Tone.CRITICAL: "🔴", Tone.WARNING: "🟠", Tone.INFO: "🔵", Tone.GOOD: "✅"}


def blocks_of(page: Page) -> list[Block]:
    """The page as blocks: what does not fit is counted at the end, never cut off silently."""
    opening = [_header(f"{_SIGNS[page.tone]} {page.headline}")]
    if page.lead:
        opening.append(_section(escaped(page.lead)))
    closing = list(_closing(page))
    room = LONGEST_MESSAGE - sum(map(_size, [*opening, *closing])) - 100
    places = MOST_BLOCKS - len(opening) - len(closing) - 1
    shown: list[Block] = []
    is_headed = bool(page.lead)  # else the header has said already what the only section is about
    for number, section in enumerate(page.sections):
        block = _section(_mrkdwn(section, is_headed=is_headed))
        if len(shown) == places or _size(block) > room:
            shown.append(_section(f"{len(page.sections) - number} more did not fit here."))
            break
        shown.append(block)
        room -= _size(block)
    return [*opening, *shown, *closing]


def fallback_of(page: Page) -> str:
    """What a notification on a phone shows: one line."""
    said = page.lead or next((section.says for section in page.sections), "")
    return escaped(cut(f"{page.headline}. {said}" if said else page.headline, 300))


def escaped(text: str) -> str:
    """*text* so that Slack makes no mention, link or entity of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(block: Block) -> int:
    texts = [block.get("text"), *block.get("elements", ())]
    return sum(len(text["text"]) for text in texts if text) + 60  # and what is around it


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, LONGEST_HEADER), "emoji": True}}


def _section(mrkdwn: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def _closing(page: Page) -> Iterator[Block]:
    if page.rest:
        yield _section(_fitting(["*In all*", *(f"• {escaped(each)}" for each in page.rest)]))
    if page.link is not None:
        yield _section(_link(page.link))
    yield {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(page.foot), "verbatim": True}]}


def _mrkdwn(section: Section, *, is_headed: bool) -> str:
    about = f"\n{escaped(section.about)}" if section.about else ""
    lines = [f"{_SIGNS[section.tone]} *{section.state}: {_bold(section.title)}*{about}"] if is_headed else []
    if section.says:
        lines.append(escaped(section.says))
    lines += [f"*{line.label}:* {escaped(line.text)}" for line in section.lines]
    if section.contributors:
        lines += ["*Largest contributors*", *(f"• {escaped(each)}" for each in section.contributors)]
    if section.steps:
        lines += ["*What to check first*", *(f"{n}. {escaped(each)}" for n, each in enumerate(section.steps, 1))]
    if section.links:
        lines.append(" · ".join(map(_link, section.links)))
    return _fitting(lines)


def _fitting(lines: list[str]) -> str:
    """As many whole lines as a section holds: a cut within one could leave half an entity or link."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 2 > LONGEST_SECTION:
            return f"{text}\n…"
        text = f"{text}\n{line}" if text else line
    return text


def _bold(text: str) -> str:
    return escaped(text).replace("*", "\u2217")  # a star would end the bold part


def _link(link: Link) -> str:
    url = link.url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E").replace("&", "&amp;")
    return f"<{url}|{escaped(link.label)}>"
