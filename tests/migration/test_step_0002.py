"""What a database of step 1 holds is found again after step 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert

from tests.migration.pictures import kept, rebuild
from wabawatch.domain.facts import DAY_MS
from wabawatch.storage.database import Database
from wabawatch.storage.messages import local_key
from wabawatch.storage.migrations import migrate
from wabawatch.storage.schema import schema_steps

LOCALS = ("01920000-0000-7000-8000-000000000001", "01920000-0000-7000-8000-000000000002", "no-uuid")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database as step 1 left it."""
    old = Database(f"sqlite:///{tmp_path / 'main.db'}")
    with old.writing() as connection:
        rebuild(connection, kept(1).read_text("utf-8"))
        connection.execute(insert(schema_steps).values(number=1, name="initial schema", applied_at=0))
        _fill(connection)
    yield old
    old.close()


def _fill(connection: Connection) -> None:
    for i, local_id in enumerate(LOCALS, 1):
        whole = b"\0" + local_id.encode() if "uuid" in local_id else UUID(local_id).bytes
        connection.exec_driver_sql("INSERT INTO local_ids VALUES (?, ?)", (whole, i))
    day = 20_000 * DAY_MS
    connection.exec_driver_sql("INSERT INTO contact_links VALUES (1, 2, 3, ?, ?)", (day, day + 5 * DAY_MS))
    connection.exec_driver_sql(
        "INSERT INTO histograms VALUES (3, 20000, 'ack', 0, 7, 4), (3, 20000, 'meta_delay', 1, 8, 5)"
    )
    for message_id, contact, user, lead in ((1, 5, 6, 7), (2, 5, 6, None), (3, None, 6, None), (4, 5, None, None)):
        connection.exec_driver_sql(
            "INSERT INTO messages (id, number_id, cohort_at, contact_id, profile_id, state, user_id, lead_id)"
            " VALUES (?, 1, 0, ?, 1, 0, ?, ?)",
            (message_id, contact, user, lead),
        )


def rows(database: Database, table: str) -> set[tuple[object, ...]]:
    with database.reading() as connection:
        return {tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")}


def test_local_ids_still_mean_their_messages(database: Database) -> None:
    migrate(database, 1)

    assert rows(database, "local_ids") == {(local_key(local_id), i) for i, local_id in enumerate(LOCALS, 1)}


def test_links_are_kept_by_day(database: Database) -> None:
    migrate(database, 1)

    assert rows(database, "contact_links") == {(1, 2, 3, 20_000, 20_005)}


def test_histograms_are_known_by_the_number_of_their_kind(database: Database) -> None:
    migrate(database, 1)

    assert rows(database, "histograms") == {(3, 20_000, 0, 0, 7, 4), (3, 20_000, 1, 1, 8, 5)}


def test_users_and_leads_lead_to_their_contacts(database: Database) -> None:
    migrate(database, 1)

    assert rows(database, "label_contacts") == {(6, 5), (6, 0), (7, 5)}
