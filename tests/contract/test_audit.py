"""The audit trail: a chain that shows every change, deletion, reordering and truncation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, insert, select, text, update

from tests.support.children import ending
from tests.support.places import Place
from wabawatch.domain.audit_trail import Plain
from wabawatch.storage import audit
from wabawatch.storage.audit import EMPTY, Broken, Fault
from wabawatch.storage.database import Database
from wabawatch.storage.schema import audit_entries, metadata


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.database()
    yield database
    database.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A transaction in which five entries were written."""
    with database.writing() as connection:
        for number in range(1, 6):
            audit.append(connection, 1_000 * number, "user:1", "settings.changed", f"rule:{number}", {"n": number})
        yield connection


def _set(connection: Connection, entry: int, **values: Any) -> None:
    connection.execute(update(audit_entries).where(audit_entries.c.id == entry).values(values))


def _drop(connection: Connection, id: int) -> None:
    connection.execute(delete(audit_entries).where(audit_entries.c.id == id))


def test_an_empty_trail_is_sound_and_has_the_empty_head(database: Database) -> None:
    with database.reading() as connection:
        assert audit.head(connection) == EMPTY
        assert audit.verify(connection) is None


def test_entries_are_numbered_without_gaps_and_kept_as_told(connection: Connection) -> None:
    assert audit.append(connection, 7, "user:2", "login", "session:9", {"b": True, "a": None, "c": 1.5}) == 6

    entry = connection.execute(select(audit_entries).where(audit_entries.c.id == 6)).one()
    assert entry[1:6] == (7, "user:2", "login", "session:9", '{"a":null,"b":true,"c":1.5}')
    assert audit.head(connection) == (6, entry.digest)
    assert audit.verify(connection, audit.head(connection)) is None


def test_an_entry_goes_with_the_transaction_it_was_written_in(database: Database) -> None:
    with database.engine.connect() as connection:
        audit.append(connection, 1, "user:1", "login", "session:1")
        connection.rollback()

    with database.writing() as connection:
        assert audit.append(connection, 2, "user:1", "login", "session:2") == 1


@pytest.mark.parametrize("id", [1, 3, 5])
@pytest.mark.parametrize(
    "values",
    [{"at": 1}, {"actor": "user:2"}, {"action": ""}, {"subject": "rule:x"}, {"detail": "{}"}, {"digest": bytes(32)}],
)
def test_a_changed_entry_is_found(connection: Connection, id: int, values: dict[str, Any]) -> None:
    _set(connection, id, **values)

    assert audit.verify(connection) == Broken(id, Fault.CHANGED)


def test_words_moved_from_one_member_to_its_neighbour_are_found(connection: Connection) -> None:
    _set(connection, 2, actor="user:1settings", action=".changed")

    assert audit.verify(connection) == Broken(2, Fault.CHANGED)


@pytest.mark.parametrize("id", [1, 3, 4])
def test_a_deleted_entry_is_found(connection: Connection, id: int) -> None:
    _drop(connection, id)

    assert audit.verify(connection) == Broken(id, Fault.MISSING)


def test_a_deleted_entry_is_found_though_the_gap_was_closed(connection: Connection) -> None:
    _drop(connection, 3)
    _set(connection, 4, id=3)
    _set(connection, 5, id=4)

    assert audit.verify(connection) == Broken(3, Fault.CHANGED)


def test_swapped_entries_are_found(connection: Connection) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        _set(connection, old, id=new)

    assert audit.verify(connection) == Broken(2, Fault.CHANGED)


def test_an_entry_put_in_front_is_found(connection: Connection) -> None:
    first = connection.execute(select(audit_entries).where(audit_entries.c.id == 1)).mappings().one()
    connection.execute(insert(audit_entries).values({**first, "id": 0}))

    assert audit.verify(connection) == Broken(0, Fault.ADDED)


@pytest.mark.parametrize("left", range(5))
def test_a_trail_cut_off_at_the_end_shows_by_its_head(connection: Connection, left: int) -> None:
    head = audit.head(connection)
    connection.execute(delete(audit_entries).where(audit_entries.c.id > left))

    assert audit.verify(connection) is None
    assert audit.verify(connection, head) == Broken(left + 1, Fault.TRUNCATED, 5 if left < 4 else None)


def test_a_chain_written_anew_shows_by_the_head_of_the_old_one(connection: Connection) -> None:
    head = audit.head(connection)
    connection.execute(delete(audit_entries))
    for number in range(1, 8):
        audit.append(connection, number, "user:1", "nothing.happened", "")

    assert audit.verify(connection) is None
    assert audit.verify(connection, head) == Broken(5, Fault.REWRITTEN)


