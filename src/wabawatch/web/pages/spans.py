"""How long something lasts, as forms ask for it: a beginning in UTC, and a length out of a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.web.forms import Form
from wabawatch.wire import instant

Lengths: TypeAlias = Mapping[str, tuple[str, Millis]]
"""By their name in a form: in words, and in milliseconds. The API and the command take any length"""
SILENCES: Lengths = {
    "1h": ("1 hour", HOUR_MS),
    "4h": ("4 hours", 4 * HOUR_MS),
    "1d": ("1 day", DAY_MS),
    "3d": ("3 days", 3 * DAY_MS),
    "7d": ("7 days", 7 * DAY_MS),
    "30d": ("30 days", 30 * DAY_MS),
}
WINDOWS: Lengths = {
    "30m": ("30 minutes", HOUR_MS // 2),
    "1h": ("1 hour", HOUR_MS),
    "2h": ("2 hours", 2 * HOUR_MS),
    "4h": ("4 hours", 4 * HOUR_MS),
    "8h": ("8 hours", 8 * HOUR_MS),
    "1d": ("1 day", DAY_MS),
}
"""Of maintenance"""


def begin_of(form: Form, now: Millis) -> Millis | None:
    """When it begins; None: nothing is said, so now. Raises BadRequest that names the field."""
    text = form.one("starts").strip()
    return instant("starts", f"{text}Z" if text else None, now)


def length_of(form: Form, lengths: Lengths) -> Millis:
    """How long it lasts. Raises BadRequest that names the field."""
    chosen = lengths.get(form.one("duration"))
    if chosen is None:
        raise BadRequest(f"duration: choose one of {', '.join(lengths)}")
    return chosen[1]
