"""`/alerts`: what fires, the gravest first, and what fired in the period, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.alerting_ports import AlertFigures
from wabawatch.domain.access import Right
from wabawatch.domain.alert_records import Alert, AlertFilter, worst
from wabawatch.domain.alerts import Severity
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.flows.alert_desk import AlertDesk
from wabawatch.flows.alert_news import AlertNews
from wabawatch.flows.silencing import Silencing
from wabawatch.ports import Clock
from wabawatch.web.pages.alert_words import STATES
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

PAGE = 50
"""So many alerts of the past stand on a page"""
MOST_OPEN = 500
LONGEST_RULE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts somebody looks for."""

    state: str = ""
    """A status of `STATES`; "": what fires, and the past"""
    severity: Severity | None = None
    rule: str = ""
    before: tuple[Millis, str] | None = None
    """Where this page of the past begins; None: with the newest"""

    @property
    def parameters(self) -> dict[str, str]:
        """As they stand in the URL."""
        given = {"state": self.state, "severity": str(self.severity or ""), "rule": self.rule}
        return {name: value for name, value in given.items() if value}

    @property
    def is_open(self) -> bool:
        """Whether open alerts are looked for."""
        return self.state != "resolved"

    @property
    def is_past(self) -> bool:
        """Whether ended ones are."""
        return self.state in ("", "resolved")

    def fits(self, alert: Alert) -> bool:
        """Whether an open alert is looked for. Pending ones are when they are asked for."""
        return alert.status == self.state if self.state else alert.status != "pending"


def wanted(query: QueryParams) -> Wanted:
    """What *query* asks for. Raises BadRequest that names the parameter."""
    state, severity, rule = (query.get(name, "") for name in ("state", "severity", "rule"))
    if state and state not in STATES:
        raise BadRequest(f"state: there is no such state; choose one of {', '.join(STATES)}")
    if severity and severity not in set(Severity):
        raise BadRequest(f"severity: there is no such severity; choose one of {', '.join(Severity)}")
    if len(rule) > LONGEST_RULE:
        raise BadRequest(f"rule: at most {LONGEST_RULE} characters; choose a rule from the list")
    return Wanted(state, Severity(severity) if severity else None, rule, _before(query.get("before", "")))


def _before(given: str) -> tuple[Millis, str] | None:
    if not given:
        return None
    at, _, key = given.partition("-")
    if not (at.isascii() and at.isdecimal() and len(at) <= 15 and key.isascii() and key.isalnum() and len(key) <= 64):
        raise BadRequest("before: this is no place in the list; begin with the newest alerts again")
    return int(at), key


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """The list, and the part of it that is fetched again as alerts change."""

    desk: AlertDesk
    silencing: Silencing
    figures: AlertFigures
    news: AlertNews
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/alerts", Right.VIEW, self.page),
            desk.page("/parts/alerts", Right.VIEW, self.open),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page. Who opens it has read the list: their other windows are told so."""
        at, asked = self._asked(request)
        self.news.look(visitor.id)
        past, more = self._past(at, asked) if asked.is_past else ([], "")
        owners = self.figures.owners()
        return self.views.render(
            "alerts.html",
            request,
            visitor=visitor,
            at=at,
            **self._open(at, asked),
            past=past,
            more=more,
            rules=[rule.name for rule in self.desk.listed()],
            clients=sorted({waba for waba in owners.values() if waba}),
            numbers=sorted(number for number, waba in owners.items() if at.client in ("", waba)),
        )

    def open(self, request: Request, visitor: Visitor) -> Response:
        """What fires."""
        at, asked = self._asked(request)
        return self.views.render("parts/alerts_open.html", request, visitor=visitor, at=at, **self._open(at, asked))

    def _asked(self, request: Request) -> tuple[Whereabouts, Wanted]:
        return whereabouts(request.query_params, self.clock.now()), wanted(request.query_params)

    def _open(self, at: Whereabouts, asked: Wanted) -> dict[str, Any]:
        """What the part about open alerts shows."""
        found: list[Alert] = []
        if asked.is_open:
            filters = AlertFilter(True, asked.rule, asked.severity, at.client, at.number, with_pending=True)
            found = worst(alert for alert in self.desk.find(filters, MOST_OPEN) if asked.fits(alert))
        quiet = [each.silence.matcher for each in self.silencing.silences() if each.is_active]
        silenced = {a.key for a in found if any(each.matches(a.key, a.rule, a.scope) for each in quiet)}
        return {"asked": asked, "alerts": found, "silenced": silenced, "states": STATES}

    def _past(self, at: Whereabouts, asked: Wanted) -> tuple[list[Alert], str]:
        """A page of the past, the newest first, and where the next one begins ("": there is none)."""
        newest = asked.before or (at.end + 1, "")
        filters = AlertFilter(False, asked.rule, asked.severity, at.client, at.number, at.start, newest)
        found = self.desk.find(filters, PAGE + 1)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return found[:PAGE], f"{last.fired_at}-{last.key}" if last else ""
