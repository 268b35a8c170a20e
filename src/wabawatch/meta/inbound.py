"""Messages that WhatsApp users write, and what the system says of a user in the same list. No text is read here."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import NOBODY, Fact, MessageReceived, Occurred, Person, PersonChanged, Source
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable, first
from wabawatch.meta.people import sender
from wabawatch.meta.reading import Json, compact, errors, exact, mapping, phone, text

_SPOKEN: Final = frozenset({"body"})
_NUMBER_CHANGES: Final = frozenset({"user_changed_number", "customer_changed_number"})


def read_message(change: Change, item: Json, at: str) -> list[Fact]:
    """One message that a user wrote, or one that WhatsApp wrote about a user."""
    kind = message_type(item)
    if kind == "system":
        return _read_system(change, item, at)
    return received(change, item, at, change.contacts.complete(sender(item)))


def received(change: Change, item: Json, at: str, person: Person) -> list[Fact]:
    """A message that *person* wrote, and notes on what is new about it."""
    wamid, kind = exact(item.get("id")), message_type(item)
    if not wamid:
        raise Unreadable("a message has an id")
    message = MessageReceived(
        when=change.when(item.get("timestamp")),
        source=Source.WEBHOOK,
        wamid=wamid,
        number=change.number,
        waba=change.waba,
        feed=change.feed,
        person=person,
        group=text(item.get("group_id")),
        type=kind,
        errors=errors(item.get("errors")),
        display_number=change.display_number,
    )
    return [message, *strange_type(change, item, at, kind, vocabulary.MESSAGE_TYPES)]


def message_type(item: Json) -> str:
    """The type of a message; where it is missing, the known type under whose name the content stands."""
    return text(item.get("type")) or next((name for name in item if name in vocabulary.SENT_TYPES), "")


def strange_type(change: Change, item: Json, at: str, kind: str, known: frozenset[str]) -> list[Fact]:
    """Notes on a type, or a type of an interactive reply, that nobody told us of."""
    if kind != "interactive":
        return change.strange(f"{at}.type", kind, known)
    reply = text(mapping(item.get("interactive")).get("type"))
    return change.strange(f"{at}.interactive.type", reply, vocabulary.INTERACTIVE_TYPES)


def _read_system(change: Change, item: Json, at: str) -> list[Fact]:
    system = mapping(item.get("system"))
    said = text(system.get("type")) or _implied(system)
    strange = change.strange(f"{at}.system.type", said, vocabulary.SYSTEM_TYPES)
    if said in _NUMBER_CHANGES or said == "user_changed_user_id":
        return [person_changed(change, item, system, said)]
    if not said and not system:
        raise Unreadable("a system message has a system object")
    occurred = Occurred(
        when=change.when(item.get("timestamp")),
        source=Source.WEBHOOK,
        kind="system",
        event=said,
        number=change.number,
        waba=change.waba,
        subject=phone(item.get("from")) or text(item.get("from_user_id")) or phone(system.get("customer")),
        detail=compact(system, _SPOKEN),
    )
    return [occurred, *strange]


def _implied(system: Json) -> str:
    """Bodies of old versions tell the kind only by the ids they carry."""
    if system.get("identity"):
        return "customer_identity_changed"
    return "user_changed_number" if system.get("new_wa_id") or system.get("wa_id") else ""


def person_changed(change: Change, item: Json, system: Json, said: str) -> PersonChanged:
    """Old and new ids of a user. ``from`` is the old number, unless it is the same as the new one."""
    current = Person(
        phone=phone(system.get("wa_id")) or phone(system.get("new_wa_id")),
        bsuid=text(system.get("user_id")),
        parent_bsuid=text(system.get("parent_user_id")),
    )
    previous = Person(
        phone=phone(system.get("customer")) or _unless(phone(item.get("from")), current.phone),
        bsuid=text(system.get("previous_user_id")) or _unless(text(item.get("from_user_id")), current.bsuid),
        parent_bsuid=first(system, "previous_parent_user_id")
        or _unless(text(item.get("from_parent_user_id")), current.parent_bsuid),
    )
    if current == previous == NOBODY:
        raise Unreadable("a change of a person names the old or the new id")
    return PersonChanged(
        when=change.when(item.get("timestamp")),
        source=Source.WEBHOOK,
        previous=previous,
        current=current,
        number=change.number,
        waba=change.waba,
        event=said,
    )


def _unless(found: str, same: str) -> str:
    return "" if found == same else found
