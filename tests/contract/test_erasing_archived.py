"""Archived days with an erased person: the files are written anew, and what is archived or restored meanwhile too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.erasure import LEAD, NOW, PHONE, TELLS, Scene, files_with, found
from tests.support.places import Place
from wabawatch.archives.folder import Folder
from wabawatch.domain.archives import ArchivedMessage
from wabawatch.domain.errors import Conflict
from wabawatch.domain.facts import DAY_MS
from wabawatch.flows.archiving import Archiving, Rules
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.recounting import recounting

LAST_DAY = 50_000


@pytest.fixture
def scene(place: Place) -> Iterator[Scene]:
    scene = Scene(place)
    scene.live()
    yield scene
    scene.close()


def _archive(scene: Scene) -> Archiving:
    """All that may be archived is, some months later."""
    for day in range(130):
        scene.clock.turn_to(NOW + day * DAY_MS)
        scene.parts.note(scene.clock.now())
    scene.drain()  # what never arrived has expired by then
    number = itertools.count(1)
    rules = Rules(live_days=90, keep_days=400)
    return Archiving(scene.parts, scene.archive, scene.clock, rules, lambda: f"{next(number):016x}")


def _archived(scene: Scene) -> list[ArchivedMessage]:
    parts = scene.parts.parts()
    return [each for part in parts for page in scene.archive.read(part.name, part.sha256) for each in page]


def test_archived_messages_are_made_anonymous_and_come_back_as_nobodys(scene: Scene) -> None:
    picture = scene.shelf.picture()
    archiving = _archive(scene)
    while archiving.step():
        pass
    before = _archived(scene)
    assert len(before) == len(picture["messages"])

    done = scene.erase()

    after = _archived(scene)
    assert done.counts["archived messages"] == 6
    assert [(each.id, each.at, each.status, each.state) for each in after] == [
        (each.id, each.at, each.status, each.state) for each in before
    ]
    assert not any(tell in str(each) for each in after for tell in TELLS)
    assert files_with(scene.place, PHONE.encode(), LEAD.encode()) == []
    assert all(archiving.verify(part) == "" for part in scene.parts.parts())
    assert archiving.restore(0, LAST_DAY, 30, "cli") == len(before)
    assert found(scene) == []
    with recounting(scene.shelf.database, country_of) as books:
        assert differences(books, lambda _done, _total: None) == {}
    assert len(scene.shelf.picture()["messages"]) == len(before)


def test_looking_first_counts_what_is_archived_and_changes_nothing(scene: Scene) -> None:
    archiving = _archive(scene)
    while archiving.step():
        pass
    parts = scene.parts.parts()
    looked_at: list[int] = []

    seen = scene.flow.look(scene.flow.plan(PHONE), lambda _what, _item: None, looked_at.append)

    assert scene.parts.parts() == parts
    assert sum(looked_at) > len(_archived(scene))
    done = scene.erase()
    assert seen.found["archived messages"] == done.counts["archived messages"] == 6
    assert {name: done.counts[name] for name in seen.found} == seen.found


def test_what_is_being_archived_meanwhile_is_read_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole with the person in it, and they are erased before the books know it."""
    archiving = _archive(scene)
    keep = Folder.keep

    def erased_meanwhile(store: Folder, *arguments: Any) -> Any:
        stored = keep(store, *arguments)
        monkeypatch.undo()
        scene.erase()
        return stored

    monkeypatch.setattr(Folder, "keep", erased_meanwhile)
    while archiving.step():
        pass

    assert files_with(scene.place, PHONE.encode(), LEAD.encode()) == []
    assert not any(tell in str(each) for each in _archived(scene) for tell in TELLS)


def test_while_days_come_back_from_the_archive_it_waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    archiving = _archive(scene)
    while archiving.step():
        pass
    monkeypatch.setattr(SqlArchives, "restore", _ending(SqlArchives.restore))
    with pytest.raises(KeyboardInterrupt):
        archiving.restore(0, LAST_DAY, 30, "cli")
    monkeypatch.undo()

    with pytest.raises(Conflict, match="days are being restored"):
        scene.erase()
    while archiving.step():
        pass
    scene.flow.finish_all(lambda _what, _n: None)

    assert found(scene) == []
    assert files_with(scene.place, PHONE.encode(), LEAD.encode()) == []


def _ending(step: Callable[..., Any]) -> Callable[..., Any]:
    def ended(*arguments: Any) -> Any:
        step(*arguments)
        raise KeyboardInterrupt

    return ended
