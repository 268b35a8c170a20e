"""Saved views: one's own, those that are shared, and what the audit trail says of them."""

from __future__ import annotations

import pytest

from tests.support.books import HandClock, Shelf
from wabawatch.domain.errors import BadRequest, Forbidden, NotFound
from wabawatch.domain.log_views import LONGEST_NAME, LogView
from wabawatch.flows import log_views
from wabawatch.flows.log_views import LogViewDesk
from wabawatch.storage import schema
from wabawatch.storage.log_views import SqlLogViews
from wabawatch.storage.schema_access import log_views as table

ADA, BEN = 1, 2


@pytest.fixture
def desk(lasting_shelf: Shelf) -> LogViewDesk:
    with lasting_shelf.database.writing() as connection:
        connection.execute(table.delete())
        connection.execute(schema.audit_entries.delete())
    return LogViewDesk(SqlLogViews(lasting_shelf.database), HandClock(5))


def save(desk: LogViewDesk, name: str, owner: int = ADA, query: str = "status=failed", shared: bool = False) -> LogView:
    return desk.save(LogView(0, owner, name, query, shared), f"user:{owner}", may_share=True)


def trail(shelf: Shelf) -> list[tuple[str, str]]:
    with shelf.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT action, subject FROM audit_entries ORDER BY id").all()
    return [(row[0], row[1].partition(":")[0]) for row in rows]


def test_everybody_sees_their_own_and_what_is_shared(desk: LogViewDesk) -> None:
    save(desk, "mine")
    save(desk, "theirs", BEN)
    save(desk, "all of us", BEN, shared=True)

    assert [view.name for view in desk.listed(ADA)] == ["all of us", "mine"]
    assert [view.name for view in desk.listed(BEN)] == ["all of us", "theirs"]


def test_a_view_of_the_same_name_takes_the_place_of_the_one_before(desk: LogViewDesk) -> None:
    first = save(desk, "failures")

    second = save(desk, "  failures ", query="status=expired")

    assert second == LogView(first.id, ADA, "failures", "status=expired")
    assert desk.listed(ADA) == [second]


def test_only_what_is_or_was_shared_is_audited(desk: LogViewDesk, lasting_shelf: Shelf) -> None:
    mine, ours = save(desk, "mine"), save(desk, "ours", shared=True)
    save(desk, "ours", shared=False)
    again = save(desk, "ours", shared=True)
    for view in (mine, again):
        desk.delete(view.id, ADA, "user:1", may_share=False)

    assert ours.id == again.id
    saved = ("log_view_saved", "log_view")
    assert trail(lasting_shelf) == [saved, saved, saved, ("log_view_deleted", "log_view")]


def test_what_others_share_is_deleted_by_those_who_may_share_and_what_is_theirs_by_nobody(desk: LogViewDesk) -> None:
    theirs, ours = save(desk, "theirs", BEN), save(desk, "ours", BEN, shared=True)

    with pytest.raises(NotFound):
        desk.delete(theirs.id, ADA, "user:1", may_share=True)
    with pytest.raises(Forbidden):
        desk.delete(ours.id, ADA, "user:1", may_share=False)
    desk.delete(ours.id, ADA, "user:1", may_share=True)

    assert desk.listed(BEN) == [theirs]
    with pytest.raises(NotFound):
        desk.delete(ours.id, ADA, "user:1", may_share=True)


def test_who_may_not_share_saves_for_themselves_only(desk: LogViewDesk) -> None:
    with pytest.raises(Forbidden):
        desk.save(LogView(0, ADA, "name", "", True), "user:1", may_share=False)

    assert desk.save(LogView(0, ADA, "name", ""), "user:1", may_share=False).query == ""


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1), "a\0b"])
def test_a_name_must_be_one(desk: LogViewDesk, name: str) -> None:
    with pytest.raises(BadRequest, match="name"):
        save(desk, name)


def test_there_are_not_more_than_there_may_be(desk: LogViewDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_views, "MOST_VIEWS", 2)
    save(desk, "one")
    save(desk, "two")

    save(desk, "two", query="")
    with pytest.raises(BadRequest, match="delete one"):
        save(desk, "three")
    with pytest.raises(BadRequest, match="too much"):
        save(desk, "one", query="x" * 5_000)
