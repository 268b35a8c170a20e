"""The ids of WhatsApp users, as the many shapes of webhooks give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wabawatch.domain.facts import NOBODY, Person
from wabawatch.meta.reading import Json, items, mapping, phone, text


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contacts that stand beside the items of one change."""

    by_id: Mapping[str, Person]
    alone: Person
    """The contact, when there is exactly one."""

    def complete(self, person: Person) -> Person:
        """*person* with the ids that a contact adds. Somebody without any id is the contact, when there is just one."""
        if not person:
            return self.alone if self.alone else person
        known = self.by_id.get(person.phone) or self.by_id.get(person.bsuid)
        if known is None:
            return person
        return Person(
            person.phone or known.phone,
            person.bsuid or known.bsuid,
            person.parent_bsuid or known.parent_bsuid,
            person.username or known.username,
        )


NO_CONTACTS: Final = Contacts({}, NOBODY)


def contacts(listed: object) -> Contacts:
    """The contacts in a ``contacts`` list; what is none of them is passed over."""
    if not listed:
        return NO_CONTACTS
    known = [known for item in items(listed) if isinstance(item, dict) and (known := contact(item))]
    if not known:
        return NO_CONTACTS
    by_id = {key: person for person in known for key in (person.phone, person.bsuid) if key}
    return Contacts(by_id, known[0] if len(known) == 1 else NOBODY)


def contact(item: Json) -> Person:
    """A person as a contact, a preference or a group participant is written."""
    name = text(item.get("username")) or text(mapping(item.get("profile")).get("username"))
    return Person(
        phone=phone(item.get("wa_id")),
        bsuid=text(item.get("user_id")),
        parent_bsuid=text(item.get("parent_user_id")),
        username=name.removeprefix("@"),
    )


def sender(item: Json) -> Person:
    """Who wrote a message."""
    return Person(
        phone=phone(item.get("from")),
        bsuid=text(item.get("from_user_id")),
        parent_bsuid=text(item.get("from_parent_user_id")),
    )


def addressee(item: Json) -> Person:
    """To whom a business wrote. A send to a business-scoped id names it ``recipient``."""
    return Person(
        phone=phone(item.get("to")),
        bsuid=text(item.get("to_user_id")) or text(item.get("recipient")),
        parent_bsuid=text(item.get("to_parent_user_id")),
    )


def recipient(item: Json) -> Person:
    """Of whom a status speaks. The parent id was renamed on 2026-05-05."""
    return Person(
        phone=phone(item.get("recipient_id")),
        bsuid=text(item.get("recipient_user_id")),
        parent_bsuid=text(item.get("recipient_parent_user_id")) or text(item.get("parent_recipient_user_id")),
    )


PARTICIPANT_KEYS: Final = frozenset(
    {
        "recipient_participant_id",
        "participant_recipient_id",
        "recipient_participant_user_id",
        "participant_recipient_user_id",
    }
)


def participant(item: Json) -> Person:
    """Of which member of a group a status speaks. Meta's pages spell the keys in two ways."""
    return Person(
        phone=phone(item.get("recipient_participant_id")) or phone(item.get("participant_recipient_id")),
        bsuid=text(item.get("recipient_participant_user_id")) or text(item.get("participant_recipient_user_id")),
        parent_bsuid=text(item.get("recipient_participant_parent_user_id"))
        or text(item.get("participant_recipient_parent_user_id")),
    )
