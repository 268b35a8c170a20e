"""What stands in answers of the Graph API, whoever asked: the problem, if there is one, and how much of the limits is
used. Without an HTTP library, which not every installation needs."""

from __future__ import annotations

from collections.abc import Sequence

from wabawatch.domain.polls import Load, Problem
from wabawatch.meta.decoding import decode
from wabawatch.meta.reading import Json, integer, items, mapping, text
from wabawatch.net import redact

MOST_BYTES = 16 * 1024 * 1024
MINUTE_MS = 60_000


def decoded(content: bytes) -> Json | None:
    """The object in *content*; None: there is none, or it is too long."""
    if len(content) > MOST_BYTES:
        return None
    try:
        found = decode(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def read_problem(status: int, body: Json | None) -> Problem | None:
    """The error in an answer, in any shape that Meta and those between us give it; None: it is a good answer."""
    if body is None:
        return Problem(0, f"HTTP {status} without JSON")
    error = body.get("error")
    if status < 400 and not error:
        return None
    said = mapping(error) or ({"message": error} if isinstance(error, str) else body)
    words = [text(said.get(name)) for name in ("message", "error_user_msg")]
    sentence = redact(": ".join(word for word in words if word)) or f"HTTP {status}"
    return Problem(integer(said.get("code")), sentence[:1_000], integer(said.get("error_subcode")))


def read_usage(header: str) -> dict[str, Load]:
    """A usage header: by business object, or "" for the app. Its type is not looked at: Meta lists none of WhatsApp's.

    Of what is counted, that counts of which most is used.
    """
    found = decoded(header.encode()) if header else None
    if not found:
        return {}
    if any(name in found for name in _COUNTED):
        return {"": _load([found])}
    return {text(key): _load(entries) for key, each in found.items() if (entries := [mapping(e) for e in items(each)])}


_COUNTED = ("call_count", "total_time", "total_cputime")


def _load(entries: Sequence[Json]) -> Load:
    shares = [_percent(entry.get(name)) for entry in entries for name in _COUNTED]
    minutes = [integer(entry.get("estimated_time_to_regain_access")) for entry in entries]
    return Load(max(shares, default=0.0), max(minutes, default=0) * MINUTE_MS)


def _percent(value: object) -> float:
    try:
        return max(0.0, min(1_000.0, float(value)))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
