"""Recording: what our own application tells of its messages, from API call to fact."""

from __future__ import annotations

import re
from copy import copy
from typing import Final
from uuid import UUID

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    MessageReceived,
    Millis,
    Person,
    SendOutcome,
    SendRecorded,
    Source,
    StatusChanged,
    TemplateRef,
    When,
    when,
)
from wabawatch.ports import Body, BodyKind
from wabawatch.wire import (
    Direction,
    ErrorIn,
    MessageIn,
    MessageRecord,
    Record,
    StatusIn,
    StatusRecord,
    is_local_id,
    moment,
    phone_digits,
    read_record,
    uuid7,
    write,
)

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


def _refuse_long(name: str, value: object) -> None:
    if isinstance(value, str) and len(value) > LONGEST_WORD // 4 and len(value.encode()) > LONGEST_WORD:
        raise BadRequest(f"{name}: more than {LONGEST_WORD:,} bytes; give a shorter one")


def _refuse_long_trace(error: ErrorIn | None) -> None:
    if error is not None:
        _refuse_long("error.fbtrace_id", error.fbtrace_id)


def _canonical(local_id: str) -> str:
    """The one spelling of an id of ours: a UUID has several, and each must mean the same message."""
    return str(UUID(local_id))


def body_of(record: Record, now: Millis) -> Body:
    """The inbox's form of *record*."""
    return Body(BodyKind.RECORD, now, write(record))


def facts_of(content: bytes, received_at: Millis) -> list[Fact]:
    """The facts in a record that the inbox kept."""
    record = read_record(content)
    told = when(record.at, received_at)
    if isinstance(record, StatusRecord):
        return [_status(record, told)]
    if record.message.direction is Direction.INBOUND:
        return [_inbound(record, told)]
    return [_send(record, told)]


def _send(record: MessageRecord, told: When) -> SendRecorded:
    message = record.message
    template = TemplateRef(message.template_name, message.template_language or "") if message.template_name else None
    return SendRecorded(
        when=told,
        source=Source(record.source),
        local_id=record.local_id,
        wamid=message.message_id or "",
        number=message.phone_number_id or "",
        person=_person(message),
        group=message.group or "",
        type=message.type or ("template" if template else ""),
        template=template,
        category=(message.category or "").lower().replace("-", "_"),
        user_id=message.user_id or "",
        lead_id=message.lead_id or "",
        conversation_id=message.conversation_id or "",
        outcome=message.outcome or _outcome(message),
        errors=_errors(message.error),
    )


def _outcome(message: MessageIn) -> SendOutcome:
    """How Meta answered, when the application does not say: a wamid is an acceptance, an error a refusal."""
    if message.message_id:
        return SendOutcome.ACCEPTED
    return SendOutcome.REJECTED if message.error else SendOutcome.UNKNOWN


def _inbound(record: MessageRecord, told: When) -> MessageReceived:
    message = record.message
    return MessageReceived(
        when=told,
        source=Source(record.source),
        wamid=message.message_id or "",
        number=message.phone_number_id or "",
        person=_person(message),
        group=message.group or "",
        type=message.type or "",
        lead_id=message.lead_id or "",
        user_id=message.user_id or "",
        conversation_id=message.conversation_id or "",
        errors=_errors(message.error),
    )


def _status(record: StatusRecord, told: When) -> StatusChanged:
    is_local = is_local_id(record.id)
    return StatusChanged(
        when=told,
        source=Source(record.source),
        status=record.told.status,
        wamid=(record.told.wamid or "") if is_local else record.id,
        local_id=record.id if is_local else "",
        number=record.told.phone_number_id or "",
        errors=_errors(record.told.error),
    )


def _person(message: MessageIn) -> Person:
    return Person(phone=message.phone_number or "", bsuid=message.bsuid or "")


def _errors(error: ErrorIn | None) -> tuple[ErrorSeen, ...]:
    if error is None:
        return ()
    return (
        ErrorSeen(
            code=error.code,
            title=error.title,
            message=error.message,
            details=error.details,
            subcode=error.error_subcode,
            fbtrace_id=error.fbtrace_id,
            href=error.href,
        ),
    )
