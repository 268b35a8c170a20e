"""Channels, policy and maintenance as the settings want them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.books import HandClock
from tests.support.facts import DAY, HOUR, MINUTE, T0
from wabawatch.app import System
from wabawatch.app_notifying import policy_of, windows_of
from wabawatch.domain.alerts import Severity
from wabawatch.domain.routing import Channel
from wabawatch.loops import Group
from wabawatch.settings import Maintenance, load
from wabawatch.settings_alerts import Alerts


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
