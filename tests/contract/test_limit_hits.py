"""A limit that is hit counts once, whoever tells it and however often."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.support.books import Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, WABA, at, recorded, told
from wabawatch.domain.error_codes import LIMIT_HIT_CODES
from wabawatch.domain.facts import ErrorReported, ErrorSeen, Fact, SendOutcome, Source, Status
from wabawatch.domain.limit_hits import scope_of
from wabawatch.domain.rollups import packed_before
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.packed_counts import pack

SLOW_DOWN, PAIR = ErrorSeen(130429, details="Slow down"), ErrorSeen(131056)


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


def counts(shelf: Shelf, start: int | None = None, end: int = T0 + DAY) -> set[tuple[int, str, str, int]]:
    return {tuple(each) for each in SqlLimitHits(shelf.database).hits(start, end, 10).counts}  # type: ignore[misc]


def failed(wamid: str, *errors: ErrorSeen, offset: int = 0) -> Fact:
    return told(Status.FAILED, offset, wamid=wamid, waba=WABA, errors=errors)


def refused(local_id: str, error: ErrorSeen) -> Fact:
    return recorded(0, wamid="", local_id=local_id, outcome=SendOutcome.REJECTED, errors=(error,))


def reported(error: ErrorSeen, offset: int = 0, **more: str) -> Fact:
    return ErrorReported(at(offset), Source.WEBHOOK, (error,), **more)


def test_each_code_is_counted_by_number_and_account(shelf: Shelf) -> None:
    shelf.learn([failed("a", SLOW_DOWN), failed("b", SLOW_DOWN), failed("c", PAIR), failed("d", ErrorSeen(131026))])

    assert counts(shelf) == {(130429, NUMBERS[0], WABA, 2), (131056, NUMBERS[0], WABA, 1)}


def test_the_answer_and_the_webhook_of_one_message_are_one_hit(shelf: Shelf) -> None:
    answer = recorded(0, wamid="a", errors=(PAIR,))
    facts = [answer, failed("a", PAIR, offset=5), failed("a", PAIR, offset=5)]

    for order in permutations(facts):
        shelf.clear()
        for fact in order:
            shelf.learn([fact])
        assert {(code, n) for code, _, _, n in counts(shelf)} == {(131056, 1)}


def test_a_send_that_was_refused_is_a_hit_without_a_wamid(shelf: Shelf) -> None:
    shelf.learn([refused("01920000-0000-7000-8000-000000000001", SLOW_DOWN)])

    assert {(code, n) for code, _, _, n in counts(shelf)} == {(130429, 1)}


def test_what_belongs_to_no_message_is_counted_too_and_once(shelf: Shelf) -> None:
    calls = [reported(ErrorSeen(80007), waba=WABA), reported(ErrorSeen(4)), reported(ErrorSeen(100))]
    shelf.learn([*calls, *calls])

    assert counts(shelf) == {(80007, "", WABA, 1), (4, "", "", 1)}


def test_the_newest_hits_are_the_evidence(shelf: Shelf) -> None:
    shelf.learn([failed("a", SLOW_DOWN), reported(ErrorSeen(4), 2 * MINUTE), failed("b", PAIR, offset=MINUTE)])

    newest = SqlLimitHits(shelf.database).hits(None, T0 + DAY, 2).newest

    assert [(hit.at, hit.code, hit.message_id > 0) for hit in newest] == [
        (T0 + 2 * MINUTE, 4, False),
        (T0 + MINUTE, 131056, True),
    ]


def test_the_evidence_has_metas_words(shelf: Shelf) -> None:
    shelf.learn([failed("a", SLOW_DOWN)])

    (hit,) = SqlLimitHits(shelf.database).hits(None, T0 + DAY, 9).newest

    assert (hit.details, hit.number, hit.waba) == ("Slow down", NUMBERS[0], WABA)


def test_a_window_is_whole_hours(shelf: Shelf) -> None:
    hour = T0 // HOUR * HOUR
    shelf.learn([failed("a", PAIR, offset=hour - T0), failed("b", PAIR, offset=hour - T0 - 1)])

    assert {n for *_, n in counts(shelf, hour + MINUTE, hour + 2 * MINUTE)} == {1}
    assert {n for *_, n in counts(shelf, hour - 1, hour + 1)} == {2}


def test_packed_hours_are_counted_too(shelf: Shelf) -> None:
    shelf.learn([failed("a", PAIR), failed("b", SLOW_DOWN)])
    before = counts(shelf)

    with shelf.database.writing() as connection:
        while pack(connection, packed_before(T0 + 3 * DAY)):
            pass

    assert counts(shelf) == before != set()


def test_every_limit_says_what_it_is_counted_on() -> None:
    assert {str(scope_of(code)) for code in LIMIT_HIT_CODES} >= {"app", "token", "account", "number", "pair", "person"}
    assert scope_of(131048) == "number"
