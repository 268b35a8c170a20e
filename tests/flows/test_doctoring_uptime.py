"""What doctor says of incidents that are open."""

from __future__ import annotations

import pytest

from tests.support.premises import NOW, books
from wabawatch.domain.checks import CheckKind
from wabawatch.domain.findings import Level
from wabawatch.domain.uptime import Incident
from wabawatch.flows.doctoring import examine
from wabawatch.settings import load

DOWN = Incident(
    1, "graph", CheckKind.GRAPH, NOW - 600_000, NOW, None, "Meta", "others_answer", "no answer in time", 9, True
)
OLD = Incident(2, "tls:shop", CheckKind.TLS, NOW - 60_000, NOW, None, "us", "certificate", "6 more days", 2)


@pytest.mark.parametrize(("incidents", "level"), [((), Level.OK), ((OLD,), Level.WARNING), ((OLD, DOWN), Level.FAILED)])
def test_an_open_incident_is_told_with_its_cause(incidents: tuple[Incident, ...], level: Level) -> None:
    (found,) = (each for each in examine(load({}), books(incidents=incidents), NOW) if each.check == "uptime")

    assert found.level is level
    assert all(f"({each.cause}, {each.why})" in found.found for each in incidents)
    assert bool(found.fix) == bool(incidents)
