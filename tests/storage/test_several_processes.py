"""Several processes on one PostgreSQL: each takes bodies, and whatever came counts once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.books import HandClock
from tests.support.places import PostgresPlace, the_postgres
from tests.support.postgres import PostgresServer
from tests.support.system import bodies_of
from wabawatch.app import System
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, BodyKind
from wabawatch.settings import load
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage.dialect import WRITER_LOCK, is_outage
from wabawatch.storage.listener import Listener
from wabawatch.storage.recounting import recounting
from wabawatch.storage.sealed import Keyring

T0 = 1_795_000_000_000 - 1_795_000_000_000 % 60_000
PATIENCE_S = 60


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PostgresPlace]:
    place = PostgresPlace(tmp_path)
    yield place
    place.close()


def system(place: PostgresPlace) -> System:
    settings = load({"WABAWATCH_DATA_DIR": str(place.folder / "data"), "DATABASE_URL": place.url()})
    return System(settings, HandClock(T0 + 36_000_000))


def test_bodies_that_two_take_and_digest_at_once_count_once(place: PostgresPlace) -> None:
    simulation = Simulation(11, 200, T0, 80 * 60_000, Mix.nasty())
    bodies = bodies_of(simulation)
    with closing(system(place)) as one, closing(system(place)) as other:
        barrier = threading.Barrier(2)

        def work(mine: System, share: list[Body]) -> None:
            barrier.wait()
            for start in range(0, len(share), 20):
                mine.inbox.append_all(share[start : start + 20])
                mine.drain()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, (one, other), (bodies[::2], bodies[1::2])))
        for each in (one, other):
            each.drain()
        counted = one.status.status(0)

        assert counted.bodies.processed == sum(body.kind is BodyKind.WEBHOOK for body in bodies)
        assert (counted.bodies.backlog, counted.bodies.parked) == (0, 0)
        assert counted.assessment.messages.attempted == simulation.totals(T0 + 36_000_000)["attempted"]
        with recounting(one.database, country_of) as books:
            assert differences(books, lambda done, total: None) == {}


def test_blocks_become_visible_in_the_order_of_their_numbers(place: PostgresPlace) -> None:
    """A reader that goes by numbers looks all the time, and misses none of what two writers keep."""
    ring, database = Keyring.generate(), place.database()
    inboxes = [place.inbox(place.database(), ring) for _ in range(2)]
    seen: list[int] = []
    reader = place.inbox(database, ring)

    def write(number: int) -> None:
        for _ in range(100):
            inboxes[number].append_all([Body(BodyKind.WEBHOOK, 1, b"{}")])

    def read() -> None:
        after = 0
        while len(seen) < 200:
            for stored in reader.read(after, 50):
                seen.append(stored.id)
                after = stored.id

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(read), *(pool.submit(write, number) for number in range(2))]:
            done.result(PATIENCE_S)
    for inbox in (*inboxes, reader):
        inbox.close()

    assert seen == sorted(set(seen))
    assert len(seen) == 200


def test_what_one_keeps_rings_at_the_other(place: PostgresPlace) -> None:
    rung = threading.Event()
    listener = Listener(place.database(), rung.set)
    inbox = place.inbox(place.database(), Keyring.generate())
    listener.start()
    assert rung.wait(PATIENCE_S), "it looks once when it has begun to listen"
    rung.clear()

    inbox.append_all([Body(BodyKind.WEBHOOK, 1, b"{}")])

    assert rung.wait(PATIENCE_S)
    listener.close()
    inbox.close()


def test_whoever_waits_too_long_for_the_others_is_told_and_loses_nothing(place: PostgresPlace) -> None:
    database, other = place.database(), place.database()
    with other.writing(), database.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
        with pytest.raises(DBAPIError) as error:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    assert is_outage(error.value)
    with database.writing():
        pass


def test_a_database_that_only_reads_takes_no_body_and_says_so(place: PostgresPlace) -> None:
    database = place.database()
    inbox = place.inbox(database, Keyring.generate())
    name = str(database.engine.url.database)
    the_postgres().execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.engine.dispose()

    with pytest.raises(StoreUnavailable, match="does not answer"):
        inbox.append_all([Body(BodyKind.WEBHOOK, 1, b"{}")])
    inbox.look_again()
    assert "read only" in inbox.trouble()

    the_postgres().execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    database.engine.dispose()
    inbox.look_again()
    assert inbox.trouble() == ""
    assert inbox.newest() == 0, "what was tried was taken back"
    inbox.close()


def test_a_server_that_stops_is_unavailable_and_found_again_when_it_is_back(tmp_path: Path) -> None:
    server = PostgresServer()
    try:
        with server.database() as url, closing(_open(url, tmp_path)) as opened:
            opened.inbox.append_all([Body(BodyKind.WEBHOOK, 1, b"{}")])
            server.kill()

            with pytest.raises(StoreUnavailable, match="does not answer"):
                opened.inbox.append_all([Body(BodyKind.WEBHOOK, 2, b"{}")])
            with pytest.raises(StoreUnavailable), opened.database.writing():
                pass
            assert opened.inbox.trouble()
            assert opened.database.trouble()

            server.start()
            opened.look_again()
            assert (opened.inbox.trouble(), opened.database.trouble()) == ("", "")
            opened.inbox.append_all([Body(BodyKind.WEBHOOK, 3, b"{}")])
            opened.drain()
            assert opened.status.status(0).bodies.processed == 2
    finally:
        server.close()


def _open(url: str, folder: Path) -> System:
    return System(load({"WABAWATCH_DATA_DIR": str(folder / "data"), "DATABASE_URL": url}))
