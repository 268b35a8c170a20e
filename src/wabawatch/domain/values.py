"""What facts are made of: times, sources, states, persons, errors, prices.

What is made for every status is a named tuple: a frozen dataclass takes five times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple, TypeAlias

Millis: TypeAlias = int
"""Milliseconds since 1970-01-01 UTC."""

PLAUSIBLE_FROM: Millis = 1_420_070_400_000  # 2015-01-01
DAY_MS: Millis = 86_400_000


class Source(IntEnum):
    """Who says so, the most trusted first. The order settles contradictions between scalars (SPEC.md 3, Merging)."""

    GATEWAY = 0
    API = 1
    POLL = 2
    WEBHOOK = 3


class Feed(StrEnum):
    """The way by which we know of a message; its origin is computed from the set of them."""

    RECORD = "record"
    """A send that our own application recorded (gateway, SDK or API)."""
    MESSAGES = "messages"
    STANDBY = "standby"
    """While Meta's agent holds the conversation, its traffic arrives here."""
    ECHO = "echo"
    """Sent by somebody else in our name, such as a person in the WhatsApp Business app."""
    HISTORY = "history"
    SYNTHETIC = "synthetic"
    """Made by wabawatch itself to test the way from the public URL to the log."""


class Status(StrEnum):
    """What Meta (or the sender) says became of an outbound message."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


class SendOutcome(StrEnum):
    """How the Graph API answered a send."""

    ACCEPTED = "accepted"
    HELD = "held"
    """Accepted, but kept back for quality assessment (pacing) until released or dropped."""
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """No answer, or none known yet."""


class Why(StrEnum):
    """Why something could not be understood."""

    UNPARSED = "unparsed"
    """An item of a known field that gave no fact: the only kind that may hide a defect of ours."""
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_VALUE = "unknown_value"
    """An enum value, or a list beside known ones, nobody told us about. The facts beside it are used all the same."""


class When(NamedTuple):
    """The two times of a fact."""

    at: Millis
    """When it happened. If the sender's clock is missing or implausible (`is_exact` false), when we were told."""
    seen_at: Millis
    """When we were told, by our clock."""
    is_exact: bool = True
    is_live: bool = True
    """False for imported, replayed and historic facts: these never alert and enter no latency figure."""


def when(at: Millis | None, seen_at: Millis, *, is_live: bool = True) -> When:
    """The two times of a fact whose own time may be missing or outside 2015 ... receipt + 1 day."""
    if at is None or not PLAUSIBLE_FROM <= at <= seen_at + DAY_MS:
        return When(seen_at, seen_at, is_exact=False, is_live=is_live)
    return When(at, seen_at, is_live=is_live)


class Person(NamedTuple):
    """The ids under which one fact knows a WhatsApp user: some of them, never guaranteed to be any given one."""

    phone: str = ""
    """Digits as Meta writes them, without a plus."""
    bsuid: str = ""
    """Business-scoped user id, such as ``US.13491208655302741918``; scoped to one business portfolio."""
    parent_bsuid: str = ""
    username: str = ""

    def __bool__(self) -> bool:
        return bool(self.phone or self.bsuid or self.username)


NOBODY = Person()


@dataclass(frozen=True, slots=True, order=True)
class ErrorSeen:
    """One of Meta's error objects, with every word of it."""

    code: int
    title: str = ""
    message: str = ""
    details: str = ""
    subcode: int = 0
    fbtrace_id: str = ""
    href: str = ""
    transient: int = -1
    """Meta's own `is_transient`, whether trying again may help: 1 yes, 0 no, -1 it does not say"""


class LoadSeen(NamedTuple):
    """How much of a limit on calls an answer says is used."""

    object: str
    """The business object that it is counted on; "" the app"""
    percent: float
    regain_ms: Millis = 0
    """How long until calls are possible again; 0: not told"""


class Pricing(NamedTuple):
    """What a message costs, by Meta's own words. Prices are not in it."""

    model: str = ""
    type: str = ""
    category: str = ""
    billable: bool | None = None


@dataclass(frozen=True, slots=True, order=True)
class TemplateRef:
    """The name by which a send chooses a template. Ids are not used there."""

    name: str
    language: str = ""
