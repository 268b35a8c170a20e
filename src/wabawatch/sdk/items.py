"""What the functions of the SDK log, as values: checked, with id and time, so that a repeat changes nothing. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

import msgspec

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis, SendOutcome, Status
from wabawatch.records import (
    AgentItem,
    Item,
    MessageItem,
    StatusItem,
    WebhookItem,
    record_agent,
    record_message,
    record_status,
)
from wabawatch.wire import AgentIn, Direction, MessageIn, StatusIn, checked

Moment = datetime | str | int | None
"""A time: a datetime with an offset, ISO 8601 text, or milliseconds since 1970; None is now."""

MetaError = Mapping[str, Any] | Sequence[Mapping[str, Any]] | int | None
"""An error of Meta's: the whole answer, its `error`, a webhook's `errors`, or just the code."""


class MoreOfSend(TypedDict, total=False):
    """What else may be told of a send."""

    bsuid: str | None
    """The contact's business-scoped user id, where there is no phone number"""
    phone_number_id: str | None
    """The business phone number that sends, as Meta's id"""
    type: str | None
    category: str | None
    conversation_id: str | None
    outcome: SendOutcome | str | None
    """How the Graph API answered: accepted, held, rejected or unknown"""
    error: MetaError
    """What Meta answered, its error object or a webhook's list of them, or just the code"""
    at: Moment
    local_id: str | None
    """A UUID of your own making; else one is made"""


class MoreOfInbound(TypedDict, total=False):
    """What else may be told of an inbound message."""

    bsuid: str | None
    phone_number_id: str | None
    type: str | None
    user_id: str | None
    lead_id: str | None
    conversation_id: str | None
    at: Moment


class MoreOfAction(TypedDict, total=False):
    """What else may be told of what an agent did."""

    bsuid: str | None
    phone_number_id: str | None
    conversation_id: str | None
    user_id: str | None
    lead_id: str | None
    message_id: str | None
    """The wamid of the message it was about"""
    outcome: str | None
    duration_ms: int | None
    at: Moment
    local_id: str | None


def outbound(now: Millis, words: Mapping[str, Any], more: MoreOfSend) -> MessageItem:
    """A send to log. *words* and *more* are fields of `wire.MessageIn`. Raises BadRequest that names the field."""
    given: dict[str, Any] = {**words, **more}
    given["outcome"] = _chosen(SendOutcome, "outcome", given.get("outcome"))
    given["error"] = _error(given.get("error"))
    return _message(now, given)


def inbound(now: Millis, words: Mapping[str, Any], more: MoreOfInbound) -> MessageItem:
    """An inbound message to log. Raises BadRequest that names the field."""
    return _message(now, {**words, **more, "direction": Direction.INBOUND})


def _message(now: Millis, given: dict[str, Any]) -> MessageItem:
    given["at"] = _moment(given.get("at"))
    record = record_message(checked(MessageIn(**given)), now)
    message = msgspec.structs.replace(record.message, local_id=record.local_id, at=record.at)
    return MessageItem(message)


def status_told(
    now: Millis,
    message_id: str,
    status: Status | str,
    wamid: str | None,
    at: Moment,
    error: MetaError,
) -> StatusItem:
    """A status to log. Raises BadRequest that names the field."""
    chosen = _chosen(Status, "status", status)
    if chosen is None:
        raise BadRequest("status: missing")
    if not isinstance(message_id, str):
        raise BadRequest("message_id: not a text")
    told = checked(StatusIn(status=chosen, wamid=wamid, at=_moment(at), error=_error(error)))
    record = record_status(message_id, told, now)
    return StatusItem(record.id, msgspec.structs.replace(told, at=record.at))


def action(now: Millis, words: Mapping[str, Any], more: MoreOfAction) -> AgentItem:
    """What an agent did. *words* and *more* are fields of `wire.AgentIn`. Raises BadRequest that names the field."""
    given: dict[str, Any] = {**words, **more}
    given["at"] = _moment(given.get("at"))
    record = record_agent(checked(AgentIn(**given)), now)
    return AgentItem(msgspec.structs.replace(record.acted, local_id=record.local_id, at=record.at))


def webhook(now: Millis, body: bytes, signature: str, app: str, status: int, ms: float) -> WebhookItem:
    """A copy of a webhook that the application got at *now*, and its answer (*status* 0: none) after *ms*."""
    return checked(WebhookItem(body, signature, app, now, status, max(0, round(ms))))


def id_of(item: Item) -> str:
    """The id under which what *item* tells is known: ours, or for a status the one that was given."""
    match item:
        case MessageItem():
            return item.message.local_id or ""
        case AgentItem():
            return item.interaction.local_id or ""
        case StatusItem():
            return item.id
    return ""


def day_or_moment(at: datetime | date | str) -> str:
    """The edge of a period as a server reads it: a day is its beginning (UTC). Raises BadRequest."""
    if isinstance(at, datetime) and at.tzinfo is None:
        raise BadRequest("period: a datetime without a time zone; add one, such as datetime.UTC")
    return at if isinstance(at, str) else at.isoformat()


def _moment(at: Moment) -> int | str | None:
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        raise BadRequest("at: a datetime without a time zone; add one, such as datetime.UTC")
    return round(at.timestamp() * 1000)


def _error(given: MetaError) -> Any:
    """What was given as an error, without what is around it in an answer. It is checked with the rest."""
    if isinstance(given, int):
        return {"code": given}
    is_answer = isinstance(given, Mapping) and "error" in given and "code" not in given
    try:
        return msgspec.to_builtins(given["error"] if is_answer else given)  # type: ignore[call-overload,index]
    except TypeError as problem:
        raise BadRequest(f"error: {problem}") from problem


def _chosen(kind: Any, name: str, value: object) -> Any:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise BadRequest(f"{name}: {value!r} is none of {', '.join(kind)}") from error
