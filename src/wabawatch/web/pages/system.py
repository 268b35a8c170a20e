"""`/system`: how wabawatch itself is doing, and monitoring started, stopped and begun anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.audit_trail import reason_of
from wabawatch.domain.errors import BadRequest, Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.oversight import LoopAtWork, Monitoring, in_order
from wabawatch.flows.cycle import Cycle, Wanted
from wabawatch.flows.ingest import Admission
from wabawatch.flows.overseeing import Overseeing
from wabawatch.web.forms import form_of
from wabawatch.web.health import Condition
from wabawatch.web.own import Own
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE
from wabawatch.web.visitors import Visitor

SYSTEM = "/system"
CONDITIONS = {
    Condition.OK: ("good", "Well", "wabawatch is well"),
    Condition.DEGRADED: ("warn", "Look at it", "wabawatch works, but somebody should look"),
    Condition.FAILING: ("bad", "Failing", "Something of wabawatch does not work"),
}
LOOPS = {
    "running": ("good", "Running"),
    "paused": ("none", "Paused"),
    "failing": ("warn", "Failing"),
    "stalled": ("bad", "Stalled"),
}
MONITORING = {
    Monitoring.RUNNING: ("good", "Running"),
    Monitoring.STARTING: ("warn", "Starting"),
    Monitoring.SILENT: ("bad", "Wanted, but not running"),
    Monitoring.STOPPED: ("warn", "Stopped by hand"),
    Monitoring.NEVER: ("none", "Never started"),
}
GAPS = {
    "never_started": "it had never been started",
    "stopped": "it was stopped",
    "not_running": "it was wanted, but no process ran it",
}
DONE = {
    "start": "Monitoring is started; a process takes it up within seconds.",
    "stop": "Monitoring is stopped until somebody starts it again. Webhooks are received all the same.",
    "restart": "Monitoring begins anew; what was missed meanwhile stays unknown.",
}
"""What was done, by the word in the address after it"""
REFUSED = {
    Admission.UNKNOWN_APP: "for an app that is in no settings",
    Admission.UNSIGNED: "without a signature",
    Admission.BAD_SIGNATURE: "with a wrong signature",
    Admission.PROBED: "with a wrong signature, by wabawatch doctor",
    Admission.NO_SECRET: "for an app without a secret",
    Admission.TOO_LARGE: "too large",
    Admission.TOO_SLOW: "too slow to arrive",
    Admission.BROKEN_OFF: "broken off by the sender",
    Admission.UNAVAILABLE: "could not be kept (Meta sends them again)",
    Admission.FAILED: "failed here (Meta sends them again)",
}
"""Why a POST was turned away"""


class Arrivals(NamedTuple):
    """What came to the webhook of one app, since the process started."""

    app: str
    accepted: int
    refused: list[tuple[str, int]]
    """Why, and how often"""


@dataclass(frozen=True, slots=True)
class SystemPage:
    """The page, and the part of it that is fetched again."""

    overseeing: Overseeing
    cycle: Cycle
    own: Own
    loops: Callable[[], Sequence[LoopAtWork]]
    """Of this process"""
    cycle_took_s: Callable[[], float | None]
    """How long the newest cycle took in this process"""
    started_at: Millis
    desk: Desk

    def routes(self) -> list[Route]:
        """Its routes."""
        page = self.desk.page
        return [
            page(SYSTEM, Right.VIEW, self.show),
            page("/parts/system", Right.VIEW, self.figures),
            page(SYSTEM + "/monitoring/{wanted}", Right.OPERATE, self.control, "POST"),
        ]

    def show(self, request: Request, visitor: Visitor, wrong: str = "", typed: str = "") -> Response:
        """The whole page. *wrong*: why monitoring was not started or stopped; *typed*: the reason that was given."""
        more = {
            "may": visitor.may(Right.OPERATE),
            "wrong": wrong,
            "typed": typed,
            "done": DONE.get(request.query_params.get("done", ""), ""),
            "build": self.own.build,
            "schema": self.own.schema(),
            "started_at": self.started_at,
        }
        return self._answer("system.html", request, visitor, 422 if wrong else 200, **more)

    def figures(self, request: Request, visitor: Visitor) -> Response:
        """All that changes."""
        return self._answer("parts/system.html", request, visitor)

    def control(self, request: Request, visitor: Visitor) -> Response:
        """Start, stop or restart monitoring."""
        given = form_of(request).one("reason")
        try:
            wanted = _wanted(request.path_params["wanted"])
            self.cycle.control(wanted, visitor.actor, reason_of(given))
        except Refusal as error:
            return self.show(request, visitor, error.message.removeprefix("reason: "), given)
        return RedirectResponse(f"{SYSTEM}?done={wanted}", 303, headers=SECURE)

    def _answer(self, name: str, request: Request, visitor: Visitor, status: int = 200, **more: Any) -> Response:
        health = self.own.liveness()[1]
        checks = [each for each in health["checks"] if each["status"] is not Condition.OK]
        spooled, lost = self.own.spool()
        return self.desk.views.render(
            name,
            request,
            visitor=visitor,
            status=status,
            seen=self.overseeing.look(),
            loops=in_order(self.loops()),
            cycle_took_s=self.cycle_took_s(),
            arrivals=arrivals_of(self.own),
            health=health["status"],
            checks=checks,
            spooled=spooled,
            lost=lost,
            conditions=CONDITIONS,
            loop_states=LOOPS,
            monitorings=MONITORING,
            gap_words=GAPS,
            **more,
        )


def arrivals_of(own: Own) -> list[Arrivals]:
    """What came to each app's webhook since the process started."""
    return [
        Arrivals(
            app,
            tally.accepted,
            [(REFUSED.get(why, why.replace("_", " ")), n) for why, n in sorted(tally.refused.items()) if n],
        )
        for app, tally in sorted(own.acks.totals().items())
    ]


def _wanted(text: str) -> Wanted:
    if text not in set(Wanted):
        raise BadRequest(f"monitoring can be told to {', '.join(Wanted)}, and nothing else")
    return Wanted(text)
