"""A message is found by its wamid through an index, whatever the wamid looks like and whoever the contact is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from tests.contract.test_short_wamids import PHONE, wamid
from tests.support.books import Shelf
from tests.support.facts import told
from tests.support.places import Place
from tests.support.views import steps_of
from wabawatch.domain.facts import Person, Status
from wabawatch.meta.countries import country_of
from wabawatch.meta.wamid import pack
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_lookup import rows_by_wamid
from wabawatch.storage.messages import find


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    shelf = Shelf(place)
    yield shelf
    shelf.database.close()


def found(shelf: Shelf, *wamids: str) -> set[str]:
    with shelf.database.reading() as connection:
        held, _ = find(connection, Dictionary(country_of), set(wamids), ())
    return {h.message.wamid for h in held}


@pytest.mark.parametrize("person", [Person(phone=PHONE), Person(phone="4930123456"), Person(bsuid="DE.1"), Person()])
@pytest.mark.parametrize("one", [wamid(PHONE), wamid(PHONE, "ABCD"), "wamid.odd", "?"])
def test_every_wamid_is_found(one: str, person: Person, shelf: Shelf) -> None:
    shelf.learn([told(Status.SENT, wamid=one, person=person)])

    assert found(shelf, one) == {one}
    assert found(shelf, one + "x", wamid("1" + PHONE), wamid(PHONE, "0123456789ABCDEF")) == set()


def test_one_with_the_same_ending_is_not_taken_for_it(shelf: Shelf) -> None:
    here, there = wamid(PHONE, "AA" * 5 + "BB" * 4), wamid(PHONE, "CC" * 5 + "BB" * 4)
    shelf.learn([told(Status.SENT, wamid=here, person=Person(phone=PHONE))])

    assert found(shelf, there) == set()


def test_many_are_found_at_once(shelf: Shelf) -> None:
    many = {wamid(PHONE, f"{i:018X}") for i in range(600)}
    shelf.learn([told(Status.SENT, wamid=one, person=Person(phone=PHONE)) for one in many])

    assert found(shelf, *many) == many


def test_no_lookup_reads_all_messages(shelf: Shelf) -> None:
    shelf.learn([told(Status.SENT, wamid=wamid(PHONE), person=Person(phone=PHONE))])
    asked: list[tuple[str, Any]] = []

    @event.listens_for(shelf.database.engine, "before_cursor_execute")
    def _note(_c: Any, _k: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    with shelf.database.reading() as connection:
        list(rows_by_wamid(connection, Dictionary(country_of), [pack(wamid(PHONE)), pack("?")]))
        queries = [each for each in asked if "FROM messages" in each[0] or "JOIN messages" in each[0]]
        plans = [steps_of(connection, sql, values) for sql, values in queries]

    steps = [step for plan in plans for step in plan]
    assert len(plans) == 2
    if connection.dialect.name == "sqlite":
        assert {step for step in steps if "messages" in step} == {
            "SEARCH messages USING INDEX messages_contact (contact_id=? AND <expr>=?)",
            "SEARCH messages USING INDEX messages_wamid (<expr>=?)",
        }
    else:
        assert [step for step in steps if step.startswith("Index Cond: ((contact_id = ")]
        assert not [step for step in steps if "Seq Scan on messages" in step]
