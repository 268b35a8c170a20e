"""`/`: "WhatsApp Quality Monitoring". Whether we are compliant, what is wrong, since when, and whose fault it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.calls import calls_shown
from wabawatch.domain.compliance import SLOW_MEDIAN_MS, SLOW_MS, UNANSWERED_MS
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import percentile
from wabawatch.domain.overview import Overview, Point
from wabawatch.domain.overview_findings import findings, requirement_of
from wabawatch.domain.report import TEMPLATE_USE_THRESHOLD, WEBHOOK_LIMIT_S
from wabawatch.domain.search import Compliance
from wabawatch.flows.overviewing import Overviewing
from wabawatch.ports import Clock
from wabawatch.web.charts import Spark, Values, rate_charts, spark
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

MOST_CAUSES, MOST_ALERTS, MOST_GRAVE = 5, 8, 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the five requirements, as it is drawn."""

    name: str
    title: str
    rule: str
    """What is wanted, in words"""
    unit: str
    """As `notifiers.words.quantity` knows them"""
    what: str
    """What is counted"""
    is_best_high: bool
    values: Callable[[Point], float | None]
    advised: float | None = None
    most: float | None = 1.0
    opens: str = "/logs"
    """The page that shows what is counted"""
    rows: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """and with which filters"""
    anchor: str = ""
    """and where on it"""


_SENDS = {"direction": "outbound"}
_TEMPLATE_SENDS = {"compliance_status": tuple(Compliance)}
FIGURES = (
    Figure(
        "delivery_rate", "Delivery rate", "must be above", "share", "accepted", True, lambda p: p.delivery.value,
        rows=_SENDS,
    ),
    Figure(
        "failure_rate", "Failure rate", "must be below", "share", "attempted", False, lambda p: p.failure.value,
        rows=_SENDS,
    ),
    Figure(
        "quality_score", "Quality score", "must be above", "share", "cases at least", True, lambda p: p.quality,
        opens="/", anchor="#parts",
    ),
    Figure(
        "template_usage", "Template use", "must be", "share", "template sends", True, lambda p: p.template_use.value,
        rows=_TEMPLATE_SENDS,
    ),
    Figure(
        "webhook_response", "Webhook response", "must be below", "s", "bodies", False,
        lambda p: None if p.webhook_p99_ms is None else p.webhook_p99_ms / 1000, SLOW_MS / 1000, None,
        opens="/webhooks",
    ),
)  # fmt: skip
PARTS = {
    "delivery": "Delivery rate",
    "failure": "Sends that do not fail",
    "number": "Ratings of the numbers",
    "template": "Template health",
    "webhook": "Webhooks answered in time",
}


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The page, and the parts of it that are fetched again as figures change."""

    overviewing: Overviewing
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        return [
            desk.page("/", Right.VIEW, self.page),
            desk.page("/parts/overview", Right.VIEW, self.figures),
            desk.page("/parts/overview/trends", Right.VIEW, self.trends),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        return self._answer("overview.html", request, visitor)

    def figures(self, request: Request, visitor: Visitor) -> Response:
        """All but the large charts."""
        return self._answer("parts/overview_figures.html", request, visitor)

    def trends(self, request: Request, visitor: Visitor) -> Response:
        """The large charts."""
        return self._answer("parts/overview_trends.html", request, visitor)

    def _answer(self, template: str, request: Request, visitor: Visitor) -> Response:
        at = whereabouts(request.query_params, self.clock.now())
        seen = self.overviewing.look(at.start, at.end, at.slice)
        values = self._values(seen, at) | {"is_whole": template == "overview.html"}
        return self.views.render(template, request, visitor=visitor, at=at, **values)

    def _values(self, seen: Overview, at: Whereabouts) -> dict[str, Any]:
        thresholds = self.overviewing.rules.thresholds
        delivery, failure = seen.assessment.delivery_rate.threshold, seen.assessment.failure_rate.threshold
        return {
            "seen": seen,
            "judged": seen.assessment,
            "findings": findings(seen, thresholds),
            "figures": [_drawn(figure, seen) for figure in FIGURES],
            "titles": {figure.name: figure.title for figure in FIGURES},
            "parts": PARTS,
            "times": _times(seen),
            "calls": calls_shown(seen.calls),
            "most_causes": MOST_CAUSES,
            "most_alerts": MOST_ALERTS,
            "most_grave": MOST_GRAVE,
            "failed": sum(cause.n for cause in seen.causes),
            "clients": sorted({waba for waba in seen.places.values() if waba}),
            "numbers": sorted(n for n, waba in seen.places.items() if not at.client or waba == at.client),
            "slow_ms": SLOW_MS,
            "specs": rate_charts(seen.points, seen.points_before, seen.end - seen.start, delivery, failure),
        }


def _drawn(figure: Figure, seen: Overview) -> dict[str, Any]:
    now, before = requirement_of(seen.assessment, figure.name), requirement_of(seen.before, figure.name)
    change = None if now.value is None or before.value is None else now.value - before.value
    return {
        "figure": figure,
        "now": now,
        "before": before,
        "change": change,
        "is_better": change is not None and (change > 0) is figure.is_best_high,
        "spark": _spark(figure, seen, now.threshold),
    }


def _spark(figure: Figure, seen: Overview, threshold: float) -> Spark | None:
    values: Values = [(point.at, figure.values(point)) for point in seen.points]
    if figure.name == "webhook_response":
        known = [value for _, value in values if value is not None]
        # Answers in milliseconds under a line at 20 s would be a line on the floor: it shows once they come near.
        if not known or max(known) < threshold / 4:
            drawn = spark(values, seen.start, seen.end, SLOW_MS / 1000)
            return drawn and replace(drawn, limits=(), advised=drawn.limits)
        return spark(values, seen.start, seen.end, WEBHOOK_LIMIT_S, SLOW_MS / 1000)
    most = TEMPLATE_USE_THRESHOLD if figure.most else None
    return spark(values, seen.start, seen.end, threshold, None, most)


def _times(seen: Overview) -> dict[str, Any]:
    """How webhooks were answered, beside Meta's lines."""
    times = seen.assessment.webhook_times
    at: dict[str, Millis | float | None] = {
        name: percentile(times.answers, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    lines = (("250 ms", SLOW_MEDIAN_MS), ("1 s", SLOW_MS), ("20 s", UNANSWERED_MS))
    return {"subject": str(times.subject), "at": at, "above": [(name, times.share_above(ms)) for name, ms in lines]}
