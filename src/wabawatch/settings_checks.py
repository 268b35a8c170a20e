"""What is checked for uptime: the section `uptime`, and own web addresses in the sections `checks.NAME`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wabawatch import kinds
from wabawatch.kinds import Kind, Secret, whole
from wabawatch.sources import setting

FEED = "https://metastatus.com/outage-events-feed-whatsapp-business-api.rss"
"""Open disruptions of the WhatsApp Business Platform, by Meta (as served in July 2026)."""
MOST_TIMEOUT_S = 20
"""So that all looks of one step end before its loop is called stalled."""
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")


def _method(raw: object) -> str:
    method = str(kinds.TEXT.read(raw)).upper()
    if method not in METHODS:
        raise ValueError(f"{method!r} is none of {', '.join(METHODS)}")
    return method


def _statuses(raw: object) -> tuple[tuple[int, int], ...]:
    parts = (
        [str(raw)]
        if isinstance(raw, int)
        else kinds.WORDS.read([str(each) for each in raw] if isinstance(raw, list) else raw)
    )
    return tuple(_range(part) for part in parts)


def _range(part: str) -> tuple[int, int]:
    if found := re.fullmatch(r"([1-5])xx", part.lower()):
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    found = re.fullmatch(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?", part)
    if not found:
        raise ValueError(f"{part!r} is no HTTP status; give such as 200, 200-299 or 2xx")
    return int(found[1]), int(found[2] or found[1])


METHOD = Kind(", ".join(METHODS), _method)
STATUSES = Kind("comma list of statuses: 200, 200-299 or 2xx", _statuses)


@dataclass(frozen=True, slots=True)
class Uptime:
    """How uptime is checked while monitoring runs."""

    enabled: bool = setting("WABAWATCH_UPTIME", kinds.SWITCH, True, "Whether uptime is checked while monitoring runs.")
    interval_s: int = setting(
        "WABAWATCH_CHECK_INTERVAL",
        whole(1, 3_600, unit="seconds"),
        60,
        "Time between two looks at a check; what changes slowly is looked at more seldom.",
    )
    timeout_s: int = setting(
        "WABAWATCH_CHECK_TIMEOUT", whole(1, MOST_TIMEOUT_S, unit="seconds"), 10, "How long a check may take."
    )
    failures: int = setting(
        "WABAWATCH_CHECK_FAILURES", whole(1, 10), 2, "So many failures in a row open an incident; one success ends it."
    )
    certificate_days: int = setting(
        "WABAWATCH_CERTIFICATE_DAYS",
        whole(1, 90, unit="days"),
        14,
        "A certificate that is valid for less than this fails its check.",
    )
    status_feed: bool = setting("WABAWATCH_STATUS_FEED", kinds.SWITCH, True, "Whether Meta's own status feed is read.")
    status_feed_url: str = setting(
        "WABAWATCH_STATUS_FEED_URL", kinds.WEB_ADDRESS, FEED, "Where Meta's status feed is, as RSS."
    )


@dataclass(frozen=True, slots=True)
class Check:
    """One web address that is looked at, and what it must answer."""

    url: Secret | None = setting(
        "WABAWATCH_CHECKS_<name>_URL",
        kinds.SECRET_URL,
        None,
        "Web address that is checked; a private one must be in `WABAWATCH_ALLOW_PRIVATE_URLS`.",
    )
    method: str = setting("WABAWATCH_CHECKS_<name>_METHOD", METHOD, "GET", "How it is asked.")
    headers: tuple[Secret, ...] = setting(
        "WABAWATCH_CHECKS_<name>_HEADERS", kinds.SECRETS, (), "Headers of the request, each as `Name: value`."
    )
    status: tuple[tuple[int, int], ...] = setting(
        "WABAWATCH_CHECKS_<name>_STATUS", STATUSES, ((200, 299),), "Statuses that are good."
    )
    contains: str | None = setting(
        "WABAWATCH_CHECKS_<name>_CONTAINS", kinds.TEXT, None, "What the answer must contain, letter by letter."
    )
    json_path: str | None = setting(
        "WABAWATCH_CHECKS_<name>_JSON_PATH",
        kinds.TEXT,
        None,
        "Place in a JSON answer that must be there, such as `data.items[0].state`.",
    )
    json_value: str | None = setting(
        "WABAWATCH_CHECKS_<name>_JSON_VALUE", kinds.TEXT, None, "What must stand at `json_path`."
    )
    max_latency_ms: int | None = setting(
        "WABAWATCH_CHECKS_<name>_MAX_LATENCY",
        whole(1, MOST_TIMEOUT_S * 1_000, unit="milliseconds"),
        None,
        "An answer that takes longer is a failure.",
    )
    interval_s: int | None = setting(
        "WABAWATCH_CHECKS_<name>_INTERVAL",
        whole(10, 86_400, unit="seconds"),
        None,
        "Time between two looks; not set: `WABAWATCH_CHECK_INTERVAL`.",
    )
    timeout_s: int | None = setting(
        "WABAWATCH_CHECKS_<name>_TIMEOUT",
        whole(1, MOST_TIMEOUT_S, unit="seconds"),
        None,
        "How long it may take; not set: `WABAWATCH_CHECK_TIMEOUT`.",
    )
    failures: int | None = setting(
        "WABAWATCH_CHECKS_<name>_FAILURES",
        whole(1, 10),
        None,
        "Failures in a row that open an incident; not set: `WABAWATCH_CHECK_FAILURES`.",
    )
    essential: bool = setting(
        "WABAWATCH_CHECKS_<name>_ESSENTIAL", kinds.SWITCH, False, "Whether its downtime is downtime of the whole."
    )
    outside: bool = setting(
        "WABAWATCH_CHECKS_<name>_OUTSIDE",
        kinds.SWITCH,
        True,
        "Whether it is somewhere on the Internet: its answer then tells that the network works.",
    )


BUILT_IN = ("graph", "token", "receiver", "handshake", "pipeline", "database", "queue", "disk", "meta_status")
"""Names of checks that there are without settings; others are built with a colon."""


def mistakes_in_checks(checks: Mapping[str, Check]) -> Iterator[str]:
    """What is wrong with own checks, a sentence each."""
    for name, given in checks.items():
        where = f"checks.{name}"
        if name in BUILT_IN:
            yield f"{where}: there is a built-in check of this name; choose another"
        if given.url is None:
            yield f"{where}.url: missing; give the web address that is checked"
        if given.json_value is not None and given.json_path is None:
            yield f"{where}.json_path: missing; it says where json_value must stand"
        for header in given.headers:
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*", header.reveal()):
                yield f"{where}.headers: one of them is not `Name: value`"
