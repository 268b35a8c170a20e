"""Meta's words for how things stand, each with its colour: never one without the other."""

from __future__ import annotations

from wabawatch.domain.facts import Source
from wabawatch.domain.headroom import TIERS
from wabawatch.domain.told import Told

_KINDS = {
    "bad": (
        *("DISABLED", "PAUSED", "REJECTED", "LOCKED", "BANNED", "RESTRICTED", "RATE_LIMITED", "DISCONNECTED"),
        *("DECLINED", "RED", "BLOCKED", "DISABLE", "EXPIRED", "FAILED", "REVOKED"),
    ),
    "warn": (
        *("FLAGGED", "IN_APPEAL", "LIMIT_EXCEEDED", "ARCHIVED", "PENDING", "YELLOW", "LIMITED", "PENDING_REVIEW"),
        *("MIGRATED", "UNVERIFIED", "NOT_VERIFIED", "DEFERRED", "SCHEDULE_FOR_DISABLE", "PENDING_DELETION"),
    ),
    "good": (
        *("APPROVED", "REINSTATED", "UNARCHIVED", "CONNECTED", "GREEN", "AVAILABLE", "VERIFIED", "REINSTATE"),
        *("AVAILABLE_WITHOUT_REVIEW", "LIVE", "ACTIVE"),
    ),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
SOURCES = {
    Source.WEBHOOK: "a webhook",
    Source.POLL: "asking Meta",
    Source.API: "the API",
    Source.GATEWAY: "the gateway",
}
"""Who told, in words"""


def told_by(told: Told) -> str:
    """Who told a line of a history, in words."""
    return "asking Meta, at our first look" if told.is_first_look else SOURCES.get(told.source, "nobody known")


def state_tag(value: str, unknown: str = "Unknown") -> tuple[str, str]:
    """The colour and the word of one of Meta's words; one that we do not know stands as it is, without a colour."""
    return _KIND_OF.get(value.upper(), "none"), plain_word(value) if value else unknown


def plain_word(value: str) -> str:
    """One of Meta's words in capitals as a person reads it: `PENDING_REVIEW` is `Pending review`."""
    if value in TIERS:
        people = TIERS[value]
        return "Unlimited" if people is None else f"{people:,} people a day"
    if value.isascii() and value.upper() == value and value.replace("_", "").isalpha():
        return value.replace("_", " ").capitalize()
    return value
