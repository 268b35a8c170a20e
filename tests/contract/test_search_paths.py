"""Searches for what few messages have: an index leads to them, and no page ends before it is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.books import Shelf
from tests.support.facts import HOUR, T0, at, recorded, told
from tests.support.views import emptied, steps_of
from wabawatch.domain.error_codes import OPT_OUT_CODE
from wabawatch.domain.facts import ErrorSeen, Fact, Feed, MessageEchoed, Person, Source, Status
from wabawatch.domain.search import MessageFilter
from wabawatch.domain.standing import Origin, Purpose, cohort_at
from wabawatch.meta.countries import country_of
from wabawatch.storage.message_search import Limits, SqlMessages

PERSON, CROWD = Person(phone="15550000001"), Person(phone="5511900000002")
SOUGHT = MessageFilter(since=T0)
FEW = Limits(examined=2, at_once=1)
"""Without an index a page ends after two messages"""

RARE: list[tuple[MessageFilter, list[Fact], str]] = [
    (
        MessageFilter(since=T0, conversations=["c-1"]),
        [recorded(wamid="rare", person=PERSON, conversation_id="c-1")],
        "messages_contact",
    ),
    (
        MessageFilter(since=T0, origins=[Origin.BUSINESS_APP]),
        [MessageEchoed(at(), Source.WEBHOOK, "rare", Feed.ECHO, "1", person=PERSON)],
        "messages_contact",
    ),
    (
        MessageFilter(since=T0, origins=[Origin.HISTORY, Origin.META_AGENT]),
        [MessageEchoed(at(), Source.WEBHOOK, "rare", Feed.HISTORY, "1", person=PERSON)],
        "messages_contact",
    ),
    (
        MessageFilter(since=T0, purposes=[Purpose.OPT_OUT]),
        [
            recorded(wamid="rare", person=PERSON),
            told(Status.FAILED, 1, wamid="rare", errors=(ErrorSeen(131026), ErrorSeen(OPT_OUT_CODE))),
        ],
        "message_errors_error",
    ),
    (
        MessageFilter(since=T0, purposes=[Purpose.RATE_LIMIT]),
        [
            recorded(wamid="rare", person=PERSON),
            told(Status.FAILED, 1, wamid="rare", errors=(ErrorSeen(1), ErrorSeen(130429))),
        ],
        "message_errors_error",
    ),
]

INDEXED = {"messages_contact": "contact_id", "message_errors_error": "error_id"}


@contextmanager
def asked(shelf: Shelf) -> Iterator[list[tuple[str, Any]]]:
    """The searches for rows that go to the database."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM messages AS m" in statement and "ORDER BY" in statement:
            seen.append((statement, parameters))

    event.listen(shelf.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(shelf.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("wanted", "facts", "index"), RARE, ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_rare_is_found_at_once_by_an_index(
    lasting_shelf: Shelf, wanted: MessageFilter, facts: list[Fact], index: str
) -> None:
    crowd = [recorded(i * HOUR, wamid=f"wamid.{i}", person=CROWD) for i in range(1, 20)]
    shelf = emptied(lasting_shelf, [*facts, *crowd])

    with asked(shelf) as statements:
        page = SqlMessages(shelf.database, country_of, FEW).search(wanted, None, 50)

    assert [cohort_at(h.message) for h in page.held] == [T0]
    assert (page.is_cut, page.following) == (False, None)
    ((statement, parameters),) = statements
    with shelf.database.reading() as connection:
        if connection.dialect.name == "postgresql" and index == "message_errors_error":
            # While there are hardly any messages it asks of each for its errors; by itself this part shows the way.
            statement, parameters = "SELECT message_id FROM message_errors WHERE error_id IN (7, 8)", None
        steps = steps_of(connection, statement, parameters)
        # The parts of a table on PostgreSQL have indexes of other names, over the same columns.
        led = index if connection.dialect.name == "sqlite" else f"Cond: ({INDEXED[index]} "
    assert any(led in step for step in steps), steps


@pytest.mark.parametrize("origin", [Origin.UNKNOWN, Origin.API])
def test_of_the_common_origins_the_hours_without_any_are_passed_over(lasting_shelf: Shelf, origin: Origin) -> None:
    old, new = (0, 20) if origin is Origin.API else (20, 0)
    api = [recorded((old + i) * HOUR, wamid=f"wamid.{i}", person=CROWD) for i in range(20)]
    unknown = [told(Status.SENT, (new + i) * HOUR, wamid=f"wamid.u{i}", person=CROWD) for i in range(20)]
    facts: list[Fact] = [*api, *unknown]
    shelf = emptied(lasting_shelf, facts)

    page = SqlMessages(shelf.database, country_of, Limits(examined=4, at_once=1)).search(
        MessageFilter(origins=[origin]), None, 3
    )

    assert (len(page.held), page.is_cut) == (3, False)
