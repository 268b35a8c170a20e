"""On PostgreSQL, too, the views spell out what is kept compactly, and messages are found in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storage.test_packed_counts import FATES, NOW, SENDS
from tests.storage.test_short_wamids import wamid
from tests.support.facts import told
from tests.support.postgres import PostgresServer
from wabawatch.domain.facts import Person, Status
from wabawatch.domain.rollups import packed_before
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.ports import CLOSED_UNTIL
from wabawatch.storage import packed_counts
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import migrate
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.views import wamid_of

PEOPLE = {
    wamid("4915112345678"): Person(phone="4915112345678"),
    wamid("0049151"): Person(phone="0049151"),
    "odd": Person(username="jo"),
    "?": Person(bsuid="US.13491208655302741918"),
    wamid("15550001"): Person(bsuid="us.1"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def database(server: PostgresServer) -> Iterator[Database]:
    with server.database() as url:
        database = Database(url)
        migrate(database, 0)
        yield database
        database.close()


def books_of(database: Database) -> SqlBooks:
    return SqlBooks(database, Keyring.generate(), country_of)


def test_messages_are_found_and_shown(database: Database) -> None:
    for status in (Status.SENT, Status.DELIVERED):
        facts = [told(status, 1_000 * i, wamid=one, person=person) for i, (one, person) in enumerate(PEOPLE.items())]
        with books_of(database).writing() as ledger:
            learn(ledger, facts)

    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT wamid, contact_id, status FROM whatsapp_message_queue ORDER BY message_id"
        ).all()
    ids = [person.phone or person.bsuid or person.username for person in PEOPLE.values()]
    assert [wamid_of(row[0]) for row in rows] == list(PEOPLE)
    assert [row[1] for row in rows] == ids
    assert {row[2] for row in rows} == {"delivered"}


def test_packing_changes_no_figure(database: Database) -> None:
    with books_of(database).writing() as ledger:
        learn(ledger, [*SENDS, *FATES])
        ledger.set_mark(CLOSED_UNTIL, NOW)
    seen = metrics(database)

    with database.writing() as connection:
        packed = packed_counts.pack(connection, packed_before(NOW))

    assert packed > 10
    assert metrics(database) == seen


def metrics(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(map(str, connection.exec_driver_sql("SELECT * FROM monitoring_metrics").all()))
