"""What Meta's error codes mean: whose fault, transient or not, and what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from wabawatch.domain.error_catalogue import TABLE


class Fault(StrEnum):
    """Who can mend it."""

    SENDER = "sender"
    """The application that sends, or its integration."""
    ACCOUNT = "account"
    """The owner of the business account."""
    TEMPLATE = "template"
    RECIPIENT = "recipient"
    META = "meta"
    RATE_LIMIT = "rate_limit"
    UNKNOWN = "unknown"
    """Nobody is blamed for a code that nobody has explained to us."""


class ErrorClass(StrEnum):
    """What an error is about."""

    AUTH = "auth"
    INTEGRITY = "integrity"
    HEALTH = "health"
    THROTTLE = "throttle"
    PLATFORM = "platform"
    REQUEST = "request"
    RECIPIENT = "recipient"
    WINDOW = "window"
    """Outside the 24 hours in which free text may be sent."""
    OPT_OUT = "opt_out"
    MEDIA = "media"
    STORAGE = "storage"
    PAYMENT = "payment"
    ACCOUNT = "account"
    MARKETING = "marketing"
    """Only with the API for marketing messages."""
    TEMPLATE = "template"
    FLOW = "flow"
    REGISTRATION = "registration"
    MIGRATION = "migration"
    SYNC = "sync"
    SIGNUP = "signup"
    GROUP = "group"
    CALL = "call"
    BLOCK = "block"
    USERNAME = "username"
    LEGACY = "legacy"


class RateScope(StrEnum):
    """What a limit is counted on, or held against."""

    APP = "app"
    TOKEN = "token"
    PORTFOLIO = "portfolio"
    ACCOUNT = "account"
    NUMBER = "number"
    PAIR = "pair"
    """One number writing to (or calling) one person."""
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code, explained. `meaning` and `next_step` are one sentence each, for an operator."""

    code: int
    title: str
    """Meta's name for it, for display only: titles change and will go."""
    meaning: str
    fault: Fault
    is_transient: bool
    """It passes by itself: the same request may succeed later."""
    next_step: str
    category: ErrorClass
    scope: RateScope | None = None
    retry_after_s: int | None = None
    """The shortest wait that makes sense, or None: growing pauses if transient, else no retry at all."""


BAD_TOKEN_CODES = frozenset({102, 104, 190})
"""By which Meta says that it does not take a token at all, whatever it was used for"""
AUTH_CODES = frozenset({0, 3, 10, 102, 104, 190, 131005, *range(200, 300)})
"""The token, or what it may do, is wrong."""

RATE_LIMIT_CODES = frozenset(
    {4, 17, 32, 613, 80007, 80008} | {130429, 131048, 131056, 131064, 131208, 133016} | {138002, 138005, 138009, 138012}
)
"""A limit was hit that our own pace can respect. 131049 is none: Meta caps what one person gets from everybody."""

LIMIT_HIT_CODES = RATE_LIMIT_CODES | {131049}
"""Some limit was hit: ours to respect, or what Meta lets one person get of marketing."""

TEMPLATE_VIOLATION_CODES = frozenset({132001, 132007, 132015, 132016})
"""A send refused or failed with one of these used a template that was not sendable."""

OPT_OUT_CODE = 131050
"""The person has stopped marketing messages."""


def lookup(code: int) -> ErrorCode | None:
    """Return what is known of *code*, ranges included, or None if it is not in the catalogue."""
    return _by_code().get(code)


def fault_of(code: int) -> Fault:
    """Return whose fault *code* is.

    A code between 100 and 199 that we do not know is the sender's: those are Graph's own codes for requests and tokens.
    Any other one that we do not know is nobody's.
    """
    known = lookup(code)
    if known is not None:
        return known.fault
    return Fault.SENDER if 100 <= code <= 199 else Fault.UNKNOWN


def is_known(code: int) -> bool:
    """Tell whether *code* is in the catalogue. One that is not deserves a notice."""
    return code in _by_code()


def catalogue() -> tuple[ErrorCode, ...]:
    """Return every known code, lowest first, each code of a range on its own."""
    return tuple(_by_code()[code] for code in sorted(_by_code()))


@cache
def _by_code() -> dict[int, ErrorCode]:
    text = re.sub(r"^#.*\n", "", TABLE, flags=re.MULTILINE).strip()
    entries = [entry for block in re.split(r"\n+(?=\S)", text) for entry in _read_block(block)]
    by_code = {entry.code: entry for entry in entries}
    assert len(by_code) == len(entries), "a code stands twice in the table"
    return by_code


def _read_block(block: str) -> list[ErrorCode]:
    head, _, body = block.partition("\n")
    facts, _, title = head.partition("|")
    codes, category, fault, passing, *options = facts.split()
    meaning, next_step = " ".join(body.split()).split(" -> ")
    extras = dict(option.split("=") for option in options)
    first, _, last = codes.partition("-")
    return [
        ErrorCode(
            code=code,
            title=title.strip(),
            meaning=meaning,
            fault=Fault(fault),
            is_transient={"passes": True, "stays": False}[passing],
            next_step=next_step,
            category=ErrorClass(category),
            scope=RateScope(extras["scope"]) if "scope" in extras else None,
            retry_after_s=int(extras["wait"]) if "wait" in extras else None,
        )
        for code in range(int(first), int(last or first) + 1)
    ]
