"""One message and all that is known of it: a value that grows by `join`, and ends the same whatever came first.

Every fact about a message is lifted to a small `Message` of its own, and messages are joined member by member: the
earliest stamp per status, the union of errors, evidence and participants, and for scalars the best claim (SPEC.md 3,
Merging). Each member's join is commutative, associative and idempotent, so the whole is.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from wabawatch.domain.facts import (
    ErrorSeen,
    Feed,
    MessageEchoed,
    MessageFact,
    MessageReceived,
    Millis,
    Person,
    Pricing,
    SendOutcome,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateRef,
    When,
)

T = TypeVar("T")
Claim: TypeAlias = tuple[int, int, T]
"""(source, time, value): the smallest wins, which is the order gateway, API, poll, webhook; earliest; smallest."""

MAX_ERRORS = 16
"""Errors kept per message: the earliest. (The k smallest of a union is still a join.)"""


class Evidence:
    """What kinds of fact a message was seen in: bits of an int that only ever grows.

    Plain integers, because an `IntFlag` costs a microsecond per operation and this runs for every status.
    """

    RECORDED: Final = 1
    """Our application said that it sent it."""
    SEEN: Final = 2
    """A status came on the field `messages`."""
    STANDBY: Final = 4
    ECHO: Final = 8
    HISTORY: Final = 16
    SYNTHETIC: Final = 32
    INBOUND: Final = 64
    OUTBOUND: Final = 128
    HELD: Final = 256
    """Meta's answer said that it is kept back for quality assessment."""
    REJECTED: Final = 512
    """Meta's answer was an error."""
    LIVE: Final = 1024
    """At least one fact came live, not by import, replay or history."""
    INEXACT: Final = 2048
    """A stamp is our receipt time, because the sender's clock was missing or implausible."""


class ContactKind(IntEnum):
    """Which id a contact is known by, the most readable first."""

    PHONE = 1
    BSUID = 2
    USERNAME = 3
    GROUP = 4
    ERASED = 5
    """A person that was erased: nobody knows who it was"""


class ContactKey(NamedTuple):
    """One id of one contact. Ids are never merged; that two belong together is a link of its own."""

    kind: int
    value: str


class PricingKey(NamedTuple):
    """Pricing in comparable form."""

    model: str
    type: str
    billable: int
    """1 yes, 0 no, -1 not said"""
    category: str = ""
    """By which it is charged; that of the send may be another, such as the template's"""


class ErrorNote(NamedTuple):
    """An error and when it was reported."""

    at: Millis
    error: ErrorSeen


class Stages(NamedTuple):
    """The earliest time at which each stage was reported."""

    sent_at: Millis | None = None
    delivered_at: Millis | None = None
    read_at: Millis | None = None
    played_at: Millis | None = None
    failed_at: Millis | None = None

    def first_arrival(self) -> Millis | None:
        """When the message first proved to be on a device. `read` without `delivered` is normal."""
        return _smallest((self.delivered_at, self.read_at, self.played_at))

    def first(self) -> Millis | None:
        """The smallest stamp of all."""
        return _smallest(self)


def _smallest(stamps: Iterable[Millis | None]) -> Millis | None:
    known = [at for at in stamps if at is not None]
    return min(known) if known else None


NO_STAGES = Stages()


class Message(NamedTuple):
    """All that is known of one message. `Message()` is the neutral element of `join`."""

    number: str = ""
    """Meta's phone_number_id; "" while unknown"""
    wamid: str = ""
    evidence: int = 0
    """Bits of `Evidence`"""
    stages: Stages = NO_STAGES
    accepted_at: Millis | None = None
    noted_at: Millis | None = None
    """When an inbound or echoed message was written"""
    requested: Claim[Millis] | None = None
    """The recorded request time"""
    contact: Claim[ContactKey] | None = None
    waba: Claim[str] | None = None
    type: Claim[str] | None = None
    template: Claim[TemplateRef] | None = None
    category: Claim[str] | None = None
    pricing: Claim[PricingKey] | None = None
    user: Claim[str] | None = None
    lead: Claim[str] | None = None
    conversation: Claim[str] | None = None
    opaque: Claim[str] | None = None
    errors: tuple[ErrorNote, ...] = ()
    participants: tuple[tuple[ContactKey, Stages], ...] = ()
    """Group messages only: each participant's own stages, sorted by contact"""


