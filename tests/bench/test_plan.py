"""Which measurements a run is made of."""

from __future__ import annotations

import inspect
from functools import partial

import pytest
from bench.plan import chosen, long, short
from bench.stage import POSTGRESQL, SQLITE


def test_both_runs_measure_on_both_databases() -> None:
    for steps in (short(), long()):
        assert {step.database for step in steps} == {SQLITE, POSTGRESQL}


def test_each_measurement_takes_the_options_it_is_given() -> None:
    measurements = [step.measure for step in (*short(), *long()) if isinstance(step.measure, partial)]

    assert len(measurements) > 20
    for each in measurements:
        inspect.signature(each.func).bind(None, *each.args, **each.keywords)


def test_some_measurements_are_chosen_by_name_and_database() -> None:
    steps = chosen(short(), [SQLITE], "kill,webhooks")

    assert [(step.name, step.database) for step in steps] == [("webhooks", SQLITE), ("kill", SQLITE)]


def test_without_a_choice_everything_is_measured() -> None:
    steps = short()

    assert chosen(steps, [SQLITE, POSTGRESQL], "") == steps


def test_a_name_that_is_none_is_told_with_those_there_are() -> None:
    with pytest.raises(SystemExit, match="klil is none of acceptance, alerts, archive, "):
        chosen(short(), [SQLITE], "klil")
