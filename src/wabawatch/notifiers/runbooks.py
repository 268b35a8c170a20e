"""The runbook pages that are shipped with the product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from wabawatch.domain.runbooks import Runbook, parse


@cache
def load(name: str) -> Runbook | None:
    """The runbook *name*, such as `delivery_rate_low` (in letters of any size); None: there is no such page."""
    text = text_of(name)
    return parse(text) if text is not None else None


def text_of(name: str) -> str | None:
    """The page itself, in Markdown; None: there is no such page."""
    page = _page(name.lower())
    return page.read_text("utf-8") if page is not None else None


def names() -> list[str]:
    """Of all pages, in alphabetical order."""
    found = (each.name.removesuffix(".md") for each in _folder().iterdir() if each.name.endswith(".md"))
    return sorted(name for name in found if name != "README")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What notices take from runbooks. *public_url*: where people open wabawatch; "" nowhere."""

    public_url: str = ""

    def first_steps(self, runbook: str) -> tuple[str, ...]:
        """What to check first, a sentence each; empty: there is no such page."""
        page = load(runbook)
        return page.first_steps if page else ()

    def url(self, runbook: str) -> str:
        """Where the page is shown; "" nowhere."""
        return f"{self.public_url.rstrip('/')}/runbooks/{runbook.lower()}" if self.public_url and load(runbook) else ""


def _page(name: str) -> Traversable | None:
    if not name.replace("_", "").isalnum():  # no way out of the folder
        return None
    page = _folder() / f"{name}.md"
    return page if page.is_file() else None


def _folder() -> Traversable:
    """Inside the package as it is installed, else in the repository that it runs from."""
    shipped = files("wabawatch") / "runbooks"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "docs" / "runbooks"
