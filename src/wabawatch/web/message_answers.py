"""A message as it is shown over HTTP and by `wabawatch logs --json`: types of which the OpenAPI document is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta

from wabawatch.domain.error_codes import lookup
from wabawatch.domain.facts import ErrorSeen, Millis
from wabawatch.domain.messages import Claim, ContactKey, ContactKind, Message
from wabawatch.domain.search import Compliance, State, compliance_of, first_stages, is_outbound, state
from wabawatch.domain.standing import (
    Origin,
    Purpose,
    Role,
    error_code,
    expires_at,
    is_contradictory,
    look,
    purpose,
)
from wabawatch.ports import Held
from wabawatch.web.answers import Strict, Time
from wabawatch.wire import iso


class Contact(Strict):
    """One id of the person or group on the other side."""

    kind: Annotated[str, Meta(description="phone, bsuid, username, group or erased")]
    value: str


class Template(Strict):
    """A template."""

    name: str
    language: str


class Price(Strict):
    """What Meta said of its price."""

    model: str
    type: str
    billable: bool | None


class Error(Strict):
    """An error as Meta told it, and what the catalogue knows of its code."""

    at: Time
    code: int
    title: str
    message: str
    details: str
    subcode: int
    fbtrace_id: str
    href: str
    said_transient: Annotated[bool | None, Meta(description="Meta's own `is_transient`; null: it did not say")]
    meaning: Annotated[str, Meta(description="Empty: the code is not in the catalogue")]
    fault: Annotated[str, Meta(description="Who can mend it")]
    is_transient: Annotated[bool, Meta(description="By the catalogue: whether trying again may help")]
    next_step: str


class MessageRow(Strict):
    """A message as one line of a log."""

    id: Annotated[str, Meta(description="Our own number of it")]
    wamid: str
    phone_number_id: str
    waba_id: str
    contact: Contact | None
    direction: str
    origin: Origin
    role: Annotated[Role, Meta(description="In which book it is counted")]
    status: State
    type: str
    template: Template | None
    category: str
    user_id: str
    lead_id: str
    conversation_id: str
    at: Annotated[Time, Meta(description="When it was asked for, else its first stamp")]
    accepted_at: Time | None
    sent_at: Time | None
    delivered_at: Time | None
    read_at: Time | None
    played_at: Time | None
    failed_at: Time | None
    error_code: int | None
    error_title: str
    partial_failure: Annotated[bool, Meta(description="Delivered and failed: several devices")]
    meta_compliance_purpose: Purpose | None
    template_approval_status: str
    quality_rating: str
    compliance_status: Compliance | None


class Event(Strict):
    """One stamp."""

    at: Time
    event: str
    detail: str


class Participant(Strict):
    """One member of a group and what became of the message there."""

    contact: Contact
    sent_at: Time | None
    delivered_at: Time | None
    read_at: Time | None
    played_at: Time | None
    failed_at: Time | None


class Judged(Strict):
    """How the send stands to the rule "only approved templates"."""

    use: str
    template_status: str
    template_health: str
    reason: str


class MessageDetail(MessageRow):
    """All that is known of a message."""

    pricing: Price | None
    biz_opaque_callback_data: str
    expires_at: Annotated[Time | None, Meta(description="When it is given up if nothing arrives")]
    judgement: Judged
    errors: list[Error]
    participants: list[Participant]
    timeline: Annotated[list[Event], Meta(description="All stamps and errors, the earliest first")]


class MessagePage(Strict):
    """A page of messages, the newest first."""

    messages: list[MessageRow]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page; null: this is the last one")]
    since: Time | None
    until: Time | None
    searched_back_to: Annotated[
        Time | None,
        Meta(description="Not null: the page ends there because it looked at enough messages; `next` goes on"),
    ]


def row_of(held: Held, swept_until: Millis) -> MessageRow:
    """*held* as a line of a log."""
    return MessageRow(**_row(held, swept_until))


def detail_of(held: Held, swept_until: Millis) -> MessageDetail:
    """*held* with all that is known of it."""
    message, judgement = held.message, held.judgement
    price = message.pricing[2] if message.pricing else None
    return MessageDetail(
        **_row(held, swept_until),
        pricing=Price(price.model, price.type, None if price.billable < 0 else price.billable == 1) if price else None,
        biz_opaque_callback_data=_said(message.opaque),
        expires_at=iso(expires_at(message)),
        judgement=Judged(judgement.use, judgement.template_status, judgement.template_health, judgement.reason),
        errors=[_error(note.at, note.error) for note in message.errors],
        participants=[Participant(_contact(each), *map(iso, stages)) for each, stages in message.participants],
        timeline=[Event(iso(at) or "", event, detail) for at, event, detail in _timeline(message)],
    )


def _row(held: Held, swept_until: Millis) -> dict[str, Any]:
    # Any: the members of a line are also those of a detail, and of many types.
    message, judgement = held.message, held.judgement
    seen = look(message)
    is_sent = is_outbound(message, seen.role)
    stages = first_stages(message)
    template = message.template[2] if message.template else None
    first = min(message.errors, key=lambda note: (note.at, note.error.code)) if message.errors else None
    return {
        "id": str(held.id),
        "wamid": message.wamid,
        "phone_number_id": message.number,
        "waba_id": _said(message.waba),
        "contact": _contact(message.contact[2]) if message.contact else None,
        "direction": "outbound" if is_sent else "inbound",
        "origin": seen.origin,
        "role": seen.role,
        "status": state(message, swept_until, seen),
        "type": _said(message.type),
        "template": Template(template.name, template.language) if template else None,
        "category": _said(message.category),
        "user_id": _said(message.user),
        "lead_id": _said(message.lead),
        "conversation_id": _said(message.conversation),
        "at": iso(seen.cohort_at) or "",
        "accepted_at": iso(message.accepted_at),
        **{name: iso(at) for name, at in stages._asdict().items()},
        "error_code": error_code(message),
        "error_title": first.error.title if first else "",
        "partial_failure": is_contradictory(message, seen),
        "meta_compliance_purpose": purpose(message) if is_sent else None,
        "template_approval_status": judgement.template_status,
        "quality_rating": judgement.quality_rating,
        "compliance_status": compliance_of(judgement) if is_sent else None,
    }


def _timeline(message: Message) -> list[tuple[Millis, str, str]]:
    return sorted(_stamps(message), key=lambda event: event[0])


def _stamps(message: Message) -> Iterator[tuple[Millis, str, str]]:
    if message.requested is not None:
        yield message.requested[2], "requested", ""
    if message.accepted_at is not None:
        yield message.accepted_at, "accepted", ""
    if message.noted_at is not None:
        yield message.noted_at, "received", ""
    for whose, stages in (("", message.stages), *((_contact(who).value, each) for who, each in message.participants)):
        for name, at in stages._asdict().items():
            if at is not None:
                yield at, name.removesuffix("_at"), whose
    for note in message.errors:
        yield note.at, "error", f"{note.error.code} {note.error.title}".strip()


def _error(at: Millis, error: ErrorSeen) -> Error:
    known = lookup(error.code)
    transient = None if error.transient < 0 else bool(error.transient)
    ids = (error.subcode, error.fbtrace_id, error.href, transient)
    said = (error.code, error.title, error.message, error.details, *ids)
    if known is None:
        return Error(iso(at) or "", *said, meaning="", fault="unknown", is_transient=False, next_step="")
    more = (known.meaning, known.fault.value, known.is_transient, known.next_step)
    return Error(iso(at) or "", *said, *more)


def _contact(contact: ContactKey) -> Contact:
    return Contact(ContactKind(contact.kind).name.lower(), contact.value)


def _said(claim: Claim[str] | None) -> str:
    return claim[2] if claim else ""
