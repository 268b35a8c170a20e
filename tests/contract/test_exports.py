"""Exports on disk: claimed by one, begun anew after a crash, limited per owner, audited; what is searched is sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.support.facts import HOUR, MINUTE, T0
from tests.support.places import Place
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Export, ExportState, Format, Made, Order, Progress
from wabawatch.domain.search import Direction, MessageFilter, State
from wabawatch.domain.standing import Origin
from wabawatch.ports import Deed
from wabawatch.storage.database import Database
from wabawatch.storage.exports import SqlExports
from wabawatch.storage.schema import audit_entries, exports
from wabawatch.storage.sealed import Keyring

WANTED = MessageFilter(
    since=T0,
    until=T0 + HOUR,
    states=(State.FAILED, State.EXPIRED),
    contacts=("15550000001",),
    direction=Direction.OUTBOUND,
    error_codes=(131026,),
    origins=(Origin.API,),
    partial_failure=False,
)
ORDER = Order(Format.CSV, ("id", "status"), is_masked=False, has_bom=True)
ASKED = Deed("user:1", "export_requested")
MADE = Made(5, 0, 1_000, "ab" * 32)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


@pytest.fixture
def book(database: Database) -> SqlExports:
    return SqlExports(database, Keyring.generate())


def asked(digit: int, owner: str = "user:1", at: int = T0) -> Export:
    return Export(f"{digit:032x}", owner, ORDER, WANTED, at)


def claimed(book: SqlExports, holder: str = "a", now: int = T0) -> Export:
    found = book.claim(holder, now, now + MINUTE)
    assert found is not None
    return found


def deeds(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        rows = connection.execute(select(audit_entries).order_by(audit_entries.c.id)).all()
    return [(row.actor, row.action, row.subject) for row in rows]


def test_one_is_kept_as_it_was_asked_for(book: SqlExports) -> None:
    assert book.add(asked(1), 3, ASKED)

    assert book.find(asked(1).key) == asked(1)
    assert book.find(asked(2).key) is None


def test_nobody_reads_on_disk_whom_it_is_about_and_the_trail_does_not_say(book: SqlExports, database: Database) -> None:
    book.add(asked(1), 3, ASKED)

    with database.reading() as connection:
        assert b"15550000001" not in bytes(connection.execute(select(exports.c.wanted)).scalar_one())
        [entry] = connection.execute(select(audit_entries)).all()
    assert (entry.actor, entry.action, entry.subject) == ("user:1", "export_requested", f"export:{asked(1).key}")
    assert entry.detail == '{"columns":2,"format":"csv","masked":false}'


def test_an_owner_may_have_so_many_under_way(book: SqlExports) -> None:
    assert book.add(asked(1), 2, ASKED)
    assert book.add(asked(2), 2, ASKED)

    assert not book.add(asked(3), 2, ASKED)
    assert book.add(asked(4, "user:2"), 2, ASKED)
    book.cancel(asked(1).key, T0, T0 + HOUR, ASKED)
    assert book.add(asked(5), 2, ASKED)
    assert [found.key for found in book.all("user:1", 9)] == [asked(i).key for i in (1, 2, 5)]
    assert len(book.all(None, 9)) == 4
    assert len(book.all(None, 2)) == 2


def test_of_two_processes_one_gets_it_and_the_oldest_comes_first(book: SqlExports) -> None:
    book.add(asked(1, at=T0 + 2), 3, ASKED)
    book.add(asked(2, at=T0 + 1), 3, ASKED)

    assert [claimed(book, "a").key, claimed(book, "b").key] == [asked(2).key, asked(1).key]
    assert book.claim("c", T0, T0 + MINUTE) is None


def test_one_whose_process_is_silent_is_begun_anew_and_the_late_one_changes_nothing(book: SqlExports) -> None:
    book.add(asked(1), 3, ASKED)
    first = claimed(book, "a")
    assert book.progress(first, "a", Progress(10, 0.5, 20), T0 + MINUTE)

    assert book.claim("b", T0 + MINUTE - 1, T0 + 2 * MINUTE) is None
    again = claimed(book, "b", T0 + MINUTE)

    assert (first.tries, again.tries, again.progress) == (1, 2, Progress())
    assert first.file_name != again.file_name
    assert not book.progress(first, "a", Progress(11, 0.6, 20), T0 + HOUR)
    assert not book.finish(first, "a", MADE, T0 + HOUR, T0 + HOUR)
    assert not book.fail(first, "a", "?", T0 + HOUR, T0 + HOUR)
    assert book.finish(again, "b", MADE, T0 + 2 * MINUTE, T0 + HOUR)


def test_a_process_that_takes_over_from_itself_is_another_try(book: SqlExports) -> None:
    book.add(asked(1), 3, ASKED)
    first = claimed(book, "a")
    claimed(book, "a", T0 + HOUR)

    assert not book.finish(first, "a", MADE, T0 + HOUR, T0 + HOUR)


def test_a_lease_of_a_clock_that_went_wrong_ends_too(book: SqlExports) -> None:
    book.add(asked(1), 3, ASKED)
    book.claim("a", T0 + 1_000 * HOUR, T0 + 1_000 * HOUR + MINUTE)

    assert claimed(book, "b").tries == 2


def test_one_that_is_done_says_what_its_file_is(book: SqlExports, database: Database) -> None:
    book.add(asked(1), 3, ASKED)
    assert book.finish(claimed(book), "a", MADE, T0 + 5, T0 + HOUR)

    [done] = book.all("user:1", 9)
    assert (done.state, done.made, done.ended_at, done.expires_at) == (ExportState.DONE, MADE, T0 + 5, T0 + HOUR)
    assert done.progress.share == 1.0
    assert book.claim("a", T0 + HOUR, T0 + 2 * HOUR) is None
    assert deeds(database)[-1] == ("exports", "export_finished", f"export:{done.key}")


def test_one_that_failed_says_why_and_has_no_file(book: SqlExports, database: Database) -> None:
    book.add(asked(1), 3, ASKED)
    assert book.fail(claimed(book), "a", "the disk is full", T0 + 5, T0 + HOUR)

    [failed] = book.all("user:1", 9)
    assert (failed.state, failed.why, failed.made) == (ExportState.FAILED, "the disk is full", None)
    assert deeds(database)[-1][1] == "export_failed"


def test_one_that_is_let_go_waits_as_if_it_had_never_been_begun(book: SqlExports) -> None:
    book.add(asked(1), 3, ASKED)
    book.release(claimed(book), "a")

    [waiting] = book.all("user:1", 9)
    assert (waiting.state, waiting.tries) == (ExportState.WAITING, 0)
    assert claimed(book, "b").tries == 1


def test_who_cancels_ends_it_for_whoever_makes_it(book: SqlExports, database: Database) -> None:
    book.add(asked(1), 3, ASKED)
    running = claimed(book)

    assert book.cancel(running.key, T0 + 1, T0 + HOUR, Deed("user:1", "export_cancelled"))

    assert not book.progress(running, "a", Progress(1, 0.1, 10), T0 + HOUR)
    assert not book.cancel(running.key, T0 + 2, T0 + HOUR, ASKED)
    assert deeds(database)[-1] == ("user:1", "export_cancelled", f"export:{running.key}")


def test_what_is_over_is_found_and_what_is_deleted_is_gone(book: SqlExports, database: Database) -> None:
    book.add(asked(1), 3, ASKED)
    book.add(asked(2), 3, ASKED)
    book.finish(claimed(book), "a", MADE, T0, T0 + HOUR)

    assert book.expired(T0 + HOUR - 1) == []
    assert [found.key for found in book.expired(T0 + HOUR)] == [asked(1).key]
    assert book.delete(asked(1).key, T0, Deed("user:1", "export_deleted"))
    assert not book.delete(asked(1).key, T0, Deed("user:1", "export_deleted"))
    assert [found.key for found in book.all(None, 9)] == [asked(2).key]
    assert deeds(database)[-1] == ("user:1", "export_deleted", f"export:{asked(1).key}")


def test_all_columns_are_kept_in_their_order(book: SqlExports) -> None:
    book.add(replace(asked(1), order=Order(Format.PARQUET, NAMES)), 3, ASKED)

    [found] = book.all(None, 1)
    assert found.order == Order(Format.PARQUET, NAMES)
