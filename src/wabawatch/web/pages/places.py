"""Where a visitor is: the time range and the scope in the URL, which every link of the console keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.wire import instant, iso

RANGES: Mapping[str, tuple[str, Millis]] = {
    "1h": ("Last hour", HOUR_MS),
    "6h": ("Last 6 hours", 6 * HOUR_MS),
    "24h": ("Last 24 hours", DAY_MS),
    "7d": ("Last 7 days", 7 * DAY_MS),
    "30d": ("Last 30 days", 30 * DAY_MS),
    "90d": ("Last 90 days", 90 * DAY_MS),
}
USUAL = "24h"
OWN = ("range", "from", "to", "client", "number")
"""The parameters that say where a visitor is"""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A period and a slice."""

    start: Millis
    end: Millis
    range: str
    """A name in `RANGES`; "": from a moment to a moment"""
    client: str = ""
    number: str = ""

    @property
    def slice(self) -> Slice:
        """What figures are wanted of."""
        if self.number:
            return Slice(SliceKind.NUMBER, self.number)
        return Slice(SliceKind.WABA, self.client) if self.client else EVERYTHING

    @property
    def is_live(self) -> bool:
        """Whether the period ends now, so that it moves on."""
        return bool(self.range)

    def parameters(self) -> dict[str, str]:
        """This place as parameters of an address; what is usual is left out."""
        kept = {"client": self.client, "number": self.number}
        if self.range:
            kept["range"] = "" if self.range == USUAL else self.range
        else:
            kept |= {"from": iso(self.start) or "", "to": iso(self.end) or ""}
        return {name: value for name, value in kept.items() if value}

    def link(self, path: str, **changes: str | Sequence[str]) -> str:
        """*path* with this place in its query, but for *changes*; an empty one takes a parameter away.

        One of several values stands there as often.
        """
        kept: dict[str, str | Sequence[str]] = {**self.parameters()}
        if "range" in changes:
            kept |= {"from": "", "to": ""}
        kept |= changes
        query = urlencode({name: value for name, value in kept.items() if value}, doseq=True)
        return f"{path}?{query}" if query else path


def whereabouts(query: QueryParams, now: Millis) -> Whereabouts:
    """The place that *query* says. Raises BadRequest that names the parameter."""
    client, number = (_id(name, query.get(name, "")) for name in ("client", "number"))
    if query.get("from") or query.get("to"):
        end = instant("to", query.get("to") or None, now) or now
        start = instant("from", query.get("from") or None, now)
        if start is None:
            start = end - DAY_MS
        if start >= end:
            raise BadRequest("from: the period ends before it begins; choose an earlier beginning")
        return Whereabouts(start, end, "", client, number)
    chosen = query.get("range") or USUAL
    if chosen not in RANGES:
        raise BadRequest(f"range: there is no such range; choose one of {', '.join(RANGES)}")
    return Whereabouts(now - RANGES[chosen][1], now, chosen, client, number)


def _id(name: str, value: str) -> str:
    if value and not (value.isascii() and value.isalnum() and len(value) <= 40):
        raise BadRequest(f"{name}: that is no id of Meta's: letters and digits only, at most 40")
    return value
