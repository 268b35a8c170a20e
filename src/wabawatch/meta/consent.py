"""What persons decide about themselves: which messages they want, and under which id they are known."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import ConsentChanged, Fact, Person, PersonChanged, Source
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable, key
from wabawatch.meta.people import contact
from wabawatch.meta.reading import Json, compact, lower, mapping, phone, text

_NOT_KEPT: Final = vocabulary.words(
    "wa_id user_id parent_user_id username profile contacts metadata messaging_product category value timestamp"
)


def read_preference(change: Change, item: Json, at: str) -> list[Fact]:
    """One person's wish about one category of messages."""
    person = change.contacts.complete(contact(item))
    category, value = text(item.get("category")), lower(item.get("value"))
    if not person or not value:
        raise Unreadable("a preference names a person and a value")
    consent = ConsentChanged(
        when=change.told(item.get("timestamp")),
        source=Source.WEBHOOK,
        person=person,
        category=category,
        value=value,
        number=change.number,
        waba=change.waba,
        detail=compact(item, _NOT_KEPT),
    )
    return [
        consent,
        *change.strange(key(at, "category"), category, vocabulary.CONSENT_CATEGORIES),
        *change.strange(key(at, "value"), value, vocabulary.CONSENT_VALUES),
    ]


def read_user_id_update(change: Change, item: Json, at: str) -> list[Fact]:
    """A person got a new business-scoped id."""
    number = phone(item.get("wa_id"))
    previous = Person(number, _side(item, "user_id", "previous"), _side(item, "parent_user_id", "previous"))
    current = Person(number, _side(item, "user_id", "current"), _side(item, "parent_user_id", "current"))
    if previous == current:
        raise Unreadable("a change of a user id names the old or the new one")
    return [
        PersonChanged(
            when=change.told(item.get("timestamp")),
            source=Source.WEBHOOK,
            previous=previous,
            current=current,
            number=change.number,
            waba=change.waba,
            event="user_id_update",
        )
    ]


def _side(item: Json, name: str, side: str) -> str:
    """The previous or the current id. An id that stands alone is the current one."""
    value = item.get(name)
    if isinstance(value, dict):
        return text(mapping(value).get(side))
    return text(value) if side == "current" else text(item.get(f"previous_{name}"))
