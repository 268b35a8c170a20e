"""Figures over HTTP, and monitoring started and stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.flows.cycle import Cycle, Wanted
from wabawatch.flows.status import StatusFlow
from wabawatch.web import answers
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import metrics_json, status_json

MAX_HOURS = 24 * 366 * 10


class Hours(msgspec.Struct, forbid_unknown_fields=True):
    """A window that ends now."""

    hours: Annotated[
        int, msgspec.Meta(ge=0, le=MAX_HOURS, description="How many hours to look back; 0 is everything.")
    ] = 24


class Control(msgspec.Struct, forbid_unknown_fields=True):
    """What is wanted of monitoring."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class FiguresApi:
    """What the figures say, and whether they are judged."""

    status: StatusFlow
    cycle: Cycle

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/status", Scope.READ, self.get_status, "Show the state of the last hours", answers.Status,
                parameters=Hours,
            ),
            Operation(
                "GET", "/metrics", Scope.READ, self.get_metrics, "Show figures over time", list[answers.MetricPoint],
                parameters=Hours, description="One point for each figure of each closed bucket of the window.",
            ),
            Operation(
                "POST", "/monitoring/{wanted}", Scope.ADMIN, self.control, "Start, stop or restart monitoring",
                answers.Wanted, parameters=Control,
                description="For every process and beyond a restart. Receiving never depends on it.",
            ),
        ]  # fmt: skip

    def get_status(self, call: Call) -> dict[str, Any]:
        """The state of the last hours."""
        window: Hours = call.parameters
        return status_json(self.status.status(window.hours))

    def get_metrics(self, call: Call) -> list[dict[str, Any]]:
        """The figures of each closed bucket of the last hours."""
        window: Hours = call.parameters
        return metrics_json(self.status.recent(window.hours))

    def control(self, call: Call) -> answers.Wanted:
        """Note what is wanted, and who wants it."""
        control: Control = call.parameters
        return answers.Wanted(self.cycle.control(control.wanted, call.caller.name))
