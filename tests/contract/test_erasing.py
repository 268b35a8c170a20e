"""One person erased: nothing that is kept tells of them, what was counted stays, and late news bring nothing back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.erasure import (
    BSUID,
    KEYS,
    LEAD,
    NOW,
    OTHER,
    PHONE,
    TELLS,
    USER,
    Scene,
    found,
    status,
    traces,
    wamid,
)
from tests.support.places import Place
from tests.support.system import item, translate, webhook
from wabawatch.domain.erasure import Erasure, Stage
from wabawatch.domain.errors import BadRequest, Conflict, NotFound, StoreUnavailable
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.flows.digest import Digest
from wabawatch.flows.erasing import LEFT_ALONE_MS
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.ports import DIGESTED, BodyKind, StoredBody
from wabawatch.storage import audit, schema
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.erasures import SqlErasures
from wabawatch.storage.recounting import recounting


@pytest.fixture
def scene(place: Place) -> Iterator[Scene]:
    scene = Scene(place)
    scene.live()
    yield scene
    scene.close()


def _differences(scene: Scene) -> dict[tuple[int, ...], int]:
    with recounting(scene.shelf.database, country_of) as books:
        return differences(books, lambda _done, _total: None)


def _picture(scene: Scene) -> tuple[object, object]:
    return scene.shelf.picture()["rollups"], scene.status().assessment


def test_the_scene_leaves_traces_everywhere(scene: Scene) -> None:
    """Otherwise the test below would show little."""
    places = set(found(scene))

    assert places >= {
        "contacts.packed",
        "messages.wamid",
        "messages.extra",
        "agent_interactions.wamid",
        "labels.value",
        "alert_deeds.words",
        "silences.reason",
        "log_views.name",
        "log_views.query",
        "error_texts.details",
        "api_answers.content",
        "events.detail",
        "forward_bodies.body",
        "parked.body",
        "raw_blocks.block",
        "inbox",
    }


def test_afterwards_nothing_tells_of_the_person_and_all_is_counted_as_before(scene: Scene) -> None:
    before = _picture(scene)
    n = len(scene.shelf.picture()["messages"])

    done = scene.erase()

    assert found(scene) == []
    assert _picture(scene) == before
    assert _differences(scene) == {}
    assert len(scene.shelf.picture()["messages"]) == n
    assert (done.stage, done.keys, done.ended_at) == (Stage.DONE, (), NOW)
    assert done.counts["messages"] == 6
    assert done.counts["ids"] == 3
    assert done.counts["notes and saved views"] == 4


def test_what_is_anothers_stays(scene: Scene) -> None:
    scene.erase()

    assert scene.flow.plan(OTHER).rows["messages"] == 1
    assert {"inbox", "forward_bodies.body"} <= set(found(scene, OTHER)), "what was told of both is kept of the other"
    assert "labels.value" in found(scene, USER), "others are called so too"


def test_ids_that_are_linked_are_shown_first_and_nothing_is_changed_by_looking(scene: Scene) -> None:
    before = scene.shelf.picture()

    plan = scene.flow.plan("+49 151 234 567 89")

    assert {(each.key.value, each.is_given) for each in plan.ids} == {(PHONE, True), (BSUID, False), ("lena.k", False)}
    assert plan.rows["messages"] == 4
    assert plan.rows["messages of others that hold an id"] == 2
    assert plan.rows["opt-outs and opt-ins"] == 1
    assert scene.shelf.picture() == before


def test_one_id_alone_leaves_those_that_are_linked(scene: Scene) -> None:
    plan = scene.flow.plan(BSUID, is_alone=True)

    scene.flow.erase(plan, "cli", "asked for", lambda _what, _n: None)

    assert found(scene, BSUID) == []
    left = scene.flow.plan(PHONE)
    assert [each.key.value for each in left.ids] == [PHONE, "lena.k"]
    assert left.rows["messages"] == 4


def test_late_news_bring_nothing_back_and_are_counted(scene: Scene) -> None:
    scene.erase()
    before = _picture(scene)
    late = [
        webhook("statuses", status(wamid(PHONE, 1), "read", 60), received_at=NOW),
        webhook("messages", _said(3), received_at=NOW),
    ]

    scene.accept(late)
    scene.drain()

    assert _picture(scene)[0] == before[0]
    assert set(found(scene)) == {"inbox"}, "where it waits to be packed"
    scene.pack()
    assert found(scene) == []
    assert scene.book.late() == 2


def test_nothing_is_kept_of_a_body_that_comes_once_more(scene: Scene) -> None:
    """Also of such as name no message: what somebody wishes, what nobody understands, what cannot be read."""
    bodies = [body for body in traces() if body.kind is BodyKind.WEBHOOK]
    scene.erase()
    before = scene.shelf.picture()

    scene.accept(bodies)
    scene.drain()
    scene.pack()

    assert found(scene) == []
    after = scene.shelf.picture()
    assert (after["messages"], after["rollups"]) == (before["messages"], before["rollups"])


def test_news_of_others_in_the_same_body_are_kept(scene: Scene) -> None:
    scene.erase()
    theirs = status(wamid(OTHER, 4), "delivered", 60, phone=OTHER)

    scene.accept([webhook("statuses", status(wamid(PHONE, 1), "read", 60), theirs, received_at=NOW)])
    scene.drain()
    scene.pack()

    assert found(scene) == []
    assert "raw_blocks.block" in found(scene, OTHER)


def test_a_late_status_by_a_local_id_is_dropped_too(scene: Scene) -> None:
    with scene.shelf.database.reading() as connection:
        before = connection.execute(select(schema.local_ids)).all()
    assert before

    scene.erase()

    with scene.shelf.database.reading() as connection:
        left = connection.execute(select(schema.local_ids)).all()
        buried = len(connection.execute(select(schema.tombstones)).all())
    assert len(left) < len(before)
    assert buried >= 4


def test_who_comes_back_is_somebody_new(scene: Scene) -> None:
    scene.erase()

    scene.accept([webhook("messages", _said(70), received_at=NOW)])
    scene.drain()

    plan = scene.flow.plan(PHONE)
    assert plan.rows["messages"] == 1
    assert [each.key.value for each in plan.ids] == [PHONE]
    scene.erase()
    assert found(scene) == []
    assert _differences(scene) == {}


def test_a_process_that_knew_the_person_before_writes_to_nobody(scene: Scene) -> None:
    """Its memory of words is older than the erasure."""
    books = SqlBooks(scene.shelf.database, scene.shelf.keyring, country_of)
    other = Digest(scene.inbox, books, translate, scene.clock)
    news = [webhook("messages", _said(number), received_at=NOW) for number in (70, 80)]
    scene.accept(news[:1])
    assert other.step()

    scene.erase()
    scene.accept(news[1:])
    assert other.step()

    assert scene.flow.plan(PHONE).rows["messages"] == 1
    assert _differences(scene) == {}


def _said(number: int) -> dict[str, Any]:
    return item(wamid(PHONE, number), NOW, type="text", **{"from": PHONE})


def test_a_legal_hold_stops_it_with_its_reason_until_it_is_ended(scene: Scene) -> None:
    number = scene.flow.hold(PHONE, "cli", "case 12 at the court")

    assert [hold.reason for hold in scene.flow.plan(BSUID).holds] == ["case 12 at the court"]
    with pytest.raises(Conflict, match="case 12 at the court"):
        scene.erase()
    assert "contacts.packed" in found(scene)

    scene.flow.release(number, "cli")
    scene.erase()
    assert found(scene) == []
    with pytest.raises(NotFound):
        scene.flow.release(number, "cli")


def test_a_hold_by_one_id_stops_who_erases_a_linked_one_alone_and_comes_too_late_once_it_has_begun(
    scene: Scene,
) -> None:
    number = scene.flow.hold(PHONE, "cli", "case 12")
    plan = scene.flow.plan(BSUID, is_alone=True)

    assert [hold.id for hold in plan.holds] == [number]
    with pytest.raises(Conflict, match="case 12"):
        scene.flow.begin(plan, "user:1", "asked for")

    scene.flow.release(number, "cli")
    scene.flow.begin(plan, "user:1", "asked for")
    with pytest.raises(Conflict, match="erasure 1 of this person has begun"):
        scene.flow.hold(BSUID, "cli", "too late")


def test_what_the_console_begins_is_done_by_the_next_step(scene: Scene) -> None:
    scene.flow.begin(scene.flow.plan(PHONE), "user:1", "asked for")

    assert scene.flow.step()

    assert found(scene) == []
    assert [each.stage for each in scene.book.all()] == [Stage.DONE]
    assert (scene.flow.watch.trouble, scene.flow.watch.looked_at >= scene.flow.watch.rows > 0) == ("", True)


def test_one_that_cannot_be_finished_keeps_no_other_from_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    first = scene.flow.begin(scene.flow.plan(OTHER), "user:1", "asked for")
    second = scene.flow.begin(scene.flow.plan(PHONE), "user:1", "asked for")
    finish = SqlErasures.finish

    def all_but_one(book: SqlErasures, erasure: Erasure, *more: Any) -> Erasure:
        if erasure.id == first.id:
            raise StoreUnavailable("the archive is away")
        return finish(book, erasure, *more)

    monkeypatch.setattr(SqlErasures, "finish", all_but_one)

    with pytest.raises(StoreUnavailable):
        scene.flow.step()

    assert {each.id: each.stage for each in scene.book.all()} == {first.id: Stage.BODIES, second.id: Stage.DONE}


STEPS = ("make_anonymous", "close_rows", "forget_words", "add", "finish")


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 6, 8])
def test_ended_after_any_of_its_steps_it_is_finished_by_the_next_run(
    scene: Scene, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, calls = _picture(scene), itertools.count(1)
    for name in STEPS:
        monkeypatch.setattr(SqlErasures, name, _ending(getattr(SqlErasures, name), calls, nth))

    with pytest.raises(KeyboardInterrupt):
        scene.erase()
    monkeypatch.undo()
    scene.flow.finish_all(lambda _what, _n: None)

    assert found(scene) == []
    assert _picture(scene) == before
    assert _differences(scene) == {}
    assert [each.stage for each in scene.book.all()] == [Stage.DONE]


def test_the_server_goes_on_with_what_was_left_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqlErasures, "close_rows", _ending(SqlErasures.close_rows, itertools.count(1), 1))
    with pytest.raises(KeyboardInterrupt):
        scene.erase()
    monkeypatch.undo()

    assert not scene.flow.step(), "somebody may still be at it"
    scene.clock.turn_to(NOW + LEFT_ALONE_MS)
    assert scene.flow.step()

    assert found(scene) == []
    assert [each.stage for each in scene.book.all()] == [Stage.DONE]


def _ending(step: Callable[..., Any], calls: Iterator[int], nth: int) -> Callable[..., Any]:
    def ended(*arguments: Any) -> Any:
        result = step(*arguments)
        if next(calls) == nth:
            raise KeyboardInterrupt
        return result

    return ended


def test_a_block_that_was_being_packed_meanwhile_is_packed_without_the_person(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever packs has read the bodies, and the person is erased before the block is written."""
    living = scene.raw._late.living

    def erased_meanwhile(stored: Sequence[StoredBody]) -> Sequence[StoredBody]:
        monkeypatch.undo()
        scene.erase()
        return living(stored)

    monkeypatch.setattr(scene.raw._late, "living", erased_meanwhile)
    scene.pack()

    assert found(scene) == []
    scene.pack()
    assert found(scene) == []


