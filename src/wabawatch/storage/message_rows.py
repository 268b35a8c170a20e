"""How a `Message` becomes a compact row and comes back unchanged.

Stamps are kept as differences to the cohort time. What few messages differ in (account, template, type, category,
pricing, judgement) is one number, the profile. Where each scalar came from (its claim: source and time) is a byte per
scalar inside the profile, because the time is nearly always one of the message's own stamps; where it is not, it
stands in `extra`, together with what hardly any message has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.messages import ContactKey, ContactKind, ErrorNote, Evidence, Message, PricingKey, Stages
from wabawatch.domain.standing import (
    Judgement,
    Look,
    Origin,
    Outcome,
    Role,
    TemplateUse,
    cohort_at,
    error_code,
    expires_at,
    is_contradictory,
    look,
    outcome,
)
from wabawatch.meta.wamid import has_no_phone, pack, unpack, with_phone, without_phone
from wabawatch.storage.schema import messages

EVIDENCE_BITS = 0xFFF
NOTED_BIT = 1 << 12
ERRORS_BIT = 1 << 13
PARTICIPANTS_BIT = 1 << 14
CONTRADICTION_BIT = 1 << 15
OUTCOME_SHIFT, ROLE_SHIFT, ORIGIN_SHIFT = 16, 19, 21
OUTCOMES, ROLES, ORIGINS = tuple(Outcome), tuple(Role), tuple(Origin)

SCALARS = (
    "requested",
    "contact",
    "waba",
    "type",
    "template",
    "category",
    "pricing",
    "user",
    "lead",
    "conversation",
    "opaque",
)
NO_CLAIM = 0xFF
ELSEWHERE = 0xF
"""The claim's time is none of the message's stamps: it stands in `extra`."""


ROOM = b"\0"
"""Fills `extra` where it is empty and stamps are to come. No encoded `extra` begins so."""
SENT_BYTES, DELIVERED_BYTES, READ_BYTES, DEADLINE_BYTES = 3, 3, 4, 6
"""What these stamps take in SQLite, nearly always at most: seconds and a byte of `state`, hours, weeks, a time."""


class LabelKind(StrEnum):
    """What a label is a word for; the position is stored."""

    USER = "user"
    LEAD = "lead"
    AGENT = "agent"
    ACTION = "action"
    OUTCOME = "outcome"
    CONVERSATION = "conversation"
    APP = "app"
    ORIGIN = "origin"
    """One that few messages have"""


class Profile(NamedTuple):
    """The attributes that few messages differ in."""

    waba_id: int
    template_id: int
    type: str
    category: str
    pricing_model: str
    pricing_type: str
    billable: int
    pricing_category: str
    template_use: str
    template_status: str
    template_health: str
    use_reason: str
    quality_rating: str
    claims: bytes

    def fingerprint(self) -> bytes:
        """Its key: the same for equal profiles only."""
        return blake2b(msgspec.msgpack.encode(self), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Words:
    """The numbers of the words that a set of messages uses."""

    numbers: Mapping[str, int]
    wabas: Mapping[str, int]
    templates: Mapping[TemplateRef, int]
    contacts: Mapping[ContactKey, int]
    labels: Mapping[tuple[LabelKind, str], int]


@dataclass(frozen=True, slots=True)
class Meanings:
    """The words of the numbers that a set of rows uses."""

    numbers: Mapping[int, str]
    wabas: Mapping[int, str]
    templates: Mapping[int, TemplateRef]
    contacts: Mapping[int, ContactKey]
    labels: Mapping[int, tuple[LabelKind, str]]
    profiles: Mapping[int, Profile]


class MessageRow(NamedTuple):
    """A row of the table `messages`."""

    id: int
    number_id: int
    wamid: bytes | None
    cohort_at: Millis
    contact_id: int | None
    profile_id: int
    state: int
    user_id: int | None
    lead_id: int | None
    error_code: int | None
    accepted_after: Millis | None
    sent_after: Millis | None
    delivered_after: Millis | None
    read_after: Millis | None
    played_after: Millis | None
    failed_after: Millis | None
    expires_at: Millis | None
    extra: bytes | None


COLUMNS = tuple(messages.c[name] for name in MessageRow._fields)
"""What a query selects, to get such rows."""


def profile_of(message: Message, judgement: Judgement, words: Words) -> tuple[Profile, list[Millis]]:
    """The profile of *message*, and the claim times that are none of its stamps, relative to its cohort time."""
    claims, elsewhere = _encode_claims(message)
    pricing = message.pricing[2] if message.pricing else PricingKey("", "", -1)
    profile = Profile(
        waba_id=words.wabas[message.waba[2]] if message.waba else 0,
        template_id=words.templates[message.template[2]] if message.template else 0,
        type=message.type[2] if message.type else "",
        category=message.category[2] if message.category else "",
        pricing_model=pricing.model,
        pricing_type=pricing.type,
        billable=pricing.billable,
        pricing_category=_charged_as(message, pricing),
        template_use=judgement.use,
        template_status=judgement.template_status,
        template_health=judgement.template_health,
        use_reason=judgement.reason,
        quality_rating=judgement.quality_rating,
        claims=claims,
    )
    return profile, elsewhere


def row_of(
    id: int,
    message: Message,
    words: Words,
    profile_id: int,
    elsewhere: list[Millis],
    swept_until: Millis,
    *,
    keeps_room: bool,
) -> MessageRow:
    """The row of *message*. *keeps_room*: as long as it will be once all its stamps are known."""
    seen = look(message)
    base, stages, user, lead = seen.cohort_at, message.stages, message.user, message.lead
    deadline = expires_at(message, seen)
    return MessageRow(
        id,
        words.numbers[message.number] if message.number else 0,
        _pack_wamid(message) if message.wamid else None,
        base,
        words.contacts[message.contact[2]] if message.contact else None,
        profile_id,
        _state(message, swept_until, seen),
        words.labels[LabelKind.USER, user[2]] if user else None,
        words.labels[LabelKind.LEAD, lead[2]] if lead else None,
        error_code(message),
        None if message.accepted_at is None else message.accepted_at - base,
        None if stages.sent_at is None else stages.sent_at - base,
        None if stages.delivered_at is None else stages.delivered_at - base,
        None if stages.read_at is None else stages.read_at - base,
        None if stages.played_at is None else stages.played_at - base,
        None if stages.failed_at is None else stages.failed_at - base,
        deadline if (may_expire := deadline is not None and deadline > swept_until) else None,
        _encode_extra(message, elsewhere, base) or (_room(message, may_expire) if keeps_room else None),
    )


packed = lru_cache(4_096)(pack)
"""A wamid is packed to look for its message, and soon again to write it."""


NONE_KNOWN: Mapping[bytes, str] = {}


def message_of(
    row: Any,
    meanings: Meanings,
    errors: tuple[ErrorNote, ...] = (),
    participants: tuple[tuple[ContactKey, Stages], ...] = (),
    wamids: Mapping[bytes, str] = NONE_KNOWN,
) -> tuple[Message, Judgement]:
    """The message and judgement that *row* was made of. Some *wamids* may be known by what they are packed to."""
    base, state = row.cohort_at, row.state
    profile = meanings.profiles[row.profile_id]
    extra: dict[str, Any] = _NOTHING_EXTRA
    if row.extra and row.extra[:1] != ROOM:
        extra = msgspec.msgpack.decode(row.extra)
    stages = Stages._make(
        [
            None if after is None else base + after
            for after in (row.sent_after, row.delivered_after, row.read_after, row.played_after, row.failed_after)
        ]
    )
    accepted_at = None if row.accepted_after is None else base + row.accepted_after
    noted_at = base if state & NOTED_BIT else _at(extra.get("noted"), base)
    values = (
        base,
        meanings.contacts[row.contact_id] if row.contact_id else None,
        meanings.wabas[profile.waba_id] if profile.waba_id else None,
        profile.type,
        meanings.templates[profile.template_id] if profile.template_id else None,
        profile.category,
        _pricing_of(profile),
        meanings.labels[row.user_id][1] if row.user_id else None,
        meanings.labels[row.lead_id][1] if row.lead_id else None,
        extra.get("conversation"),
        extra.get("opaque"),
    )
    message = Message._make(
        (
            meanings.numbers[row.number_id] if row.number_id else "",
            _wamid_of(row, meanings, wamids) if row.wamid is not None else "",
            state & EVIDENCE_BITS,
            stages,
            accepted_at,
            noted_at,
            *_claims_of(profile.claims, values, (base, accepted_at, *stages, noted_at), extra.get("at", ())),
            errors,
            participants,
        )
    )
    return message, _judgement_of(profile[_JUDGED])


def _charged_as(message: Message, pricing: PricingKey) -> str:
    """The pricing's category as it is kept: "" where it is the message's own, `NO_CATEGORY` where there is none."""
    own = message.category[2] if message.category else ""
    return "" if pricing.category == own else pricing.category or NO_CATEGORY


NO_CATEGORY = "-"


def _pricing_of(profile: Profile) -> PricingKey:
    kept = profile.pricing_category
    category = "" if kept == NO_CATEGORY else kept or profile.category
    return PricingKey(profile.pricing_model, profile.pricing_type, profile.billable, category)


_NOTHING_EXTRA: dict[str, Any] = {}
_JUDGED = slice(Profile._fields.index("template_use"), Profile._fields.index("quality_rating") + 1)


@lru_cache(1_024)
def _judgement_of(judged: tuple[str, str, str, str, str]) -> Judgement:
    use, status, health, reason, rating = judged
    return Judgement(TemplateUse(use), status, health, reason, rating)


def _state(message: Message, swept_until: Millis, seen: Look) -> int:
    state = message.evidence
    if message.noted_at is not None and message.noted_at == seen.cohort_at:
        state |= NOTED_BIT
    if message.errors:
        state |= ERRORS_BIT
    if message.participants:
        state |= PARTICIPANTS_BIT
    if is_contradictory(message, seen):
        state |= CONTRADICTION_BIT
    return (
        state | _OUTCOME_BITS[outcome(message, swept_until, seen)] | _ROLE_BITS[seen.role] | _ORIGIN_BITS[seen.origin]
    )


_OUTCOME_BITS = {outcome: place << OUTCOME_SHIFT for place, outcome in enumerate(OUTCOMES)}
_ROLE_BITS = {role: place << ROLE_SHIFT for place, role in enumerate(ROLES)}
_ORIGIN_BITS = {origin: place << ORIGIN_SHIFT for place, origin in enumerate(ORIGINS)}


def _encode_claims(message: Message) -> tuple[bytes, list[Millis]]:
    base = cohort_at(message)
    times = (base, message.accepted_at, *message.stages, message.noted_at)
    encoded, elsewhere = bytearray(), list[Millis]()
    claims: Any = message[_CLAIMS]  # what a slice of a tuple holds, nobody can say
    for claim in claims:
        if claim is None:
            encoded.append(NO_CLAIM)
            continue
        source, at, _ = claim
        if at in times:
            encoded.append(source << 4 | times.index(at))
        else:
            encoded.append(source << 4 | ELSEWHERE)
            elsewhere.append(at - base)
    return bytes(encoded), elsewhere


_CLAIMS = slice(Message._fields.index(SCALARS[0]), Message._fields.index(SCALARS[-1]) + 1)


def _claims_of(
    encoded: bytes, values: tuple[Any, ...], times: tuple[Millis | None, ...], elsewhere: Sequence[Millis]
) -> list[Any]:
    claims: list[Any] = [None] * len(SCALARS)
    rest = iter(elsewhere)
    for scalar, source, place in _plan_of(encoded):
        at = times[0] + next(rest) if place == ELSEWHERE else times[place]  # type: ignore[operator]
        claims[scalar] = (source, at, values[scalar])
    return claims


@lru_cache(4_096)
def _plan_of(encoded: bytes) -> list[tuple[int, int, int]]:
    """Of each claim: which scalar's it is, its source, and which of the message's times is its time."""
    return [(scalar, byte >> 4, byte & 0xF) for scalar, byte in enumerate(encoded) if byte != NO_CLAIM]


def _encode_extra(message: Message, elsewhere: list[Millis], base: Millis) -> bytes | None:
    extra: dict[str, Any] = {}
    if elsewhere:
        extra["at"] = elsewhere
    if message.noted_at is not None and message.noted_at != base:
        extra["noted"] = message.noted_at - base
    if message.conversation:
        extra["conversation"] = message.conversation[2]
    if message.opaque:
        extra["opaque"] = message.opaque[2]
    return msgspec.msgpack.encode(extra) if extra else None


def _pack_wamid(message: Message) -> bytes:
    whole = packed(message.wamid)
    if message.contact is None or message.contact[2].kind != ContactKind.PHONE:
        return whole
    return without_phone(whole, message.contact[2].value) or whole


def _wamid_of(row: Any, meanings: Meanings, known: Mapping[bytes, str]) -> str:
    whole = bytes(row.wamid)
    if has_no_phone(whole):
        whole = with_phone(whole, meanings.contacts[row.contact_id].value)
    return known.get(whole) or unpack(whole)


def _room(message: Message, may_expire: bool) -> bytes | None:
    """As many bytes as the stamps to come will take, less those of the deadline, which then goes."""
    stages = message.stages
    is_over = stages.read_at is not None or stages.failed_at is not None
    if is_over or not message.wamid or not message.evidence & Evidence.OUTBOUND:
        return None
    to_come = SENT_BYTES * (stages.sent_at is None) + DELIVERED_BYTES * (stages.delivered_at is None) + READ_BYTES
    return ROOM * (to_come - DEADLINE_BYTES * may_expire) or None


def _at(after: Millis | None, base: Millis) -> Millis | None:
    return None if after is None else base + after
