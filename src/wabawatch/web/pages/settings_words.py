"""Settings in words: what holds, where it comes from, and where it is changed. Secrets are never shown, only that
they are set. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from wabawatch.kinds import Secret
from wabawatch.notifiers.words import duration, percent, quantity
from wabawatch.sources import InForce

NOT_SET: Final = "not set"
DEFAULT, ENVIRONMENT, CODE = "default", "environment", "code"
TITLES: Final[Mapping[str, str]] = {
    "thresholds": "Requirements",
    "quality": "Weights of the quality score",
    "monitoring": "Monitoring",
    "": "In general",
    "graph": "Meta's Graph API",
    "polling": "What Meta is asked",
    "gateway": "Gateway",
    "webhook": "Webhooks",
    "apps": "Further Meta apps",
    "forward": "Forwarding",
    "storage": "Storage and retention",
    "archive": "The archive",
    "exports": "Exports",
    "reports": "Reports",
    "alerts": "When people are told",
    "channels": "Channels",
    "mail": "E-mail",
    "maintenance": "Recurring maintenance",
    "uptime": "Uptime",
    "checks": "Checks of uptime",
    "prices": "Prices",
    "server": "Server",
    "access": "Signing in",
    "oidc": "Signing in elsewhere (OIDC)",
    "network": "Network",
    "log": "wabawatch's own log",
}
"""Sections by their first word in wabawatch.toml, in the order in which people look for them"""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting."""

    sentence: str
    variable: str
    key: str
    value: str
    default: str
    source: str
    """`default`, `environment`, `code`, or the name of the file"""
    where: str
    """Where it was given, and is changed"""
    is_secret: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Settings of one subject."""

    name: str
    title: str
    rows: list[Row]


def sections_of(found: Iterable[InForce], *, only_given: bool = False) -> list[Section]:
    """Everything that holds, by subject; *only_given*: without what is as it comes."""
    rows = [each for each in map(row_of, found) if not only_given or each.source != DEFAULT]
    order = list(TITLES)

    def place(row: Row) -> int:
        return order.index(subject_of(row.key)) if subject_of(row.key) in TITLES else len(order)

    grouped = groupby(sorted(rows, key=place), lambda row: subject_of(row.key))
    return [Section(name, TITLES.get(name, name), list(some)) for name, some in grouped]


def subject_of(key: str) -> str:
    """The first word of a key with several: the section it belongs to."""
    first, dot, _ = key.partition(".")
    return first if dot else ""


def row_of(found: InForce) -> Row:
    """One setting in words."""
    known, origin = found.setting, found.origin
    source = DEFAULT if origin is None else origin.place
    match source:
        case "default":
            where = f"Set {known.name} in the environment, or {known.key} in wabawatch.toml."
        case "environment":
            where = f"Change {origin.name if origin else ''} where the environment of the service is set."
        case "code":
            where = "Given when wabawatch was started: change the command, or the program that starts it."
        case _:
            where = f"Change {origin.name if origin else ''} in {source}."
    default, value = (value_words(each, known.kind.label) for each in (known.default, found.value))
    return Row(known.sentence, known.name, known.key, value, default, source, where, known.kind.is_secret)


def value_words(value: object, label: str = "") -> str:
    """*value* for a person; of a secret that it is set and, of a web address, to which host it leads.

    *label*: that of its kind, which names the unit.
    """
    unit = found[1] if (found := re.match(r"whole number of (\w+)", label)) else ""
    match value:
        case float() if label.startswith("share"):
            return percent(value)
        case int() if unit and not isinstance(value, bool):
            return _counted(value, unit)
        case None | () | "":
            return NOT_SET
        case Secret():
            return _secret_words(value.reveal())
        case bool():
            return "yes" if value else "no"
        case tuple() if any(isinstance(each, Secret) for each in value):
            return "set" if len(value) == 1 else f"{len(value)} set"
        case tuple() | list():
            return ", ".join(map(str, value))
        case float():
            return f"{value:g}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _counted(value: int, unit: str) -> str:
    """So many of *unit*: as people say it, and as it is set."""
    plain = f"{value:,} {unit}"
    match unit:
        case "seconds" if value >= 60:
            return f"{duration(value * 1000)} ({plain})"
        case "milliseconds" if value >= 1000:
            return f"{duration(value)} ({plain})"
        case "bytes" if value >= 1024:
            return f"{quantity(value, 'bytes')} ({plain})"
        case _:
            return plain


def _secret_words(secret: str) -> str:
    try:
        parts = urlsplit(secret)
        host = parts.hostname
    except ValueError:
        return "set"
    # Of other addresses what follows the scheme may be a token, or a password.
    return f"set: {parts.scheme}://{host}/…" if parts.scheme in ("http", "https") and host else "set"