def test_the_audit_trail_says_that_it_was_done_and_not_to_whom(scene: Scene) -> None:
    done = scene.erase()

    with scene.shelf.database.reading() as connection:
        entries = connection.execute(select(schema.audit_entries).order_by(schema.audit_entries.c.id)).all()
        assert audit.verify(connection) is None
    told = [(row.action, row.subject) for row in entries]
    assert told == [("erasure_begun", f"erasure:{done.id}"), ("person_erased", f"erasure:{done.id}")]
    assert not any(tell in str(row) for row in entries for tell in TELLS)
    assert [each.id for each in scene.book.about(KEYS[:1])] == [done.id]
    assert scene.book.about([ContactKey(ContactKind.PHONE, OTHER)]) == []


def test_hashes_are_forgotten_when_nothing_can_come_any_more(scene: Scene) -> None:
    scene.erase()
    scene.clock.turn_to(NOW + 46 * 86_400_000)

    while scene.flow.step():
        pass

    with scene.shelf.database.reading() as connection:
        assert connection.execute(select(schema.tombstones)).all() == []
    assert scene.figures.mark("tombstones_until") == 0


def test_a_number_of_ones_own_is_no_person(scene: Scene) -> None:
    with pytest.raises(BadRequest, match="a number of your own"):
        scene.flow.plan("+1 555 000 1111")


def test_a_person_who_is_linked_with_a_number_of_ones_own_is_erased_by_that_id_alone(scene: Scene) -> None:
    said = item(wamid("15550001111", 9), NOW, type="text", **{"from": "15550001111", "from_user_id": "US.77"})
    scene.accept([webhook("messages", said, received_at=NOW)])
    scene.drain()

    with pytest.raises(Conflict, match="a number of your own, is linked"):
        scene.flow.plan("US.77")
    assert [each.key.value for each in scene.flow.plan("US.77", is_alone=True).ids] == ["US.77", "US.77"]


def test_bodies_that_were_cut_are_signed_anew(scene: Scene) -> None:
    scene.erase()

    bodies = [stored.body for stored in scene.inbox.read(0, 100)]
    cut = [body for body in bodies if body.signature]
    assert [body.signature for body in cut] == [f"sha256={len(body.content):064x}" for body in cut]
    assert scene.figures.mark(DIGESTED) >= len(bodies)
    assert LEAD.encode() not in b"".join(body.content for body in bodies)
