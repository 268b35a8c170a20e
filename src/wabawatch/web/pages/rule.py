"""`/alerts/rules/NAME`: what is said of one rule, a form to change that, and what it would have done in the past."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.alerts import Rule, ScopeKind, Severity
from wabawatch.domain.errors import BadRequest, Conflict, NotFound, Refusal, TooMany
from wabawatch.domain.rule_edits import EVERYWHERE, TARGETS, changed, places, written
from wabawatch.domain.rule_set import Place
from wabawatch.flows.rule_desk import RuleDesk, RuleSheet
from wabawatch.flows.rule_trying import RuleTrying
from wabawatch.web.charts import backtest_spec
from wabawatch.web.forms import Form, form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.rules import ABOUT, UNITS, line_of, looks_of, runbook_of, state_of
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.visitors import Visitor

DAYS = (1, 3, 7, 14, 30)
WAITS_S = 20.0
"""So long one waits for the back-test of somebody else"""
MOST_LISTED = 50
NOT_TRIED: Mapping[str, Any] = {
    "tried": None,
    "wrong_trial": "",
    "spec": None,
    "most": MOST_LISTED,
    "days": 7,
    "tried_line": "",
}
"""What the template of a back-test needs, where there is none"""
LABELS: Mapping[str, tuple[str, str]] = {
    "threshold": ("Threshold", "on the wrong side of it, it is bad"),
    "clear": ("Good again at", "empty: at the threshold"),
    "window": ("Window, in minutes", "over which the figure is taken"),
    "min_sample": ("Least sample", "with fewer cases nothing is said"),
    "for": ("For, in minutes", "so long it must be bad before it fires"),
    "keep_firing": ("Keeps firing, in minutes", "so long it must be good before it ends"),
}


@dataclass(slots=True)
class RulePage:
    """The page of one rule, and its forms."""

    rules: RuleDesk
    trying: RuleTrying
    views: Views
    _turn: threading.Lock = field(default_factory=threading.Lock)
    """One back-test at a time: it reads much, and the machine has other things to do"""

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/alerts/rules/{rule}", Right.VIEW, self.page),
            desk.page("/alerts/rules/{rule}/change", Right.ADMINISTER, self.change, "POST"),
            desk.page("/alerts/rules/{rule}/reset", Right.ADMINISTER, self.reset, "POST"),
            desk.page("/parts/rules/{rule}/backtest", Right.VIEW, self.backtest),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page; with `days` in its address also a back-test of the rule as it is."""
        return self._shown(request, visitor)

    def change(self, request: Request, visitor: Visitor) -> Response:
        """Have the rule be as the form says, everywhere or at one place."""

        def act(name: str, form: Form) -> None:
            place = _place(form)
            typed = {each: form.one(each) for each in TARGETS if (each, form.one(each)) in form.pairs}
            if place == EVERYWHERE:
                typed["enabled"] = form.one("enabled") or "no"
            else:
                typed = {each: text for each, text in typed.items() if text.strip()}
            self.rules.change(name, place, typed, visitor.actor, _version(form))

        return self._done(request, visitor, act)

    def reset(self, request: Request, visitor: Visitor) -> Response:
        """Take away what the console says of it."""

        def act(name: str, form: Form) -> None:
            self.rules.reset(name, _place(form), visitor.actor, _version(form))

        return self._done(request, visitor, act)

    def backtest(self, request: Request, visitor: Visitor) -> Response:
        """What the rule would have done, as the form beside it says, which need not be kept."""
        name = _name(request)
        self.rules.sheet(name)
        found = self._tried(name, Form(tuple(request.query_params.multi_items())))
        return self.views.render("parts/backtest.html", request, visitor=visitor, **found)

    def _done(self, request: Request, visitor: Visitor, act: Callable[[str, Form], None]) -> Response:
        name, form = _name(request), form_of(request)
        try:
            act(name, form)
        except (BadRequest, Conflict) as refused:
            return self._shown(request, visitor, form, refused)
        return RedirectResponse(f"/alerts/rules/{name}", 303, headers=SECURE)

    def _shown(
        self, request: Request, visitor: Visitor, form: Form | None = None, refused: Refusal | None = None
    ) -> Response:
        name = _name(request)
        sheet = self.rules.sheet(name)
        rule = sheet.line.rule
        is_here = form is None or form.one("place") in ("", str(ScopeKind.ALL))
        wrong_field, wrong = _wrong(refused)
        days = request.query_params.get("days", "") if form is None else ""
        tried = self._tried(name, Form(tuple(request.query_params.multi_items()))) if days else NOT_TRIED
        return self.views.render(
            "rule.html",
            request,
            visitor=visitor,
            status=200 if refused is None else 409 if isinstance(refused, Conflict) else 422,
            sheet=sheet,
            rule=rule,
            path_of=f"/alerts/rules/{name}",
            state=state_of(sheet.line, has_looked=self.rules.has_looked()),
            line_of=line_of,
            looks_of=looks_of,
            about=ABOUT,
            runbook=runbook_of(rule),
            fields=_fields(sheet, form if is_here else None, wrong_field if is_here else "", wrong),
            others=[(each, _said(rule, each.said), each.place) for each in sheet.others],
            places=places(rule),
            numbers=sorted(self.trying.figures.owners().items()),
            severities_of=list(Severity),
            may=visitor.may(Right.ADMINISTER),
            typed=form or Form(),
            is_here=is_here,
            refused=wrong if refused is not None else "",
            wrong_field=wrong_field,
            days_of=DAYS,
            unit=UNITS.get(rule.unit, rule.unit),
            shown_usual=_usual(sheet),
            **tried,
        )

    def _tried(self, name: str, form: Form) -> dict[str, Any]:
        """A back-test, for the template; where there is none, why."""
        try:
            days = int(form.one("days")) if form.one("days").isdecimal() and len(form.one("days")) < 4 else 7
            number = form.one("number")
            if number and not (number.isascii() and number.isalnum() and len(number) <= 40):
                raise BadRequest("number: choose one from the list")
            typed = {each: form.one(each) for each in LABELS if (each, form.one(each)) in form.pairs}
            rule = self.rules.tried(name, typed)
            if not self._turn.acquire(timeout=WAITS_S):
                raise TooMany("another back-test runs; try again when it is through", retry_after_s=10)
            try:
                tried = self.trying.look(rule, days, number)
            finally:
                self._turn.release()
        except (BadRequest, TooMany) as wrong:
            return {**NOT_TRIED, "wrong_trial": str(wrong)}
        title = rule.metric.replace("_", " ").capitalize()
        spec = backtest_spec(tried, title) if tried.spots else None
        return {**NOT_TRIED, "tried": tried, "spec": spec, "days": days, "tried_line": line_of(rule)}


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field of the form."""

    name: str
    label: str
    hint: str
    value: str
    error: str
    is_fixed: bool
    """The settings file says it"""
    usual: str
    """What it is where the console says nothing"""


def _fields(sheet: RuleSheet, form: Form | None, wrong_field: str, wrong: str) -> list[FieldShown]:
    rule, found = sheet.line.rule, []
    for name, (label, hint) in LABELS.items():
        if name in sheet.editable:
            value = written(rule, name) if form is None or name in sheet.fixed else form.one(name)
            error = wrong if name == wrong_field else ""
            unit = UNITS.get(rule.unit, rule.unit) if name in ("threshold", "clear") else ""
            said = f"{label}, in {unit}" if unit else label
            usual = written(sheet.usual, name)
            found.append(FieldShown(name, said, hint, value, error, name in sheet.fixed, usual))
    return found


def _usual(sheet: RuleSheet) -> dict[str, str]:
    """What the console changed, as it is otherwise."""
    edit = sheet.line.edit
    return {name: written(sheet.usual, name) or "none" for name in (edit.said if edit else {}) if name in TARGETS}


def _said(rule: Rule, said: Mapping[str, object]) -> str:
    """What is otherwise at a place, in words."""
    there = changed(rule, said)
    unit = UNITS.get(rule.unit, rule.unit)
    units = {"threshold": unit, "clear": unit, "window": "min", "for": "min", "keep_firing": "min"}
    return ", ".join(f"{name.replace('_', ' ')} {written(there, name)} {units.get(name, '')}".strip() for name in said)


def _name(request: Request) -> str:
    name = str(request.path_params["rule"])
    if not (name.isascii() and name.replace("_", "").isalnum() and len(name) <= 64):
        raise NotFound("there is no such rule; the list of rules has those that there are")
    return name


def _place(form: Form) -> Place:
    kind = form.one("place")
    if kind in ("", str(ScopeKind.ALL)):
        return EVERYWHERE
    if kind not in (str(ScopeKind.WABA), str(ScopeKind.NUMBER)):
        raise BadRequest("place: choose a client or a number")
    return ScopeKind(kind), form.one("place_id").strip()


def _version(form: Form) -> int:
    text = form.one("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0


def _wrong(refused: Refusal | None) -> tuple[str, str]:
    """The field that is wrong, where one is, and what is wrong with it."""
    if refused is None:
        return "", ""
    name, colon, said = str(refused).partition(": ")
    if colon and name in (*TARGETS, "place", "place_id"):
        return name, said
    return "", str(refused)
