"""`/messages/{id}`: all that is known of one message, its stages with the time between them, its errors, its cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.billing import charged_as, is_billable
from wabawatch.domain.costs import PriceList
from wabawatch.domain.errors import Forbidden, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey, Message
from wabawatch.flows.browsing import Browsing
from wabawatch.ports import Clock, Held
from wabawatch.web.masking import masked_detail
from wabawatch.web.message_answers import Event, detail_of
from wabawatch.web.pages.archived import ARCHIVED, DAY, Archived, split
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import UNMASK, kept_filters
from wabawatch.web.pages.log_shown import STATES, lasted
from wabawatch.web.pages.places import whereabouts
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor
from wabawatch.wire import instant

STAGES = {
    "requested": ("none", "Asked for"),
    "accepted": ("good", "Accepted by Meta"),
    "received": ("good", "Received"),
    "sent": ("good", "Sent"),
    "delivered": ("good", "Delivered"),
    "read": ("good", "Read"),
    "played": ("good", "Played"),
    "failed": ("bad", "Failed"),
    "error": ("bad", "Error"),
}
"""Of each event its colour and its words"""


class Step(NamedTuple):
    """One event of a timeline."""

    kind: str
    words: str
    at: Millis
    gap: str
    """How long after the event before, in words; "" for the first"""
    detail: str


class Cost(NamedTuple):
    """What a message costs."""

    is_billable: bool
    category: str
    price: Decimal | None
    """None: not in the price list"""
    currency: str


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One message."""

    browsing: Browsing
    prices: PriceList
    country_of: Callable[[ContactKey], str]
    archived: Archived
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes: the page, and the same as a panel beside the log. A wamid may hold slashes."""
        return [
            desk.page("/messages/{id:path}", Right.VIEW, self.page),
            desk.page("/parts/messages/{id:path}", Right.VIEW, self.panel),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page. Raises NotFound, and Forbidden where whole numbers are asked for without the right."""
        return self._answer("message.html", request, visitor)

    def panel(self, request: Request, visitor: Visitor) -> Response:
        """What stands beside the log. Raises as `page`."""
        return self._answer("parts/message_panel.html", request, visitor)

    def _answer(self, template: str, request: Request, visitor: Visitor) -> Response:
        at = whereabouts(request.query_params, self.clock.now())
        values = self._values(request, visitor)
        return self.views.render(template, request, visitor=visitor, at=at, **values)

    def _values(self, request: Request, visitor: Visitor) -> dict[str, Any]:
        held, swept_until, day = self._found(*split(request.path_params["id"]))
        is_unmasked = bool(request.query_params.get(UNMASK))
        if is_unmasked:
            if not visitor.may(Right.UNMASK):
                raise Forbidden("your account may not see whole phone numbers; ask an administrator for that right")
            self.browsing.unmasked(visitor.actor, 1, held.id)
        whole = detail_of(held, swept_until)
        detail = whole if is_unmasked else masked_detail(whole)
        kept = kept_filters(request.query_params)
        more = {UNMASK: is_unmasked, ARCHIVED: bool(day)}
        return {
            "message": detail,
            "state": STATES[detail.status],
            "steps": _steps(detail.timeline),
            "cost": self._cost(held.message),
            "raw": msgspec.json.format(msgspec.json.encode(detail), indent=2).decode(),
            "kept": kept | {name: ("yes",) for name, holds in more.items() if holds},
            "day": day,
            # By our own number of it: an address must not hold what is masked.
            "here": f"/messages/{held.id}{DAY}{day}" if day else f"/messages/{held.id}",
            "is_unmasked": is_unmasked,
            "may_unmask": visitor.may(Right.UNMASK),
        }

    def _found(self, id: str, day: str) -> tuple[Held, Millis, str]:
        """A message and how far the sweep had come; and its *day* if it is archived, as one with a day in its address
        need not be yet, or any more."""
        try:
            return *self.browsing.find(id), ""
        except NotFound:
            browsing = self.archived.of_day(day) if day else None
        try:
            if browsing is not None:
                return *browsing.find(id), day
        except NotFound:
            pass
        said = "no message has this id. One that was just logged is here within two seconds: reload."
        older = " One that was archived is found on the page Logs: search the archive there" if not day else ""
        raise NotFound(said + older)

    def _cost(self, message: Message) -> Cost | None:
        if message.pricing is None:
            return None
        if not is_billable(message):
            return Cost(False, message.pricing[2].category, None, "")
        country = self.country_of(message.contact[2]) if message.contact else ""
        category = charged_as(message)
        return Cost(True, category, self.prices.price(category, country), self.prices.currency)


def _steps(events: list[Event]) -> list[Step]:
    steps = list[Step]()
    for event in events:
        at = instant("at", event.at, 0) or 0
        gap = _after(at - steps[-1].at) if steps else ""
        steps.append(Step(*STAGES.get(event.event, ("none", event.event)), at, gap, event.detail))
    return steps


def _after(ms: Millis) -> str:
    return f"after {lasted(ms)}" if ms else "at once"
