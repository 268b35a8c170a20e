"""A search finds what a look at every message would find, whatever way leads to it, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.support.books import Shelf
from tests.support.facts import (
    ERRORS,
    NUMBERS,
    T0,
    TEMPLATES,
    WABA,
    WAMIDS,
    facts,
    recorded,
)
from tests.support.views import emptied
from wabawatch.domain.facts import Fact
from wabawatch.domain.rollups import Tier
from wabawatch.domain.search import Compliance, Direction, MessageFilter, State, is_outbound, state
from wabawatch.domain.standing import (
    DAY_MS,
    HOUR_MS,
    Origin,
    Purpose,
    Role,
    TemplateUse,
    cohort_at,
    error_code,
    is_contradictory,
    origin,
    purpose,
    role,
)
from wabawatch.meta.countries import country_of
from wabawatch.ports import Held
from wabawatch.storage import packed_counts, schema
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.kin import linked
from wabawatch.storage.message_search import LIMITS, Limits, SqlMessages
from wabawatch.storage.messages import read_rows

SMALL = Limits(examined=3, at_once=1, few=0, contacts=0)
"""Every way by an index is too long, and every page ends after one look"""

times = st.none() | st.integers(-1, 41 * 24).map(lambda hours: T0 + hours * HOUR_MS)


def some(*values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.just(()) | st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "since": times,
    "until": times,
    "numbers": some(*NUMBERS, "15550100001", "nowhere"),
    "wabas": some(WABA, "nowhere"),
    "states": some(*State),
    "direction": st.sampled_from([None, *Direction]),
    "templates": some(*(ref.name for ref in TEMPLATES), "nowhere"),
    "languages": some("en", "pt_BR"),
    "categories": some("marketing", "authentication"),
    "types": some("template", "text", "reaction"),
    "users": some("user-1", "nobody"),
    "conversations": some("conversation-1", "nowhere"),
    "leads": some("lead-1"),
    "wamids": some(*WAMIDS),
    "contacts": some("15550000001", "US.1", "somebody", "5511900000002", "group-1", "nobody"),
    "countries": some("US", "BR", "DE"),
    "error_codes": some(*(error.code for error in ERRORS)),
    "origins": some(*Origin),
    "roles": some(*Role),
    "compliance": some(*Compliance),
    "purposes": some(*Purpose),
    "approvals": some("APPROVED", "PAUSED"),
    "ratings": some("GREEN", "RED"),
    "partial_failure": st.sampled_from([None, True, False]),
}
filters = (
    st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True)
    .flatmap(lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names}))
    .map(lambda given: MessageFilter(**given))
)


class World:
    """Everything in the books, to look at one by one."""

    def __init__(self, shelf: Shelf) -> None:
        words = Dictionary(country_of)
        with shelf.database.reading() as connection:
            self.held = read_rows(connection, words, connection.execute(select(schema.messages)).all())
            dialled = connection.execute(select(schema.numbers)).all()
            self.dialled = {row.phone_number_id: row.display_number for row in dialled}
            contacts = words.contacts.ids(connection, [h.message.contact[2] for h in self.held if h.message.contact])
            kin = linked(connection, contacts.values())
            everybody = words.contacts.words(connection, {i for same in kin.values() for i in same})
        self.same = {one: {everybody[i].value for i in kin[number]} for one, number in contacts.items()}

    def fits(self, held: Held, f: MessageFilter) -> bool:
        message, judgement = held.message, held.judgement
        contact = message.contact[2] if message.contact else None
        is_sent = is_outbound(message, role(message))
        use = judgement.use if judgement.use in (TemplateUse.VIOLATION, TemplateUse.UNVERIFIED) else "compliant"
        ids = self.same[contact] if contact else set()
        said = {message.number, self.dialled.get(message.number) or "-"}
        ref = message.template[2] if message.template else None
        return all(
            (
                f.since is None or cohort_at(message) >= f.since,
                f.until is None or cohort_at(message) < f.until,
                not f.numbers or bool(said & set(f.numbers)),
                not f.wabas or bool(message.waba and message.waba[2] in f.wabas),
                not f.states or state(message, 0) in f.states,
                f.direction is None or (f.direction is Direction.OUTBOUND) == is_sent,
                not f.templates or (ref is not None and ref.name in f.templates),
                not f.languages or (ref is not None and ref.language in f.languages),
                *(
                    not wanted or (claim is not None and claim[2] in wanted)
                    for wanted, claim in (
                        (f.categories, message.category),
                        (f.types, message.type),
                        (f.users, message.user),
                        (f.leads, message.lead),
                        (f.conversations, message.conversation),
                    )
                ),
                not f.wamids or message.wamid in f.wamids,
                not f.contacts or bool(ids & set(f.contacts)),
                not f.countries or (contact is not None and country_of(contact) in f.countries),
                not f.error_codes or error_code(message) in f.error_codes,
                not f.origins or origin(message) in f.origins,
                not f.roles or role(message) in f.roles,
                not f.compliance or (is_sent and use in f.compliance),
                not f.purposes or (is_sent and purpose(message) in f.purposes),
                not f.approvals or judgement.template_status in f.approvals,
                not f.ratings or judgement.quality_rating in f.ratings,
                f.partial_failure is None or is_contradictory(message) == f.partial_failure,
            )
        )

    def wanted(self, f: MessageFilter) -> list[int]:
        fitting = [h for h in self.held if self.fits(h, f)]
        return [h.id for h in sorted(fitting, key=lambda h: (cohort_at(h.message), h.id), reverse=True)]


def everything(shelf: Shelf, wanted: MessageFilter, limits: Limits = LIMITS, size: int = 2) -> list[int]:
    """The ids of all pages, one after the other."""
    messages, ids, after = SqlMessages(shelf.database, country_of, limits), list[int](), None
    while True:
        page = messages.search(wanted, after, size)
        assert len(page.held) <= size
        ids += [h.id for h in page.held]
        if page.following is None:
            return ids
        assert after is None or page.following < after
        after = page.following


@settings(deadline=None, max_examples=max(8, settings().max_examples // 8))
@given(
    heard=st.lists(facts, min_size=5, max_size=20),
    wanted=st.lists(filters, min_size=4, max_size=4),
    old=st.booleans(),
)
def test_a_search_finds_what_a_look_at_every_message_finds(
    lasting_shelf: Shelf, heard: list[Fact], wanted: list[MessageFilter], old: bool
) -> None:
    shelf = emptied(lasting_shelf, heard)
    if old:
        pack(shelf)
    world = World(shelf)

    for each in wanted:
        assert everything(shelf, each) == world.wanted(each), each
        assert everything(shelf, each, SMALL, 3) == world.wanted(each), each


def pack(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        while packed_counts.pack(connection, {Tier.HOUR: 2**31 - 1, Tier.DAY: 2**31 - 1}):
            pass


def sends(count: int, step_ms: int = 60_000, **more: Any) -> list[Fact]:
    return [recorded(i * step_ms, wamid=f"wamid.{i}", **more) for i in range(count)]


def test_a_page_does_not_move_when_newer_messages_come(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, sends(10))
    messages = SqlMessages(shelf.database, country_of)
    first = messages.search(MessageFilter(), None, 4)
    shelf.learn([recorded(DAY_MS, wamid="wamid.newer")])

    second = messages.search(MessageFilter(), first.following, 4)

    assert [h.message.wamid for h in second.held] == [f"wamid.{i}" for i in (5, 4, 3, 2)]


def test_messages_of_one_moment_are_each_on_one_page(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, sends(7, step_ms=0))

    assert len(set(everything(shelf, MessageFilter()))) == len(everything(shelf, MessageFilter())) == 7


def test_a_page_that_ends_early_says_how_far_it_looked(lasting_shelf: Shelf) -> None:
    first = recorded(-HOUR_MS, wamid="wamid.first", conversation_id="c-1")
    shelf = emptied(lasting_shelf, [first, *sends(30, step_ms=HOUR_MS)])
    wanted = MessageFilter(conversations=["c-1"])

    limits = Limits(examined=10, at_once=5, few=0, contacts=0)
    page = SqlMessages(shelf.database, country_of, limits).search(wanted, None, 50)

    assert page.is_cut
    assert page.following is not None
    assert T0 < page.following.at < T0 + 30 * HOUR_MS


@pytest.mark.parametrize("limits", [LIMITS, SMALL])
def test_a_conversation_is_found_and_no_other(lasting_shelf: Shelf, limits: Limits) -> None:
    wamids = ("wamid.a", "wamid.b", "wamid.c")
    spoken = [
        recorded(i, wamid=wamid, conversation_id=each)
        for i, (wamid, each) in enumerate(zip(wamids, ("c-1", "c-11", ""), strict=True))
    ]
    shelf = emptied(lasting_shelf, spoken)

    assert len(everything(shelf, MessageFilter(conversations=["c-1"]), limits)) == 1
    assert len(everything(shelf, MessageFilter(conversations=["c-1", "c-11"]), limits)) == 2


def test_messages_from_before_the_hours_that_are_kept_are_found(lasting_shelf: Shelf) -> None:
    shelf = emptied(lasting_shelf, sends(3))
    with shelf.database.writing() as connection:
        connection.execute(schema.rollups.delete().where(schema.rollups.c.tier == int(Tier.HOUR)))
        connection.execute(schema.marks.insert().values(name="floor_hour", value=T0 // HOUR_MS + 100))

    assert len(everything(shelf, MessageFilter(states=[State.PENDING]))) == 3


def test_a_message_is_found_by_each_of_its_ids(lasting_shelf: Shelf) -> None:
    local = "01920000-0000-7000-8000-000000000009"
    shelf = emptied(lasting_shelf, [recorded(wamid=WAMIDS[0], local_id=local), *sends(2)])
    messages = SqlMessages(shelf.database, country_of)
    ((by_wamid,), _), ((by_local,), _) = messages.find(wamid=WAMIDS[0]), messages.find(local_id=local)
    ((by_id,), _) = messages.find(id=by_wamid.id)

    assert by_wamid == by_local == by_id
    assert messages.find(wamid="wamid.nowhere")[0] == messages.find(id=10**9)[0] == []
