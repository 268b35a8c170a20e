"""Facts come late, twice, in any order and in any parcels: the books end the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.books import Shelf
from tests.support.facts import T0, facts
from tests.support.places import LASTING_ON_EACH, Place
from tests.support.thorough import examples
from wabawatch.domain.facts import Fact

pytestmark = LASTING_ON_EACH


@pytest.fixture(scope="module")
def shelf(lasting_place: Place) -> Iterator[Shelf]:
    shelf = Shelf(lasting_place)
    yield shelf
    shelf.database.close()


def keep(shelf: Shelf, parcels: list[list[Fact]]) -> dict[str, object]:
    shelf.clear()
    for parcel in parcels:
        shelf.learn(parcel)
        shelf.settle(T0)
    return shelf.picture()


@settings(max_examples=examples(50))
@given(told=st.lists(facts, max_size=14), seed=st.integers(0, 2**32))
def test_any_order_repetition_and_splitting_gives_the_same_books(shelf: Shelf, told: list[Fact], seed: int) -> None:
    chance = Random(seed)
    again = [*told, *chance.sample(told, chance.randint(0, len(told)))]
    chance.shuffle(again)
    cuts = sorted(chance.sample(range(len(again) + 1), chance.randint(0, len(again))))
    parcels = [again[a:b] for a, b in zip([0, *cuts], [*cuts, len(again)], strict=True)]

    assert keep(shelf, parcels) == keep(shelf, [told])
