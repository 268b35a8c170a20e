"""Contacts and wamids of a database of step 3 read the same after step 4."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from tests.contract.test_short_wamids import wamid as wamid_to
from tests.migration.pictures import kept, rebuild
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.wamid import pack
from wabawatch.storage import step_0004
from wabawatch.storage.contact_keys import unpack
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS, migrate
from wabawatch.storage.schema import contacts, messages, schema_steps
from wabawatch.storage.views import wamid_of

PHONE = "15550000000"
WAMID = wamid_to(PHONE)
CONTACTS = {
    1: ContactKey(ContactKind.PHONE, PHONE),
    2: ContactKey(ContactKind.BSUID, "US.1"),
    3: ContactKey(ContactKind.GROUP, "a group"),
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database as step 3 left it."""
    old = Database(f"sqlite:///{tmp_path / 'main.db'}")
    with old.writing() as connection:
        rebuild(connection, kept(3).read_text("utf-8"))
        steps = [{"number": step.number, "name": step.name, "applied_at": 0} for step in STEPS if step.number <= 3]
        connection.execute(insert(schema_steps), steps)
        _fill(connection)
    yield old
    old.close()


def _fill(connection: Connection) -> None:
    for id_, contact in CONTACTS.items():
        connection.exec_driver_sql("INSERT INTO contacts VALUES (?, ?, ?, 'US')", (id_, contact.kind, contact.value))
    for id_, contact_id, wamid in ((1, 1, WAMID), (2, 2, WAMID), (3, None, "odd"), (4, 1, None), (5, 1, "odd")):
        connection.exec_driver_sql(
            "INSERT INTO messages (id, number_id, wamid, cohort_at, contact_id, profile_id, state)"
            " VALUES (?, ?, ?, 0, ?, 0, 128)",
            (id_, id_, pack(wamid) if wamid else None, contact_id),
        )


@pytest.mark.parametrize("slice_", [1, 5_000])
def test_contacts_and_wamids_read_the_same(slice_: int, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_0004, "SLICE", slice_)

    migrate(database, 1)

    with database.reading() as connection:
        assert {row.id: unpack(row.packed) for row in connection.execute(select(contacts))} == CONTACTS
        rows = connection.exec_driver_sql("SELECT message_id, wamid FROM whatsapp_message_queue ORDER BY 1").all()
        assert [row[1] and wamid_of(row[1]) for row in rows] == [WAMID, WAMID, "odd", None, "odd"]
        assert len(connection.execute(select(messages.c.wamid).where(messages.c.id == 1)).scalar_one()) == 10
