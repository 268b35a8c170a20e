"""When people are told of alerts, and when not: the sections `alerts` and `maintenance.NAME`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wabawatch import kinds
from wabawatch.kinds import Kind, Secret, whole
from wabawatch.schedules import check_cron, check_zone
from wabawatch.sources import setting

CRON = Kind("cron expression of five fields", lambda raw: check_cron(_text(raw)))
ZONE = Kind("time zone, such as Europe/Berlin", lambda raw: check_zone(_text(raw)))

_DAY_S = 86_400


def _text(raw: object) -> str:
    return str(kinds.TEXT.read(raw))


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is told of alerts, and how soon."""

    email: tuple[str, ...] = setting(
        "ALERT_EMAIL", kinds.ADDRESSES, (), "Who gets alerts by e-mail: alone it makes the channel `email`."
    )
    slack_webhook_url: Secret | None = setting(
        "SLACK_WEBHOOK_URL",
        kinds.SECRET_URL,
        None,
        "Slack incoming webhook that gets alerts: alone it makes the channel `slack`.",
    )
    group_wait_s: int = setting(
        "WABAWATCH_GROUP_WAIT",
        whole(0, 300, unit="seconds"),
        2,
        "So long the first alert waits for others, so that many at once are one notice.",
    )
    group_interval_s: int = setting(
        "WABAWATCH_GROUP_INTERVAL",
        whole(0, 3_600, unit="seconds"),
        30,
        "Least time between two notices of one kind in a channel: what comes meanwhile is told together.",
    )
    digest_wait_s: int = setting(
        "WABAWATCH_DIGEST_WAIT",
        whole(0, _DAY_S, unit="seconds"),
        900,
        "So long alerts of severity info are gathered, unless a graver one takes them along.",
    )
    remind_critical_s: int = setting(
        "WABAWATCH_REMIND_CRITICAL",
        whole(0, 30 * _DAY_S, unit="seconds"),
        3_600,
        "When one is reminded of a critical alert that fires on unacknowledged; 0: never.",
    )
    remind_warning_s: int = setting(
        "WABAWATCH_REMIND_WARNING",
        whole(0, 30 * _DAY_S, unit="seconds"),
        4 * 3_600,
        "The same for a warning; 0: never.",
    )
    remind_info_s: int = setting(
        "WABAWATCH_REMIND_INFO", whole(0, 30 * _DAY_S, unit="seconds"), 0, "The same for severity info; 0: never."
    )
    remind_doubling: bool = setting(
        "WABAWATCH_REMIND_DOUBLING",
        kinds.SWITCH,
        True,
        "Whether each pause between reminders is twice the one before, up to a day (or the first pause, if longer).",
    )
    escalate_after_s: int = setting(
        "WABAWATCH_ESCALATE_AFTER",
        whole(0, 30 * _DAY_S, unit="seconds"),
        900,
        "So long somebody may take to acknowledge an alert before the channels of escalation are told, too.",
    )


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A maintenance window that comes again and again: nobody is told meanwhile, and uptime leaves it out."""

    cron: str | None = setting(
        "WABAWATCH_MAINTENANCE_<name>_CRON",
        CRON,
        None,
        "When it begins, such as `0 2 * * SUN`: minute hour day month weekday.",
    )
    duration_min: int = setting(
        "WABAWATCH_MAINTENANCE_<name>_DURATION", whole(1, 7 * 1_440, unit="minutes"), 60, "How long it lasts."
    )
    time_zone: str = setting(
        "WABAWATCH_MAINTENANCE_<name>_TIME_ZONE", ZONE, "UTC", "The time zone that its beginning is meant in."
    )
    wabas: tuple[str, ...] = setting(
        "WABAWATCH_MAINTENANCE_<name>_WABAS",
        kinds.WORDS,
        (),
        "Only alerts of these WABAs are held; not set: all alerts.",
    )
    types: tuple[str, ...] = setting(
        "WABAWATCH_MAINTENANCE_<name>_TYPES",
        kinds.WORDS,
        (),
        "Only alerts of these types are held, such as `API_ENDPOINT_DOWN`; not set: all.",
    )
    reason: str = setting("WABAWATCH_MAINTENANCE_<name>_REASON", kinds.TEXT, "", "What is done, for those who look.")
    enabled: bool = setting("WABAWATCH_MAINTENANCE_<name>_ENABLED", kinds.SWITCH, True, "Whether it takes place.")


def maintenance_mistakes(maintenance: Mapping[str, Maintenance]) -> Iterator[str]:
    """What is wrong with maintenance windows, a sentence each."""
    for name, given in maintenance.items():
        if given.cron is None:
            yield f"maintenance.{name}.cron: missing; say when it begins, such as '0 2 * * SUN'"
