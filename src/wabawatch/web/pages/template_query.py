"""What the list of templates looks for: its filters as they stand in the URL, each with what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from wabawatch.domain.template_stands import Order, TemplateStands
from wabawatch.web.pages.platform_words import plain_word

FILTERS = ("q", "status", "category", "quality")
UNKNOWN = "unknown"
"""The value of a filter for what nobody told"""
MOST = 200
"""Characters of a filter"""
MOST_PAGES = 10_000
ORDERS = {
    Order.WORST: "Worst first",
    Order.SENT: "Most sent",
    Order.DELIVERY: "Lowest delivery rate",
    Order.READ: "Lowest read rate",
    Order.FAILURES: "Most failures",
    Order.COST: "Highest cost",
    Order.CHANGED: "Changed last",
    Order.NAME: "Name",
}


@dataclass(frozen=True, slots=True)
class TemplateQuery:
    """The filters, order and page of the list."""

    given: Mapping[str, str]
    """As they were written; only those that say something, and not the page"""
    wrong: Mapping[str, str]
    """By parameter, a sentence on what is wrong with it"""
    order: Order
    page: int
    """From 1"""

    def fits(self, one: TemplateStands) -> bool:
        """Whether *one* is looked for."""
        text = self.given.get("q", "").lower()
        if text and text not in one.ref.name.lower() and text != one.ref.language.lower():
            return False
        return all(
            name not in self.given or self.given[name].upper() == (one.known(name).upper() or UNKNOWN.upper())
            for name in ("status", "category", "quality")
        )

    def options(self, name: str, some: Iterable[TemplateStands]) -> list[tuple[str, str]]:
        """The values that a filter can have, with how many templates each has; the chosen one is always there."""
        found = Counter(one.known(name) for one in some)
        chosen = self.given.get(name, "").upper()
        if chosen and chosen != UNKNOWN.upper():
            found.setdefault(chosen, 0)
        ordered = sorted(found.items(), key=lambda each: (not each[0], -each[1], each[0]))
        return [(value or UNKNOWN, f"{plain_word(value) or 'Unknown'} ({n:,})") for value, n in ordered]


def template_query(query: QueryParams) -> TemplateQuery:
    """What *query* asks for. Raises nothing: what is wrong is told beside its field."""
    given = {name: text for name in (*FILTERS, "sort") if (text := query.get(name, "").strip())}
    wrong = {name: problem for name in FILTERS if (problem := _problem(given.get(name, "")))}
    order = Order.WORST
    if "sort" in given:
        if given["sort"] in set(Order):
            order = Order(given["sort"])
        else:
            wrong["sort"] = f"There is no such order; choose one of {', '.join(Order)}."
    page = query.get("page", "1")
    if not (page.isascii() and page.isdigit() and 1 <= int(page[:9]) <= MOST_PAGES):
        wrong["page"] = "There is no such page; begin with the first."
        page = "1"
    return TemplateQuery(given, wrong, order, int(page))


def _problem(text: str) -> str:
    if len(text) > MOST:
        return f"This is longer than {MOST} characters; write less."
    return "" if text.isprintable() else "This holds characters that cannot be printed; write it without them."
