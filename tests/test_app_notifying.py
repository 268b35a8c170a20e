"""Channels, policy and maintenance as the settings want them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.books import HandClock
from tests.support.facts import DAY, HOUR, MINUTE, T0
from tests.support.notifying import Desk
from wabawatch.app import System
from wabawatch.app_notifying import PULSE_S, Pace, policy_of, windows_of
from wabawatch.domain.alerts import Severity
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.routing import Channel, Policy
from wabawatch.loops import Group
from wabawatch.notifying_ports import Pulse
from wabawatch.settings import Maintenance, load
from wabawatch.settings_alerts import Alerts
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import migrate


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_the_two_well_known_settings_make_a_channel_each(tmp_path: Path) -> None:
    given = {"ALERT_EMAIL": "a@example.com", "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x"}
    system = System(load({**given, "WABAWATCH_DATA_DIR": str(tmp_path)}), HandClock(T0))

    assert system.notices.channels == [Channel("email"), Channel("slack")]
    loops = {loop.name: loop.group for loop in system.notices.loops()}
    # Also in a process that does not lead monitoring: that nobody leads must be told, too.
    assert loops == dict.fromkeys(("notices", "channel email", "channel slack"), Group.CORE)
    system.close()


def test_a_channel_is_told_what_its_section_says(tmp_path: Path) -> None:
    given = {"ALERT_EMAIL": "a@example.com", "WABAWATCH_CHANNELS_EMAIL_SEVERITY": "critical"}
    given |= {"WABAWATCH_CHANNELS_EMAIL_TYPES": "DISK_LOW", "WABAWATCH_CHANNELS_EMAIL_ESCALATION": "yes"}
    system = System(load({**given, "WABAWATCH_DATA_DIR": str(tmp_path)}), HandClock(T0))

    assert system.notices.channels == [Channel("email", Severity.CRITICAL, frozenset({"DISK_LOW"}), frozenset(), True)]
    system.close()


def test_waits_come_from_the_settings_in_seconds() -> None:
    policy = policy_of(Alerts(group_wait_s=7, remind_warning_s=60, remind_doubling=False, escalate_after_s=3))

    assert (policy.group_wait_ms, policy.escalate_after_ms, policy.is_doubling) == (7_000, 3_000, False)
    assert policy.remind_ms[Severity.WARNING] == MINUTE


def test_the_first_notice_of_an_alert_leaves_in_less_than_five_seconds_by_default() -> None:
    assert policy_of(Alerts()).group_wait_ms < 4_000


@pytest.mark.parametrize(
    ("day", "begins_at"),
    [("2026-03-28", "2026-03-28T01:30"), ("2026-03-30", "2026-03-30T00:30"), ("2026-10-26", "2026-10-26T01:30")],
)
def test_maintenance_begins_at_the_same_time_of_day_in_summer_and_winter(day: str, begins_at: str) -> None:
    window = Maintenance(cron="30 2 * * *", duration_min=90, time_zone="Europe/Berlin", reason="backup")

    [found] = windows_of({"nightly": window}, ms(f"{day}T00:00"), ms(f"{day}T00:00") + 12 * HOUR)

    assert (found.name, found.starts_at, found.ends_at) == ("nightly", ms(begins_at), ms(begins_at) + 90 * MINUTE)
    assert found.holds_everything


def test_a_window_that_is_disabled_does_not_take_place() -> None:
    window = Maintenance(cron="0 2 * * *", enabled=False)

    assert windows_of({"off": window}, T0, T0 + 7 * DAY) == []


def test_a_window_may_be_about_some_alerts_only() -> None:
    window = Maintenance(cron="0 2 * * *", wabas=("9",), types=("DISK_LOW",))

    found = windows_of({"some": window}, T0, T0 + 2 * DAY)[0]

    assert (found.wabas, found.types) == (frozenset({"9"}), frozenset({"DISK_LOW"}))
    assert not found.holds_everything


class Hand:
    """A timer that stands still until it is set."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_planner_looks_into_the_books_when_it_is_rung_when_something_is_due_and_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path}/books.sqlite")
    migrate(database, T0)
    desk, hand = Desk(database, policy=Policy(group_wait_ms=2_000)), Hand()
    looks: list[float] = []
    real = desk.book.pulse

    def pulse() -> Pulse:
        looks.append(hand.at)
        return real()

    monkeypatch.setattr(desk.book, "pulse", pulse)
    pace = Pace(desk.planning, hand)

    def looked(at_s: float) -> bool:
        before, hand.at = len(looks), at_s
        desk.clock.turn_to(T0 + int(at_s * 1_000))
        while pace.step():
            pass
        return len(looks) > before

    assert looked(0)
    assert not looked(1)
    assert looked(PULSE_S)
    desk.fire()
    pace.is_rung = True
    assert looked(PULSE_S + 1)
    assert not desk.rung  # it waits for others
    assert not looked(PULSE_S + 2)
    assert looked(PULSE_S + 3)
    assert desk.rung
    database.close()


def test_what_could_not_be_looked_at_is_looked_at_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite:///{tmp_path}/books.sqlite")
    migrate(database, T0)
    desk = Desk(database)
    pace = Pace(desk.planning, Hand())

    def away() -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(desk.book, "pulse", away)
        with pytest.raises(StoreUnavailable):
            pace.step()
        with pytest.raises(StoreUnavailable):
            pace.step()
    desk.fire()
    pace.step()
    assert desk.rung
    database.close()
