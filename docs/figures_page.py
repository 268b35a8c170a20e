"""Writes the computed parts of docs/figures.md with the product's own code. Run by `make docs`; a test compares.

A computed part stands between `<!-- computed: NAME -->` and `<!-- end -->`; everything around it is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from docs import figures_example

from wabawatch.domain import compliance, histograms, metrics, standing, templates
from wabawatch.domain.compliance import Thresholds, judge_above
from wabawatch.domain.metrics import Rate, Weights
from wabawatch.domain.rollups import TIERS, Scope
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.settings import Settings

PAGE = Path(__file__).with_name("figures.md")

PART = re.compile(r"(<!-- computed: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

SCOPES = {
    Scope.ALL: "everything",
    Scope.WABA: "WABA",
    Scope.NUMBER: "number",
    Scope.TEMPLATE: "template and number",
    Scope.CATEGORY: "category",
    Scope.COUNTRY: "country",
    Scope.ERROR: "error code and number",
    Scope.CHARGE: "charged category, country and number",
}


def page() -> str:
    """The page as it should be."""
    return PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}\n{found[3]}", PAGE.read_text("utf-8"))


def _table(heading: str, rows: Iterator[str]) -> str:
    columns = heading.count("|") + 1
    return "\n".join([f"| {heading} |", f"|{' --- |' * columns}", *(f"| {row} |" for row in rows)])


def verdicts() -> str:
    """A few samples held against the line of the delivery rate."""

    def rows() -> Iterator[str]:
        line = Thresholds()
        for hits, n in ((29, 29), (30, 30), (28, 30), (18, 20), (1_890, 2_000), (1_860, 2_000), (1_920, 2_000)):
            rate = Rate(hits, n)
            verdict = judge_above(rate.value, rate.interval, n, line.delivery_rate, line.min_sample)
            low, high = rate.interval or (0.0, 1.0)
            yield f"{hits:,} of {n:,} | {hits / n:.1%} | {low:.1%} - {high:.1%} | {verdict}"

    return _table("delivered | rate | 95 % interval | verdict at 95 %", rows())


def tiers() -> str:
    """Which buckets are kept how long."""

    def rows() -> Iterator[str]:
        for tier, rule in TIERS.items():
            kept = "for ever" if rule.keep_ms is None else _span(rule.keep_ms)
            scopes = ", ".join(SCOPES[scope] for scope in Scope if scope in rule.scopes)
            yield f"{_span(rule.width_ms)} | {kept} | {scopes} | `{_VIEW[tier.name]}`"

    return _table("bucket | kept | counted by | `tier` in SQL", rows())


_VIEW = {"MINUTE": "minute", "FIVE": "five_minutes", "HOUR": "hour", "DAY": "day"}


def _span(ms: int) -> str:
    if ms % DAY_MS == 0 and ms > 2 * DAY_MS:
        return f"{ms // DAY_MS} days"
    for unit, name in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if ms % unit == 0 and (ms == unit or unit < DAY_MS):
            return f"{ms // unit} {name}{'s' if ms > unit else ''}"
    return f"{ms} ms"


def weights() -> str:
    """The parts of the quality score."""
    given = Weights()
    parts = {
        "delivery": "delivery rate",
        "failure": "1 - failure rate",
        "number": "quality rating of the numbers: "
        + ", ".join(f"{name} {worth:g}" for name, worth in metrics.NUMBER_QUALITY.items()),
        "template": "template sends whose template was approved, and not red in quality, when it was sent ÷ template"
        " sends whose template's status was known",
        "webhook": "distinct live bodies answered within 20 s ÷ distinct live bodies",
    }
    rows = (f"`{name}` | {what} | {getattr(given, name):.2f}" for name, what in parts.items())
    return _table("part | what it is | weight", rows)


def constants() -> str:
    """Every number in the rules."""
    default = Settings().thresholds
    lives = ", ".join(f"{name} {_span(ms)}" for name, ms in standing.TIME_TO_LIVE_MS.items())

    def rows() -> Iterator[str]:
        yield f"grace of the delivery rate | {_span(default.delivery_grace_s * 1000)} | `WABAWATCH_DELIVERY_GRACE`"
        yield f"least sample for a verdict | {default.min_sample} | `WABAWATCH_MIN_SAMPLE`"
        yield f"line of the delivery rate | above {default.delivery_rate:.0%} | `DELIVERY_RATE_THRESHOLD`"
        yield f"line of the failure rate | below {default.failure_rate:.0%} | `FAILURE_RATE_THRESHOLD`"
        yield f"line of the quality score | above {default.quality_score:.0%} | `QUALITY_SCORE_THRESHOLD`"
        yield f"z of the Wilson interval | {metrics.Z_95:.6f} | no"
        yield f"coverage needed | {compliance.COVERAGE_NEEDED:.0%} | no"
        yield f"margin of the template rule | {_span(templates.MARGIN_MS)} | no"
        yield f"time to live | {lives}; all others {_span(standing.DEFAULT_TIME_TO_LIVE_MS)} | no"
        yield f"margin of expiry | {_span(standing.EXPIRY_MARGIN_MS)} | no"
        yield f"webhook: hard line | {compliance.UNANSWERED_MS / 1000:g} s | no"
        yield f"webhook: slow | above {compliance.SLOW_MS / 1000:g} s | no"
        yield f"webhook: slow at the median | above {compliance.SLOW_MEDIAN_MS:g} ms | no"
        yield f"webhook: share tolerated | {compliance.TOLERATED_SHARE:.0%} | no"
        yield f"growth of histogram buckets | {histograms.GROWTH} | no"

    return _table("what | value | can be set", rows())


PARTS: dict[str, Callable[[], str]] = {
    "verdicts": verdicts,
    "tiers": tiers,
    "weights": weights,
    "constants": constants,
    "messages": figures_example.messages_table,
    "counts": figures_example.counts_table,
    "figures": figures_example.figures_table,
    "overall": figures_example.overall_line,
}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
