"""What goes when its time is over, what stays, and that a purge ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.schema import Table

from tests.support.facts import DAY, HOUR, T0, told
from tests.support.places import ON_EACH, Place
from tests.support.system import Bench
from wabawatch.domain.facts import Status
from wabawatch.flows.digest import Digest
from wabawatch.flows.retention import Retention
from wabawatch.ports import DIGESTED, Body, BodyKind, BodySource, StoredBody
from wabawatch.storage import counts
from wabawatch.storage.forwards import SqlForwards
from wabawatch.storage.kept_bodies import KeptBodies
from wabawatch.storage.kept_hours import KeptHours
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.schema import bodies, counters, kept_hours, rollups

pytestmark = ON_EACH

NOW = T0 + HOUR
BODY_DAYS = 7
LONG_AGO = NOW - 30 * DAY


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


def dumped(content: bytes, source: BodySource = BodySource.IMPORT) -> Body:
    return Body(BodyKind.WEBHOOK, LONG_AGO, content, source=source)


def digest(bench: Bench, *accepted: Body) -> None:
    """Each of *accepted* tells of one message, sent when it was received; but `poison` tells nobody anything."""

    def understand(stored: StoredBody) -> list[object]:
        if stored.body.content == b"poison":
            raise ValueError
        return [told(Status.SENT, stored.body.received_at - T0, wamid=f"wamid.{stored.body.content.decode()}")]

    bench.accept(list(accepted))
    flow = Digest(bench.inbox, bench.shelf.books, understand, bench.clock)  # type: ignore[arg-type]
    while flow.step() or flow.retry():
        pass


def retention(bench: Bench) -> Retention:
    raw, hours = RawBodies(bench.shelf.database, bench.shelf.keyring), KeptHours(bench.shelf.database)
    bodies = KeptBodies(bench.shelf.database, bench.shelf.keyring, bench.inbox, raw)
    waiting = bodies, SqlForwards(bench.shelf.database)
    return Retention(bench.figures, bench.figures, raw, *waiting, hours, bench.inbox, bench.clock, BODY_DAYS)


def pass_days(bench: Bench, days: int, step: int = 4 * HOUR) -> None:
    """Let *days* pass, with a purge each *step*."""
    flow = retention(bench)
    until = bench.clock.now() + days * DAY
    while bench.clock.now() < until:
        while flow.pack() or flow.drop():
            pass
        bench.clock.turn_to(bench.clock.now() + step)


def size(bench: Bench, table: Table) -> int:
    with bench.shelf.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def kept_raw(bench: Bench) -> int:
    raw = RawBodies(bench.shelf.database, bench.shelf.keyring)
    return len(list(raw.read_range(0, NOW + 100 * DAY)))


def test_an_old_dump_that_is_imported_again_a_week_later_is_known(bench: Bench) -> None:
    digest(bench, dumped(b"a"))
    pass_days(bench, 7)

    digest(bench, dumped(b"a"))

    assert bench.status().bodies.duplicates == 1


def test_an_imported_body_is_kept_for_replay_as_long_as_any_other(bench: Bench) -> None:
    digest(bench, dumped(b"a"))
    pass_days(bench, BODY_DAYS - 1)
    assert kept_raw(bench) == 1

    pass_days(bench, 2)

    assert kept_raw(bench) == 0


def test_when_its_time_is_over_the_log_forgets_a_body(bench: Bench) -> None:
    digest(bench, dumped(b"a"))
    pass_days(bench, 9)
    assert size(bench, bodies) == 0
    assert bench.inbox.waiting(0) == 0
    assert bench.figures.mark(DIGESTED) == bench.inbox.newest()


def test_a_body_that_is_set_aside_stays_counted_and_shown(bench: Bench) -> None:
    digest(bench, dumped(b"poison", BodySource.LIVE), dumped(b"a"))
    for _ in range(5):
        bench.clock.turn_to(bench.clock.now() + HOUR)
        digest(bench)

    pass_days(bench, 9)

    assert (bench.status().bodies.parked, bench.status().bodies.backlog) == (1, 0)
    assert size(bench, bodies) == 1


def test_of_the_hours_only_those_are_remembered_that_are_still_of_use(bench: Bench) -> None:
    pass_days(bench, 9, step=HOUR)

    assert 8 * 24 <= size(bench, kept_hours) <= 8 * 24 + 2


def test_a_purge_goes_in_slices_ends_and_takes_all_that_is_old(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "DROPPED_ROWS", 7)
    digest(bench, *(dumped(b"%d" % i) for i in range(20)))
    old = size(bench, rollups) + size(bench, counters)
    bench.clock.turn_to(NOW + 5_000 * DAY)
    flow, steps = retention(bench), 1
    while flow.drop():
        steps += 1

    day_rows = size(bench, rollups) + size(bench, counters)
    assert steps > (old - day_rows) / 14
    with bench.shelf.database.reading() as connection:
        assert connection.execute(select(func.max(rollups.c.tier).filter(rollups.c.tier < 3))).scalar() is None


def test_slices_take_exactly_what_one_sweep_would(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    for rows in (3, 10_000):
        monkeypatch.setattr(counts, "DROPPED_ROWS", rows)
        bench = Bench(place.beside(str(rows)), NOW)
        digest(bench, dumped(b"a"), Body(BodyKind.WEBHOOK, NOW, b"b"))
        flow = retention(bench)
        while flow.drop():
            pass
        with bench.shelf.database.reading() as connection:
            left.append(sorted(counts.read_all(connection)))
        bench.close()

    assert left[0] == left[1]
    assert left[0]


def test_a_clock_that_was_wrong_makes_nothing_old(bench: Bench) -> None:
    digest(bench, dumped(b"a", BodySource.LIVE))
    pass_days(bench, 1)
    right = bench.clock.now()

    bench.clock.turn_to(0)  # as a machine that has not asked for the time yet
    retention(bench).drop()
    bench.clock.turn_to(right)
    pass_days(bench, 1)

    assert kept_raw(bench) == 1
    assert size(bench, bodies) == 1
