"""Messages of a business number that our application did not send: from the Business app, or by Meta's agent."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import NOBODY, Fact, Feed, MessageEchoed, Occurred, Person, Source, Status
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable
from wabawatch.meta.inbound import message_type, strange_type
from wabawatch.meta.people import addressee
from wabawatch.meta.reading import Json, compact, errors, exact, mapping, text

_AMENDMENTS: Final = frozenset({"edit", "revoke"})


def read_echo(change: Change, item: Json, at: str) -> list[Fact]:
    """One message sent by somebody else; in ``standby`` its content stands in a ``message`` object."""
    sent = {**mapping(item.get("message")), **item}
    if message_type(sent) in _AMENDMENTS:
        return [_amendment(change, sent)]
    return echoed(change, sent, at, change.contacts.complete(_individual(sent)))


def echoed(change: Change, sent: Json, at: str, person: Person, status: Status | None = None) -> list[Fact]:
    """A message that was sent to *person*, and notes on what is new about it."""
    wamid, kind = exact(sent.get("id")), message_type(sent)
    if not wamid:
        raise Unreadable("a message has an id")
    echo = MessageEchoed(
        when=change.when(sent.get("timestamp")),
        source=Source.WEBHOOK,
        wamid=wamid,
        feed=Feed.ECHO if change.feed is Feed.MESSAGES else change.feed,
        number=change.number,
        waba=change.waba,
        person=NOBODY if _is_group(sent) else person,
        group=_group(sent),
        type=kind,
        status=status,
        errors=errors(sent.get("errors")),
        display_number=change.display_number,
    )
    if kind == "interactive":  # what a business sends: lists, buttons and flows, not the replies to them
        return [echo]
    return [echo, *strange_type(change, sent, at, kind, vocabulary.SENT_TYPES)]


def _is_group(sent: Json) -> bool:
    return sent.get("recipient_type") == "group" or bool(sent.get("group_id"))


def _group(sent: Json) -> str:
    return (text(sent.get("group_id")) or text(sent.get("to"))) if _is_group(sent) else ""


def _individual(sent: Json) -> Person:
    return NOBODY if _is_group(sent) else addressee(sent)


def _amendment(change: Change, sent: Json) -> Occurred:
    """An edit or a withdrawal of an earlier message is no new message."""
    kind = message_type(sent)
    original = mapping(sent.get(kind)).get("original_message_id")
    if not exact(sent.get("id")) and not exact(original):
        raise Unreadable("an edit names itself or the original message")
    return Occurred(
        when=change.when(sent.get("timestamp")),
        source=Source.WEBHOOK,
        kind=f"message_{kind}",
        event=kind,
        number=change.number,
        waba=change.waba,
        subject=text(original),
        detail=compact({"id": sent.get("id"), "original_message_id": original}),
    )
