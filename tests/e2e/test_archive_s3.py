"""The archive in a bucket of a real S3-compatible store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.e2e.test_archive import DAY_NAME, fill
from tests.support.archives import Attic
from tests.support.books import Shelf
from tests.support.command import run
from tests.support.facts import T0, recorded
from tests.support.s3 import s3_store

from wabawatch.archives.bucket import Bucket, BucketPlace
from wabawatch.domain.errors import ArchiveDamaged, StoreUnavailable


@pytest.fixture
def place(tmp_path: Path) -> Iterator[BucketPlace]:
    with s3_store(tmp_path / "store") as place:
        yield place


@pytest.fixture
def attic(tmp_path: Path) -> Iterator[Attic]:
    shelf = Shelf(tmp_path / "books")
    shelf.learn([recorded(i * 1_000, wamid=f"wamid.{i}") for i in range(5)])
    attic = Attic(shelf, tmp_path / "unused", T0)
    attic.pass_days(100)
    yield attic
    shelf.database.close()


def in_bucket(tmp_path: Path) -> list[Path]:
    return [each for each in (tmp_path / "store").rglob("*") if each.is_file()]


def test_a_day_goes_to_the_bucket_and_comes_back(attic: Attic, place: BucketPlace, tmp_path: Path) -> None:
    before = attic.shelf.picture()
    archiving = attic.with_store(Bucket(place))
    while archiving.step():
        pass

    (part,) = attic.books.parts()
    assert [str(each.relative_to(tmp_path / "store")) for each in in_bucket(tmp_path)] == [
        f"archive/waba/watch/{part.name}"
    ]
    assert attic.shelf.picture()["messages"] == []
    assert archiving.verify(part) == ""

    archiving.restore(part.day, part.day, 30, "test")
    assert attic.shelf.picture() == before
    assert in_bucket(tmp_path) == []


def test_files_that_belong_to_nothing_go_when_they_are_old(attic: Attic, place: BucketPlace, tmp_path: Path) -> None:
    bucket = Bucket(place)
    stored = bucket.keep("messages-2026-05-03-00000000000000ff.parquet", attic.books.pages(T0 // 86_400_000, 2**60))
    assert stored.rows == 5
    (path,) = in_bucket(tmp_path)
    at = int(path.stat().st_mtime * 1_000)
    assert bucket.names(at - 60_000) == []
    assert bucket.names(at + 60_000) == [path.name]

    bucket.delete(path.name)
    bucket.delete(path.name)
    assert in_bucket(tmp_path) == []


def test_what_is_wrong_with_the_store_is_told_and_nothing_is_removed(
    attic: Attic, place: BucketPlace, tmp_path: Path
) -> None:
    elsewhere = msgspec.structs.replace(place, endpoint="http://127.0.0.1:1")
    wrong_key = msgspec.structs.replace(place, secret_key="another")
    no_bucket = msgspec.structs.replace(place, bucket="none-of-ours")
    for each in (wrong_key, no_bucket, elsewhere):
        with pytest.raises(StoreUnavailable, match="nothing is removed") as told:
            attic.with_store(Bucket(each)).step()
        assert place.secret_key not in str(told.value)
    assert len(attic.everywhere()) == 5

    archiving = attic.with_store(Bucket(place))
    archiving.step()
    (part,), (path,) = attic.books.parts(), in_bucket(tmp_path)
    path.write_bytes(b"x" * part.bytes)
    with pytest.raises(ArchiveDamaged):
        archiving.restore(part.day, part.day, 30, "test")
    Bucket(place).delete(part.name)
    with pytest.raises(ArchiveDamaged, match="is gone"):
        list(Bucket(place).read(part.name, part.sha256))
    assert place.secret_key not in repr(place)


def test_the_commands_work_on_a_bucket(place: BucketPlace, tmp_path: Path) -> None:
    folder = tmp_path / "installation"
    fill(folder)
    settings = {
        "WABAWATCH_ARCHIVE_BUCKET": "s3://archive/waba/watch",
        "WABAWATCH_ARCHIVE_BUCKET_ENDPOINT": place.endpoint,
        "WABAWATCH_ARCHIVE_BUCKET_ACCESS_KEY": place.access_key,
        "WABAWATCH_ARCHIVE_BUCKET_SECRET_KEY": place.secret_key,
    }
    (made,) = json.loads(run(folder, "archive", "run", "--json", settings=settings).stdout)
    assert made["messages"] == 3
    assert json.loads(run(folder, "archive", "list", "--json", settings=settings).stdout)["place"] == str(place)
    assert len(run(folder, "logs", "--archived", "--json", settings=settings).stdout.splitlines()) == 3
    assert run(folder, "archive", "restore", DAY_NAME, settings=settings).stdout.startswith("3 messages are live")