def earliest(a: int | None, b: int | None) -> int | None:
    """The smaller of two times either of which may be unknown."""
    if a is None:
        return b
    if b is None or a <= b:
        return a
    return b


NOTHING = Message()
"""What is known of a message that nobody spoke of"""


def join(a: Message, b: Message) -> Message:
    """Everything that *a* and *b* know of one message. Commutative, associative, idempotent."""
    number, wamid, evidence, stages, *others, errors, participants = a
    number_b, wamid_b, evidence_b, stages_b, *others_b, errors_b, participants_b = b
    return Message._make(
        (
            number if number == number_b else _known(number, number_b),
            wamid if wamid == wamid_b else _known(wamid, wamid_b),
            evidence | evidence_b,
            join_stages(stages, stages_b),
            *_smaller(others, others_b),  # stamps and claims
            _union(errors, errors_b),
            _join_participants(participants, participants_b),
        )
    )


def fold(message: Message, fact: MessageFact) -> Message:
    """*message* with what *fact* adds to it."""
    return join(message, lift(fact)) if message is not NOTHING else lift(fact)


def join_stages(a: Stages, b: Stages) -> Stages:
    """The earliest stamp per stage."""
    return Stages._make(_smaller(a, b))


def _smaller(some: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    """Of each pair the smaller; what is known before what is not."""
    return [x if y is None or (x is not None and x <= y) else y for x, y in zip(some, others, strict=True)]


def _known(a: str, b: str) -> str:
    if not a or not b:
        return a or b
    return min(a, b)


def _union(a: tuple[ErrorNote, ...], b: tuple[ErrorNote, ...]) -> tuple[ErrorNote, ...]:
    if not a or not b or a == b:
        return a or b
    return tuple(sorted(set(a) | set(b)))[:MAX_ERRORS]


def _join_participants(
    a: tuple[tuple[ContactKey, Stages], ...], b: tuple[tuple[ContactKey, Stages], ...]
) -> tuple[tuple[ContactKey, Stages], ...]:
    if not a or not b:
        return a or b
    merged = dict(a)
    for contact, stages in b:
        mine = merged.get(contact)
        merged[contact] = stages if mine is None else join_stages(mine, stages)
    return tuple(sorted(merged.items(), key=_by_contact))


def _by_contact(item: tuple[ContactKey, Stages]) -> ContactKey:
    return item[0]


def lift(fact: MessageFact) -> Message:
    """The message that knows just what *fact* says."""
    if isinstance(fact, StatusChanged):
        return _lift_status(fact)
    if isinstance(fact, SendRecorded):
        return _lift_send(fact)
    if isinstance(fact, MessageReceived):
        return _lift_received(fact)
    return _lift_echo(fact)


_FEED_EVIDENCE: Final[dict[Feed, int]] = {
    Feed.RECORD: Evidence.RECORDED,
    Feed.MESSAGES: Evidence.SEEN,
    Feed.STANDBY: Evidence.STANDBY,
    Feed.ECHO: Evidence.ECHO,
    Feed.HISTORY: Evidence.HISTORY,
    Feed.SYNTHETIC: Evidence.SYNTHETIC,
}


def _evidence(feed: Feed, when: When) -> int:
    evidence = _FEED_EVIDENCE[feed]
    if when.is_live:
        evidence |= Evidence.LIVE
    if not when.is_exact:
        evidence |= Evidence.INEXACT
    return evidence


def _lift_status(fact: StatusChanged) -> Message:
    at, source, pricing, stages = fact.when.at, fact.source, fact.pricing, stages_of(fact.status, fact.when.at)
    # By position, for this runs for every status: naming nineteen members costs as much as all the rest.
    return Message(
        fact.number,
        fact.wamid,
        _evidence(fact.feed, fact.when) | Evidence.OUTBOUND,
        NO_STAGES if fact.participant else stages,
        None,  # accepted_at
        None,  # noted_at
        None,  # requested
        _claim(source, at, contact_key(fact.person, fact.group)),
        _claim(source, at, fact.waba),
        None,  # type
        None,  # template
        _claim(source, at, pricing.category) if pricing else None,
        (source, at, _pricing_key(pricing)) if pricing else None,
        None,  # user
        None,  # lead
        None,  # conversation
        _claim(source, at, fact.opaque),
        _notes(at, fact.errors),
        ((person_key(fact.participant), stages),) if fact.participant else (),
    )


def stages_of(status: Status, at: Millis) -> Stages:
    """The stages that one status reports."""
    before, after = _AROUND[status]
    return Stages._make((*before, at, *after))


_AROUND: Final = {
    status: ((None,) * place, (None,) * (len(Stages._fields) - place - 1))
    for status in Status
    for place in [Stages._fields.index(f"{status}_at")]
}


def _lift_send(fact: SendRecorded) -> Message:
    at, source = fact.when.at, fact.source
    evidence = _evidence(Feed.RECORD, fact.when) | Evidence.OUTBOUND
    if fact.outcome is SendOutcome.HELD:
        evidence |= Evidence.HELD
    if fact.outcome is SendOutcome.REJECTED:
        evidence |= Evidence.REJECTED
    is_accepted = fact.outcome in (SendOutcome.ACCEPTED, SendOutcome.HELD)
    return Message(
        number=fact.number,
        wamid=fact.wamid,
        evidence=evidence,
        accepted_at=(fact.answered_at or at) if is_accepted or fact.wamid else None,
        requested=(source, at, at),
        contact=_claim(source, at, contact_key(fact.person, fact.group)),
        type=_claim(source, at, fact.type),
        template=(source, at, fact.template) if fact.template else None,
        category=_claim(source, at, fact.category),
        user=_claim(source, at, fact.user_id),
        lead=_claim(source, at, fact.lead_id),
        conversation=_claim(source, at, fact.conversation_id),
        opaque=_claim(source, at, fact.opaque),
        errors=_notes(fact.answered_at or at, fact.errors),
    )


def _lift_received(fact: MessageReceived) -> Message:
    at, source = fact.when.at, fact.source
    return Message(
        number=fact.number,
        wamid=fact.wamid,
        evidence=_evidence(fact.feed, fact.when) | Evidence.INBOUND,
        noted_at=at,
        contact=_claim(source, at, contact_key(fact.person, "")),
        waba=_claim(source, at, fact.waba),
        type=_claim(source, at, fact.type),
        user=_claim(source, at, fact.user_id),
        lead=_claim(source, at, fact.lead_id),
        conversation=_claim(source, at, fact.conversation_id),
        errors=_notes(at, fact.errors),
    )


def _lift_echo(fact: MessageEchoed) -> Message:
    at, source = fact.when.at, fact.source
    return Message(
        number=fact.number,
        wamid=fact.wamid,
        evidence=_evidence(fact.feed, fact.when) | Evidence.OUTBOUND,
        noted_at=at,
        stages=stages_of(fact.status, at) if fact.status else NO_STAGES,
        contact=_claim(source, at, contact_key(fact.person, fact.group)),
        waba=_claim(source, at, fact.waba),
        type=_claim(source, at, fact.type),
        errors=_notes(at, fact.errors),
    )


def _claim(source: Source, at: Millis, value: T | None) -> Claim[T] | None:
    return (source, at, value) if value else None


def _notes(at: Millis, errors: tuple[ErrorSeen, ...]) -> tuple[ErrorNote, ...]:
    return tuple(sorted({ErrorNote(at, error) for error in errors}))[:MAX_ERRORS] if errors else ()


def _pricing_key(pricing: Pricing) -> PricingKey:
    billable = -1 if pricing.billable is None else int(pricing.billable)
    return PricingKey(pricing.model, pricing.type, billable, pricing.category)


def person_key(person: Person) -> ContactKey:
    """The id by which a person is kept: phone number, else BSUID, else username. Call with a known person."""
    if person.phone:
        return ContactKey(ContactKind.PHONE, person.phone)
    if person.bsuid:
        return ContactKey(ContactKind.BSUID, person.bsuid)
    return ContactKey(ContactKind.USERNAME, person.username)


def person_keys(person: Person) -> list[ContactKey]:
    """Every id by which one fact knows a person, the one it is kept by first."""
    known = (
        (ContactKind.PHONE, person.phone),
        (ContactKind.BSUID, person.bsuid),
        (ContactKind.USERNAME, person.username),
        (ContactKind.BSUID, person.parent_bsuid),
    )
    return [ContactKey(kind, value) for kind, value in known if value]


def contact_key(person: Person, group: str) -> ContactKey | None:
    """The contact of a message: the group it went to, or else the person; None when neither is known."""
    if group:
        return ContactKey(ContactKind.GROUP, group)
    return person_key(person) if person else None
