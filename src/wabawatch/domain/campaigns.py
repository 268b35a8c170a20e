"""A campaign, what is known around it, and what a check says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.headroom import MessagingLimit, Throughput
from wabawatch.domain.metrics import Rate

PAYMENT, CAPPED = 131042, 131049
WATCHED = (PAYMENT, CAPPED)
"""The error codes whose trend is looked at: payment problems, and people who get too much marketing"""

NO_CASE = Rate(0, 0)


class Weight(StrEnum):
    """What one check says, the worst first."""

    STOP = "stop"
    RISK = "risk"
    UNKNOWN = "unknown"
    FINE = "fine"


class Reason(NamedTuple):
    """What one check found."""

    weight: Weight
    check: str
    """A stable word"""
    figure: str
    """What was found, in a sentence with its figure"""
    next_step: str = ""


class Restriction(NamedTuple):
    """What Meta told of an account that it restricted or disabled."""

    event: str
    kinds: str
    """The restrictions, with commas; of a ban its state"""
    at: Millis
    until: Millis | None = None
    """When the last of them ends; None: nobody told"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be sent."""

    template: TemplateRef
    recipients: int
    number: str
    """phone_number_id from which; "" not said"""
    given: int = 0
    """So many recipients were named, each once"""
    repeated: int = 0
    """So many of them were named more than once"""
    opted_out: int = 0
    """So many of them have stopped marketing messages"""
    by_country: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known at the moment. "" and None: not known."""

    now: Millis
    status: str = ""
    """Of the template: APPROVED, or one that cannot be sent"""
    quality: str = ""
    category: str = ""
    new_category: str = ""
    """Meta has announced this one"""
    paused_at: Millis | None = None
    """When it was last paused"""
    template_delivery: Rate = NO_CASE
    template_failure: Rate = NO_CASE
    number_status: str = ""
    number_quality: str = ""
    number_delivery: Rate = NO_CASE
    number_failure: Rate = NO_CASE
    health: Mapping[str, tuple[str, str, Millis]] = field(default_factory=dict)
    """Of number, WABA and business: whether it can send, why not, and since when"""
    restrictions: tuple[Restriction, ...] = ()
    limit: MessagingLimit | None = None
    throughput: Throughput | None = None
    hits: Mapping[int, int] = field(default_factory=dict)
    """Limits of the number, its account and the app that were hit in 24 hours"""
    failures: Mapping[int, int] = field(default_factory=dict)
    """Messages of the number that failed in 24 hours, by `WATCHED` codes"""
    failures_before: Mapping[int, int] = field(default_factory=dict)
    """The same of the 24 hours before"""
    prices: tuple[Decimal, ...] = ()
    """What one message may cost: the known prices of the category, in order"""
    amount: Decimal | None = None
    """What the recipients that were named cost; None: not all of their prices are known"""
    currency: str = ""
    token_valid: str = ""
    token_expires_at: Millis | None = None
    """0: never"""
    last_webhook_at: Millis | None = None
    last_accepted_at: Millis | None = None
