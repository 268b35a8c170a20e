"""`/alerts/silences`: what nobody is told of for a while: until when, by whom, why, and what it holds now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.alerting_ports import AlertFigures
from wabawatch.domain.access import Right
from wabawatch.domain.alert_records import Alert
from wabawatch.domain.errors import BadRequest, Conflict, NotFound, Refusal
from wabawatch.domain.silences import Matcher, Silence
from wabawatch.flows.alert_desk import AlertDesk
from wabawatch.flows.silencing import Quiet, Silencing
from wabawatch.ports import Clock
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.spans import SILENCES, begin_of, length_of
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

LONGEST = 600
"""Characters of a matcher: a template's name has 512 at most"""
MATCHERS = ("type", "scope", "waba", "alert")


@dataclass(frozen=True, slots=True)
class Shown:
    """A silence as the list shows it."""

    silence: Silence
    held: int
    """So many alerts it kept from being told so far"""
    holds: Sequence[Alert]
    """What fires now and fits"""


@dataclass(frozen=True, slots=True)
class SilencesPage:
    """The list, the form for a new one, and what that would hold."""

    desk: AlertDesk
    silencing: Silencing
    figures: AlertFigures
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes. They must stand before those of an alert by its key."""
        return [
            desk.page("/alerts/silences", Right.VIEW, self.page),
            desk.page("/alerts/silences/new", Right.OPERATE, self.add, "POST"),
            desk.page("/alerts/silences/{number:int}/end", Right.OPERATE, self.end, "POST"),
            desk.page("/parts/silences", Right.VIEW, self.part),
            desk.page("/parts/silences/preview", Right.VIEW, self.preview),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page; what stands in the address is in the form already."""
        return self._shown(request, visitor, Form(tuple(request.query_params.multi_items())))

    def part(self, request: Request, visitor: Visitor) -> Response:
        """The lists, as they are now."""
        return self.views.render("parts/silences.html", request, visitor=visitor, **self._lists(visitor))

    def preview(self, request: Request, visitor: Visitor) -> Response:
        """What a silence with these matchers would hold now."""
        form = Form(tuple(request.query_params.multi_items()))
        return self.views.render("parts/silence_preview.html", request, visitor=visitor, **self._preview(form))

    def add(self, request: Request, visitor: Visitor) -> Response:
        """Begin a silence; where it is refused, the form again with why."""
        form = form_of(request)
        try:
            begin, lasts = begin_of(form, now := self.clock.now()), length_of(form, SILENCES)
            ends_at = (now if begin is None else begin) + lasts
            self.silencing.silence(_matcher(form), form.one("reason"), visitor.actor, ends_at, begin)
        except (BadRequest, NotFound, Conflict) as refused:
            return self._shown(request, visitor, form, refused)
        return RedirectResponse("/alerts/silences", 303, headers=SECURE)

    def end(self, request: Request, visitor: Visitor) -> Response:
        """End a silence early."""
        try:
            self.silencing.unsilence(int(request.path_params["number"]), visitor.actor)
        except NotFound as refused:
            return self._shown(request, visitor, Form(), refused)
        return RedirectResponse("/alerts/silences", 303, headers=SECURE)

    def _shown(self, request: Request, visitor: Visitor, form: Form, refused: Refusal | None = None) -> Response:
        status = {BadRequest: 422, NotFound: 404, Conflict: 409}.get(type(refused), 200) if refused else 200
        owners = self.figures.owners()
        return self.views.render(
            "silences.html",
            request,
            visitor=visitor,
            status=status,
            refused="" if refused is None else str(refused),
            typed=form,
            durations=SILENCES,
            types=[rule.name for rule in self.desk.listed()],
            clients=sorted({waba for waba in owners.values() if waba}),
            scopes=sorted({str(alert.scope) for alert in self.desk.open()} | {f"number:{n}" for n in owners})[:500],
            **self._lists(visitor),
            **self._preview(form),
        )

    def _lists(self, visitor: Visitor) -> dict[str, Any]:
        """Active, coming and ended silences, with what the active ones hold."""
        now, firing = self.clock.now(), self.desk.open()
        every = self.silencing.silences(with_ended=True)
        active = [shown(each, firing) for each in every if each.is_active]
        coming = [shown(each, ()) for each in every if each.silence.starts_at > now and not each.is_active]
        coming = [each for each in coming if each.silence.ends_at > now]
        known = {each.silence.id for each in (*active, *coming)}
        ended = [shown(each, ()) for each in every if each.silence.id not in known]
        titles = self._titles(every)
        return {
            "active": sorted(active, key=lambda each: each.silence.ends_at),
            "coming": sorted(coming, key=lambda each: each.silence.starts_at),
            "ended": ended,
            "meaning": lambda matcher: meaning(matcher, titles),
            "may": visitor.may(Right.OPERATE),
        }

    def _titles(self, every: Sequence[Quiet]) -> Mapping[str, str]:
        """What the alerts are called that silences of one alert are about."""
        return {key: title for each in every if (key := each.silence.matcher.alert) and (title := self.desk.title(key))}

    def _preview(self, form: Form) -> dict[str, Any]:
        """What the matchers in *form* mean now; nothing is said of an empty form."""
        try:
            matcher = _matcher(form)
            self.silencing.check(matcher)
        except (BadRequest, NotFound, Conflict) as wrong:
            is_empty = not any(form.one(name).strip() for name in MATCHERS)
            return {"would_hold": None, "wrong": "" if is_empty else str(wrong)}
        holds = [alert for alert in self.desk.open() if matcher.matches(alert.key, alert.rule, alert.scope)]
        return {"would_hold": holds, "wrong": ""}


def shown(quiet: Quiet, firing: Sequence[Alert]) -> Shown:
    """*quiet* with what it holds of what is *firing*."""
    matches: Callable[..., bool] = quiet.silence.matcher.matches
    return Shown(quiet.silence, quiet.held, [a for a in firing if matches(a.key, a.rule, a.scope)])


def meaning(matcher: Matcher, titles: Mapping[str, str]) -> str:
    """Which alerts *matcher* means, in words."""
    if matcher.alert:
        said = f"the alert “{titles.get(matcher.alert, matcher.alert)}”, until it ends"
    else:
        said = f"every alert {matcher.type}" if matcher.type else "every alert"
    if matcher.scope:
        said += f" about {matcher.scope.replace(':', ' ', 1)}"
    return said + (f" of client {matcher.waba}" if matcher.waba else "")


def _matcher(form: Form) -> Matcher:
    """Raises BadRequest that names the field."""
    given = {name: form.one(name).strip() for name in MATCHERS}
    for name, value in given.items():
        if len(value) > LONGEST:
            raise BadRequest(f"{name}: at most {LONGEST} characters")
    return Matcher(given["alert"], given["type"], given["scope"], given["waba"])
