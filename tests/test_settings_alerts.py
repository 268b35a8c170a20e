"""The settings of alerts: channels, waits, maintenance."""

from __future__ import annotations

from pathlib import Path

import pytest

from wabawatch.domain.alerts import Severity
from wabawatch.settings import SettingsError, load


def write(folder: Path, text: str) -> Path:
    path = folder / "wabawatch.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_channel_says_of_what_it_is_told(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[channels.night]\nkind = "webhook"\nurl = "https://example.com/alerts"\nsecret = "0123456789abcdef"\n'
        'severity = "critical"\nwabas = ["1", "2"]\nescalation = true\n',
    )

    channel = load({}, path).channels["night"]

    assert (channel.severity, channel.wabas, channel.types) == (Severity.CRITICAL, ("1", "2"), ())
    assert channel.escalation


def test_a_channel_can_come_from_the_environment() -> None:
    env = {
        "WABAWATCH_CHANNELS_OPS_KIND": "apprise",
        "WABAWATCH_CHANNELS_OPS_URL": "json://example.com",
        "WABAWATCH_CHANNELS_OPS_SEVERITY": "Warning",
    }
    assert load(env).channels["ops"].severity is Severity.WARNING


def test_a_maintenance_window_comes_from_toml(tmp_path: Path) -> None:
    path = write(
        tmp_path, '[maintenance.sunday]\ncron = "0 2 * * SUN"\nduration_min = 90\ntime_zone = "Europe/Berlin"\n'
    )

    window = load({}, path).maintenance["sunday"]

    assert (window.cron, window.duration_min, window.time_zone) == ("0 2 * * SUN", 90, "Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[channels.a]\nseverity = "loud"', "channels.a.severity.*'loud' is none of critical, warning, info"),
        ('[maintenance.a]\ncron = "0 2 * *"', "maintenance.a.cron.*has five fields"),
        (
            '[maintenance.a]\ncron = "0 2 * * *"\ntime_zone = "Berlin"',
            "maintenance.a.time_zone.*'Berlin' is no time zone",
        ),
        ("[maintenance.a]\nduration_min = 10", "maintenance.a.cron: missing"),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load({}, write(tmp_path, written))
