"""Recording: what our own application tells of its messages, from API call to fact."""

from __future__ import annotations

from dataclasses import replace

from wabawatch.domain.facts import (
    AgentActed,
    CallAnswered,
    CallKind,
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
    WebhookAnswered,
    When,
    when,
)
from wabawatch.ports import Body, BodyKind
from wabawatch.records import record_agent, record_item, record_message, record_status
from wabawatch.wire import (
    AgentIn,
    AgentRecord,
    AnswerRecord,
    CallRecord,
    Direction,
    MessageIn,
    MessageRecord,
    Record,
    StatusRecord,
    is_local_id,
    read_record,
    write,
)
from wabawatch.wire_errors import Errors, errors_in

__all__ = ["body_of", "facts_of", "record_agent", "record_item", "record_message", "record_status"]


def body_of(record: Record, now: Millis) -> Body:
    """The inbox's form of *record*."""
    return Body(BodyKind.RECORD, now, write(record))


def facts_of(content: bytes, received_at: Millis) -> list[Fact]:
    """The facts in a record that the inbox kept."""
    record = read_record(content)
    told = when(record.at, received_at)
    if isinstance(record, StatusRecord):
        return [_status(record, told)]
    if isinstance(record, AnswerRecord):
        return [WebhookAnswered(told, bytes.fromhex(record.body), record.status, record.ms)]
    if isinstance(record, AgentRecord):
        return [_agent(record, told)]
    if isinstance(record, CallRecord):
        return [_call(record, told)]
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
        opaque=message.biz_opaque_callback_data or "",
    )


def _call(record: CallRecord, told: When) -> CallAnswered:
    send = None
    if record.message is not None:
        send = _send(MessageRecord(record.message, record.local_id, record.at, Source.GATEWAY), told)
        send = replace(send, answered_at=told.at + round(record.latency_ms), errors=_errors(record.error))
    return CallAnswered(
        when=told,
        source=Source.GATEWAY,
        kind=CallKind.SEND if send else CallKind.OTHER,
        method=record.method,
        node=record.node,
        edge=record.edge,
        version=record.version,
        http_status=record.http_status,
        latency_ms=record.latency_ms,
        errors=_errors(record.error),
        usage=record.usage,
        loads=tuple(record.loads),
        is_ours=record.is_ours,
        send=send,
        is_token_known=record.is_token_known,
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


def _agent(record: AgentRecord, told: When) -> AgentActed:
    acted = record.acted
    return AgentActed(
        when=told,
        source=Source(record.source),
        local_id=record.local_id,
        agent=acted.agent_id,
        action=acted.action,
        outcome=acted.outcome or "",
        number=acted.phone_number_id or "",
        person=_person(acted),
        user_id=acted.user_id or "",
        lead_id=acted.lead_id or "",
        conversation_id=acted.conversation_id or "",
        wamid=acted.message_id or "",
        duration_ms=acted.duration_ms,
    )


def _person(message: MessageIn | AgentIn) -> Person:
    return Person(phone=message.phone_number or "", bsuid=message.bsuid or "")


def _errors(given: Errors | None) -> tuple[ErrorSeen, ...]:
    return tuple(error.seen() for error in errors_in(given))
