"""The archive is searched as the live messages are: what was found before is found after."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.archives import Attic
from tests.support.books import Shelf
from tests.support.facts import DAY, NUMBERS, T0, TEMPLATES, WABA, facts, recorded, told
from tests.support.places import LASTING_ON_EACH, Place
from tests.support.thorough import examples
from wabawatch.archives.searching import ArchivedMessages
from wabawatch.domain.facts import Fact, Status
from wabawatch.domain.messages import contact_key
from wabawatch.domain.search import Compliance, Direction, MessageFilter, State
from wabawatch.domain.search import Place as At
from wabawatch.domain.standing import Origin, Purpose, Role
from wabawatch.meta.countries import country_of
from wabawatch.ports import Held
from wabawatch.storage.message_search import SqlMessages

pytestmark = LASTING_ON_EACH

FILTERS = [
    MessageFilter(),
    MessageFilter(since=T0 + DAY, until=T0 + 20 * DAY),
    MessageFilter(numbers=(NUMBERS[0],)),
    MessageFilter(wabas=(WABA,)),
    MessageFilter(templates=(TEMPLATES[0].name,)),
    MessageFilter(states=(State.FAILED, State.DELIVERED)),
    MessageFilter(direction=Direction.INBOUND),
    MessageFilter(roles=(Role.ATTEMPTED,), origins=(Origin.API,)),
    MessageFilter(compliance=(Compliance.UNVERIFIED,)),
    MessageFilter(purposes=(Purpose.DELIVERY,)),
    MessageFilter(partial_failure=True),
    MessageFilter(error_codes=(131026,)),
]


@pytest.fixture(scope="module")
def books(lasting_place: Place) -> Iterator[Shelf]:
    shelf = Shelf(lasting_place)
    yield shelf
    shelf.database.close()


def searched(attic: Attic) -> ArchivedMessages:
    return ArchivedMessages(attic.shelf.database, attic.books, attic.store, country_of)


def words(some: list[Held]) -> list[tuple[int, str]]:
    return [(each.id, repr((each.message, each.judgement))) for each in some]


def new_attic(books: Shelf) -> Attic:
    books.clear()
    return Attic(books, Path(tempfile.mkdtemp(dir=books.place.folder)), T0)


@settings(max_examples=examples(3))
@given(some=st.lists(facts, max_size=25))
def test_every_filter_finds_in_the_archive_what_it_found_before(books: Shelf, some: list[Fact]) -> None:
    attic = new_attic(books)
    books.learn(some)
    books.settle(T0)
    live, archived = SqlMessages(books.database, country_of), searched(attic)
    people = {contact_key(fact.person, "") for fact in some if hasattr(fact, "person")} - {None}
    contacts = [MessageFilter(contacts=(key.value,)) for key in people if key is not None]
    filters = [*FILTERS, *contacts]
    before = [words(live.search(each, None, 100).held) for each in filters]
    attic.pass_days(150)
    attic.archive()

    assert live.search(MessageFilter(), None, 100).held == []
    assert [words(archived.search(each, None, 100).held) for each in filters] == before


@pytest.fixture
def attic(books: Shelf) -> Attic:
    attic = new_attic(books)
    for day in range(3):
        at = day * DAY
        ids = [f"wamid.{day}{i}" for i in range(5)]
        books.learn([recorded(at + i * 1_000, wamid=id_, user_id=f"u{i}") for i, id_ in enumerate(ids)])
        books.learn([told(Status.DELIVERED, at + i * 1_000 + 500, wamid=id_) for i, id_ in enumerate(ids)])
    attic.pass_days(100)
    attic.archive()
    return attic


def test_pages_follow_each_other_from_the_newest_to_the_oldest(attic: Attic) -> None:
    archived, place, found = searched(attic), None, list[str]()
    while True:
        page = archived.search(MessageFilter(), place, 4)
        found += [each.message.wamid for each in page.held]
        if page.following is None:
            break
        place = page.following

    assert found == [f"wamid.{day}{i}" for day in (2, 1, 0) for i in (4, 3, 2, 1, 0)]


def test_a_message_is_found_by_its_wamid_and_by_our_number_of_it(attic: Attic) -> None:
    archived = searched(attic)
    (found,) = archived.search(MessageFilter(wamids=("wamid.13",)), None, 10).held

    assert found.message.user is not None
    assert found.message.user[2] == "u3"
    assert words(archived.find(id=found.id)[0]) == words([found])
    assert words(archived.find(wamid="wamid.13")[0]) == words([found])
    assert archived.of_day(T0 // DAY).find(id=found.id)[0] == []


def test_a_page_that_reads_too_much_ends_and_says_how_far_it_has_come(attic: Attic) -> None:
    archived = ArchivedMessages(attic.shelf.database, attic.books, attic.store, country_of, examined=5)
    nothing = MessageFilter(users=("nobody",))

    first = archived.search(nothing, None, 10)
    assert (first.held, first.is_cut, first.following) == ([], True, At((T0 // DAY + 2) * DAY, 0))
    second = archived.search(nothing, first.following, 10)
    third = archived.search(nothing, second.following, 10)
    assert (third.held, third.is_cut, third.following) == ([], False, None)


def test_what_was_restored_is_not_in_the_archive_any_more(attic: Attic) -> None:
    attic.archiving.restore(T0 // DAY, T0 // DAY, 30, "test")

    assert len(searched(attic).search(MessageFilter(), None, 100).held) == 10
