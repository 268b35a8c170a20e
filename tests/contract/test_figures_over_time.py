"""Figures over time: closed buckets, whether or not monitoring runs."""

from __future__ import annotations

import pytest

from tests.support.facts import T0
from tests.support.places import Place
from tests.support.system import Bench
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Source, Status, StatusChanged, when
from wabawatch.domain.report import MetricPoint

MINUTE, HOUR = 60_000, 3_600_000


def told(wamid: str, status: Status, at: int) -> StatusChanged:
    return StatusChanged(when(at, at), Source.WEBHOOK, status, wamid=wamid, number="100000000000001", waba="2")


def of(points: list[MetricPoint], scope: str, metric: str) -> list[tuple[int, float | None, int]]:
    return [(p.at, p.value, p.n) for p in points if (p.scope, p.metric) == (scope, metric)]


@pytest.fixture
def bench(place: Place) -> Bench:
    start = T0 - T0 % HOUR
    bench = Bench(place, start + 3 * HOUR + MINUTE)
    bench.shelf.learn([told("a", Status.SENT, start), told("a", Status.DELIVERED, start + 2_000)])
    bench.shelf.learn([told("b", Status.SENT, start), told("c", Status.SENT, start + 3 * HOUR)])
    return bench


def test_nothing_is_closed_before_the_sweep_has_come_so_far(bench: Bench) -> None:
    assert bench.statuses.recent(24) == []


def test_each_closed_bucket_has_its_figures_without_monitoring(bench: Bench) -> None:
    bench.expiry.step()
    start = T0 - T0 % HOUR

    points = bench.statuses.recent(24)

    assert of(points, "all", "delivery_rate") == [(start, 0.5, 2)]
    assert of(points, "waba:2", "sent") == of(points, "number:100000000000001", "sent") == [(start, 1, 1)]


def test_the_last_hours_come_in_steps_of_five_minutes(bench: Bench) -> None:
    bench.clock.turn_to(bench.clock.now() + 5 * MINUTE)
    bench.expiry.step()

    assert [at % HOUR for at, _, _ in of(bench.statuses.recent(1), "all", "attempted")] == [0]


def test_hours_below_zero_are_refused(bench: Bench) -> None:
    with pytest.raises(BadRequest, match="hours"):
        bench.statuses.recent(-3)
