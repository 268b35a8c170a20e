"""Fields and items that have no table of their own: each becomes an event with a kind, a subject and a detail."""

from __future__ import annotations

from typing import Any, Final

from wabawatch.domain.facts import ErrorReported, ErrorSeen, Fact, Millis, Occurred, Source, Why
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable, first, gathered, guarded, key
from wabawatch.meta.people import contact
from wabawatch.meta.reading import Json, compact, errors, lower, mapping, millis, phone, text, upper

_WORDS: Final = vocabulary.words(
    "contacts contact profile name full_name first_name last_name text body caption image audio video document sticker "
    "location conversation_context"
)
"""Keys that may hold a person's name, words or media: never kept."""


def read_error(change: Change, item: Json, at: str) -> list[Fact]:
    """An error of a number or an account, tied to no message."""
    told = errors(item)
    if told in ((), (ErrorSeen(0),)):
        raise Unreadable("an error has a code or words")
    return [ErrorReported(change.told(item.get("timestamp")), Source.WEBHOOK, told, change.number, change.waba)]


def read_user_action(change: Change, item: Json, at: str) -> list[Fact]:
    """Something a user did with a message, such as following its link."""
    action, person = first(item, "action_type", "type"), contact(item)
    subject = person.phone or person.bsuid or phone(item.get("from")) or text(item.get("from_user_id"))
    if not action:
        raise Unreadable("an action of a user has a type")
    return [
        _occurred(change, item, "user_action", action, subject),
        *change.strange(key(at, "action_type" if "action_type" in item else "type"), action, vocabulary.USER_ACTIONS),
    ]


def read_security(change: Change, value: Json, at: str) -> list[Fact]:
    """The PIN of a number was changed, or somebody asks for that."""
    event = upper(value.get("event"))
    if not event:
        raise Unreadable("a security notice has an event")
    return [
        _occurred(change, value, "security", event, phone(value.get("display_phone_number"))),
        *change.strange("event", event, vocabulary.SECURITY_EVENTS),
    ]


def read_flow(change: Change, value: Json, at: str) -> list[Fact]:
    """A flow changed its status, or its error rate or latency passed a threshold."""
    event, alert = upper(value.get("event")), upper(value.get("alert_state"))
    if not event:
        raise Unreadable("a notice about a flow has an event")
    return [
        _occurred(change, value, "flow", event, text(value.get("flow_id"))),
        *change.strange("event", event, vocabulary.FLOW_EVENTS),
        *change.strange("alert_state", alert, vocabulary.FLOW_ALERTS),
        *change.strange("old_status", upper(value.get("old_status")), vocabulary.FLOW_STATUSES),
        *change.strange("new_status", upper(value.get("new_status")), vocabulary.FLOW_STATUSES),
    ]


def read_payment(change: Change, value: Json, at: str) -> list[Fact]:
    """A payment configuration works, or needs attention."""
    status, name = text(value.get("status")), text(value.get("configuration_name"))
    if not status and not name:
        raise Unreadable("a payment configuration has a name or a status")
    return [
        _occurred(change, value, "payment", status, name),
        *change.strange("status", status, vocabulary.PAYMENT_STATUSES),
    ]


def read_solution(change: Change, value: Json, at: str) -> list[Fact]:
    """A multi-partner solution was made or changed."""
    event, status = upper(value.get("event")), upper(value.get("solution_status"))
    if not event:
        raise Unreadable("a notice about a solution has an event")
    return [
        _occurred(change, value, "solution", event, text(value.get("solution_id"))),
        *change.strange("event", event, vocabulary.SOLUTION_EVENTS),
        *change.strange("solution_status", status, vocabulary.SOLUTION_STATUSES),
    ]


def read_automatic_event(change: Change, item: Json, at: str) -> list[Fact]:
    """A lead or a purchase that Meta detected in a conversation."""
    event = first(item, "event_name", "event")
    if not event:
        raise Unreadable("an automatic event has a name")
    return [
        _occurred(change, item, "automatic_event", event, first(item, "id", "message_id")),
        *change.strange(key(at, "event_name" if "event_name" in item else "event"), event, vocabulary.AUTOMATIC_EVENTS),
    ]


def read_username(change: Change, value: Json, at: str) -> list[Fact]:
    """What became of a business' user name; the name is in the detail."""
    status = lower(value.get("status"))
    if not status:
        raise Unreadable("a notice about a user name has a status")
    return [
        _occurred(change, value, "username", status, phone(value.get("display_phone_number"))),
        *change.strange("status", status, vocabulary.USERNAME_STATUSES),
    ]


def read_handover(change: Change, item: Json, at: str) -> list[Fact]:
    """Who answers in a conversation changed. The number stands in ``recipient``, not in the metadata."""
    event, person = text(item.get("type")), mapping(item.get("sender"))
    if not event:
        raise Unreadable("a handover has a type")
    occurred = Occurred(
        when=change.told(item.get("timestamp")),
        source=Source.WEBHOOK,
        kind="handover",
        event=event,
        number=text(mapping(item.get("recipient")).get("phone_number_id")) or change.number,
        waba=change.waba,
        subject=phone(person.get("phone_number")) or first(person, "user_id", "id"),
        detail=compact(item, _WORDS | {"metadata"}),
    )
    return [occurred, *change.strange(key(at, "type"), event, vocabulary.HANDOVERS)]


def read_contact_sync(change: Change, listed: list[Any], at: str) -> list[Fact]:
    """How many contacts of the Business app were added or removed. Their names and numbers are not kept."""
    actions: dict[str, list[Millis]] = {}
    told = (_read_synchronised(change, item, f"{at}[{index}]", actions) for index, item in enumerate(listed))
    facts = gathered(told, lambda reason: change.unrecognised(Why.UNPARSED, at, "", reason))
    return [_synchronised(change, action, stamps) for action, stamps in actions.items()] + facts


def _read_synchronised(change: Change, item: object, at: str, actions: dict[str, list[Millis]]) -> list[Fact]:
    """Note in *actions* what was done with one contact, and when."""
    action = text(mapping(item).get("action"))
    if not action:
        return guarded(change, item, at, _no_action)
    is_new = action not in actions
    actions.setdefault(action, []).append(millis(mapping(mapping(item).get("metadata")).get("timestamp")) or 0)
    return change.strange(f"{at}.action", action, vocabulary.SYNC_ACTIONS) if is_new else []


def _no_action(change: Change, item: Json, at: str) -> list[Fact]:
    raise Unreadable("a contact was added or removed")


def _synchronised(change: Change, action: str, stamps: list[Millis]) -> Fact:
    when = change.told(max(stamps) or None)
    detail = compact({"count": len(stamps)})
    return Occurred(when, Source.WEBHOOK, "contacts", action, change.number, change.waba, detail=detail)


def read_undocumented(change: Change, value: Json, at: str) -> list[Fact]:
    """A field that exists, and of which Meta publishes no description."""
    return [_occurred(change, value, change.field, first(value, "event", "status", "type"), first(value, "id"))]


def _occurred(change: Change, item: Json, kind: str, event: str, subject: str = "") -> Occurred:
    return Occurred(
        when=change.told(item.get("timestamp")),
        source=Source.WEBHOOK,
        kind=kind,
        event=event,
        number=change.number,
        waba=change.waba,
        subject=subject,
        detail=compact(item, _WORDS),
    )
