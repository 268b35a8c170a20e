"""`/numbers`: every number of every account, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.connection import Connection
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.headroom import THROUGHPUT_MPS
from wabawatch.domain.masking import masked_id
from wabawatch.domain.number_stands import NumberState, State, worst_first
from wabawatch.flows.number_desk import NumberDesk
from wabawatch.ports import Clock
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.links import account_path, number_path
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.platform_words import plain_word, state_tag
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

PAGE = 50
"""Numbers that are shown at once"""
MOST = 200
"""Characters of what is looked for"""
STATES = {
    State.CANNOT_SEND: ("bad", "Cannot work"),
    State.FAILING: ("bad", "Misses requirements"),
    State.DOUBTFUL: ("warn", "Needs a look"),
    State.FINE: ("good", "Fine"),
    State.QUIET: ("none", "Quiet"),
}
"""How bad it is, in colour and words"""
CONNECTIONS = {
    Connection.WORKING: ("good", "Working"),
    Connection.QUIET: ("none", "Quiet"),
    Connection.SUSPICIOUS: ("warn", "Suspicious"),
    Connection.REFUSED: ("bad", "Refused"),
    Connection.UNREACHABLE: ("bad", "Unreachable"),
}
"""How the way from Meta to us stands"""


def common_words() -> dict[str, Any]:
    """What the templates about numbers and accounts need beside their values."""
    return {
        "number_states": STATES,
        "connections": CONNECTIONS,
        "state_tag": state_tag,
        "plain_word": plain_word,
        "masked": masked_id,
        "number_path": number_path,
        "account_path": account_path,
        "levels": THROUGHPUT_MPS,
    }


@dataclass(frozen=True, slots=True)
class NumbersPage:
    """The list, and the part of it that is fetched again."""

    desk: NumberDesk
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/numbers", Right.VIEW, self.page),
            desk.page("/parts/numbers", Right.VIEW, self.rows),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        return self._answer("numbers.html", request, visitor)

    def rows(self, request: Request, visitor: Visitor) -> Response:
        """The table."""
        return self._answer("parts/numbers_table.html", request, visitor)

    def _answer(self, template: str, request: Request, visitor: Visitor) -> Response:
        at = whereabouts(request.query_params, self.clock.now())
        text, page = _asked(request.query_params)
        every = self.desk.listed(at.start, at.end)
        mine = [one for one in every if not at.client or one.place.waba == at.client]
        found = worst_first(one for one in mine if _fits(one, text))
        pages = max(1, -(-len(found) // PAGE))
        page = min(page, pages)
        rows = found[(page - 1) * PAGE : page * PAGE]
        values = {
            "rows": rows,
            "heard": self.desk.heard([one.number for one in rows]),
            "counts": _counts(mine),
            "found": len(found),
            "in_all": len(mine),
            "page": page,
            "pages": pages,
            "text": text,
            "here": {"q": text} if text else {},
            "clients": sorted({one.place.waba for one in every if one.place.waba}),
            **common_words(),
        }
        return self.views.render(template, request, visitor=visitor, at=at, **values)


def _asked(query: QueryParams) -> tuple[str, int]:
    """What is looked for, and which page of it. Raises BadRequest that names the parameter."""
    text, page = query.get("q", "").strip(), query.get("page") or "1"
    if len(text) > MOST or not text.isprintable():
        raise BadRequest(f"q: write at most {MOST} characters that can be printed")
    if not (page.isascii() and page.isdigit() and 1 <= int(page[:9]) <= 10_000):
        raise BadRequest("page: there is no such page; begin with the first")
    return text, int(page)


def _fits(one: NumberState, text: str) -> bool:
    wanted = text.lower()
    digits = wanted.replace(" ", "").removeprefix("+")
    name = one.known("verified_name").lower()
    return not wanted or wanted in name or digits in one.number or (len(digits) > 3 and digits == one.display)


def _counts(some: Sequence[NumberState]) -> list[tuple[tuple[str, str], int]]:
    """How many numbers there are of each state, the worst first."""
    return [(STATES[state], n) for state in State if (n := sum(one.state is state for one in some))]
