"""Closed days go to files and come back as they were; whatever happens meanwhile, each message is in one place."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from tests.support.archives import KEEP_DAYS, LIVE_DAYS, Attic, Killed, MortalStore, ThenStore
from tests.support.books import Shelf
from tests.support.facts import DAY, HOUR, T0, TEMPLATES, facts, recorded, told
from tests.support.places import LASTING_ON_EACH
from tests.support.thorough import examples
from wabawatch.archives import parquet
from wabawatch.domain.archives import archived_before, day_of
from wabawatch.domain.errors import ArchiveDamaged, NotFound, StoreUnavailable
from wabawatch.domain.facts import ErrorSeen, Fact, Status
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.storage import archives, schema
from wabawatch.storage.recounting import recounting

pytestmark = LASTING_ON_EACH


@pytest.fixture
def attic(lasting_shelf: Shelf, tmp_path: Path) -> Attic:
    lasting_shelf.clear()
    return Attic(lasting_shelf, tmp_path / "archive", T0)


def learn(attic: Attic, n: int, offset: int = 0, first: int = 0) -> None:
    """*n* sends, a minute apart, that were delivered; the first failed."""
    some = range(first, first + n)
    at = {i: offset + i * 60_000 for i in some}
    said = {"template": TEMPLATES[0]}
    sends = [recorded(at[i], wamid=f"wamid.{i}", local_id=local(i), user_id=f"u{i}", **said) for i in some]
    stamps = [told(Status.DELIVERED, at[i] + 5_000, wamid=f"wamid.{i}") for i in some]
    error = ErrorSeen(131026, fbtrace_id="x")
    failed = told(Status.FAILED, at[first] + 7_000, wamid=f"wamid.{first}", errors=(error,))
    attic.shelf.learn([*sends, *stamps, failed])


def local(i: int) -> str:
    return f"01920000-0000-7000-8000-{i:012d}"


def live(attic: Attic) -> int:
    with attic.shelf.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(schema.messages)).scalar_one()


def rows(attic: Attic) -> dict[str, int]:
    """How many rows each table that belongs to messages has."""
    tables = (schema.messages, schema.local_ids, schema.message_errors, schema.participants)
    with attic.shelf.database.reading() as connection:
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}


# ---------------------------------------------------------------- there and back


@settings(max_examples=examples(12))
@given(some=st.lists(facts, max_size=25))
def test_what_was_archived_and_restored_is_as_it_was(lasting_shelf: Shelf, some: list[Fact]) -> None:
    lasting_shelf.clear()
    lasting_shelf.learn(some)
    lasting_shelf.settle(T0)
    before, folder = lasting_shelf.picture(), Path(tempfile.mkdtemp(dir=lasting_shelf.place.folder))
    attic = Attic(lasting_shelf, folder, T0)
    attic.pass_days(150)
    attic.archive()

    assert live(attic) == 0
    assert rows(attic) == dict.fromkeys(rows(attic), 0)
    parts = attic.books.parts()
    if parts:
        attic.archiving.restore(parts[-1].day, parts[0].day, 30, "test")
    assert lasting_shelf.picture() == before
    assert attic.books.parts() == []
    assert list(folder.iterdir()) == []


def test_a_message_is_archived_with_every_word(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    attic.archive()

    first, *_ = attic.held()
    assert (first.at, first.user, first.template_name) == (T0, "u0", TEMPLATES[0].name)
    assert (first.status, first.direction, first.delivered_after) == ("delivered", "outbound", 5_000)
    assert first.errors is not None
    assert first.local_ids is not None


# ---------------------------------------------------------------- what is due


def test_a_day_is_archived_when_its_time_is_over_and_not_before(attic: Attic) -> None:
    learn(attic, 2)
    learn(attic, 2, offset=DAY, first=10)
    attic.clock.turn_to(T0 + 20 * DAY)
    attic.books.note(attic.clock.now())
    attic.clock.turn_to((day_of(T0) + 1 + LIVE_DAYS) * DAY - 1)
    attic.archive()
    assert live(attic) == 4

    attic.clock.turn_to((day_of(T0) + 1 + LIVE_DAYS) * DAY)
    attic.archive()

    assert live(attic) == 2
    assert [part.day for part in attic.books.parts()] == [day_of(T0)]
    assert archived_before(attic.clock.now(), LIVE_DAYS) == (day_of(T0) + 1) * DAY


def test_what_was_imported_lately_stays_for_a_while_however_old_it_is(attic: Attic) -> None:
    attic.clock.turn_to(T0 + 200 * DAY)
    attic.books.note(attic.clock.now())
    learn(attic, 2)
    attic.pass_days(8)
    attic.archive()
    assert live(attic) == 2

    attic.pass_days(2)
    attic.archive()

    assert live(attic) == 0


def test_of_an_old_day_that_gets_more_another_file_is_made(attic: Attic) -> None:
    learn(attic, 2)
    attic.pass_days(92)
    attic.archive()
    learn(attic, 3, first=10)
    attic.pass_days(10)
    attic.archive()

    assert sorted(part.held for part in attic.books.parts()) == [2, 3]
    assert len({each.id for each in attic.held()}) == 5


def test_ids_of_archived_messages_are_not_given_out_again(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    attic.archive()

    learn(attic, 1, offset=92 * DAY, first=10)

    with attic.shelf.database.reading() as connection:
        assert connection.execute(select(schema.messages.c.id)).scalar_one() > max(each.id for each in attic.held())


def test_a_day_is_split_into_files_that_are_not_too_large(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "PART_ROWS", 4)
    monkeypatch.setattr(archives, "PAGE", 3)
    learn(attic, 9)
    attic.pass_days(92)
    attic.archive()

    assert sorted(part.held for part in attic.books.parts()) == [1, 4, 4]
    assert sorted(each.user or "" for each in attic.held()) == [f"u{i}" for i in range(9)]


# ---------------------------------------------------------------- figures


def test_figures_and_verdicts_of_an_archived_day_are_what_they_were(attic: Attic) -> None:
    learn(attic, 40)
    before = attic.shelf.picture()["rollups"]
    attic.pass_days(92)
    attic.archive()

    assert live(attic) == 0
    assert attic.shelf.picture()["rollups"] == before


def test_rebuild_leaves_archived_days_out_and_still_finds_what_differs_later(attic: Attic) -> None:
    learn(attic, 3)
    learn(attic, 3, offset=30 * DAY, first=10)
    attic.pass_days(92)
    attic.archive()
    assert live(attic) == 3
    with recounting(attic.shelf.database, country_of) as recount:
        assert differences(recount, lambda _done, _total: None) == {}

    with attic.shelf.database.writing() as connection:
        later = schema.rollups.c.bucket >= day_of(T0 + 30 * DAY)
        connection.execute(update(schema.rollups).where(schema.rollups.c.tier == 3, later).values(n=99))
    with recounting(attic.shelf.database, country_of) as recount:
        assert differences(recount, lambda _done, _total: None)


# ---------------------------------------------------------------- changes meanwhile


def test_a_message_that_changes_after_its_file_was_written_stays_live(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)

    def late() -> None:
        attic.shelf.learn([told(Status.READ, HOUR, wamid="wamid.1")])

    attic.with_store(ThenStore(attic.store, late)).step()

    (part,) = attic.books.parts()
    assert (part.held, live(attic)) == (2, 1)
    assert {each.user for each in attic.held()} == {"u0", "u2"}


def test_of_two_processes_that_archive_the_same_day_one_does(attic: Attic) -> None:
    learn(attic, 5)
    attic.pass_days(92)

    def other() -> None:
        attic.archiving.step()

    attic.with_store(ThenStore(attic.store, other)).step()

    assert live(attic) == 0
    assert [part.held for part in attic.books.parts()] == [5]
    assert len(list(attic.store.path.iterdir())) == 1


# ---------------------------------------------------------------- killed


@pytest.mark.parametrize("lives", range(0, 14, 2))
def test_whenever_it_is_killed_each_message_is_in_one_place(
    attic: Attic, monkeypatch: pytest.MonkeyPatch, lives: int
) -> None:
    monkeypatch.setattr(archives, "PAGE", 2)
    monkeypatch.setattr(parquet, "PAGE", 2)
    learn(attic, 7)
    before, every = attic.shelf.picture(), sorted(attic.everywhere())
    attic.pass_days(92)

    with suppress(Killed):
        attic.with_store(MortalStore(attic.store, lives)).step()
    assert sorted(attic.everywhere()) == every

    attic.archive()
    assert (live(attic), len(attic.held())) == (0, 7)

    with suppress(Killed):
        attic.with_store(MortalStore(attic.store, lives)).restore(day_of(T0), day_of(T0), 30, "test")
    assert sorted(attic.everywhere()) == every
    attic.archive()
    if not attic.books.parts():
        assert attic.shelf.picture() == before


def test_what_a_killed_process_left_in_the_folder_goes_after_a_day(attic: Attic) -> None:
    learn(attic, 5)
    attic.pass_days(92)
    with suppress(Killed):
        attic.with_store(MortalStore(attic.store, 2)).step()
    for each in attic.store.path.iterdir():
        os.utime(each, (T0 / 1000, T0 / 1000))
    attic.archive()

    assert [each.name for each in attic.store.path.iterdir()] == [part.name for part in attic.books.parts()]


# ---------------------------------------------------------------- trouble with files


def test_a_disk_that_takes_nothing_leaves_everything_live(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    attic.store.path.write_text("this is no folder")

    with pytest.raises(StoreUnavailable, match="archive"):
        attic.archive()

    assert (live(attic), attic.books.parts()) == (3, [])


def test_what_is_not_read_back_as_it_was_written_is_no_archive(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    read = parquet.read
    monkeypatch.setattr(parquet, "read", lambda path: ([each._replace(at=1) for each in page] for page in read(path)))

    with pytest.raises(ArchiveDamaged):
        attic.archive()

    assert (live(attic), list(attic.store.path.iterdir())) == (3, [])


def test_a_file_that_was_damaged_or_taken_away_is_told_and_nothing_is_lost_for_it(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    attic.archive()
    (part,) = attic.books.parts()
    assert attic.archiving.verify(part) == ""

    path = attic.store.path / part.name
    path.write_bytes(path.read_bytes()[:-9] + b"x" * 9)
    assert "not as it was written" in attic.archiving.verify(part)
    with pytest.raises(ArchiveDamaged):
        attic.archiving.restore(part.day, part.day, 30, "test")

    path.unlink()
    assert "is gone" in attic.archiving.verify(part)


# ---------------------------------------------------------------- later


def test_what_was_restored_stays_for_its_time_and_is_then_archived_again(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    attic.archive()

    assert attic.archiving.restore(day_of(T0), day_of(T0), 30, "test") == 3
    attic.pass_days(29)
    attic.archive()
    assert live(attic) == 3

    attic.pass_days(2)
    attic.archive()
    assert live(attic) == 0


def test_days_that_are_not_archived_cannot_be_restored(attic: Attic) -> None:
    with pytest.raises(NotFound, match="archive list"):
        attic.archiving.restore(1, 2, 30, "test")


def test_an_archive_is_deleted_when_its_time_is_over_and_that_is_in_the_audit_trail(attic: Attic) -> None:
    learn(attic, 3)
    attic.pass_days(92)
    attic.archive()
    attic.clock.turn_to((day_of(T0) + LIVE_DAYS + KEEP_DAYS) * DAY)
    attic.archive()
    assert len(attic.books.parts()) == 1

    attic.clock.turn_to((day_of(T0) + 1 + LIVE_DAYS + KEEP_DAYS) * DAY)
    attic.archive()

    assert (attic.books.parts(), list(attic.store.path.iterdir())) == ([], [])
    with attic.shelf.database.reading() as connection:
        t = schema.audit_entries.c
        assert list(connection.execute(select(t.action).order_by(t.id)).scalars()) == [
            "messages_archived",
            "archive_deleted",
        ]
