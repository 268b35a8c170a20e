"""Uptime on every database: looks become incidents and figures, whoever looks and whatever comes between."""

from __future__ import annotations

import pytest

from tests.support.books import HandClock
from tests.support.checks import BOOKS, GRAPH, HOUR, MINUTE, NOW, SHOP, Watch
from tests.support.places import ON_EACH, Place
from wabawatch.domain.checks import Failure, Outcome
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import RUNNING, STOPPED
from wabawatch.storage.checks import SqlChecks
from wabawatch.storage.database import Database

pytestmark = ON_EACH


@pytest.fixture
def database(place: Place) -> Database:
    return place.database()


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database, HandClock(NOW))


def test_meta_down_opens_one_incident_and_its_end_closes_it(watch: Watch) -> None:
    watch.run(10 * MINUTE)
    watch.crew.failing["graph"] = Failure.TIMEOUT
    watch.run(10 * MINUTE)
    del watch.crew.failing["graph"]
    watch.run(10 * MINUTE)

    found = watch.desk.recent(hours=1)
    (incident,) = found.incidents
    assert (incident.check, incident.cause, incident.why) == ("graph", "Meta", "others_answer")
    assert incident.ended_at is not None
    assert found.whole.down == incident.duration_ms(0) > 8 * MINUTE
    assert found.whole.incidents == 1


def test_whoever_wants_to_know_is_told_of_a_change_and_of_nothing_else(watch: Watch) -> None:
    told: list[int] = []
    watch.probing.on_change = lambda: told.append(len(watch.desk.incidents(1)))
    watch.run(5 * MINUTE)
    assert told == []

    watch.crew.failing["graph"] = Failure.TIMEOUT
    watch.run(5 * MINUTE)
    assert told == [1]  # it is in the books by then

    del watch.crew.failing["graph"]
    watch.run(5 * MINUTE)
    assert told == [1, 1]


def test_nothing_on_the_internet_answers_so_it_is_the_network(watch: Watch) -> None:
    watch.run(5 * MINUTE)
    watch.crew.failing |= {"graph": Failure.NAME, "shop": Failure.NAME}
    watch.run(3 * MINUTE)

    assert {(i.check, i.cause) for i in watch.desk.incidents(1)} == {("graph", "network"), ("shop", "network")}


def test_a_witness_is_asked_at_once_when_somebody_does_not_answer(watch: Watch) -> None:
    """It was last asked long before the failure: without hurry its word would be stale."""
    watch.run(5 * MINUTE)
    watch.clock.turn_to(watch.clock.now() + 2 * MINUTE)
    watch.crew.failing["graph"] = Failure.TIMEOUT
    watch.run(MINUTE)

    assert watch.desk.incidents(1)[0].why == "others_answer"


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_by_an_hour_raises_nothing_and_misses_nothing(watch: Watch, jump: int) -> None:
    watch.run(5 * MINUTE)
    looked = len(watch.crew.looked)
    watch.clock.turn_to(watch.clock.now() + jump)
    watch.run(5 * MINUTE)

    assert watch.desk.incidents(0) == []
    assert len(watch.crew.looked) >= looked + 5 * 3


def test_a_process_that_was_paused_while_it_looked_believes_nothing_bad(watch: Watch) -> None:
    watch.run(5 * MINUTE)
    watch.crew.failing["graph"] = Failure.TIMEOUT
    watch.crew.takes_ms = HOUR
    watch.run(10_000)
    watch.crew.takes_ms, watch.crew.failing = 0, {}
    watch.run(5 * MINUTE)

    assert watch.desk.incidents(0) == []
    graph = watch.desk.recent(hours=2).checks[0]
    assert graph.shares.down == 0
    assert graph.shares.unknown >= HOUR


def test_failures_on_both_sides_of_a_restart_with_a_pause_are_no_row(database: Database) -> None:
    clock = HandClock(NOW)
    first = Watch(database, clock)
    first.run(5 * MINUTE)
    first.crew.failing["graph"] = Failure.TIMEOUT
    clock.turn_to(clock.now() + MINUTE)
    first.probing.step()
    clock.turn_to(clock.now() + HOUR)
    second = Watch(database, clock)
    second.crew.failing["graph"] = Failure.TIMEOUT
    second.probing.step()

    assert second.desk.incidents(0) == []


def test_a_restart_goes_on_with_the_incident_that_was_open(database: Database) -> None:
    clock = HandClock(NOW)
    watches = [Watch(database, clock) for _ in range(2)]
    for watch in watches:
        watch.crew.failing["graph"] = Failure.ANSWER
        watch.run(5 * MINUTE, every_ms=20_000)

    (incident,) = watches[0].desk.incidents(0)
    assert incident.failures > 5


def test_stopped_monitoring_looks_at_nothing_and_its_time_is_unknown(watch: Watch) -> None:
    watch.run(10 * MINUTE, every_ms=20_000)
    watch.marks.wanted = STOPPED
    watch.run(HOUR, every_ms=60_000)
    looked = len(watch.crew.looked)
    watch.run(10 * MINUTE)
    whole = watch.desk.over(NOW, watch.clock.now()).whole

    assert len(watch.crew.looked) == looked
    assert whole.uptime == 1.0
    assert whole.unknown > HOUR
    assert whole.period == watch.clock.now() - NOW


