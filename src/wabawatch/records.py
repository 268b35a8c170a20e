"""Records: what an application tells of its messages, checked and made whole. The server and the SDK share it."""

from __future__ import annotations

import re
from copy import copy
from typing import Annotated, Final
from uuid import UUID

import msgspec

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.wire import (
    AgentIn,
    AgentRecord,
    Direction,
    MessageIn,
    MessageRecord,
    StatusIn,
    StatusRecord,
    is_local_id,
    moment,
    phone_digits,
    uuid7,
)
from wabawatch.wire_errors import Errors, Word, errors_in


class MessageItem(msgspec.Struct, tag="message", tag_field="kind", forbid_unknown_fields=True):
    """A message in a batch."""

    message: MessageIn


class StatusItem(msgspec.Struct, tag="status", tag_field="kind", forbid_unknown_fields=True):
    """In a batch, what became of a message."""

    id: Word
    """Our id of the message, or its wamid"""
    status: StatusIn


class AgentItem(msgspec.Struct, tag="agent_interaction", tag_field="kind", forbid_unknown_fields=True):
    """In a batch, what an agent did."""

    interaction: AgentIn


class WebhookItem(msgspec.Struct, tag="webhook", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """In a batch, the copy of a webhook that the application got, and how it answered."""

    body: bytes
    """Every byte of it, in Base64"""
    signature: Word
    """The header `X-Hub-Signature-256` as it came: a copy without a right one is not kept"""
    app: Word = ""
    """The Meta app, as in the settings; "": the one without a name"""
    at: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    """When the application got it, in milliseconds since 1970"""
    status: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    """The HTTP status of the application's answer; 0: it gave none"""
    ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    """How long the answer took"""


RecordItem = MessageItem | StatusItem | AgentItem
Item = RecordItem | WebhookItem


class BatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """Many records at once: `POST /api/v1/batches`. All of them are kept, or none."""

    records: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=1_000)]


_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

LONGEST_WORD: Final = 1_000
"""In bytes: two such words and a few numbers still fit into one index row of PostgreSQL."""


def record_message(message: MessageIn, now: Millis) -> MessageRecord:
    """What to keep of a message that the application logs; its local id is made here if the client made none.

    Raises BadRequest that names the field.
    """
    if message.phone_number:
        digits = phone_digits(message.phone_number)
        message = copy(message)
        message.phone_number = digits
    if not (message.phone_number or message.bsuid or message.group):
        raise BadRequest("phone_number: missing; say to whom, by phone_number, bsuid or group")
    if message.local_id and not is_local_id(message.local_id):
        raise BadRequest("local_id: not a UUID; make one with uuid7(), or leave it out")
    if message.direction is Direction.INBOUND and not message.message_id:
        raise BadRequest("message_id: missing; an inbound message is known by its wamid")
    if message.template_language and not message.template_name:
        raise BadRequest("template_name: missing, although there is a template_language")
    for name in message.__struct_fields__:
        _refuse_long(name, getattr(message, name))
    _refuse_long_trace(message.error)
    local_id = _canonical(message.local_id) if message.local_id else uuid7(now)
    return MessageRecord(message, local_id, moment(message.at, now))


def record_status(id_: str, told: StatusIn, now: Millis) -> StatusRecord:
    """What to keep of a status that the application tells. *id_* is a local id or a wamid. Raises BadRequest."""
    if not id_:
        raise BadRequest("id: missing")
    if _UNSTORABLE.search(id_):
        raise BadRequest("id: holds a NUL or half a character, which no id of a message does")
    _refuse_long("id", id_)
    _refuse_long("wamid", told.wamid)
    _refuse_long("phone_number_id", told.phone_number_id)
    _refuse_long_trace(told.error)
    return StatusRecord(_canonical(id_) if is_local_id(id_) else id_, told, moment(told.at, now))


def record_agent(acted: AgentIn, now: Millis) -> AgentRecord:
    """What to keep of what an agent did; its local id is made here if the client made none. Raises BadRequest."""
    acted = copy(acted)
    acted.phone_number = phone_digits(acted.phone_number) if acted.phone_number else None
    if acted.local_id and not is_local_id(acted.local_id):
        raise BadRequest("local_id: not a UUID; make one with uuid7(), or leave it out")
    for name in acted.__struct_fields__:
        _refuse_long(name, getattr(acted, name))
    local_id = _canonical(acted.local_id) if acted.local_id else uuid7(now)
    return AgentRecord(acted, local_id, moment(acted.at, now))


def record_item(item: RecordItem, now: Millis) -> MessageRecord | StatusRecord | AgentRecord:
    """What to keep of one record of a batch. Raises BadRequest that names the field."""
    match item:
        case MessageItem():
            return record_message(item.message, now)
        case StatusItem():
            return record_status(item.id, item.status, now)
        case AgentItem():
            return record_agent(item.interaction, now)


def _refuse_long(name: str, value: object) -> None:
    if isinstance(value, str) and len(value) > LONGEST_WORD // 4 and len(value.encode()) > LONGEST_WORD:
        raise BadRequest(f"{name}: more than {LONGEST_WORD:,} bytes; give a shorter one")


def _refuse_long_trace(given: Errors | None) -> None:
    for place, error in enumerate(errors_in(given)):
        _refuse_long(f"error[{place}].fbtrace_id" if isinstance(given, list) else "error.fbtrace_id", error.fbtrace_id)


def _canonical(local_id: str) -> str:
    """The one spelling of an id of ours: a UUID has several, and each must mean the same message."""
    return str(UUID(local_id))
