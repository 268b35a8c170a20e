"""Kinds of values that a setting can have: how a text from the environment or a value from TOML is read.

Every reader raises ValueError with half a sentence on what is wrong. Those of secrets never show the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Secret:
    """A value that prints as `***`; `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that uses it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class AppEnv(StrEnum):
    """Where it runs. Production refuses to serve without an app secret."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class GraphUrl:
    """Where the Graph API is: *base* without a version, *version* as in `v25.0` for our own calls."""

    base: str
    version: str

    def __str__(self) -> str:
        return f"{self.base}/{self.version}"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read. *label* is what the documents call it; a secret may also come from a file."""

    label: str
    read: Callable[[object], Any]
    is_secret: bool = False


def whole(least: int, most: int | None = None, unit: str = "") -> Kind:
    """A whole number from *least* to *most* (None: no limit), counted in *unit*."""
    limits = f"from {least}" + (f" to {most}" if most is not None else " up")
    label = f"whole number{f' of {unit}' if unit else ''}, {limits}"

    def read(raw: object) -> int:
        found = _whole(raw)
        if found is None or found < least or (most is not None and found > most):
            raise ValueError(f"{raw!r} is not a {label}")
        return found

    return Kind(label, read)


def _whole(raw: object) -> int | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    # ASCII only and of bounded length: int() also takes "1_0", "٣" and, at great cost, a million digits.
    return int(raw) if isinstance(raw, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", raw) else None


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("it is not a text")
    if not (text := raw.strip()):
        raise ValueError("it is empty")
    return text


def _switch(raw: object) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    found = known.get(str(raw).strip().lower())
    if found is None:
        raise ValueError(f"{raw!r} is neither true nor false")
    return found


def _number(raw: object) -> float:
    try:
        found = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"{raw!r} is not a number")
    return found


def _share(raw: object) -> float:
    percent = isinstance(raw, str) and raw.strip().endswith("%")
    number = _number(str(raw).strip()[:-1] if percent else raw)
    if number == 1 and not percent:
        raise ValueError(f"{raw!r} could mean 1 % or all of it; write 1% or 100%")
    # Rounded, so that 94.9 % and 0.949 are the same threshold.
    share = round(number / 100, 12) if percent or number > 1 else number
    if not 0 <= share <= 1:
        raise ValueError(f"{raw!r} is not between 0 and 100 %")
    return share


def _weight(raw: object) -> float:
    if (number := _number(raw)) < 0:
        raise ValueError(f"{raw!r} is below 0")
    return number


def _price(raw: object) -> Decimal:
    _weight(raw)
    price = Decimal(str(raw).strip())
    if price > 1_000_000:
        raise ValueError(f"{raw!r} is more than a million for one message")
    return price


def _currency(raw: object) -> str:
    text = _text(raw).upper()
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"{text!r} is no currency; give its three letters, such as EUR")
    return text


def _app_env(raw: object) -> AppEnv:
    text = _text(raw)
    if text.lower() not in list(AppEnv):
        raise ValueError(f"{text!r} is none of {', '.join(AppEnv)}")
    return AppEnv(text.lower())


def _web_address(raw: object) -> str:
    text = _text(raw)
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("it is not a web address such as https://host/path")
    return text


def _call(raw: object) -> str:
    text = _text(raw).upper()
    if text not in {"GET", "POST"}:
        raise ValueError(f"{text!r} is neither GET nor POST")
    return text


def _graph_url(raw: object) -> GraphUrl:
    address = _web_address(raw).rstrip("/")
    if urlsplit(address).query or urlsplit(address).fragment:
        raise ValueError("it has a query or a fragment; give scheme, host and path only")
    version = re.search(r"/(v[0-9]+\.[0-9]+)$", address)
    return GraphUrl(address[: version.start()], version[1]) if version else GraphUrl(address, DEFAULT_GRAPH_URL.version)


_PORT = re.compile(r"postgres[a-z+]*://(?>(?:[^:/]*(?::[^@]*)?@)?)(?>\[[^/?]+\]|[^/:?]*):([^/?]+)")
"""As SQLAlchemy reads it: a password may hold what a URL otherwise may not"""


def _database_url(raw: object) -> Secret:
    text = _text(raw)
    scheme, found, _ = text.partition("://")
    if not found or scheme not in DATABASE_SCHEMES:
        raise ValueError(f"it begins with none of {', '.join(f'{known}://' for known in DATABASE_SCHEMES)}")
    port = _PORT.match(text)
    if port is not None and not (port[1].isascii() and port[1].isdecimal()):
        raise ValueError("its port is no number")
    return Secret(text)


def _list(raw: object) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("it is neither a comma list nor a list of texts")
    found = tuple(stripped for part in parts if (stripped := part.strip()))
    if not found:
        raise ValueError("it is empty")
    return found


def _addresses(raw: object) -> tuple[str, ...]:
    found = _list(raw)
    for address in found:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            raise ValueError(f"{address!r} is not an e-mail address")
    return found


def _hosts(raw: object) -> tuple[str, ...]:
    found = _list(raw)
    for host in found:
        if not re.fullmatch(r"[\w.-]+|[0-9A-Fa-f:.]+(/[0-9]{1,3})?", host):
            raise ValueError(f"{host!r} is neither a host such as crm.internal nor a network such as 10.0.0.0/8")
        if "/" in host:
            ip_network(host, strict=False)
    return found


def _id(raw: object) -> str:
    text = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else _text(raw)
    if not re.fullmatch(r"[0-9]{1,32}", text):
        raise ValueError(f"{text[:40]!r} is not an id, which Meta writes in digits")
    return text


def _ids(raw: object) -> tuple[str, ...]:
    return tuple(map(_id, raw if isinstance(raw, list | tuple) else _list(raw)))


DEFAULT_GRAPH_URL = GraphUrl("https://graph.facebook.com", "v25.0")
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")

TEXT = Kind("text", _text)
PATH = Kind("path", lambda raw: Path(_text(raw)).expanduser())
SWITCH = Kind("true or false", _switch)
SHARE = Kind("share: 95, 95% or 0.95", _share)
WORDS = Kind("comma list", _list)
WEIGHT = Kind("number from 0 up", _weight)
PRICE = Kind("number from 0 up, by country or `default`", _price)
CURRENCY = Kind("three letters, such as EUR", _currency)
APP_ENV = Kind(", ".join(AppEnv), _app_env)
GRAPH_URL = Kind("web address", _graph_url)
CALL = Kind("GET or POST", _call)
HOSTS = Kind("comma list of hosts and networks", _hosts)
ADDRESSES = Kind("comma list of e-mail addresses", _addresses)
ID = Kind("id, in digits", _id)
IDS = Kind("comma list of ids", _ids)
WEB_ADDRESS = Kind("web address", _web_address)
SECRET = Kind("secret", lambda raw: Secret(_text(raw)), is_secret=True)
SECRETS = Kind("comma list of secrets", lambda raw: tuple(Secret(part) for part in _list(raw)), is_secret=True)
SECRET_URL = Kind("web address, secret", lambda raw: Secret(_web_address(raw)), is_secret=True)
DATABASE_URL = Kind("database address, secret", _database_url, is_secret=True)
