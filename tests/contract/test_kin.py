"""Which contacts are one person, however many of their ids are asked for at once."""

from __future__ import annotations

from tests.support.books import Shelf
from tests.support.places import Place
from wabawatch.storage.kin import linked
from wabawatch.storage.schema import contact_links


def test_ids_at_both_ends_of_a_chain_are_one_person_also_when_both_are_asked_for(place: Place) -> None:
    shelf = Shelf(place)
    pairs = [(1, 2), (2, 3), (3, 4)]
    with shelf.database.writing() as connection:
        rows = [{"contact_id": a, "other_id": b, "waba_id": 0, "first_day": 1, "last_day": 1} for a, b in pairs]
        connection.execute(contact_links.insert(), rows)
        same = linked(connection, [1, 4])
    shelf.database.close()

    assert same == {1: {1, 2, 3, 4}, 4: {1, 2, 3, 4}}
