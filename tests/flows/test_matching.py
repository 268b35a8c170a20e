"""Gateway, SDK and webhook speak of one message: by wamid and number, by our own id, or by both."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.books import Shelf
from tests.support.facts import LOCALS, NUMBERS, T0, WABA, WAMIDS, gathered, message_facts, recorded, told
from wabawatch.domain.facts import MessageFact, SendOutcome, Source, Status
from wabawatch.domain.messages import fold
from wabawatch.flows.matching import Matcher, Slot
from wabawatch.ports import Held

WAMID, LOCAL = WAMIDS[0], LOCALS[0]


def put(*facts: MessageFact, held: list[Held] | None = None, meant: dict[str, int] | None = None) -> list[Slot]:
    matcher = Matcher(held or [], meant or {})
    for fact in facts:
        matcher.put(fact)
    return matcher.slots


def offline(offset_ms: int = 0, **more: Any) -> MessageFact:
    """A send logged before its wamid was known."""
    return recorded(offset_ms, wamid="", **{"local_id": LOCAL, **more})


# ---------------------------------------------------------------- in one batch


def test_records_and_statuses_of_one_wamid_are_one_message() -> None:
    facts: list[MessageFact] = [
        recorded(source=Source.GATEWAY),
        recorded(1),
        told(Status.SENT, 2),
        told(Status.READ, 3),
    ]

    assert [slot.message for slot in put(*facts)] == [gathered(*facts)]


def test_one_wamid_under_two_numbers_is_two_messages() -> None:
    slots = put(told(Status.SENT), told(Status.SENT, number=NUMBERS[1]))

    assert sorted(slot.message.number for slot in slots) == sorted(NUMBERS)


def test_who_does_not_know_the_number_speaks_of_the_message_with_that_wamid() -> None:
    facts: list[MessageFact] = [recorded(number=""), told(Status.SENT, 1), told(Status.READ, 2, number="")]

    for order in permutations(facts):
        assert [slot.message for slot in put(*order)] == [gathered(*facts)]


def test_records_of_one_local_id_are_one_message() -> None:
    facts = [offline(), offline(1, outcome=SendOutcome.UNKNOWN), recorded(2, local_id=LOCAL)]

    for order in permutations(facts):
        assert [slot.message for slot in put(*order)] == [gathered(*facts)]


def test_two_sends_to_one_person_are_two_messages() -> None:
    assert len(put(offline(), offline(local_id=LOCALS[1]), recorded(wamid=WAMIDS[2]))) == 3


@pytest.mark.parametrize(
    "link",
    [recorded(local_id=LOCAL), told(Status.SENT, 5, local_id=LOCAL, source=Source.API, number="")],
    ids=["a record with both ids", "a status with both ids"],
)
def test_whoever_knows_both_ids_links_them(link: MessageFact) -> None:
    facts = [offline(), told(Status.DELIVERED, 9), link]

    for order in permutations(facts):
        slots = put(*order)
        assert [slot.message for slot in slots] == [gathered(*facts)]
        assert slots[0].local_ids == {LOCAL}


def test_several_local_ids_may_mean_one_message() -> None:
    facts = [offline(), offline(local_id=LOCALS[1]), recorded(local_id=LOCAL), recorded(local_id=LOCALS[1])]

    for order in permutations(facts):
        (slot,) = put(*order)
        assert slot.local_ids == {LOCAL, LOCALS[1]}


def test_a_local_id_keeps_the_wamid_it_was_first_tied_to() -> None:
    matcher = Matcher([], {})
    for fact in (recorded(local_id=LOCAL), told(Status.SENT, wamid=WAMIDS[2], local_id=LOCAL), offline(7)):
        matcher.put(fact)

    assert {slot.message.wamid: slot.local_ids for slot in matcher.slots} == {WAMID: {LOCAL}, WAMIDS[2]: set()}


# ---------------------------------------------------------------- with what the books hold


def held(id_: int, *facts: MessageFact) -> Held:
    return Held(id_, gathered(*facts))


def test_facts_join_what_is_in_the_books() -> None:
    (slot,) = put(told(Status.READ, 5), held=[held(7, recorded())])

    assert (slot.id, slot.message) == (7, gathered(recorded(), told(Status.READ, 5)))


def test_a_local_id_finds_the_row_it_means() -> None:
    (slot,) = put(told(Status.SENT, local_id=LOCAL), held=[held(7, offline())], meant={LOCAL: 7})

    assert (slot.id, slot.message.wamid, slot.local_ids) == (7, WAMID, frozenset({LOCAL}))


def test_of_two_rows_that_turn_out_to_be_one_the_older_stays() -> None:
    rows = [held(7, told(Status.SENT, 1)), held(3, offline())]

    (slot,) = put(recorded(2, local_id=LOCAL), held=rows, meant={LOCAL: 3})

    assert slot.id == 3
    assert {h.id for h in slot.held} == {3, 7}
    assert slot.message == gathered(offline(), told(Status.SENT, 1), recorded(2))


def test_a_local_id_of_a_row_that_is_gone_begins_anew() -> None:
    (slot,) = put(offline(), meant={LOCAL: 99})

    assert (slot.id, slot.local_ids) == (0, frozenset({LOCAL}))


def holds(slot: Slot, fact: MessageFact) -> bool:
    """Whether the slot's message knows all that *fact* says."""
    return fold(slot.message, fact) == slot.message


def test_a_record_with_the_wrong_number_loses_no_fact() -> None:
    facts: list[MessageFact] = [
        told(Status.SENT, 1),
        recorded(local_id=LOCAL, number=NUMBERS[1]),
        told(Status.DELIVERED, 2, local_id=LOCAL),
        told(Status.READ, 3),
        told(Status.FAILED, 4, number=NUMBERS[1]),
    ]

    for order in permutations(facts):
        slots = put(*order)
        assert all(any(slot.message.stages == fold(slot.message, f).stages for slot in slots) for f in facts)


@given(st.lists(message_facts, max_size=12))
def test_every_fact_is_in_one_message_and_every_wamid_has_one(facts: list[MessageFact]) -> None:
    slots = put(*facts)

    assert all(any(holds(slot, fact) for slot in slots) for fact in facts)
    wamids = [slot.message.wamid for slot in slots if slot.message.wamid]
    assert sorted(wamids) == sorted({fact.wamid for fact in facts} - {""})


# ---------------------------------------------------------------- on disk


@settings(max_examples=20)
@given(st.permutations([0, 1, 2, 3]))
def test_a_link_found_later_leaves_one_row_and_one_count(tmp_path_factory: Any, order: list[int]) -> None:
    facts = [offline(), told(Status.SENT, 1, waba=WABA), told(Status.READ, 2), recorded(3, local_id=LOCAL)]
    shelf = Shelf(tmp_path_factory.mktemp("books"))

    for i in order:
        shelf.learn([facts[i]])

    picture = shelf.picture()
    assert len(picture["messages"]) == 1
    assert {n for key, n in picture["rollups"].items() if key[:3:2] == (3, 0)} == {1}
    shelf.database.close()


def test_a_local_id_still_means_the_message_its_row_became_part_of(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for facts in (
        [told(Status.SENT, 1)],
        [offline()],
        [recorded(2, local_id=LOCAL)],
        [told(Status.READ, 3, wamid="", number="", local_id=LOCAL)],
    ):
        shelf.learn(facts)

    with shelf.books.writing() as ledger:
        held, meant = ledger.find([], [LOCAL])
    assert [h.message.stages.read_at for h in held] == [T0 + 3]
    assert meant == {LOCAL: held[0].id}
    shelf.database.close()
