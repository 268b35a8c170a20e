"""The period that a report is asked for, as people write it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from wabawatch.domain.compliance_report import millis
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind

USUAL_MS = 30 * DAY_MS


def period(start: str | None, end: str | None, now: Millis) -> tuple[Millis, Millis]:
    """The period from *start* (None: 30 days before its end) to *end* (None: now). A day is its beginning (UTC), a
    month such as 2026-10 its first day; with no *end*, a month is the whole month.

    Raises BadRequest.
    """
    if start and end is None and (found := re.fullmatch(r"(\d{4})-(\d{2})", start)):
        first = _moment("from", start)
        year, month = int(found[1]), int(found[2])
        return first, min(now, millis(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)))
    until = now if end is None else _moment("to", end)
    return (until - USUAL_MS if start is None else _moment("from", start)), until


def _moment(name: str, text: str) -> Millis:
    """Raises BadRequest that names the parameter."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            text += "-01"
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            return millis(datetime(day.year, day.month, day.day, tzinfo=UTC))
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and timedelta(0) <= at - datetime(1970, 1, 1, tzinfo=UTC):
            return millis(at)
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{name}: {text[:40]!r} is no time; give a day as in 2026-10-01, or 2026-10-01T12:00:00Z")


def slice_of(scope: str) -> Slice:
    """What `all`, `waba:ID` or `number:ID` means. Raises BadRequest."""
    if scope == "all":
        return EVERYTHING
    kind, _, id = scope.partition(":")
    if kind in (SliceKind.WABA, SliceKind.NUMBER) and re.fullmatch(r"[0-9]{1,32}", id):
        return Slice(SliceKind(kind), id)
    raise BadRequest(f"scope: {scope[:60]!r} is none; give all, waba:ID or number:ID")
