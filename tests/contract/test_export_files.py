"""A file holds every message that a search finds, once, in order, in small pages; on every database."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exports.files import read_back
from tests.support.books import Shelf
from tests.support.facts import DAY, HOUR, NUMBERS, T0, recorded, told
from tests.support.views import emptied
from wabawatch.app_export_child import SqlSource, written
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Format, Order, Progress
from wabawatch.domain.facts import Fact, Person, Status
from wabawatch.domain.search import MessageFilter, State
from wabawatch.exports.making import PART, make

N = 25
ALL = MessageFilter(since=T0, until=T0 + DAY)


def wamid(i: int) -> str:
    return f"wamid.HBgLMTU1NTAwMDAw{i:02}VAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"


def world() -> list[Fact]:
    facts: list[Fact] = []
    for i in range(N):
        who = {"wamid": wamid(i), "number": NUMBERS[i % 2], "person": Person(phone=f"155500000{i:02}")}
        facts.append(recorded(i * HOUR // 2, user_id=f"=user-{i}", **who))
        facts.append(told(Status.FAILED if i % 5 == 0 else Status.DELIVERED, i * HOUR // 2 + 1_000, **who))
    return facts


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    emptied(lasting_shelf, world())
    return lasting_shelf


def file_of(shelf: Shelf, path: Path, wanted: MessageFilter, page: int = 4, **more: Any) -> list[dict[str, Any]]:
    order = Order(**{"format": Format.JSONL, "columns": NAMES, **more})
    make(SqlSource.of(shelf.database), order, wanted, path, lambda _: None, page)
    return [dict(zip(order.columns, row, strict=True)) for row in read_back(path.read_bytes(), order)]


@pytest.mark.parametrize("format", Format)
def test_everything_is_in_it_once_the_newest_first(shelf: Shelf, tmp_path: Path, format: Format) -> None:
    rows = file_of(shelf, tmp_path / "file", ALL, format=format, is_masked=False)

    assert [row["wamid"] for row in rows] == [wamid(i) for i in reversed(range(N))]
    assert [row["user_id"] for row in rows] == [f"=user-{i}" for i in reversed(range(N))]
    assert [row["at"] for row in rows] == [T0 + i * HOUR // 2 for i in reversed(range(N))]


def test_only_what_is_wanted_is_in_it(shelf: Shelf, tmp_path: Path) -> None:
    failed = replace(ALL, states=(State.FAILED,), until=T0 + 10 * HOUR)
    rows = file_of(shelf, tmp_path / "file", failed, is_masked=False, columns=("wamid", "status"))

    assert rows == [{"wamid": wamid(i), "status": "failed"} for i in (15, 10, 5, 0)]
    assert file_of(shelf, tmp_path / "file", replace(ALL, templates=("nowhere",))) == []
    assert len(file_of(shelf, tmp_path / "file", replace(ALL, wamids=(wamid(3),)))) == 1


def test_masked_nothing_in_it_tells_who_they_are(shelf: Shelf, tmp_path: Path) -> None:
    rows = file_of(shelf, tmp_path / "file", ALL)

    text = (tmp_path / "file").read_text()
    assert "155500" not in text
    assert "HBgLMTU1" not in text
    assert {row["wamid"] for row in rows} == {"wamid.•••"}


def test_it_is_whole_or_not_there_and_nobody_else_may_read_it(shelf: Shelf, tmp_path: Path) -> None:
    path, order = tmp_path / "file", Order(Format.CSV, NAMES)
    path.with_name("file" + PART).write_text("of an earlier try, and much longer than what will be there" * 1_000)

    made = written(shelf.database, order, ALL, path, lambda _: None)

    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    assert (made.rows, made.bytes, made.sha256) == (N, len(content), hashlib.sha256(content).hexdigest())

    def fall(_: Progress) -> None:
        raise OSError(28, "No space left on device")

    path.unlink()
    with pytest.raises(OSError, match="No space"):
        written(shelf.database, order, ALL, path, fall)
    assert list(tmp_path.iterdir()) == []


def test_how_far_it_is_is_told_and_never_goes_back(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wabawatch.exports.making.TOLD_EVERY_S", -1)
    told: list[Progress] = []

    make(SqlSource.of(shelf.database), Order(Format.CSV, NAMES), ALL, tmp_path / "file", told.append, 4)

    assert told[0] == Progress(0, 0.0, told[0].at_most)
    assert told[-1] == Progress(N, 1.0, told[0].at_most)
    assert told == sorted(told)
    assert any(0 < each.share < 1 for each in told)
    assert told[0].at_most >= N


def test_a_message_that_comes_meanwhile_does_not_move_the_pages(shelf: Shelf, tmp_path: Path) -> None:
    late: list[int] = []

    class Busy(SqlSource):
        def search(self, wanted: Any, after: Any, limit: int) -> Any:
            found = super().search(wanted, after, limit)
            late.append(1)
            shelf.learn([recorded(2 * DAY + len(late), wamid=f"wamid.late{len(late)}", number=NUMBERS[0])])
            return found

    base = SqlSource.of(shelf.database)
    path, order = tmp_path / "file", Order(Format.JSONL, ("wamid",), is_masked=False)

    made = make(Busy(base.database, base.messages), order, ALL, path, lambda _: None, 4)

    assert made.rows == N
    assert len(late) > 5
