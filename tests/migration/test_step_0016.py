"""Conversations and rare origins of a database of step 15 are found after step 16."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert

from tests.migration.pictures import kept, rebuild
from wabawatch.domain.standing import SELDOM
from wabawatch.storage import step_0016
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import LABEL_KINDS
from wabawatch.storage.message_rows import ORIGIN_SHIFT, ORIGINS, LabelKind
from wabawatch.storage.migrations import STEPS, migrate
from wabawatch.storage.schema import schema_steps

ROWS = [
    (1, 5, 2, None),
    (2, 5, 2, b"\0\0"),
    (3, None, 4, None),
    (4, 6, 0, msgspec.msgpack.encode({"noted": 3, "conversation": "c-1"})),
    (5, 7, 1, msgspec.msgpack.encode({"conversation": "c-1", "opaque": "x"})),
    (6, 8, 0, msgspec.msgpack.encode({"opaque": "conversation"})),
    (7, 9, 0, None),
]
"""Id, contact, place of the origin, extra"""


@pytest.mark.parametrize("slice_", [1, 1_000])
def test_contacts_are_paired_with_the_conversations_and_rare_origins_of_their_messages(
    slice_: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_0016, "SLICE", slice_)
    database = Database(f"sqlite:///{tmp_path / 'main.db'}")
    with database.writing() as connection:
        rebuild(connection, kept(15).read_text("utf-8"))
        steps = [{"number": step.number, "name": step.name, "applied_at": 0} for step in STEPS if step.number <= 15]
        connection.execute(insert(schema_steps), steps)
        for id_, contact, origin, extra in ROWS:
            connection.exec_driver_sql(
                "INSERT INTO messages (id, number_id, cohort_at, contact_id, profile_id, state, extra)"
                " VALUES (?, 1, 0, ?, 0, ?, ?)",
                (id_, contact, origin << ORIGIN_SHIFT, extra),
            )

    migrate(database, 1)

    with database.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT kind, value, contact_id FROM label_contacts JOIN labels ON labels.id = label_id"
        ).all()
    database.close()
    conversation, origin = LABEL_KINDS.index(LabelKind.CONVERSATION), LABEL_KINDS.index(LabelKind.ORIGIN)
    assert set(map(tuple, found)) == {
        (origin, "business_app", 5),
        (origin, "history", 0),
        (conversation, "c-1", 6),
        (conversation, "c-1", 7),
    }


def test_the_step_knows_the_places_of_kinds_and_origins() -> None:
    assert {ORIGINS[place]: word for place, word in step_0016.SELDOM.items()} == {each: each.value for each in SELDOM}
    assert step_0016.ORIGIN_SHIFT == ORIGIN_SHIFT
    assert LABEL_KINDS[step_0016.CONVERSATION] is LabelKind.CONVERSATION
    assert LABEL_KINDS[step_0016.ORIGIN] is LabelKind.ORIGIN
