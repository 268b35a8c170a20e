"""What a row of an export holds: one list of columns, the same in every format (docs/exports.md is made to fit it)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.masking import masked_id, masked_wamid
from wabawatch.domain.messages import ContactKind, Message
from wabawatch.domain.search import compliance_of, first_stages, is_outbound, state
from wabawatch.domain.standing import Judgement, error_code, is_contradictory, look, purpose

Cell: TypeAlias = "str | int | bool | None"
Row: TypeAlias = "tuple[Cell, ...]"


class Kind(StrEnum):
    """What the cells of a column are. Only a text is always there: "" where nothing is known."""

    TEXT = "text"
    WHOLE = "whole number"
    TIME = "time"
    """Milliseconds since 1970 UTC"""
    SWITCH = "true or false"


class Column(NamedTuple):
    """A column of every export."""

    name: str
    kind: Kind
    meaning: str


_T, _N, _AT, _IS = Kind.TEXT, Kind.WHOLE, Kind.TIME, Kind.SWITCH

COLUMNS: tuple[Column, ...] = (
    Column("id", _T, "Our own number of the message"),
    Column("wamid", _T, "Meta's id of it; it holds the contact's phone number, so it is masked with it"),
    Column("phone_number_id", _T, "The business phone number, by its id at Meta"),
    Column("waba_id", _T, "The WhatsApp Business Account that it belonged to"),
    Column("contact_kind", _T, "What the contact is known by: phone, bsuid, username, group or erased"),
    Column("contact", _T, "The person or group on the other side, masked unless whole numbers were asked for"),
    Column("direction", _T, "outbound or inbound"),
    Column("origin", _T, "api, unknown, business_app, meta_agent, history or synthetic"),
    Column("role", _T, "In which book it is counted: attempted, orphan, inbound or apart"),
    Column("status", _T, "pending, sent, delivered, read, failed, expired or received"),
    Column("type", _T, "text, template, image ..."),
    Column("template_name", _T, "The template that was sent"),
    Column("template_language", _T, "Its language"),
    Column("category", _T, "marketing, utility, authentication ..."),
    Column("user_id", _T, "The application's user"),
    Column("lead_id", _T, "The application's lead"),
    Column("conversation_id", _T, "The application's conversation"),
    Column("at", _AT, "When it was asked for, else its first stamp"),
    Column("accepted_at", _AT, "When Meta accepted it"),
    Column("sent_at", _AT, "When it was sent"),
    Column("delivered_at", _AT, "When it was delivered; of a group, to the first participant"),
    Column("read_at", _AT, "When it was read"),
    Column("played_at", _AT, "When a voice message was played"),
    Column("failed_at", _AT, "When it failed"),
    Column("error_code", _N, "The error that it is counted under"),
    Column("error_title", _T, "What Meta called its first error"),
    Column("partial_failure", _IS, "Delivered and failed: several devices"),
    Column("meta_compliance_purpose", _T, "delivery, template_use, rate_limit or opt_out; of a send only"),
    Column("template_approval_status", _T, "The template's status at that time, as far as we had been told"),
    Column("quality_rating", _T, "The number's rating at that time, as far as we had been told"),
    Column("compliance_status", _T, "compliant, violation or unverified; of a send only"),
    Column("pricing_model", _T, "By which model Meta charges it, as it said"),
    Column("pricing_type", _T, "regular, free_customer_service ..., as it said"),
    Column("billable", _IS, "Whether it is charged; empty: Meta did not say"),
)
NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The columns with these *names*, each once, in the order of the list; without any name, all. Raises BadRequest."""
    if unknown := [name for name in names if name not in NAMES]:
        raise BadRequest(f"columns: there is no column {unknown[0][:60]!r}; there are {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name in names) if names else NAMES


def columns_of(names: Iterable[str]) -> tuple[Column, ...]:
    """The columns with these names, in their order. Raises KeyError."""
    return tuple(_BY_NAME[name] for name in names)


_BY_NAME = {column.name: column for column in COLUMNS}


def cells(id: int, message: Message, judgement: Judgement, swept_until: Millis, *, is_masked: bool) -> Row:
    """The cells of a message in the order of `COLUMNS`. Masked: without what tells who the person is."""
    seen = look(message)
    is_sent = is_outbound(message, seen.role)
    contact = message.contact[2] if message.contact else None
    template = message.template[2] if message.template else None
    price = message.pricing[2] if message.pricing else None
    first = min(message.errors, key=lambda note: (note.at, note.error.code)) if message.errors else None
    who = contact.value if contact else ""
    return (
        str(id),
        masked_wamid(message.wamid) if is_masked else message.wamid,
        message.number,
        _said(message.waba),
        ContactKind(contact.kind).name.lower() if contact else "",
        masked_id(who) if is_masked and contact else who,
        "outbound" if is_sent else "inbound",
        seen.origin.value,
        seen.role.value,
        state(message, swept_until, seen).value,
        _said(message.type),
        template.name if template else "",
        template.language if template else "",
        *map(_said, (message.category, message.user, message.lead, message.conversation)),
        seen.cohort_at,
        message.accepted_at,
        *first_stages(message),
        error_code(message),
        first.error.title if first else "",
        is_contradictory(message, seen),
        purpose(message).value if is_sent else "",
        judgement.template_status,
        judgement.quality_rating,
        compliance_of(judgement).value if is_sent else "",
        price.model if price else "",
        price.type if price else "",
        None if price is None or price.billable < 0 else price.billable == 1,
    )


def _said(claim: tuple[object, int, str] | None) -> str:
    return claim[2] if claim else ""
