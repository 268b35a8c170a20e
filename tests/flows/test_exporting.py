"""Files that were asked for are made one by one, never offered half, and deleted in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.books import HandClock
from tests.support.exports import ScriptedMaker, names_in
from tests.support.facts import DAY, HOUR, MINUTE, T0
from tests.support.places import MemoryPlace
from wabawatch.domain.errors import BadRequest, Conflict, Forbidden, NotFound, StoreUnavailable, TooMany
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Broken, Export, ExportState, Format, Made, Order, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.shelf import Shelf
from wabawatch.flows.export_desk import Asker, ExportDesk
from wabawatch.flows.exporting import Exporting
from wabawatch.storage.exports import SqlExports
from wabawatch.storage.sealed import Keyring

ORDER = Order(Format.CSV, NAMES)
WHOLE = Order(Format.CSV, NAMES, is_masked=False)
ANYTHING = MessageFilter()
ANN, BOB = Asker("user:1", may_unmask=False, sees_all=False), Asker("user:2", may_unmask=True, sees_all=False)
ADMIN = Asker("user:3", may_unmask=True, sees_all=True)
MADE = Made(5, 0, 5, "ab" * 32)


class Office:
    """A desk and the process behind it, with a maker that does as it is told."""

    def __init__(self, folder: Path, place: MemoryPlace) -> None:
        self.folder = folder / "exports"
        self.clock = HandClock(T0)
        self.book = SqlExports(place.database(), Keyring.generate())
        self.shelf = Shelf(self.folder)
        self.maker = ScriptedMaker()
        self.rung = 0
        self.reserve = 0
        self.exporting = self.process("a")
        self.restock(0)

    def restock(self, reserve: int) -> None:
        keys = (f"{n:032x}" for n in range(1, 100))
        self.desk = ExportDesk(self.book, self.shelf, self.clock, lambda: next(keys), 7 * DAY, 2, reserve, self.ring)
        self.exporting = self.process("a", reserve)

    def process(self, holder: str, reserve: int = 0) -> Exporting:
        return Exporting(self.book, self.maker, self.shelf, self.clock, holder, 7 * DAY, reserve)

    def ring(self) -> None:
        self.rung += 1

    def work(self, steps: int = 10) -> None:
        for _ in range(steps):
            self.exporting.step()

    def state(self, export: Export) -> ExportState:
        return self.desk.one(ADMIN, export.key).state


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    place = MemoryPlace(tmp_path / "books")
    yield Office(tmp_path, place)
    place.close()


def test_what_is_asked_for_is_made_and_can_be_had(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    assert office.rung == 1
    office.maker.will(Progress(2, 0.5, 5), MADE)
    office.work()

    done, path = office.desk.file(ANN, export.key)

    assert (done.state, done.made, done.expires_at) == (ExportState.DONE, MADE, T0 + 7 * DAY)
    assert path.read_text() == "whole"
    assert names_in(office.folder) == [done.file_name]


def test_the_range_is_fixed_when_it_is_asked_for(office: Office) -> None:
    usual = office.desk.request(ANN, ORDER, ANYTHING)
    given = office.desk.request(ANN, ORDER, MessageFilter(since=T0 - DAY * 9, until=T0 - DAY))
    office.desk.cancel(ANN, usual.key)
    known = office.desk.request(ANN, ORDER, MessageFilter(wamids=("wamid.x",)))

    assert (usual.wanted.since, usual.wanted.until) == (T0 - DAY, T0)
    assert (given.wanted.since, given.wanted.until) == (T0 - DAY * 9, T0 - DAY)
    assert known.wanted.since is None
    with pytest.raises(BadRequest, match="not after since"):
        office.desk.request(BOB, ORDER, MessageFilter(since=T0 + 1))


def test_how_far_it_is_can_be_seen(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(Progress(2, 0.5, 5))
    office.work(2)
    office.clock.turn_to(T0 + 3_000)
    office.work(1)

    found = office.desk.one(ANN, export.key)
    assert (found.state, found.progress) == (ExportState.RUNNING, Progress(2, 0.5, 5))
    with pytest.raises(Conflict, match="this export is running"):
        office.desk.file(ANN, export.key)


def test_what_is_cancelled_leaves_nothing(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.work(2)
    office.desk.cancel(ANN, export.key)
    office.clock.turn_to(T0 + 3_000)
    office.work(1)

    assert office.maker.begun[0].is_ended
    assert names_in(office.folder) == []
    assert office.state(export) is ExportState.CANCELLED
    assert office.exporting.step() is False
    with pytest.raises(Conflict, match="not under way"):
        office.desk.cancel(ANN, export.key)


def test_one_cancelled_at_the_last_moment_is_not_offered(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(MADE)
    office.work(1)
    office.desk.cancel(ANN, export.key)
    office.work(1)

    assert names_in(office.folder) == []
    assert office.state(export) is ExportState.CANCELLED


def test_after_a_crash_another_process_begins_it_anew_with_a_clean_file(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.work(2)  # and this process is gone
    office.exporting = office.process("b")
    assert office.exporting.step() is False
    office.clock.turn_to(T0 + MINUTE)
    office.maker.will(MADE)
    office.work(2)
    office.exporting.clean()

    done, _ = office.desk.file(ANN, export.key)
    assert names_in(office.folder) == [done.file_name] == [f"{export.key}-2.csv"]


def test_what_ends_its_process_every_time_is_given_up(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    for n in range(4):
        office.clock.turn_to(T0 + n * HOUR)
        office.exporting = office.process(f"{n}")
        office.work(2)

    found = office.desk.one(ANN, export.key)
    assert found.state is ExportState.FAILED
    assert "ended 3 times" in found.why
    assert len(office.maker.begun) == 3


def test_a_process_that_stops_lets_the_next_begin_at_once(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.work(2)
    office.exporting.close()
    assert names_in(office.folder) == []
    assert office.state(export) is ExportState.WAITING

    office.exporting = office.process("b")
    office.maker.will(MADE)
    office.work(2)

    assert office.state(export) is ExportState.DONE


def test_how_it_ended_is_written_down_once_the_database_answers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(MADE)
    office.work(1)
    with monkeypatch.context() as patch:
        patch.setattr(SqlExports, "finish", _unavailable)
        with pytest.raises(StoreUnavailable):
            office.exporting.step()
    office.work(1)

    assert office.state(export) is ExportState.DONE


def _unavailable(*_: object) -> bool:
    raise StoreUnavailable("gone")


def test_what_cannot_be_made_says_why(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(Broken("the file cannot be written: No space left on device"))
    office.work()

    assert office.desk.one(ANN, export.key).why == "the file cannot be written: No space left on device"
    assert names_in(office.folder) == []


def test_a_disk_that_is_nearly_full_takes_none_and_one_that_fills_up_ends_it(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.work(1)
    office.restock(2**60)

    with pytest.raises(Conflict, match=r"the disk is nearly full: .* MiB must stay free for webhooks"):
        office.desk.request(ANN, ORDER, ANYTHING)
    office.clock.turn_to(T0 + HOUR)
    office.work()
    office.exporting.clean()

    found = office.desk.one(ANN, export.key)
    assert found.state is ExportState.FAILED
    assert "must stay free for webhooks" in found.why
    assert names_in(office.folder) == []


def test_nobody_fills_the_queue(office: Office) -> None:
    office.desk.request(ANN, ORDER, ANYTHING)
    office.desk.request(ANN, ORDER, ANYTHING)

    with pytest.raises(TooMany, match="2 exports of yours are under way"):
        office.desk.request(ANN, ORDER, ANYTHING)
    assert office.desk.request(BOB, ORDER, ANYTHING).state is ExportState.WAITING


def test_whole_numbers_need_the_right_when_asking_and_when_fetching(office: Office) -> None:
    with pytest.raises(Forbidden, match="whole phone numbers"):
        office.desk.request(ANN, WHOLE, ANYTHING)
    export = office.desk.request(BOB, WHOLE, ANYTHING)
    office.maker.will(MADE)
    office.work()

    assert office.desk.file(BOB, export.key)[1].is_file()
    with pytest.raises(Forbidden, match="whole phone numbers"):
        office.desk.file(BOB._replace(may_unmask=False), export.key)


def test_what_others_asked_for_is_not_there_but_for_who_sees_all(office: Office) -> None:
    export = office.desk.request(BOB, ORDER, ANYTHING)

    assert office.desk.all(ANN) == []
    assert [each.key for each in office.desk.all(ADMIN)] == [export.key]
    for ask in (office.desk.one, office.desk.file, office.desk.cancel, office.desk.delete):
        with pytest.raises(NotFound):
            ask(ANN, export.key)
    office.desk.cancel(ADMIN, export.key)


@pytest.mark.parametrize(
    "key", ["..", "../../keys.json", "", "0" * 31, "%2e%2e%2f", "\0", f"../{1:032x}-1.csv", "/etc/passwd"]
)
def test_no_path_of_anybodys_reaches_the_files(office: Office, key: str) -> None:
    for ask in (office.desk.one, office.desk.file, office.desk.cancel, office.desk.delete):
        with pytest.raises(NotFound):
            ask(ADMIN, key)
    with pytest.raises(ValueError, match="no name"):
        office.shelf.path(key)


def test_what_is_over_goes_with_its_file(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(MADE)
    office.work()
    office.clock.turn_to(T0 + 7 * DAY - 1)
    office.exporting.clean()
    assert len(names_in(office.folder)) == 1

    office.clock.turn_to(T0 + 7 * DAY)
    office.exporting.clean()

    assert names_in(office.folder) == []
    with pytest.raises(NotFound):
        office.desk.one(ANN, export.key)


def test_what_is_deleted_goes_with_its_file_also_while_it_is_made(office: Office) -> None:
    done = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(MADE)
    office.work()
    running = office.desk.request(ANN, ORDER, ANYTHING)
    office.work(2)

    office.desk.delete(ANN, done.key)
    office.desk.delete(ANN, running.key)
    office.clock.turn_to(T0 + 3_000)
    office.work(1)

    assert names_in(office.folder) == []
    assert office.desk.all(ANN) == []


def test_files_that_belong_to_nothing_are_swept_away_and_those_of_others_stay(office: Office) -> None:
    office.shelf.path(f"{9:032x}-1.csv").write_text("of an export that is gone")
    office.shelf.path(f"{9:032x}-1.csv").with_suffix(".csv.part").write_text("half")
    (office.folder / "notes.txt").write_text("not ours")

    office.exporting.clean()

    assert names_in(office.folder) == ["notes.txt"]


def test_a_file_that_somebody_took_away_is_not_there(office: Office) -> None:
    export = office.desk.request(ANN, ORDER, ANYTHING)
    office.maker.will(MADE)
    office.work()
    office.desk.file(ANN, export.key)[1].unlink()

    with pytest.raises(NotFound, match="WABAWATCH_EXPORTS_DIR"):
        office.desk.file(ANN, export.key)
