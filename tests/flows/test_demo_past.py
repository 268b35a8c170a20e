"""The past of the demo: what it tells is found in the books afterwards, and whoever serves goes on from there."""

from __future__ import annotations

from pathlib import Path

from wabawatch.app import System
from wabawatch.cli.demo_past import Past
from wabawatch.cli.demo_people import PEOPLE
from wabawatch.cli.demo_plot import plot
from wabawatch.domain.alert_records import AlertFilter
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.flows.cycle import Wanted
from wabawatch.settings import load
from wabawatch.simulator.clock import StoryClock, real_now
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.pattern import Pattern
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID


class Ear:
    """Hears what time it is, and wants to hear more."""

    def __init__(self) -> None:
        self.times: list[int] = []

    def go_on(self, at: int) -> bool:
        self.times.append(at)
        return True


def settings(folder: Path) -> dict[str, object]:
    return {
        "WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": 0, "WABAWATCH_APP_SECRET": "s",
        "WEBHOOK_VERIFY_TOKEN": "v", "WABAWATCH_APP_ID": APP_ID, "WHATSAPP_TOKEN": "t",
        "WHATSAPP_API_URL": "http://127.0.0.1:9",
    }  # fmt: skip


def test_a_day_of_it_leaves_traffic_alerts_and_people_and_monitoring_that_nobody_runs_yet(tmp_path: Path) -> None:
    now = real_now()
    start = now - DAY_MS
    clock = StoryClock(start)
    system = System(load({}, None, settings(tmp_path)), clock)
    simulation = Simulation(1, 600, start, DAY_MS, Mix(), 4, secret=b"s", pattern=Pattern())
    heard = Ear()
    try:
        graph = system.graph
        Past(system, simulation, clock, "t", now).tell(heard.go_on)

        status = system.status.status(0)
        fired = {alert.rule for alert in system.alerts.desk.find(AlertFilter(), 100)}
        assert heard.times == sorted(heard.times)
        assert heard.times[-1] == now
        assert status.assessment.messages.attempted == simulation.totals(now)["attempted"]
        assert "PHONE_QUALITY_LOW" in fired
        assert {user.name for user in system.access.desk.users.all()} == set(PEOPLE)
        assert system.graph is graph
        assert not system.watchman.leading.is_leading
        assert system.watchman.leading.step() is False
        assert system.watchman.leading.is_leading
        assert system.cycle.control(Wanted.START, "test")
    finally:
        system.close()


def test_it_stops_when_nobody_wants_to_hear_more(tmp_path: Path) -> None:
    now = real_now()
    start = now - DAY_MS
    clock = StoryClock(start)
    system = System(load({}, None, settings(tmp_path)), clock)
    heard = Ear()
    try:
        simulation = Simulation(1, 600, start, DAY_MS, Mix(), 4, secret=b"s")
        Past(system, simulation, clock, "t", now).tell(lambda at: not heard.go_on(at))
    finally:
        system.close()

    assert len(heard.times) == 1
    assert clock.now() < now


def test_what_is_told_lies_within_two_weeks_and_ends_with_something_that_is_not_over() -> None:
    start = real_now() - 14 * DAY_MS
    turns = plot(Simulation(1, 10, start, HOUR_MS, Mix()).world)

    assert [turn.before_ms for turn in turns] == sorted((turn.before_ms for turn in turns), reverse=True)
    assert turns[0].before_ms < 14 * DAY_MS
    duration_s = getattr(turns[-1].order, "duration_s", 0)
    assert duration_s * 1000 > turns[-1].before_ms
