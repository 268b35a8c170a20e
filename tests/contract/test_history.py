"""Who said what to whom, under which id: consent by account, ids of one person, and what repeats leave as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import pytest
from sqlalchemy import select

from tests.support.books import Shelf
from tests.support.facts import (
    DAY,
    ERRORS,
    HOUR,
    MINUTE,
    NUMBERS,
    OTHER_WABA,
    T0,
    TEMPLATES,
    WABA,
    at,
    recorded,
    told,
)
from tests.support.places import LASTING_ON_EACH, Place
from tests.support.thorough import IS_THOROUGH
from wabawatch.domain.facts import (
    ConsentChanged,
    ErrorReported,
    Fact,
    NumberChanged,
    Occurred,
    Person,
    Source,
    Status,
    TemplateChanged,
    When,
)
from wabawatch.storage import schema

pytestmark = LASTING_ON_EACH

TYPED, META = Person(phone="5511987654321"), Person(phone="551187654321")
"""One Brazilian number as people type it, and as Meta writes it"""
SEND = recorded(0, template=TEMPLATES[0], category="marketing", person=TYPED)


@pytest.fixture(scope="module")
def shelf(lasting_place: Place) -> Iterator[Shelf]:
    shelf = Shelf(lasting_place)
    yield shelf
    shelf.database.close()


def approved(waba: str) -> TemplateChanged:
    ref = TEMPLATES[0]
    return TemplateChanged(at(-DAY), Source.WEBHOOK, waba, "status", ref.name, ref.language, after="APPROVED")


def stop(waba: str, person: Person = TYPED) -> ConsentChanged:
    return ConsentChanged(at(-HOUR), Source.WEBHOOK, person, "marketing_messages", "stop", waba=waba)


def verdicts(shelf: Shelf, facts: Sequence[Fact]) -> set[str]:
    """How the first message is judged once *facts* are known, in all orders; of many, in each seventh."""
    orders = list(permutations(facts))
    chosen = orders if IS_THOROUGH or len(orders) <= 24 else orders[::7]
    return {_verdict(shelf, order) for order in chosen}


def _verdict(shelf: Shelf, facts: Sequence[Fact]) -> str:
    shelf.clear()
    for fact in facts:
        shelf.learn([fact])
        shelf.settle(T0)
    with shelf.books.writing() as ledger:
        (held,), _ = ledger.find([SEND.wamid], [])
    return held.judgement.use.value


def rows(shelf: Shelf, column: str, *facts: Fact) -> list[object]:
    """A column of the events of *facts*."""
    shelf.clear()
    for fact in facts:
        shelf.learn([fact])
    with shelf.database.reading() as connection:
        return sorted(connection.execute(select(schema.events.c[column])).scalars())


# ---------------------------------------------------------------- consent by account


@pytest.mark.parametrize(("sender", "use"), [(WABA, "violation"), (OTHER_WABA, "compliant")])
def test_an_opt_out_from_one_account_says_nothing_of_another(shelf: Shelf, sender: str, use: str) -> None:
    sent = told(Status.SENT, 1, waba=sender, person=TYPED)

    assert verdicts(shelf, [SEND, sent, stop(WABA), approved(sender)]) == {use}


def test_an_opt_out_from_nobody_knows_whom_counts_for_every_account(shelf: Shelf) -> None:
    sent = told(Status.SENT, 1, waba=WABA, person=TYPED)

    assert verdicts(shelf, [SEND, sent, stop(""), approved(WABA)]) == {"violation"}


def test_a_send_of_an_unknown_account_is_judged_by_the_only_account_stopped(shelf: Shelf) -> None:
    assert verdicts(shelf, [SEND, stop(WABA), approved(WABA)]) == {"violation"}
    assert verdicts(shelf, [SEND, stop(WABA), stop(OTHER_WABA), approved(WABA)]) == {"compliant"}


# ---------------------------------------------------------------- ids of one person


@pytest.mark.parametrize("person", [META, Person(bsuid="BR.1")])
def test_an_opt_out_under_the_number_as_meta_writes_it_counts(shelf: Shelf, person: Person) -> None:
    known = Person(phone=META.phone, bsuid="BR.1")
    sent = told(Status.SENT, 1, waba=WABA, person=known)

    assert verdicts(shelf, [SEND, sent, stop(WABA, person), approved(WABA)]) == {"violation"}


def test_an_opt_out_counts_for_later_sends_to_the_number_as_typed(shelf: Shelf) -> None:
    before = recorded(-2 * HOUR, wamid="wamid.before", person=TYPED)
    arrived = told(Status.SENT, -2 * HOUR, wamid="wamid.before", waba=WABA, person=META)

    assert verdicts(shelf, [before, arrived, stop(WABA, META), SEND, approved(WABA)]) == {"violation"}


def test_a_group_is_nobody(shelf: Shelf) -> None:
    in_group = told(Status.SENT, -DAY, wamid="wamid.group", waba=WABA, group="group-1", person=META)
    to_one = recorded(-DAY, wamid="wamid.group", person=TYPED)

    assert verdicts(shelf, [in_group, to_one, SEND, stop(WABA, META), approved(WABA)]) == {"compliant"}


def test_a_client_that_gives_every_message_one_id_makes_nobody_of_them_all(shelf: Shelf) -> None:
    one = "01920000-0000-7000-8000-00000000000f"
    people = [Person(phone=str(15550200000 + n)) for n in range(40)]
    shuffled = [recorded(-DAY, wamid="", local_id=one, person=person) for person in people]
    send = recorded(0, template=TEMPLATES[0], category="marketing", person=people[0])
    facts: list[Fact] = [send, approved(WABA), stop(WABA, people[9])]

    assert _verdict(shelf, [*shuffled[:10], *facts]) == "violation"
    assert _verdict(shelf, [*shuffled, *facts]) == _verdict(shelf, [*facts, *shuffled]) == "compliant"


# ---------------------------------------------------------------- repeats


def test_a_repeat_without_a_time_of_its_own_keeps_the_earliest(shelf: Shelf) -> None:
    once, again = (Occurred(When(t, t, is_exact=False), Source.WEBHOOK, "capability") for t in (T0, T0 + DAY))

    assert rows(shelf, "at", once, again) == rows(shelf, "at", again, once) == [T0]


def test_errors_without_a_time_are_kept_once_a_minute(shelf: Shelf) -> None:
    start = T0 - T0 % MINUTE
    times = (start, start + 1, start + DAY)
    facts: list[Fact] = [
        ErrorReported(When(t, t, is_exact=False), Source.WEBHOOK, ERRORS[:1], NUMBERS[0]) for t in times
    ]

    assert rows(shelf, "at", *facts) == [start, start + DAY]


def test_a_number_known_from_messages_alone_is_shown_as_these_say(shelf: Shelf) -> None:
    shelf.clear()
    for day, text in ((2, "15550100002"), (1, "15550100001"), (2, "15550100002")):
        shelf.learn([told(Status.SENT, day * DAY, display_number=text)])

    assert shelf.picture()["numbers"] == [(NUMBERS[0], "15550100002")]


def test_a_number_is_shown_as_it_was_seen_last(shelf: Shelf) -> None:
    changes: list[Fact] = [
        NumberChanged(at(offset), Source.WEBHOOK, "name", NUMBERS[0], text)
        for offset, text in ((0, "15550109999"), (DAY, "15550100002"), (DAY, "15550100001"))
    ]
    for order in permutations(changes):
        shelf.clear()
        shelf.learn(order)
        assert shelf.picture()["numbers"] == [(NUMBERS[0], "15550100001")]
