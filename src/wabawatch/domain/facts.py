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
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from wabawatch.domain.values import (
    DAY_MS,
    NOBODY,
    PLAUSIBLE_FROM,
    ErrorSeen,
    Feed,
    LoadSeen,
    Millis,
    Person,
    Pricing,
    SendOutcome,
    Source,
    Status,
    TemplateRef,
    When,
    Why,
    when,
)

__all__ = [
    "DAY_MS",
    "NOBODY",
    "PLAUSIBLE_FROM",
    "AccountChanged",
    "AgentActed",
    "CallAnswered",
    "CallKind",
    "ConsentChanged",
    "ErrorReported",
    "ErrorSeen",
    "Fact",
    "Feed",
    "LoadSeen",
    "MessageEchoed",
    "MessageFact",
    "MessageReceived",
    "Millis",
    "NumberChanged",
    "Occurred",
    "OtherFact",
    "Person",
    "PersonChanged",
    "Pricing",
    "SendOutcome",
    "SendRecorded",
    "Source",
    "Status",
    "StatusChanged",
    "TemplateChanged",
    "TemplateRef",
    "Unrecognised",
    "When",
    "Why",
    "when",
]


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
    opaque: str = ""
    """`biz_opaque_callback_data`: whatever the sender attached."""


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
    """name | throughput | limit | quality | settings | status | health | whatever else a number's node shows"""
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
    before: str = ""
    """Known when we found the change ourselves, by asking; webhooks do not tell it"""
    after: str = ""
    reason: str = ""
    detail: str = ""
    terms: str = ""
    """Of a restriction, until when each kind holds: `KIND=seconds`, with commas; `KIND` alone where nobody tells"""


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


class CallKind(StrEnum):
    """What a call to the Graph API was for."""

    SEND = "send"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A call to the Graph API through the gateway came to its end, with an answer or without."""

    when: When
    source: Source
    kind: CallKind
    method: str
    node: str = ""
    """The Graph object it was about, such as a phone_number_id; what the caller wrote there, known or not"""
    edge: str = ""
    http_status: int = 0
    """0: no answer came"""
    latency_ms: float = 0.0
    """From passing the call on until the whole answer had come, or until it was given up"""
    errors: tuple[ErrorSeen, ...] = ()
    usage: str = ""
    """The usage headers of the answer, as JSON"""
    loads: tuple[LoadSeen, ...] = ()
    """What they say"""
    is_ours: bool = False
    """Whether the call counted on the limits of our own app"""
    send: SendRecorded | None = None
    is_token_known: bool = True
    """Whether the bearer had been accepted by the Graph API before"""
    version: str = ""
    """Of the API, as the caller wrote it"""


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
class WebhookAnswered:
    """The application answered a webhook that it got itself. Only its first answer to a body counts."""

    when: When
    body: bytes
    """The fingerprint of the webhook's body"""
    status: int
    """HTTP status; 0: none"""
    ms: Millis


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
Fact: TypeAlias = MessageFact | OtherFact | AgentActed | CallAnswered | WebhookAnswered
