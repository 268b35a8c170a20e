"""How a `Message` becomes a compact row and comes back unchanged.

Stamps are kept as differences to the cohort time. What few messages differ in (account, template, type, category,
pricing, judgement) is one number, the profile. Where each scalar came from (its claim: source and time) is a byte per
scalar inside the profile, because the time is nearly always one of the message's own stamps; where it is not, it
stands in `extra`, together with what hardly any message has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.messages import Claim, ContactKey, ContactKind, ErrorNote, Message, PricingKey, Stages
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


class LabelKind(StrEnum):
    """What a label is a word for; the position is stored."""

    USER = "user"
    LEAD = "lead"
    APP = "app"


class Profile(NamedTuple):
    """The attributes that few messages differ in."""

    waba_id: int
    template_id: int
    type: str
    category: str
    pricing_model: str
    pricing_type: str
    billable: int
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
        template_use=judgement.use,
        template_status=judgement.template_status,
        template_health=judgement.template_health,
        use_reason=judgement.reason,
        quality_rating="",
        claims=claims,
    )
    return profile, elsewhere


def row_of(
    message: Message, words: Words, profile_id: int, elsewhere: list[Millis], swept_until: Millis
) -> dict[str, Any]:
    """The row of *message*, without its id."""
    seen, stages = look(message), message.stages
    base = seen.cohort_at
    deadline = expires_at(message, seen)
    user, lead = message.user, message.lead
    return {
        "number_id": words.numbers[message.number] if message.number else 0,
        "wamid": _pack_wamid(message) if message.wamid else None,
        "cohort_at": base,
        "contact_id": words.contacts[message.contact[2]] if message.contact else None,
        "profile_id": profile_id,
        "state": _state(message, swept_until, seen),
        "user_id": words.labels[LabelKind.USER, user[2]] if user else None,
        "lead_id": words.labels[LabelKind.LEAD, lead[2]] if lead else None,
        "error_code": error_code(message),
        "accepted_after": _after(message.accepted_at, base),
        "sent_after": _after(stages.sent_at, base),
        "delivered_after": _after(stages.delivered_at, base),
        "read_after": _after(stages.read_at, base),
        "played_after": _after(stages.played_at, base),
        "failed_after": _after(stages.failed_at, base),
        "expires_at": deadline if deadline is not None and deadline > swept_until else None,
        "extra": _encode_extra(message, elsewhere, base),
    }


def message_of(
    row: Any,
    meanings: Meanings,
    errors: tuple[ErrorNote, ...] = (),
    participants: tuple[tuple[ContactKey, Stages], ...] = (),
) -> tuple[Message, Judgement]:
    """The message and judgement that *row* was made of."""
    base, state = row.cohort_at, row.state
    profile = meanings.profiles[row.profile_id]
    extra: dict[str, Any] = msgspec.msgpack.decode(row.extra) if row.extra else {}
    stages = Stages(
        _at(row.sent_after, base),
        _at(row.delivered_after, base),
        _at(row.read_after, base),
        _at(row.played_after, base),
        _at(row.failed_after, base),
    )
    accepted_at = _at(row.accepted_after, base)
    noted_at = base if state & NOTED_BIT else _at(extra.get("noted"), base)
    values = (
        base,
        meanings.contacts[row.contact_id] if row.contact_id else None,
        meanings.wabas[profile.waba_id] if profile.waba_id else None,
        profile.type,
        meanings.templates[profile.template_id] if profile.template_id else None,
        profile.category,
        PricingKey(profile.pricing_model, profile.pricing_type, profile.billable),
        meanings.labels[row.user_id][1] if row.user_id else None,
        meanings.labels[row.lead_id][1] if row.lead_id else None,
        extra.get("conversation"),
        extra.get("opaque"),
    )
    times = _times(base, accepted_at, stages, noted_at)
    claims = _decode_claims(profile.claims, values, times, [base + t for t in extra.get("at", ())])
    judgement = Judgement(
        TemplateUse(profile.template_use), profile.template_status, profile.template_health, profile.use_reason
    )
    message = Message(
        number=meanings.numbers[row.number_id] if row.number_id else "",
        wamid=_unpack_wamid(row, meanings) if row.wamid is not None else "",
        evidence=state & EVIDENCE_BITS,
        stages=stages,
        accepted_at=accepted_at,
        noted_at=noted_at,
        errors=errors,
        participants=participants,
        **claims,
    )
    return message, judgement


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


def _times(
    base: Millis, accepted_at: Millis | None, stages: Stages, noted_at: Millis | None
) -> tuple[Millis | None, ...]:
    return (
        base,
        accepted_at,
        stages.sent_at,
        stages.delivered_at,
        stages.read_at,
        stages.played_at,
        stages.failed_at,
        noted_at,
    )


def _encode_claims(message: Message) -> tuple[bytes, list[Millis]]:
    base = cohort_at(message)
    times = _times(base, message.accepted_at, message.stages, message.noted_at)
    encoded, elsewhere = bytearray(), list[Millis]()
    for scalar in SCALARS:
        claim: Claim[Any] | None = getattr(message, scalar)
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


def _decode_claims(
    encoded: bytes, values: tuple[Any, ...], times: tuple[Millis | None, ...], elsewhere: list[Millis]
) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    rest = iter(elsewhere)
    for scalar, byte, value in zip(SCALARS, encoded, values, strict=True):
        if byte != NO_CLAIM:
            place = byte & 0xF
            claims[scalar] = (byte >> 4, next(rest) if place == ELSEWHERE else times[place], value)
    return claims


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
    packed = pack(message.wamid)
    if message.contact is None or message.contact[2].kind != ContactKind.PHONE:
        return packed
    return without_phone(packed, message.contact[2].value) or packed


def _unpack_wamid(row: Any, meanings: Meanings) -> str:
    packed = bytes(row.wamid)
    return unpack(with_phone(packed, meanings.contacts[row.contact_id].value) if has_no_phone(packed) else packed)


def _after(at: Millis | None, base: Millis) -> Millis | None:
    return None if at is None else at - base


def _at(after: Millis | None, base: Millis) -> Millis | None:
    return None if after is None else base + after