def test_a_head_taken_earlier_fits_a_trail_that_has_grown(connection: Connection) -> None:
    head = audit.head(connection)
    audit.append(connection, 9, "user:1", "login", "session:1")

    assert audit.verify(connection, head) is None


def test_each_fault_is_told_and_none_hides_another(connection: Connection) -> None:
    heads = dict([audit.head(connection)])
    for number in range(6, 13):
        audit.append(connection, number, "user:1", "login", "user:1")
    heads[13] = bytes(32)
    _set(connection, 2, actor="user:2")
    for id in (4, 7, 8):
        _drop(connection, id)
    _set(connection, 11, subject="user:9")

    assert list(audit.faults(connection, heads)) == [
        Broken(2, Fault.CHANGED),
        Broken(4, Fault.MISSING),
        Broken(7, Fault.MISSING, 8),
        Broken(11, Fault.CHANGED),
        Broken(13, Fault.TRUNCATED),
    ]


def test_one_entry_written_anew_with_its_digest_breaks_the_chain_after_it(connection: Connection) -> None:
    head = audit.head(connection)
    rows = {row.id: row for row in connection.execute(select(audit_entries))}
    for id in (4, 5):
        _drop(connection, id)
    _drop(connection, 3)
    audit.append(connection, 3_000, "user:9", "settings.changed", "rule:3", {"n": 3})
    connection.execute(insert(audit_entries).values(rows[4]._asdict()))
    connection.execute(insert(audit_entries).values(rows[5]._asdict()))

    assert list(audit.faults(connection)) == [Broken(4, Fault.CHANGED)]
    assert list(audit.faults(connection, {2: rows[2].digest, 3: rows[3].digest, head[0]: head[1]})) == [
        Broken(3, Fault.REWRITTEN, since=2),
        Broken(4, Fault.CHANGED),
    ]


def test_a_long_trail_is_checked_to_its_end(connection: Connection) -> None:
    for number in range(2_100):
        audit.append(connection, number, "system", "archive.ran", "", {"day": number})
    reached: list[int] = []
    assert list(audit.faults(connection, tell=reached.append)) == []
    assert reached == [2_000, 2_105]

    _set(connection, 2_104, actor="user:1")

    assert audit.verify(connection) == Broken(2_104, Fault.CHANGED)


@pytest.mark.parametrize("value", [["list"], {"nested": 1}, b"bytes"])
def test_what_is_not_plain_is_refused(connection: Connection, value: Any) -> None:
    with pytest.raises(TypeError, match="not plain"):
        audit.append(connection, 1, "user:1", "login", "", {"detail": value})

    assert audit.head(connection)[0] == 5


@given(
    actor=st.text() | st.just("\ud800\0"),
    detail=st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    ),
)
def test_any_words_are_kept_and_stay_sound(actor: str, detail: dict[str, Plain]) -> None:
    detail = {name: value for name, value in detail.items() if value not in (float("inf"), float("-inf"))}
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection, tables=[audit_entries])
        audit.append(connection, 1, actor, "login.refused", actor, detail)

        assert audit.verify(connection) is None
        assert "\0" not in connection.execute(text("SELECT actor FROM audit_entries")).scalar_one()
    engine.dispose()


_CLERK = """
import sys
from sqlalchemy import create_engine
from wabawatch.domain.audit_trail import Plain
from wabawatch.storage import audit

engine = create_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    with engine.begin() as connection:
        audit.append(connection, number, sys.argv[2], "counted", "", {"n": number})
"""


def test_two_processes_write_one_chain(shared_place: Place) -> None:
    """The processes look for the last number outside any lock, so that they do take the same one at times."""
    database = shared_place.database()
    command = [sys.executable, "-c", _CLERK, database.engine.url.render_as_string(hide_password=False)]
    with ExitStack() as stack:
        clerks = [
            stack.enter_context(
                ending(subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            )
            for name in ("first", "second")
        ]
        for clerk in clerks:
            assert clerk.stdout is not None
            assert clerk.stdout.readline() == "ready\n"
        for clerk in clerks:
            clerk.stdin.write("go\n")  # type: ignore[union-attr]
            clerk.stdin.flush()  # type: ignore[union-attr]

        assert [clerk.wait(60) for clerk in clerks] == [0, 0]
    with database.reading() as connection:
        assert audit.head(connection)[0] == 200
        assert audit.verify(connection) is None