def test_two_processes_share_the_checks(database: Database) -> None:
    clock = HandClock(NOW)
    watches = [Watch(database, clock), Watch(database, clock)]
    for _ in range(10 * MINUTE // 5_000):
        for watch in watches:
            watch.probing.step()
        clock.turn_to(clock.now() + 5_000)
    looks = [name for watch in watches for name in watch.crew.looked]

    assert {name: looks.count(name) for name in looks} == {"graph": 10, "shop": 10, "database": 10}


class Broken:
    """Books that do not answer while they are `down`."""

    def __init__(self, books: SqlChecks) -> None:
        self.books, self.down = books, False

    def __getattr__(self, name: str) -> object:
        if self.down:
            raise StoreUnavailable("the database does not answer")
        return getattr(self.books, name)


def test_an_outage_of_the_database_is_written_down_when_it_is_over(watch: Watch) -> None:
    broken = Broken(watch.books)
    watch.probing.books = broken  # type: ignore[assignment]
    watch.run(5 * MINUTE)
    broken.down, watch.crew.failing["database"] = True, Failure.INSIDE
    began = watch.clock.now()
    watch.run(10 * MINUTE)
    broken.down, watch.crew.failing = False, {}
    watch.run(3 * MINUTE)

    (incident,) = watch.desk.incidents(0)
    assert (incident.check, incident.cause, incident.why) == ("database", "us", "store_down")
    assert began <= incident.opened_at < began + 2 * MINUTE
    assert incident.duration_ms(0) >= 8 * MINUTE
    assert watch.desk.over(NOW, watch.clock.now()).checks[0].shares.unknown < 2 * MINUTE


def test_what_cannot_be_told_is_unknown_time(watch: Watch) -> None:
    watch.run(10 * MINUTE)
    watch.crew.unknown.add("graph")
    watch.run(HOUR, every_ms=60_000)
    graph = watch.desk.over(NOW, watch.clock.now()).checks[0]

    assert graph.shares.unknown > 55 * MINUTE
    assert graph.view.outcome is Outcome.UNKNOWN
    assert graph.view.is_stale


def test_percentiles_and_counts_come_from_the_looks(watch: Watch) -> None:
    watch.run(70 * MINUTE, every_ms=60_000)
    graph = watch.desk.recent(hours=3).checks[0]

    assert graph.looks.n == 70
    assert graph.looks.percentile_ms(0.99) == pytest.approx(50, rel=0.03)
    assert len(graph.bars) == 24
    assert set(graph.bars) == {"unknown", "ok"}


def test_incidents_of_checks_that_the_settings_forgot_are_ended(database: Database) -> None:
    clock = HandClock(NOW)
    before = Watch(database, clock)
    before.crew.failing["shop"] = Failure.ANSWER
    before.run(3 * MINUTE)
    after = Watch(database, clock, (GRAPH, BOOKS))
    after.run(MINUTE)

    assert [i.ended_at is None for i in after.desk.incidents(0)] == [False]
    assert [each.name for each in after.books.views(clock.now())] == ["graph", "database"]


def test_old_looks_go_and_their_counts_stay(watch: Watch) -> None:
    watch.run(HOUR, every_ms=60_000)
    late = NOW + 100 * 24 * HOUR
    while watch.books.drop_old(late):
        pass

    assert watch.books.results("graph", 10) == []
    watch.clock.turn_to(late)
    assert watch.desk.over(NOW, late).checks[0].looks.n == 60


def test_the_newest_looks_are_shown_first(watch: Watch) -> None:
    watch.run(5 * MINUTE)
    watch.crew.failing["shop"] = Failure.CERTIFICATE
    watch.run(MINUTE)
    newest = watch.books.results("shop", 3)

    assert [(each.outcome, each.failure) for each in newest[:1]] == [(Outcome.FAILED, Failure.CERTIFICATE)]
    assert newest[0].at > newest[1].at


def test_a_check_is_looked_at_now_when_somebody_asks(watch: Watch) -> None:
    seen = watch.probing.look_now(SHOP.name)

    assert seen is not None
    assert seen.outcome is Outcome.OK
    assert watch.books.results("shop", 1) == [seen]
    assert watch.probing.look_now("nobody") is None


def test_status_tells_the_share_and_how_each_check_stands(watch: Watch) -> None:
    assert watch.marks.wanted == RUNNING
    watch.run(10 * MINUTE, every_ms=20_000)
    watch.crew.failing["graph"] = Failure.ANSWER
    watch.run(10 * MINUTE, every_ms=20_000)
    status = watch.desk.status(None)

    assert status.value == pytest.approx(0.5, abs=0.06)
    # One look more: the second after a failure comes early.
    assert (status.incidents, status.open_incidents, status.n) == (1, 1, 41)
    assert status.checks == {"graph": "failed", "shop": "ok", "database": "ok"}
