"""Numbers to pictures: what is unknown leaves a gap, and the lines are where they should be."""

from __future__ import annotations

import json

import pytest

from wabawatch.domain.metrics import Rate
from wabawatch.domain.overview import Point
from wabawatch.web.charts import HEIGHT, WIDTH, rate_charts, spark

NONE = Rate(0, 0)


def test_what_nobody_knows_is_a_gap_and_not_a_line() -> None:
    found = spark([(0, 0.9), (10, 0.8), (20, None), (30, 0.9), (40, 0.95), (50, None), (60, 0.9)], 0, 60, 0.95)

    assert found is not None
    assert len(found.lines) == 2
    assert [x for x, _ in found.dots] == [WIDTH]


def test_nothing_known_is_no_chart() -> None:
    assert spark([(0, None)], 0, 60, 0.95) is None


def test_the_threshold_is_in_the_picture_however_far_it_is() -> None:
    found = spark([(0, 0.99), (60, 0.999)], 0, 60, 0.90, advised=0.95, most=1.0)

    assert found is not None
    assert found.high <= 1.0
    assert 0 < found.advised[0] < found.limits[0] < HEIGHT


def test_equal_values_are_a_line_in_the_middle_of_something() -> None:
    found = spark([(0, 1.0), (60, 1.0)], 0, 60, 1.0, most=1.0)

    assert found is not None
    assert found.low < 1.0 <= found.high


def test_a_spec_draws_only_what_is_known_and_says_what_it_shows() -> None:
    points = [Point(at, 10, 1, Rate(9, 10) if at else NONE, Rate(1, 10), NONE, None, None) for at in (0, 60, 120)]

    spec = rate_charts(points, (), 0, 0.95, 0.05)["delivery"]

    assert [row["at"] for row in spec["data"]["values"]] == [60, 120]
    assert spec["data"]["values"][0] | {"said": "90 %", "n": 10} == spec["data"]["values"][0]
    assert spec["description"] == "Delivery rate over time, with its 95 % interval and the threshold of 95 %"
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert 0 <= low < 0.9 < 0.95 < high <= 1
    assert "http" not in json.dumps({name: part for name, part in spec.items() if name != "$schema"})


def test_the_interval_of_a_few_messages_does_not_press_the_lines_together() -> None:
    points = [Point(at, 2, 0, NONE, Rate(0, 2), NONE, None, None) for at in (0, 60)]

    spec = rate_charts(points, (), 0, 0.95, 0.05)["failure"]

    assert spec["data"]["values"][0]["high"] > 0.6
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [0.0, pytest.approx(0.075)]
    assert spec["layer"][0]["mark"]["clip"]


def test_the_period_before_is_drawn_dotted_beside_it() -> None:
    now = [Point(100 + at, 10, 1, Rate(9, 10), Rate(1, 10), NONE, None, None) for at in (0, 60)]
    before = [Point(at, 10, 2, Rate(8, 10), Rate(2, 10), NONE, None, None) for at in (0, 60)]

    spec = rate_charts(now, before, 100, 0.95, 0.05)["failure"]

    dotted = spec["layer"][0]
    assert [(row["at"], row["value"]) for row in dotted["data"]["values"]] == [(100, 0.2), (160, 0.2)]
    assert dotted["mark"]["strokeDash"]
    assert spec["description"].endswith("dotted: the period before")
