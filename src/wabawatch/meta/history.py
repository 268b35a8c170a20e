"""The past of a number that was in use before: chats of up to 180 days, in chunks of threads of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from wabawatch.domain.facts import NOBODY, ErrorReported, Fact, Occurred, Person, Source, Status
from wabawatch.meta import vocabulary
from wabawatch.meta.echoes import echoed
from wabawatch.meta.envelope import BESIDE, Change, Unreadable, each, guarded, key
from wabawatch.meta.inbound import message_type, read_message, received
from wabawatch.meta.people import addressee, contact, sender
from wabawatch.meta.reading import Json, compact, errors, items, mapping, phone, upper

_SCOPED: Final = re.compile(r"[A-Z]{2}\.")
_OF_A_CHUNK: Final = BESIDE | {"errors", "threads"}
_STATUSES: Final = {
    "DELIVERED": Status.DELIVERED,
    "ERROR": Status.FAILED,
    "PLAYED": Status.PLAYED,
    "READ": Status.READ,
    "SENT": Status.SENT,
}


def read_chunk(change: Change, item: Json, at: str) -> Iterator[Fact]:
    """One chunk: how far the import is, all its messages, or the error that the business declined to share."""
    progress, declined = _progress(item), errors(item.get("errors"))
    if not progress and not declined and not items(item.get("threads")):
        raise Unreadable("a chunk of history has threads or errors")
    if declined:
        yield ErrorReported(change.told(), Source.WEBHOOK, declined, number=change.number, waba=change.waba)
    if progress:
        yield Occurred(
            change.told(), Source.WEBHOOK, "history", "chunk", change.number, change.waba, detail=compact(progress)
        )
    elif item.get("metadata") not in (None, {}, [], "") and not isinstance(item["metadata"], dict):
        yield from guarded(change, item["metadata"], key(at, "metadata"), _no_progress)
    past = _past(change)
    yield from each(past, items(item.get("threads")), key(at, "threads"), _read_thread)
    others = sorted(item.keys() - _OF_A_CHUNK)
    yield from change.strangers(at, item, [k for k in others if item[k] and isinstance(item[k], dict | list)])


def _progress(item: Json) -> Json:
    """How far an import is; in a value that is a chunk itself, the metadata may tell the number in its place."""
    found = mapping(item.get("metadata"))
    return {} if "phone_number_id" in found else found


def _no_progress(change: Change, item: Json, at: str) -> list[Fact]:
    raise Unreadable("the progress of an import is an object")


def _past(change: Change) -> Change:
    return replace(change, receipt=replace(change.receipt, is_live=False))


def _read_thread(change: Change, thread: Json, at: str) -> list[Fact]:
    if "messages" not in thread:
        raise Unreadable("a thread has messages")
    read = partial(_read_message, person=_person(thread))
    return each(change, items(thread["messages"]), f"{at}.messages", read)


def read_loose_message(change: Change, item: Json, at: str) -> list[Fact]:
    """A message of the past outside a thread: Meta sends the media of a chunk on their own."""
    return _read_message(_past(change), item, at, person=NOBODY)


def _read_message(change: Change, item: Json, at: str, *, person: Person) -> list[Fact]:
    if message_type(item) == "system":
        return read_message(change, item, at)
    context = mapping(item.get("history_context"))
    said = upper(context.get("status"))
    strange = change.strange(f"{at}.history_context.status", said, vocabulary.HISTORY_STATUSES)
    if _is_from_business(change, item, context, person):
        other = change.contacts.complete(_merged(addressee(item), person))
        return echoed(change, item, at, other, _STATUSES.get(said)) + strange
    return received(change, item, at, change.contacts.complete(_merged(sender(item), person))) + strange


def _is_from_business(change: Change, item: Json, context: Json, person: Person) -> bool:
    """Who wrote it: said outright, or told by the numbers, of which any may be missing."""
    if isinstance(context.get("from_me"), bool):
        return bool(context["from_me"])
    author, to = phone(item.get("from")), phone(item.get("to"))
    if author and author == change.display_number:
        return True
    if item.get("from_user_id") or (author and author == person.phone):
        return False
    return bool(item.get("to_user_id") or (to and to != change.display_number))


def _person(thread: Json) -> Person:
    """The user of a chat. The chat's id is the phone number, or the business-scoped id of who hides it."""
    known, name = contact(mapping(thread.get("context"))), phone(thread.get("id"))
    if _SCOPED.match(name):
        return _merged(known, Person(bsuid=name))
    return known if known and not name.isdigit() else _merged(known, Person(phone=name))


def _merged(person: Person, other: Person) -> Person:
    """Both describe one person; the first is nearer to the message."""
    return Person(
        person.phone or other.phone,
        person.bsuid or other.bsuid,
        person.parent_bsuid or other.parent_bsuid,
        person.username or other.username,
    )
