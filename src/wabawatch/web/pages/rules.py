"""`/alerts/rules`: every rule with its threshold, how it stands, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.alerts import Rule, RuleKind, ScopeKind
from wabawatch.domain.rule_edits import written
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.flows.rule_desk import RuleDesk, RuleLine
from wabawatch.notifiers import runbooks, words
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

UNITS = {"share": "%", "ms": "ms", "s": "s", "days": "days", "count": "", "bytes": "bytes", "": ""}

ABOUT: Mapping[ScopeKind, str] = {
    **{kind: str(kind) for kind in ScopeKind},
    ScopeKind.WABA: "client",
    ScopeKind.ERROR: "error code",
    ScopeKind.CHANNEL: "channel of notices",
    ScopeKind.LOOP: "part of wabawatch",
}
"""What a rule is about each of"""


@dataclass(frozen=True, slots=True)
class RulesPage:
    """The list, and the part of it that is fetched again as alerts change."""

    rules: RuleDesk
    views: Views

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes. They must stand before those of an alert by its key."""
        return [desk.page("/alerts/rules", Right.VIEW, self.page), desk.page("/parts/rules", Right.VIEW, self.part)]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The page."""
        return self._render("rules.html", request, visitor)

    def part(self, request: Request, visitor: Visitor) -> Response:
        """The table."""
        return self._render("parts/rules.html", request, visitor)

    def _render(self, template: str, request: Request, visitor: Visitor) -> Response:
        has_looked = self.rules.has_looked()
        return self.views.render(
            template,
            request,
            visitor=visitor,
            lines=self.rules.listed(),
            state_of=lambda line: state_of(line, has_looked=has_looked),
            line_of=line_of,
            looks_of=looks_of,
            about=ABOUT,
            runbook_of=runbook_of,
        )


def state_of(line: RuleLine, *, has_looked: bool) -> tuple[str, str]:
    """How a rule stands: the kind of its tag and the word."""
    standing = line.standing
    if standing.firing:
        return "bad", f"Firing ({standing.firing:,})"
    if not line.rule.is_enabled:
        return "none", "Off"
    if standing.pending:
        return "warn", f"Pending ({standing.pending:,})"
    if not has_looked:
        return "none", "Not looked at yet"
    if standing.no_data:
        return "none", f"No data ({standing.no_data:,})"
    return "good", "OK"


def line_of(rule: Rule) -> str:
    """When it is bad, in words."""
    if rule.threshold is None:
        return "it happened" if rule.kind is RuleKind.EVENT else "it is so"
    return f"{rule.comparison} {words.quantity(rule.threshold, rule.unit)}"


def looks_of(rule: Rule) -> str:
    """Over which time it looks, with how many cases at least, and how long it must be bad; "" for what is told."""
    said = []
    if rule.kind is RuleKind.RATE:
        said += [f"in {rule.window_ms // MINUTE_MS} min", f"of at least {rule.min_sample:,}"]
    if rule.for_ms:
        said.append(f"for {written(rule, 'for')} min")
    return ", ".join(said)


def runbook_of(rule: Rule) -> str:
    """Name of the page that says what to do; "": there is none."""
    name = rule.runbook or rule.name.lower()
    return name if runbooks.load(name) else ""
