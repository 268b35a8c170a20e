"""What can happen: the facts from which everything else is computed.

Adapters translate the outside world into these values; nothing above or below ever sees Meta's JSON.
A fact never says what to do. It says what happened (`When.at`), when we were told (`When.seen_at`), and by
whom.
Times are integers, milliseconds since 1970 UTC. Ids are opaque strings, as their owner spells them; ``""``
means unknown.
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


@dataclass(frozen=True, slots=True)
class SendRecorded:
    """Our application asked Meta to send a message, or learnt more about a send it had asked for.

    Key: `local_id` (a client-made UUIDv7, canonical text) and / or (`number`, `wamid`); at least one of the two is set.
    """

    when: When
    source: Source
    local_id: str = ""
    wamid: str = ""
    number: str = ""
    person: Person = NOBODY
    group: str = ""
    type: str = ""
    template: TemplateRef | None = None
    category: str = ""
    user_id: str = ""
    lead_id: str = ""
    conversation_id: str = ""
    outcome: SendOutcome = SendOutcome.UNKNOWN
    answered_at: Millis | None = None
    errors: tuple[ErrorSeen, ...] = ()


class StatusChanged(NamedTuple):
    """An outbound message reached a stage. In a group, `participant` says for whom."""

    when: When
    source: Source
    status: Status
    wamid: str = ""
    local_id: str = ""
    number: str = ""
    waba: str = ""
    feed: Feed = Feed.MESSAGES
    person: Person = NOBODY
    group: str = ""
    participant: Person = NOBODY
    pricing: Pricing | None = None
    errors: tuple[ErrorSeen, ...] = ()
    opaque: str = ""
    """`biz_opaque_callback_data`: whatever the sender attached."""
    display_number: str = ""
    """The business number as people dial it."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A WhatsApp user wrote to a business number."""

    when: When
    source: Source
    wamid: str
    number: str = ""
    waba: str = ""
    feed: Feed = Feed.MESSAGES
    person: Person = NOBODY
    group: str = ""
    type: str = ""
    lead_id: str = ""
    user_id: str = ""
    conversation_id: str = ""
    errors: tuple[ErrorSeen, ...] = ()
    display_number: str = ""
    """The business number as people dial it."""


@dataclass(frozen=True, slots=True)
class MessageEchoed:
    """A business number wrote, but not through our application (Business app, Meta's agent, history)."""

    when: When
    source: Source
    wamid: str
    feed: Feed
    number: str = ""
    waba: str = ""
    person: Person = NOBODY
    group: str = ""
    type: str = ""
    status: Status | None = None
    """Known only in history, where an old message arrives with its last state."""
    errors: tuple[ErrorSeen, ...] = ()
    display_number: str = ""
    """The business number as people dial it."""


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """Meta changed a template, or told us its state."""

    when: When
    source: Source
    waba: str
    aspect: str
    """status | quality | category | category_notice (from `before` to `after`, but not yet) | components"""
    name: str = ""
    language: str = ""
    template_id: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    detail: str = ""
    """The whole value as JSON, as it came."""


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """Meta changed a business phone number, or told us its state."""

    when: When
    source: Source
    aspect: str
    """name | throughput | limit | quality | settings | status"""
    number: str = ""
    """phone_number_id; often unknown in account fields, where only `display_number` is given."""
    display_number: str = ""
    waba: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Something happened to a WABA, a business portfolio or our access to it."""

    when: When
    source: Source
    event: str
    waba: str = ""
    portfolio: str = ""
    display_number: str = ""
    after: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """A person stopped or resumed messages of a category."""

    when: When
    source: Source
    person: Person
    category: str
    value: str
    """stop | resume | signup, or whatever Meta says next"""
    number: str = ""
    waba: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """A person's id changed: a new phone number, or a new BSUID."""

    when: When
    source: Source
    previous: Person
    current: Person
    number: str = ""
    waba: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Occurred:
    """Anything else that Meta tells and that has no table of its own: kept, shown, searchable by kind."""

    when: When
    source: Source
    kind: str
    """call | flow | group | security | handover | payment | solution | username | capability | contacts | ..."""
    event: str = ""
    number: str = ""
    waba: str = ""
    subject: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ErrorReported:
    """Meta reported errors about a number or account, tied to no message."""

    when: When
    source: Source
    errors: tuple[ErrorSeen, ...]
    number: str = ""
    waba: str = ""


@dataclass(frozen=True, slots=True)
class AgentActed:
    """An agent, a person or a program, did something in a conversation. Key: `local_id`."""

    when: When
    source: Source
    local_id: str
    agent: str
    action: str
    outcome: str = ""
    number: str = ""
    person: Person = NOBODY
    user_id: str = ""
    lead_id: str = ""
    conversation_id: str = ""
    wamid: str = ""
    duration_ms: Millis | None = None


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Something we did not understand, kept as it came."""

    when: When
    why: Why
    field: str
    path: str = ""
    """Where in the body, such as ``entry[0].changes[1].value.statuses[3]``."""
    raw: str = ""
    """JSON text, or the value itself for an unknown enum value."""
    reason: str = ""
    """A sentence for a person: what was expected there."""
    number: str = ""
    waba: str = ""


MessageFact: TypeAlias = SendRecorded | StatusChanged | MessageReceived | MessageEchoed
OtherFact: TypeAlias = (
    TemplateChanged
    | NumberChanged
    | AccountChanged
    | ConsentChanged
    | PersonChanged
    | Occurred
    | ErrorReported
    | Unrecognised
)
Fact: TypeAlias = MessageFact | OtherFact | AgentActed
