"""Simulations that several tests look at."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.steps import PostWebhook, Step

START = 1_790_000_000_000
HOUR = 3_600_000


def simulation(seed: int = 1, messages: int = 300, mix: Mix | None = None, **more: Any) -> Simulation:
    """A simulation of one hour."""
    return Simulation(seed, messages, START, HOUR, mix or Mix.nasty(), **more)


@cache
def nasty() -> tuple[Simulation, tuple[Step, ...]]:
    """A nasty simulation that has run to its end, and its steps. Large enough for everything to happen."""
    made = Simulation(7, 4_000, START, HOUR, Mix.nasty(), secret=b"nasty secret")
    return made, tuple(made.steps())


def bodies(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """The webhook bodies among *steps*, read."""
    return [json.loads(step.body) for step in steps if isinstance(step, PostWebhook)]


def values(steps: tuple[Step, ...], field: str) -> list[dict[str, Any]]:
    """The values of every change of that field."""
    changes = (change for body in bodies(steps) for entry in body["entry"] for change in entry["changes"])
    return [change["value"] for change in changes if change["field"] == field]


def statuses(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Every status object on the field `messages`."""
    return [status for value in values(steps, "messages") for status in value.get("statuses", [])]
