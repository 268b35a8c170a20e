"""Part of a message's page: the webhooks that told of it, as they came, and the alerts that were open then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.alert_relations import About
from wabawatch.domain.errors import Forbidden, NotFound
from wabawatch.domain.messages import Message
from wabawatch.domain.standing import HOUR_MS, look
from wabawatch.flows.alert_desk import AlertDesk
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.webhook_desk import WebhookDesk
from wabawatch.web.pages.alert_words import STATES
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_query import UNMASK
from wabawatch.web.pages.views import Views
from wabawatch.web.pages.webhook_body import written
from wabawatch.web.visitors import Visitor

AFTER_MS = HOUR_MS
"""Alerts count as open then until so long after the last stage: rates are looked at by the hour."""


@dataclass(frozen=True, slots=True)
class MessageWebhooks:
    """What is fetched when a message's page is open: it takes longer than the page may."""

    desk: WebhookDesk
    browsing: Browsing
    alerts: AlertDesk
    views: Views

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/parts/message/webhooks", Right.VIEW, self.webhooks),
            desk.page("/parts/message/alerts", Right.VIEW, self.related),
        ]

    def webhooks(self, request: Request, visitor: Visitor) -> Response:
        """The webhooks of one message."""
        message = self._message(request)
        is_unmasked = bool(request.query_params.get(UNMASK))
        if is_unmasked and not visitor.may(Right.UNMASK):
            raise Forbidden("your account may not see whole phone numbers; ask an administrator for that right")
        search = self.desk.telling_of(message)
        if is_unmasked:
            for told in search.found:
                self.desk.unmasked(told.id, visitor.actor)
        shown: Callable[[object], str] = partial(written, is_masked=not is_unmasked)
        return self.views.render(
            "parts/webhook_search.html", request, visitor=visitor, told=search.found, search=search, written=shown
        )

    def related(self, request: Request, visitor: Visitor) -> Response:
        """The alerts that have to do with one message."""
        found = self.alerts.around(_about(self._message(request)))
        return self.views.render("parts/message_alerts.html", request, visitor=visitor, related=found, states=STATES)

    def _message(self, request: Request) -> Message:
        given = request.query_params.get("id", "")
        if not (given.isascii() and given.isdecimal() and len(given) < 19):
            raise NotFound("there is no message with this number")
        held, _ = self.browsing.find(given)
        return held.message


def _about(message: Message) -> About:
    start = look(message).cohort_at
    stamps = [at for at in (*message.stages, message.accepted_at) if at is not None]
    template = message.template[2] if message.template else None
    return About(
        start,
        max([start, *stamps]) + AFTER_MS,
        message.number,
        message.waba[2] if message.waba else "",
        f"{template.name}/{template.language}" if template else "",
        frozenset(note.error.code for note in message.errors),
    )
