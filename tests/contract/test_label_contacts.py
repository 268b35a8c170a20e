"""A user or lead is found through the contacts with whom it has messages: no index of all messages is kept for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.books import Shelf
from tests.support.facts import at, recorded, told
from tests.support.places import Place
from wabawatch.domain.facts import Fact, Feed, MessageEchoed, Person, Source, Status
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.storage.contact_keys import pack
from wabawatch.storage.dictionary import LABEL_KINDS
from wabawatch.storage.message_rows import LabelKind
from wabawatch.storage.schema import contacts, label_contacts, labels, messages

ANA, BO = Person(phone="5511987654321"), Person(phone="4915112345678")


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    shelf = Shelf(place)
    yield shelf
    shelf.database.close()


def found(shelf: Shelf, label: str) -> int:
    """How many messages the way from *label* by its contacts leads to."""
    query = (
        select(messages.c.id)
        .join(label_contacts, label_contacts.c.contact_id == messages.c.contact_id)
        .join(labels, labels.c.id == label_contacts.c.label_id)
        .where(labels.c.value == label, labels.c.id.in_([messages.c.user_id, messages.c.lead_id]))
    )
    with shelf.database.reading() as connection:
        return len(connection.execute(query).all())


def test_the_contacts_of_a_user_lead_to_its_messages(shelf: Shelf) -> None:
    shelf.learn([recorded(wamid="a", person=ANA, user_id="u"), recorded(wamid="b", person=BO, user_id="u")])
    shelf.learn([recorded(wamid="c", person=ANA), recorded(wamid="d", person=ANA, user_id="v", lead_id="l")])

    assert [found(shelf, label) for label in ("u", "v", "l")] == [2, 1, 1]


def test_a_contact_that_becomes_known_later_is_found_too(shelf: Shelf) -> None:
    shelf.learn([recorded(wamid="a", user_id="u")])
    shelf.learn([told(Status.SENT, wamid="a", person=ANA)])

    assert found(shelf, "u") == 1


def test_the_same_pair_is_written_once(shelf: Shelf) -> None:
    for wamid in ("a", "b"):
        shelf.learn([recorded(wamid=wamid, person=ANA, user_id="u")])

    with shelf.database.reading() as connection:
        assert len(connection.execute(select(label_contacts)).all()) == 1
        assert len(connection.execute(select(contacts)).all()) == 1


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        (recorded(wamid="a", person=ANA, conversation_id="c-1"), (LabelKind.CONVERSATION, "c-1")),
        (MessageEchoed(at(), Source.WEBHOOK, "a", Feed.ECHO, "1", person=ANA), (LabelKind.ORIGIN, "business_app")),
        (MessageEchoed(at(), Source.WEBHOOK, "a", Feed.HISTORY, "1", person=ANA), (LabelKind.ORIGIN, "history")),
    ],
)
def test_a_conversation_and_a_rare_origin_lead_to_contacts_too(
    shelf: Shelf, fact: Fact, word: tuple[LabelKind, str]
) -> None:
    shelf.learn([fact, recorded(wamid="plain", person=BO)])

    kind = LABEL_KINDS.index(word[0])
    query = select(labels.c.kind, labels.c.value, contacts.c.packed).select_from(
        label_contacts.join(labels, labels.c.id == label_contacts.c.label_id).join(
            contacts, contacts.c.id == label_contacts.c.contact_id
        )
    )
    with shelf.database.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    assert rows == [(kind, word[1], pack(ContactKey(ContactKind.PHONE, ANA.phone)))]
