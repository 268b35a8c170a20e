"""Times, durations and quantities as a person reads them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from wabawatch.domain.facts import Millis

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
"""Controls, and what turns the direction of text: both can make a line say something else than it holds"""
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def clean(text: str) -> str:
    """*text* in one line, without characters that cannot be seen."""
    return " ".join(_UNREADABLE.sub(" ", text).split())


def cut(text: str, most: int) -> str:
    """*text*, clean, and no longer than *most* characters: cut at a word where one ends near."""
    text = clean(text)
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    word, space, _ = kept.rpartition(" ")
    return (word if space and len(word) >= most // 2 else kept).rstrip(" ,;:") + "…"


def moment(at: Millis, zone: tzinfo = UTC) -> str:
    """A moment in *zone*, with its name: `21 Nov 2026, 10:15 UTC`."""
    then = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    # Of zones without letters of their own (`-03`) the name is no word.
    name = then.tzname() or ""
    name = name if name[:1].isalpha() else f"UTC{then:%z}"[:6] + ":" + f"{then:%z}"[3:5]
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}, {then:%H:%M} {name}"


def duration(ms: float) -> str:
    """How long something lasted, in its two largest units: `2 h 5 min`."""
    seconds = max(0, round(ms / 1000))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < 2 * _DAY:
        return _two(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "min")
    return _two(seconds // _DAY, "days", seconds % _DAY // _HOUR, "h")


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large} {unit} {small} {small_unit}" if small else f"{large} {unit}"


def percent(share: float) -> str:
    """A share as a percentage, with as many digits as it takes not to read 0 or 100 when it is neither."""
    return f"{_digits(share)} %"


def _digits(share: float) -> str:
    places = 1
    while places < 6 and share not in (0.0, 1.0) and float(f"{share * 100:.{places}f}") in (0.0, 100.0):
        places += 1
    return f"{share * 100:.{places}f}".rstrip("0").rstrip(".")


def quantity(value: float, unit: str) -> str:
    """*value* in words; *unit* as in `alerts.Rule`."""
    match unit:
        case "share":
            return percent(value)
        case "ms":
            return _seconds(value / 1000) if value >= 1000 else f"{value:.0f} ms"
        case "s":
            return _seconds(value)
        case "days":
            return f"{_plain(value)} {'day' if value == 1 else 'days'}"
        case "bytes":
            return _bytes(value)
        case _:
            return _plain(value)


def interval(low: float, high: float, unit: str) -> str:
    """A range: `90.1–92.2 %`."""
    if unit == "share":
        ends = _digits(low), _digits(high)
        places = max(len(end.partition(".")[2]) for end in ends)
        return f"{low * 100:.{places}f}–{high * 100:.{places}f} %"
    return f"{quantity(low, unit)}–{quantity(high, unit)}"


def _seconds(value: float) -> str:
    return duration(value * 1000) if value >= 2 * _MINUTE else f"{_plain(value)} s"


def _plain(value: float) -> str:
    text = f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.removesuffix(".0")


def _bytes(value: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{_plain(value)} {unit}"
        value /= 1024
    return f"{_plain(value)} TiB"
