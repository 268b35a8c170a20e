"""Writes the tables of `docs/alerts.md`, rules and what own rules can be about: `python -m docs.alerts_page`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wabawatch.domain.alert_rules import BUILT_IN
from wabawatch.domain.alerts import NoData, Rule, RuleKind
from wabawatch.domain.own_metrics import OWN_METRICS
from wabawatch.domain.standing import MINUTE_MS

PAGE = Path(__file__).parent / "alerts.md"
PART = re.compile(r"(<!-- rules -->\n).*?(<!-- end of rules -->)", re.DOTALL)
FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def page() -> str:
    """The page with its table as it should be."""
    text = PART.sub(lambda found: found[1] + "\n".join(table()) + "\n" + found[2], PAGE.read_text("utf-8"))
    return FIGURES.sub(lambda found: found[1] + "\n".join(figures()) + "\n" + found[2], text)


def figures() -> Iterator[str]:
    """One line for each figure that an own rule can be about."""
    yield "| metric | what it is | unit | bad | about | window |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, own in OWN_METRICS.items():
        window = f"{own.window_ms / MINUTE_MS:g} min" if own.window_ms else "now"
        about = ", ".join(map(str, own.scopes))
        yield f"| `{name}` | {own.words} | {own.unit} | {own.comparison} | {about} | {window} |"


def table() -> Iterator[str]:
    """One line for each rule."""
    yield "| rule | severity | about | bad when | must last | resolved after |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in sorted(BUILT_IN, key=lambda each: each.name):
        cells = (f"[`{rule.name}`](runbooks/{rule.runbook}.md)", str(rule.severity), str(rule.scope), _bad(rule))
        yield "| " + " | ".join((*cells, _lasting(rule.for_ms, "at once"), _ends(rule))) + " |"


def _bad(rule: Rule) -> str:
    title = rule.title[0].lower() + rule.title[1:]
    if rule.threshold is None:
        return title
    line = f"{rule.threshold * 100:g} %" if rule.unit == "share" else f"{rule.threshold:g} {rule.unit}"
    least = f", of at least {rule.min_sample}" if rule.kind is RuleKind.RATE else ""
    return f"{title}: {rule.comparison} {line}{least}"


def _ends(rule: Rule) -> str:
    if rule.kind is RuleKind.EVENT:
        return "acknowledged, or after 24 hours"
    kept = "; without data it stays" if rule.no_data is NoData.KEEP and rule.kind is RuleKind.RATE else ""
    return _lasting(rule.keep_firing_ms, "good again") + kept


def _lasting(ms: int, none: str) -> str:
    return f"{ms / MINUTE_MS:g} min" if ms else none


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
