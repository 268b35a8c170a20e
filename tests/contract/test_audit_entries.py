"""The audit trail, read page by page, on every database."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from tests.support.books import Shelf
from wabawatch.asked_from import asked_from
from wabawatch.domain.audit_trail import AuditFilter
from wabawatch.flows.auditing import Auditing
from wabawatch.storage import audit
from wabawatch.storage.audit_entries import SqlTrail
from wabawatch.storage.schema import audit_entries

DEEDS = [
    ("user:1", "login", "user:1"),
    ("cli", "user_added", "user:2"),
    ("user:1", "alert_acknowledged", "alert:a1"),
    ("user:2", "channel_tested", "slack"),
    ("user:1", "role_changed", "user:21"),
    ("user:1", "forward_replayed", "slack: 3"),
]


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    with lasting_shelf.database.writing() as connection:
        for at, deed in enumerate(DEEDS, 1):
            audit.append(connection, at * 1_000, *deed, {"n": at})
    return lasting_shelf


def test_entries_are_found_by_who_what_whom_and_when_the_newest_first(shelf: Shelf) -> None:
    trail = SqlTrail(shelf.database)

    def ids(wanted: AuditFilter) -> list[int]:
        return [entry.id for entry in trail.entries(wanted, 10)]

    assert ids(AuditFilter()) == [6, 5, 4, 3, 2, 1]
    assert ids(AuditFilter(actor="user:1")) == [6, 5, 3, 1]
    assert ids(AuditFilter(actor="user:")) == []
    assert ids(AuditFilter(action="channel_tested")) == [4]
    assert ids(AuditFilter(subject="user:2")) == [2], "user:21 is somebody else"
    assert ids(AuditFilter(subject="user")) == [5, 2, 1]
    assert ids(AuditFilter(subject="slack")) == [6, 4]
    assert ids(AuditFilter(subject="%")) == []
    assert ids(AuditFilter(start=2_000, end=4_000)) == [3, 2]
    assert ids(AuditFilter(actor="user:1", below=5)) == [3, 1]
    assert trail.entries(AuditFilter(below=2), 10)[0].detail == {"n": 1}


def test_pages_follow_each_other_without_a_gap_also_when_more_is_written(shelf: Shelf) -> None:
    auditing = Auditing(SqlTrail(shelf.database))

    first = auditing.page(AuditFilter(), 4)
    with shelf.database.writing() as connection:
        audit.append(connection, 9_000, "cli", "login", "user:3")
    second = auditing.page(AuditFilter(below=first.below), 4)

    assert [entry.id for entry in (*first.entries, *second.entries)] == [6, 5, 4, 3, 2, 1]
    assert second.below is None


def test_from_where_it_was_asked_for_is_written_down_and_covered_by_the_chain(shelf: Shelf) -> None:
    with asked_from("192.0.2.7"), shelf.database.writing() as connection:
        audit.append(connection, 9_000, "user:1", "login", "user:1")
        audit.append(connection, 9_000, "user:1", "login", "user:1", {"address": "198.51.100.1"})
    with shelf.database.writing() as connection:
        audit.append(connection, 9_000, "cli", "login", "user:1")

    with shelf.database.reading() as connection:
        newest = select(audit_entries.c.detail).order_by(audit_entries.c.id.desc()).limit(3)
        told = [json.loads(detail).get("address") for (detail,) in connection.execute(newest)]
        assert audit.verify(connection) is None
    assert told == [None, "198.51.100.1", "192.0.2.7"]
