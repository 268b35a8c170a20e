"""`/templates/WABA/name/language`: one template: its history, its figures over time, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.costs import Sum
from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Source, TemplateRef
from wabawatch.domain.metrics import Rate
from wabawatch.domain.template_advice import advice, advice_on
from wabawatch.domain.told import Told
from wabawatch.domain.violations import SendEvidence
from wabawatch.flows.template_desk import EXAMINED, TemplateDesk, TemplateSeen
from wabawatch.ports import Clock
from wabawatch.web.charts import rates_spec
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.links import read_template_path, template_path
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.platform_words import SOURCES, plain_word, state_tag, told_by
from wabawatch.web.pages.templates import TROUBLES
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

ASPECTS = {
    "status": "Status",
    "quality": "Quality",
    "category": "Category",
    "category_notice": "Category to come",
    "components": "Text or buttons edited",
    "id": "Meta's id",
}
"""What of a template changes, in words"""
SILENT = frozenset({"id"})
"""What says nothing to a person: not in the history"""
MOST_COUNTRIES = 10
"""So many countries are listed, those with the most messages"""
LATE_MS = 60_000
"""We were told so much later than it happened: worth saying"""


class Line(NamedTuple):
    """A change, as the history shows it."""

    told: Told
    title: str
    kind: str
    """The colour of what it became"""
    before: str
    after: str
    reason: str
    by: str
    advice: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """The page of one template, and the part of it that takes longer."""

    desk: TemplateDesk
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/templates/{key:path}", Right.VIEW, self.page),
            desk.page("/parts/template-evidence/{key:path}", Right.VIEW, self.evidence),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page, but for what single messages tell."""
        at, waba, ref = self._asked(request)
        seen = self.desk.show(waba, ref, at.start, at.end)
        return self.views.render("template.html", request, visitor=visitor, at=at, **self._values(seen, at))

    def evidence(self, request: Request, visitor: Visitor) -> Response:
        """Failures by code, costs by country, and the sends that broke the rule."""
        at, waba, ref = self._asked(request)
        found = self.desk.evidence(waba, ref, at.start, at.end)
        by_country = sorted(found.costs.by_country.items(), key=lambda each: (-each[1].n, each[0]))
        values: dict[str, Any] = {
            "ref": ref,
            "waba": waba,
            "found": found,
            "failed": sum(cause.n for cause in found.causes),
            "examined": EXAMINED,
            "by_country": by_country[:MOST_COUNTRIES],
            "others": _others([each for _, each in by_country[MOST_COUNTRIES:]]),
            "kinds": _kinds(found.violating, found.unproven),
            "sources": SOURCES,
        }
        return self.views.render("parts/template_evidence.html", request, visitor=visitor, at=at, **values)

    def _asked(self, request: Request) -> tuple[Whereabouts, str, TemplateRef]:
        at = whereabouts(request.query_params, self.clock.now())
        found = read_template_path(request.path_params["key"])
        if found is None:
            raise NotFound("template: an address of one is /templates/CLIENT/name/language")
        return at, *found

    def _values(self, seen: TemplateSeen, at: Whereabouts) -> dict[str, Any]:
        stands, lines = seen.stands, self.desk.rules.thresholds
        later = at.end - at.start
        now, before = seen.points, seen.points_before
        delivery = rates_spec(
            [(p.at, p.delivery) for p in now], "Delivery rate", lines.delivery_rate, is_best_high=True,
            before=[(p.at, p.delivery) for p in before], later_ms=later,
        )  # fmt: skip
        read = rates_spec(
            [(p.at, p.read) for p in now], "Read rate", None, is_best_high=False,
            before=[(p.at, p.read) for p in before], later_ms=later,
        )  # fmt: skip
        return {
            "seen": seen,
            "one": stands,
            "ref": stands.ref,
            "here": template_path(stands.waba, stands.ref.name, stands.ref.language),
            "advice": now_advice(seen),
            "trouble": TROUBLES[stands.trouble],
            "changes": {
                "delivery": _change(stands.delivery, seen.before.delivery),
                "read": _change(stands.read, seen.before.read),
                "failure": _change(stands.failure, seen.before.failure),
            },
            "specs": {"delivery": delivery, "read": read},
            "lines": lines,
            "history": [_line(told) for told in seen.history if told.event not in SILENT],
            "state_tag": state_tag,
            "template_path": template_path,
        }


def now_advice(seen: TemplateSeen) -> list[tuple[str, str]]:
    """What should be done now, each with its heading."""
    stands, found = seen.stands, []
    for aspect in ("status", "quality", "category_notice"):
        value = stands.known(aspect)
        kind, word = state_tag(value)
        if aspect == "category_notice":
            kind, word = ("warn" if value else "none"), f"To be {value.lower()}"
        if kind in ("bad", "warn") and (said := advice(aspect, value, _reason(seen, aspect))):
            found.append((word, said))
    return found


def _reason(seen: TemplateSeen, aspect: str) -> str:
    """Why an aspect is as it is: the look that showed it may not say what the webhook before it did."""
    known = seen.stands.aspects.get(aspect)
    if known is None or known.note:
        return known.note if known else ""
    newest = next((told for told in seen.history if told.event == aspect), None)
    return newest.reason if newest and newest.after == known.value else ""


def _line(told: Told) -> Line:
    kind, word = state_tag(told.after, "None")
    if told.event in ("category", "category_notice", "components"):
        kind, word = "none", plain_word(told.after)
    return Line(
        told,
        ASPECTS.get(told.event, plain_word(told.event)),
        kind,
        plain_word(told.before),
        word if told.after else "",
        plain_word(told.reason),
        told_by(told),
        advice_on(told),
        told.told_at - told.at > LATE_MS and told.source is not Source.POLL,
    )


def _others(some: Sequence[Sum]) -> dict[str, Any] | None:
    """The countries that are not listed, together."""
    if not some:
        return None
    amounts = [each.amount for each in some if each.amount is not None]
    return {"countries": len(some), "n": sum(each.n for each in some), "amount": sum(amounts) if amounts else None}


def _change(now: Rate, before: Rate) -> float | None:
    return None if now.value is None or before.value is None else now.value - before.value


def _kinds(
    violating: Sequence[SendEvidence], unproven: Sequence[SendEvidence]
) -> list[tuple[str, str, str, Sequence[SendEvidence]]]:
    """The lists of sends: name, colour, what to say when it is empty, and the sends."""
    return [
        (
            "Sends against the rule",
            "bad",
            "No send of this template broke the rule “only approved templates”.",
            violating,
        ),
        ("Sends that nobody can judge", "none", "Of every send it is known whether it kept the rule.", unproven),
    ]
