"""Trouble on command."""

from __future__ import annotations

import pytest
from tests.simulator.scenes import HOUR, START, simulation

from wabawatch.simulator.analytics import Width
from wabawatch.simulator.incidents import Incident, IncidentKind
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.steps import LogSend, PostWebhook

CALM = Mix(refused=0, failed=0, undelivered=0)
QUARTER = HOUR // 4


def test_while_the_api_is_down_every_send_is_refused_and_none_after() -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.API_DOWN, START, QUARTER))

    logs = [step.payload for step in made.steps() if isinstance(step, LogSend)]

    assert all((log["outcome"] == "rejected") == (int(str(log["at"])) < START + QUARTER) for log in logs)
    assert made.totals()["rejected"] == 75


def test_silent_webhooks_all_come_when_the_silence_ends() -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.WEBHOOKS_SILENT, START, QUARTER))

    times = [step.at for step in made.steps() if isinstance(step, PostWebhook)]

    assert min(times) == START + QUARTER
    assert made.totals()["attempted"] == 300
    assert made.totals()["pending"] == 0


def test_failures_strike_one_number_with_the_wanted_code() -> None:
    made = simulation(mix=CALM)
    struck = made.world.numbers[0].id
    made.command(Incident(IncidentKind.FAILURES, START, HOUR, code=131049, number=struck))

    list(made.steps())

    assert all((row["status"] == "failed") == (row["number"] == struck) for row in made.truth())
    assert any(row["number"] == struck for row in made.truth())


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_failures_strike_the_wanted_share(share: float) -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.FAILURES, START, HOUR, share=share))

    list(made.steps())

    assert made.totals()["failed"] == 300 * share


def test_an_incident_may_be_commanded_on_the_way() -> None:
    made = simulation(mix=CALM)
    list(made.due(START + QUARTER))

    made.command(Incident(IncidentKind.API_DOWN, made.now, QUARTER))
    list(made.steps())

    assert 70 <= made.totals()["rejected"] <= 80


def test_a_country_alone_can_fail() -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.FAILURES, START, HOUR, country="BR"))

    list(made.steps())

    countries = {each.address: each.country for each in made.world.contacts}
    found = {(countries[row["recipient"]] == "BR", row["status"] == "failed") for row in made.truth()}
    assert found == {(True, True), (False, False)}


def test_an_account_whose_payment_is_blocked_fails_with_that_error() -> None:
    made = simulation(mix=CALM)
    waba = made.world.wabas[0].id
    made.command(Incident(IncidentKind.FAILURES, START, HOUR, code=131042, waba=waba))

    list(made.steps())

    struck = {one.id for one in made.world.numbers if one.waba.id == waba}
    assert all((row["status"] == "failed") == (row["number"] in struck) for row in made.truth())


def test_refusals_strike_the_wanted_share() -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.REFUSALS, START, HOUR, share=0.3, code=130429))

    list(made.steps())

    assert 60 <= made.totals()["rejected"] <= 120


def test_late_webhooks_come_later_and_none_is_lost() -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.WEBHOOKS_LATE, START, HOUR, late_ms=HOUR))

    list(made.due(START + HOUR - 1))
    early = made.totals()
    list(made.steps())

    assert early["pending"] == early["attempted"] > 0
    assert made.totals()["pending"] == 0


def test_lost_webhooks_never_come_and_only_meta_counts_what_they_told() -> None:
    made = simulation(mix=CALM)
    made.command(Incident(IncidentKind.WEBHOOKS_LOST, START, QUARTER))

    times = [step.at for step in made.steps() if isinstance(step, PostWebhook)]

    numbers = {number.id for number in made.world.numbers}
    points = made.engine.analytics.points(numbers, 0, START + 30 * HOUR, Width.HALF_HOUR, START + 30 * HOUR)
    assert min(times) >= START + QUARTER
    assert sum(int(str(point["sent"])) for point in points) == 300
    assert sum("sent" in row["stamps"] for row in made.truth()) < 300
