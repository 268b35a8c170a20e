"""Two rows become one message when a link tells so: afterwards every local id still means its own message."""

from __future__ import annotations

from tests.support.books import Shelf
from tests.support.places import Place
from wabawatch.domain.facts import Person, SendRecorded, Source, Status, StatusChanged, When

T0 = 1_790_000_000_000
LOCALS = tuple(f"01920000-0000-7000-8000-00000000000{i}" for i in range(3))


def sent(wamid: str) -> StatusChanged:
    return StatusChanged(When(T0, T0), Source.WEBHOOK, Status.SENT, wamid=wamid, number="301100000000001")


def logged(local_id: str) -> SendRecorded:
    return SendRecorded(When(T0, T0), Source.API, local_id=local_id, person=Person(phone="15550101001"))


def linked(local_id: str, wamid: str) -> StatusChanged:
    return StatusChanged(When(T0, T0), Source.API, Status.SENT, wamid=wamid, local_id=local_id)


def test_a_row_that_became_another_leaves_its_number_to_nobody(place: Place) -> None:
    shelf = Shelf(place)
    for n, local_id in enumerate(LOCALS):
        shelf.learn([sent(f"wamid.{n}")])
        shelf.learn([logged(local_id)])
        shelf.learn([linked(local_id, f"wamid.{n}")])

    with shelf.books.writing() as ledger:
        held, meant = ledger.find([], LOCALS)
    shelf.database.close()

    wamids = {h.id: h.message.wamid for h in held}
    assert [wamids[meant[local_id]] for local_id in LOCALS] == ["wamid.0", "wamid.1", "wamid.2"]


def test_messages_logged_in_the_transaction_that_links_another_stay_themselves(place: Place) -> None:
    shelf = Shelf(place)
    shelf.learn([sent("wamid.0"), logged(LOCALS[0])])
    shelf.learn([linked(LOCALS[0], "wamid.0"), logged(LOCALS[1])])
    shelf.learn([linked(LOCALS[1], "wamid.1")])

    with shelf.books.writing() as ledger:
        held, meant = ledger.find([], LOCALS)
    shelf.database.close()

    assert {h.id: h.message.wamid for h in held} == {meant[LOCALS[0]]: "wamid.0", meant[LOCALS[1]]: "wamid.1"}
