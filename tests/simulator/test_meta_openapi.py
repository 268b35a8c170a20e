"""What the simulator answers is what Meta's own description of its endpoints says, or the difference has a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.routing import Match, Route
from tests.simulator.calls import CALLS, Call, Walk
from tests.simulator.differences import BYTES, DIFFERENCES, NOT_DESCRIBED, differences_of
from tests.simulator.scenes import START, simulation
from tests.simulator.test_graph import CALM
from tests.support.meta_openapi import Description, Problem, description

from wabawatch.simulator.clock import LeapingClock
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.simulation import Simulation

OWN = {("/truth", "GET"), ("/status.rss", "GET"), ("/control/{order}", "POST")}
"""Endpoints that are not Meta's"""
NAMES = [f"{index}: {call.operation} {call.status}" for index, call in enumerate(CALLS)]


@pytest.fixture
def made() -> Simulation:
    return simulation(messages=0, mix=CALM)


@pytest.fixture
def meta(meta_openapi: Path) -> Description:
    return description(meta_openapi)


def problems(meta: Description, call: Call, made: Simulation) -> list[Problem]:
    answer = Walk(made).answer(call)
    assert answer.status_code == call.status, answer.text
    if call.operation in NOT_DESCRIBED or call.operation in BYTES:
        return []
    return meta.problems(call.operation, answer.status_code, answer.json())


@pytest.mark.parametrize("call", CALLS, ids=NAMES)
def test_an_answer_is_as_described(meta: Description, made: Simulation, call: Call) -> None:
    may_differ = differences_of(call.operation)

    assert [str(one) for one in problems(meta, call, made) if one.member not in may_differ] == []


def test_a_difference_that_is_none_is_not_listed(meta: Description) -> None:
    found = {
        (operation, one.member)
        for call in CALLS
        for one in problems(meta, call, simulation(messages=0, mix=CALM))
        for operation in (call.operation, "*")
    }

    assert {(operation, member) for operation, members in DIFFERENCES.items() for member in members} - found == set()


def test_an_operation_that_is_described_is_not_listed_as_missing(meta: Description) -> None:
    assert [operation for operation in NOT_DESCRIBED if meta.describes(operation)] == []


def test_every_endpoint_is_called(made: Simulation) -> None:
    routes = [route for route in build_graph(made, LeapingClock(START), "right").routes if isinstance(route, Route)]
    offered = {(route.path, method) for route in routes for method in route.methods or () if method != "HEAD"}
    walk = Walk(made)

    def reached(call: Call) -> tuple[str, str]:
        scope = {"type": "http", "path": walk.path(call).partition("?")[0], "method": call.method}
        return next(route.path for route in routes if route.matches(scope)[0] is Match.FULL), call.method

    assert offered - OWN - {reached(call) for call in CALLS} == set()
