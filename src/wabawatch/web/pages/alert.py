"""`/alerts/KEY`: one alert: what happened, why somebody was told or not, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.alert_news import AlertDeed, DeedKind
from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import Rule, Transition
from wabawatch.domain.errors import BadRequest, Conflict, NotFound, Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.runbooks import plain
from wabawatch.domain.silences import Matcher
from wabawatch.flows.alert_desk import AlertDesk
from wabawatch.flows.alert_news import AlertNews
from wabawatch.flows.alerting import Alerting
from wabawatch.flows.silencing import Silencing
from wabawatch.flows.telling import Telling
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.notifiers import runbooks
from wabawatch.ports import Clock
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.alert_words import DEEDS, REASONS, STATES, kind_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.spans import SILENCES, length_of
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

LONGEST_NOTE = 500
MEANT: Mapping[str, str] = {
    "alert": "this alert, until it ends",
    "scope": "this rule, about the same thing",
    "rule": "this rule, whatever it is about",
}
"""What a silence can be about"""


@dataclass(frozen=True, slots=True)
class AlertPage:
    """The page of one alert, and its forms."""

    desk: AlertDesk
    alerting: Alerting
    telling: Telling
    silencing: Silencing
    uptime: UptimeDesk
    news: AlertNews
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/alerts/{key}", Right.VIEW, self.page),
            desk.page("/alerts/{key}/ack", Right.OPERATE, self.acknowledge, "POST"),
            desk.page("/alerts/{key}/note", Right.OPERATE, self.note, "POST"),
            desk.page("/alerts/{key}/silence", Right.OPERATE, self.silence, "POST"),
            desk.page("/alerts/{key}/unsilence", Right.OPERATE, self.unsilence, "POST"),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page."""
        return self._shown(request, visitor)

    def acknowledge(self, request: Request, visitor: Visitor) -> Response:
        """Note that the visitor has seen it."""

        def act(alert: Alert, form: Form) -> None:
            note = form.one("note").strip()
            if len(note) > LONGEST_NOTE:
                raise BadRequest(f"note: at most {LONGEST_NOTE} characters; shorten it")
            self.alerting.acknowledge(alert.key, visitor.actor, note)

        return self._done(request, visitor, act)

    def note(self, request: Request, visitor: Visitor) -> Response:
        """Keep what the visitor writes about it."""

        def act(alert: Alert, form: Form) -> None:
            self.news.note(alert.key, visitor.actor, form.one("words"))

        return self._done(request, visitor, act)

    def silence(self, request: Request, visitor: Visitor) -> Response:
        """Have nobody told of it for a while."""

        def act(alert: Alert, form: Form) -> None:
            lasts, meant = length_of(form, SILENCES), form.one("meant")
            if meant not in MEANT:
                raise BadRequest(f"meant: choose one of {', '.join(MEANT)}")
            ends_at = self.clock.now() + lasts
            self.silencing.silence(_matcher(alert, meant), form.one("reason"), visitor.actor, ends_at)

        return self._done(request, visitor, act)

    def unsilence(self, request: Request, visitor: Visitor) -> Response:
        """End a silence that holds it."""

        def act(alert: Alert, form: Form) -> None:
            holding = {str(each.silence.id): each.silence.id for each in self._silences(alert)}
            number = holding.get(form.one("silence"))
            if number is None:
                raise Conflict("this silence has ended already, or does not hold this alert")
            self.silencing.unsilence(number, visitor.actor)

        return self._done(request, visitor, act)

    def _done(self, request: Request, visitor: Visitor, act: Callable[[Alert, Form], None]) -> Response:
        """Do what a form asks for, and show the alert; where it is refused, with why, and what was typed."""
        alert, form = self.desk.show(_key(request))[0], form_of(request)
        try:
            act(alert, form)
        except (BadRequest, Conflict, NotFound) as refused:
            return self._shown(request, visitor, refused, form)
        return RedirectResponse(f"/alerts/{alert.key}", 303, headers=SECURE)

    def _shown(
        self, request: Request, visitor: Visitor, refused: Refusal | None = None, form: Form | None = None
    ) -> Response:
        key = _key(request)
        alert, changes, rule = self.desk.show(key)
        status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 422
        return self.views.render(
            "alert.html",
            request,
            visitor=visitor,
            status=status,
            alert=alert,
            timeline_of=timeline_of(changes, self.news.deeds(key), alert),
            rule=rule,
            unit=rule.unit if rule else "",
            whys=self.telling.why(key),
            incidents=self.uptime.incidents_of(alert),
            silences=self._silences(alert),
            refused="" if refused is None else str(refused),
            typed=form or Form(),
            states=STATES,
            durations=SILENCES,
            meant=MEANT,
            may=visitor.may(Right.OPERATE),
            **_runbook(alert, rule),
        )

    def _silences(self, alert: Alert) -> list[Any]:
        """Those that hold it, or will."""
        return [
            each
            for each in self.silencing.silences()
            if each.silence.matcher.matches(alert.key, alert.rule, alert.scope)
        ]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: a change, or what somebody did."""

    at: Millis
    words: str
    kind: str = ""
    change: Transition | None = None
    deed: AlertDeed | None = None


def timeline_of(changes: Sequence[Transition], deeds: Sequence[AlertDeed], alert: Alert) -> list[Entry]:
    """Everything that happened to *alert*, and what people did about it, the first thing first."""
    found = [Entry(each.at, REASONS[each.reason], kind_of(each), each) for each in changes]
    found += [Entry(each.at, DEEDS[each.kind], deed=each) for each in deeds]
    if alert.ack_at is not None and not any(each.kind is DeedKind.ACKNOWLEDGED for each in deeds):
        # By a release that did not keep what people do.
        deed = AlertDeed(0, alert.ack_at, alert.ack_by, DeedKind.ACKNOWLEDGED, alert.key, words=alert.ack_note)
        found.append(Entry(alert.ack_at, DEEDS[deed.kind], deed=deed))
    return sorted(found, key=lambda entry: entry.at)


def _key(request: Request) -> str:
    key = str(request.path_params["key"])
    if not (key.isascii() and key.isalnum() and len(key) <= 64):
        raise NotFound("there is no such alert; the list of alerts has those that there are")
    return key


def _matcher(alert: Alert, meant: str) -> Matcher:
    if meant == "alert":
        return Matcher(alert=alert.key)
    return Matcher(type=alert.rule, scope=str(alert.scope) if meant == "scope" else "")


def _runbook(alert: Alert, rule: Rule | None) -> dict[str, Any]:
    """What to do, as its runbook says it."""
    name = (rule.runbook if rule else "") or alert.rule.lower()
    found = runbooks.load(name)
    return {
        "runbook": name if found else "",
        "means": plain(found.means) if found else "",
        "steps": found.first_steps if found else (),
    }
