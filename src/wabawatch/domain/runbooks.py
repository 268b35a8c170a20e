"""Runbooks: what an alert means and what to do about it, read from its page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

FIRST_STEPS = 3
"""So many steps stand in a notice"""


class Part(StrEnum):
    """The headings that every page has, in this order."""

    MEANS = "What it means"
    DECIDED = "How it is decided"
    STEPS = "What to check first"
    FIXES = "What usually fixes it"
    FACTS = "Facts and sources"


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page, in plain text but for `code` in the parts that are lists."""

    rule: str
    """The type of alert, such as DELIVERY_RATE_LOW"""
    title: str
    means: str
    decided: str
    steps: tuple[str, ...]
    fixes: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def first_steps(self) -> tuple[str, ...]:
        """What a notice quotes."""
        return tuple(plain(step) for step in self.steps[:FIRST_STEPS])


def parse(page: str) -> Runbook:
    """The runbook on a Markdown *page*. Raises ValueError that says what of it is missing."""
    heading = re.match(r"# ([A-Z][A-Z0-9_]+): (.+)\n", page)
    if heading is None:
        raise ValueError("the first line is not `# RULE_NAME: title`")
    parts = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", page, re.MULTILINE))
    if list(parts) != list(Part):
        raise ValueError(f"its headings are {', '.join(parts)}; they should be {', '.join(Part)}")
    for name, text in parts.items():
        if not text.strip():
            raise ValueError(f"nothing stands below {name!r}")
    return Runbook(
        rule=heading[1],
        title=heading[2].strip(),
        means=_joined(parts[Part.MEANS]),
        decided=_joined(parts[Part.DECIDED]),
        steps=_items(parts[Part.STEPS], r"\d+\. "),
        fixes=_items(parts[Part.FIXES], "- "),
        facts=_items(parts[Part.FACTS], "- "),
    )


def plain(text: str) -> str:
    """*text* without the marks of Markdown: of a link its words."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).replace("`", "").replace("**", "")


def _items(text: str, mark: str) -> tuple[str, ...]:
    """The items of a list, each in one line. Raises ValueError when there is anything else in it."""
    first, *items = re.split(rf"^{mark}", text, flags=re.MULTILINE)
    if first.strip() or not items:
        raise ValueError(f"this is no list: {' '.join(text.split())[:60]!r}")
    return tuple(map(_joined, items))


def _joined(text: str) -> str:
    return " ".join(text.split())
