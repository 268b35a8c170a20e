"""Which settings a server was started with, and what was changed since the start before, by the audit trail alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wabawatch.domain.audit_trail import ADDRESS, BEFORE, Entry, Plain

CHANGED: Final = "settings_changed"
LONGEST: Final = 200
"""A longer value stands in the trail as a digest"""


def held_after(entries: Iterable[Entry]) -> dict[str, Plain]:
    """The settings that held after *entries*, the oldest of which comes first, as they were written then."""
    held: dict[str, Plain] = {}
    for entry in entries:
        for name, value in entry.detail.items():
            if name != ADDRESS and not name.startswith(f"{BEFORE}_"):
                held[name] = value
    return {name: value for name, value in held.items() if value is not None}


def changes(held: Mapping[str, Plain], now: Mapping[str, Sequence[str]]) -> dict[str, Plain]:
    """What an entry must say for *now* to hold, where *held* did before: each value with what it was; {}: nothing.

    A value of *now* may be written in several ways (secrets are told by digests, one for each key): the first is used.
    """
    found: dict[str, Plain] = {}
    for name in sorted({*held, *now}):
        before, ways = held.get(name), now.get(name, ())
        if before in ways or (before is None and not ways):
            continue
        found[name] = ways[0] if ways else None
        found[f"{BEFORE}_{name}"] = before
    return found
