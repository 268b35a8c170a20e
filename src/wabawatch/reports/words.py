"""How cells of a report are written for people."""

from __future__ import annotations

from datetime import datetime

from wabawatch.reports.tables import NARROW, Cell, Kind

GOOD, WARN, BAD, NONE = "good", "warn", "bad", "none"
TONES = {
    "compliant": GOOD, "met": GOOD, "APPROVED": GOOD, "GREEN": GOOD, "HIGH": GOOD,
    "warning": WARN, "soon": WARN, "YELLOW": WARN, "unverified": WARN, "MEDIUM": WARN,
    "violation": BAD, "now": BAD, "critical": BAD, "RED": BAD, "PAUSED": BAD, "DISABLED": BAD, "REJECTED": BAD,
    "not_met": BAD, "LOW": BAD,
}  # fmt: skip
VERDICTS = {
    "compliant": "Compliant",
    "warning": "Warning",
    "violation": "Violation",
    "insufficient_data": "Insufficient data",
}
UNKNOWN = "–"


def tone(word: Cell) -> str:
    """The colour of a word, by name; it never stands without the word."""
    return TONES.get(str(word), NONE)


def words(kind: Kind, cell: Cell) -> str:
    """A cell as people read it."""
    if cell is None or cell == "":
        return UNKNOWN
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if kind is Kind.DAY else f"{cell:%Y-%m-%d %H:%M}"
    match kind:
        case Kind.WORD:
            return VERDICTS.get(str(cell)) or str(cell)[:1].upper() + str(cell)[1:].replace("_", " ")
        case Kind.WHOLE if isinstance(cell, int):
            return f"{cell:,}".replace(",", NARROW)
        case Kind.SHARE if isinstance(cell, int | float):
            return share(float(cell))
        case Kind.SECONDS if isinstance(cell, int | float):
            return duration(float(cell))
        case _:
            return str(cell).replace("`", "")


def share(value: float) -> str:
    """A share as a percentage: never rounded up to a whole that it is not."""
    if value in (0.0, 1.0):
        return f"{value:.0%}".replace("%", f"{NARROW}%")
    digits = 2 if 0.0001 <= value <= 0.9999 else 4
    return f"{value * 100:.{digits}f}{NARROW}%"


def duration(seconds: float) -> str:
    """A duration in the two largest units that it has."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f}{NARROW}ms"
    if seconds < 60:
        return f"{seconds:.1f}{NARROW}s" if seconds else f"0{NARROW}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
