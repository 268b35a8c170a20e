"""A wamid goes without the phone number that stands with the contact; nobody who asks for it can tell."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.support.books import Shelf
from tests.support.facts import NUMBERS, told
from tests.support.places import Place
from tests.support.views import ask, shelf_with_views
from wabawatch.domain.facts import Person, Status
from wabawatch.storage.schema import messages
from wabawatch.storage.views import wamid_of

PHONE = "4915112345678"


def wamid(phone: str, id_: str = "77FA56D217FF3627C7", flag: int = 0x11) -> str:
    inside = b"\x1c\x18%c%b\x15\x02\x00%c\x18%c%b\x00" % (len(phone), phone.encode(), flag, len(id_), id_.encode())
    return "wamid." + base64.b64encode(inside).decode()


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    shelf = shelf_with_views(place)
    yield shelf
    shelf.database.close()


def kept(shelf: Shelf) -> list[int]:
    """The length of each wamid as it is kept."""
    with shelf.database.reading() as connection:
        return [len(one) for one in connection.execute(select(messages.c.wamid)).scalars()]


def shown(shelf: Shelf) -> list[str]:
    return [
        wamid_of(row["wamid"]) for row in ask(shelf, "SELECT wamid FROM whatsapp_message_queue ORDER BY message_id")
    ]


@pytest.mark.parametrize("flag", [0x11, 0x12])
@pytest.mark.parametrize("phone", [PHONE, "491511234567", "0049151", "1" * 18])
def test_it_is_short_in_the_row_and_whole_in_the_views(phone: str, flag: int, shelf: Shelf) -> None:
    shelf.learn([told(Status.SENT, wamid=wamid(phone, flag=flag), person=Person(phone=phone))])

    assert kept(shelf) == [10]
    assert shown(shelf) == [wamid(phone, flag=flag)]
    assert {row["wamid"] for row in ask(shelf, "SELECT wamid FROM whatsapp_logs")} == {
        row["wamid"] for row in ask(shelf, "SELECT wamid FROM whatsapp_message_queue")
    }


@pytest.mark.parametrize(
    ("phone", "person"),
    [
        (PHONE, Person(phone="491511")),
        (PHONE, Person(bsuid="DE.1")),
        (PHONE, Person()),
        ("1" * 19, Person(phone="1" * 19)),
        ("0", Person(phone="0")),
    ],
)
def test_it_stays_whole_where_the_number_is_not_the_contacts_or_too_long(
    phone: str, person: Person, shelf: Shelf
) -> None:
    shelf.learn([told(Status.SENT, wamid=wamid(phone), person=person)])

    assert kept(shelf)[0] > 10
    assert shown(shelf) == [wamid(phone)]


def test_two_that_differ_in_the_number_only_stay_two(shelf: Shelf) -> None:
    for phone in ("15550001", "15550002"):
        shelf.learn([told(Status.SENT, wamid=wamid(phone), person=Person(phone=phone))])
    shelf.learn([told(Status.DELIVERED, wamid=wamid("15550002"))])

    assert shown(shelf) == [wamid("15550001"), wamid("15550002")]
    assert [row["status"] for row in ask(shelf, "SELECT status FROM whatsapp_message_queue ORDER BY message_id")] == [
        "sent",
        "delivered",
    ]


def test_a_contact_that_becomes_known_by_another_id_takes_its_message_along(shelf: Shelf) -> None:
    shelf.learn([told(Status.SENT, 5, wamid=wamid(PHONE), person=Person(phone=PHONE))])
    shelf.learn([told(Status.SENT, 0, wamid=wamid(PHONE), person=Person(bsuid="DE.1"))])

    assert shown(shelf) == [wamid(PHONE)]
    assert len(kept(shelf)) == 1


def test_one_wamid_under_two_numbers_is_two_messages(shelf: Shelf) -> None:
    for number in NUMBERS:
        shelf.learn([told(Status.SENT, wamid=wamid(PHONE), number=number, person=Person(phone=PHONE))])

    assert shown(shelf) == [wamid(PHONE)] * 2
