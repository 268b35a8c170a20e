"""Files of the archive that cannot be written, are lost, or are somebody else's."""

from __future__ import annotations

import errno
import io
import os
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.contract.test_archiving import learn, live
from tests.support.archives import KEEP_DAYS, LIVE_DAYS, Attic, Killed, MortalStore
from tests.support.books import Shelf
from tests.support.facts import DAY, T0
from tests.support.places import LASTING_ON_EACH
from wabawatch.archives import parquet
from wabawatch.domain.archives import day_of, file_name, strays
from wabawatch.domain.errors import ArchiveDamaged, Conflict, NotFound, StoreUnavailable
from wabawatch.ports import Deed
from wabawatch.storage import archives, schema

pytestmark = LASTING_ON_EACH


@pytest.fixture
def attic(lasting_shelf: Shelf, tmp_path: Path) -> Attic:
    """Two days with three messages each, which are due."""
    lasting_shelf.clear()
    made = Attic(lasting_shelf, tmp_path / "archive", T0)
    learn(made, 3)
    learn(made, 3, offset=DAY, first=10)
    made.pass_days(93)
    return made


class FullDisk(io.BytesIO):
    """Takes so much and no more."""

    def write(self, some: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(some) > 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(some)


def test_a_full_disk_is_told_as_one(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = list(attic.books.pages(day_of(T0), 2**60))
    with pytest.raises(OSError, match="No space left"):
        parquet.write(FullDisk(), pages * 3)

    write = parquet.write
    monkeypatch.setattr(parquet, "write", lambda _file, some: write(FullDisk(), some))
    with pytest.raises(StoreUnavailable, match="No space left on device; nothing is removed until it does"):
        attic.archive()
    assert (live(attic), list(attic.store.path.iterdir())) == (6, [])


def test_files_of_another_installation_in_the_same_folder_stay(attic: Attic) -> None:
    attic.archive()
    ours = {part.name for part in attic.books.parts()}
    home = attic.books.home()
    theirs = file_name(day_of(T0), f"{int(home, 16) ^ 1:06x}", "f" * 10)
    left = file_name(day_of(T0), home, "f" * 10)
    for name in (theirs, left):
        (attic.store.path / name).write_bytes(b"x")
        os.utime(attic.store.path / name, (T0 / 1000, T0 / 1000))

    attic.archive()

    assert {each.name for each in attic.store.path.iterdir()} == {*ours, theirs}
    assert strays([theirs, left], (), home) == [left]


def test_of_days_that_cannot_all_be_read_none_begins_to_be_restored(attic: Attic) -> None:
    attic.archive()
    newest, oldest = attic.books.parts()
    (attic.store.path / newest.name).write_bytes(b"x")

    with pytest.raises(ArchiveDamaged, match="archive forget"):
        attic.archiving.restore(oldest.day, newest.day, 30, "test")

    assert attic.books.parts() == [newest, oldest]
    assert attic.archiving.restore(oldest.day, oldest.day, 30, "test") == 3


def test_a_file_that_is_lost_can_be_given_up_and_one_that_is_whole_cannot(attic: Attic) -> None:
    attic.archive()
    newest, oldest = attic.books.parts()
    (attic.store.path / newest.name).unlink()

    with pytest.raises(Conflict, match="is whole"):
        attic.archiving.forget(oldest.name, "test")
    with pytest.raises(NotFound, match="archive list"):
        attic.archiving.forget("nothing", "test")
    assert attic.archiving.forget(newest.name, "test") == 3

    assert attic.books.parts() == [oldest]
    with attic.shelf.database.reading() as connection:
        t = schema.audit_entries.c
        newest_deed = connection.execute(select(t.action, t.actor).order_by(t.id.desc()).limit(1)).one()
    assert tuple(newest_deed) == ("archive_given_up", "test")


def test_what_a_lost_file_had_not_taken_yet_is_archived_once_it_is_given_up(
    attic: Attic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "PAGE", 1)
    monkeypatch.setattr(parquet, "PAGE", 1)
    with suppress(Killed):
        attic.with_store(MortalStore(attic.store, 7)).step()
    (part,) = attic.books.parts()
    assert 0 < part.moved < part.rows
    (attic.store.path / part.name).unlink()
    with pytest.raises(ArchiveDamaged, match="is gone"):
        attic.archive()

    lost = attic.archiving.forget(part.name, "test")
    attic.archive()

    assert (live(attic), len(attic.held())) == (0, 6 - lost)


def test_what_is_over_goes_although_a_file_is_lost_and_nothing_can_be_written(attic: Attic) -> None:
    attic.archive()
    newest, oldest = attic.books.parts()
    attic.books.begin_restoring([newest.day], T0, T0, Deed("test", "archive_restored"))
    (attic.store.path / newest.name).unlink()
    attic.clock.turn_to((oldest.day + 1 + LIVE_DAYS + KEEP_DAYS) * DAY)

    with pytest.raises(ArchiveDamaged):
        attic.archive()

    assert [part.name for part in attic.books.parts()] == [newest.name]
    assert list(attic.store.path.iterdir()) == []
