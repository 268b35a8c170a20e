"""`/templates`: every template of every account, the worst first, with what became of what was sent with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.template_stands import TemplateStands, Trouble, ordered
from wabawatch.flows.template_desk import TemplateDesk
from wabawatch.ports import Clock
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.links import template_path
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.platform_words import state_tag
from wabawatch.web.pages.template_query import ORDERS, TemplateQuery, template_query
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

PAGE = 50
"""Templates that are shown at once"""
TROUBLES = {
    Trouble.MISUSED: ("bad", "Against the rules"),
    Trouble.STOPPED: ("bad", "Stopped, or about to be"),
    Trouble.MISSING_RATES: ("bad", "Misses requirements"),
    Trouble.DOUBTFUL: ("warn", "Needs a look"),
    Trouble.WAITING: ("none", "Waits for review"),
    Trouble.FINE: ("good", "Fine"),
    Trouble.UNUSED: ("none", "Not used"),
    Trouble.GONE: ("none", "Gone"),
}
"""How bad it is, in colour and words"""


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """The list, and the part of it that is fetched again."""

    desk: TemplateDesk
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/templates", Right.VIEW, self.page),
            desk.page("/parts/templates", Right.VIEW, self.rows),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        return self._answer("templates.html", request, visitor)

    def rows(self, request: Request, visitor: Visitor) -> Response:
        """The table."""
        return self._answer("parts/templates_table.html", request, visitor)

    def _answer(self, template: str, request: Request, visitor: Visitor) -> Response:
        at = whereabouts(request.query_params, self.clock.now())
        query = template_query(request.query_params)
        owners = self.desk.owners()
        every = [] if query.wrong else self.desk.listed(at.start, at.end, at.slice)
        more = {
            "query": query,
            "clients": sorted({waba for waba in owners.values() if waba}),
            "numbers": sorted(n for n, waba in owners.items() if n and (not at.client or waba == at.client)),
            "options": {name: query.options(name, every) for name in ("status", "category", "quality")},
            "orders": [(order.value, words) for order, words in ORDERS.items()],
        }
        status = 422 if query.wrong else 200
        values = more | _shown(query, every) | {"currency": self.desk.prices.currency}
        return self.views.render(template, request, visitor=visitor, at=at, status=status, **values)


def _shown(query: TemplateQuery, every: Sequence[TemplateStands]) -> dict[str, Any]:
    found = ordered(filter(query.fits, every), query.order)
    pages = max(1, -(-len(found) // PAGE))
    page = min(query.page, pages)
    return {
        "rows": found[(page - 1) * PAGE : page * PAGE],
        "found": len(found),
        "in_all": len(every),
        "first": (page - 1) * PAGE + 1,
        "page": page,
        "pages": pages,
        "troubles": TROUBLES,
        "state_tag": state_tag,
        "template_path": template_path,
    }
