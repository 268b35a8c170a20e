"""Contacts are kept packed: any id comes back as it was, from Python and from SQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.books import Shelf
from tests.support.facts import told
from tests.support.places import Place
from tests.support.views import ask, shelf_with_views
from wabawatch.domain.facts import Person, Status
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.storage.contact_keys import pack, unpack

PHONE = ContactKey(ContactKind.PHONE, "4915112345678")
BSUID = ContactKey(ContactKind.BSUID, "US.13491208655302741918")
values = st.one_of(
    st.text("0123456789", min_size=1),
    st.from_regex(r"[A-Za-z]{2}\.(ENT\.)?[0-9a-f]{1,30}", fullmatch=True),
    st.text(min_size=1),
)
contacts = st.builds(ContactKey, st.sampled_from([int(kind) for kind in ContactKind]), values)


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    shelf = shelf_with_views(place)
    yield shelf
    shelf.database.close()


@given(contacts)
def test_any_contact_comes_back(contact: ContactKey) -> None:
    assert unpack(pack(contact)) == contact


@given(contacts, contacts)
def test_no_two_contacts_share_a_form(one: ContactKey, other: ContactKey) -> None:
    assert (pack(one) == pack(other)) == (one == other)


def test_the_usual_ids_are_short() -> None:
    assert [len(pack(contact)) for contact in (PHONE, BSUID)] == [7, 13]


@pytest.mark.parametrize(
    ("person", "kind", "phone"),
    [
        (Person(phone="4915112345678"), "phone", "4915112345678"),
        (Person(phone="491511234567"), "phone", "491511234567"),
        (Person(phone="0"), "phone", "0"),
        (Person(phone="not digits"), "phone", "not digits"),
        (Person(bsuid="US.13491208655302741918"), "bsuid", None),
        (Person(bsuid="ZA.0"), "bsuid", None),
        (Person(bsuid="US.ENT.11815799212886844830"), "bsuid", None),
        (Person(bsuid="us.1"), "bsuid", None),
        (Person(username="josé"), "username", None),
    ],
)
def test_sql_reads_them_too(person: Person, kind: str, phone: str | None, shelf: Shelf) -> None:
    shelf.learn([told(Status.SENT, person=person)])

    (row,) = ask(shelf, "SELECT contact_kind, contact_id, phone_number FROM whatsapp_message_queue")

    assert row == {
        "contact_kind": kind,
        "contact_id": person.phone or person.bsuid or person.username,
        "phone_number": phone,
    }
