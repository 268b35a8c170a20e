"""What the preview of retention counts is what retention takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.test_archiving import learn, live
from tests.support.archives import KEEP_DAYS, LIVE_DAYS, Attic, ThenStore
from tests.support.books import Shelf
from tests.support.facts import DAY, HOUR, T0, told
from tests.support.places import LASTING_ON_EACH
from wabawatch.domain.archives import Removal, day_of
from wabawatch.domain.facts import Status
from wabawatch.flows.archive_desk import ArchiveDesk, KeptFor
from wabawatch.storage.retention_counts import RetentionCounts

pytestmark = LASTING_ON_EACH


@pytest.fixture
def attic(lasting_shelf: Shelf, tmp_path: Path) -> Attic:
    lasting_shelf.clear()
    return Attic(lasting_shelf, tmp_path / "archive", T0)


def test_the_preview_counts_what_would_go_and_changes_nothing(attic: Attic) -> None:
    learn(attic, 3)
    learn(attic, 2, offset=30 * DAY, first=10)
    attic.pass_days(92)
    kept = KeptFor(LIVE_DAYS, KEEP_DAYS, 7)
    desk = ArchiveDesk(RetentionCounts(attic.shelf.database), attic.books, attic.clock, kept)

    first, *_ = desk.preview()
    assert (first.kind, first.n) == (Removal.MESSAGES, 3)
    assert first.sentence == "would move 3 messages up to 22 September 2026 to the archive"
    assert desk.preview(kept.changed(messages=45, archive=None, bodies=None))[0].n == 5
    assert live(attic) == 5

    attic.archive()
    gone = desk.preview(kept.changed(messages=None, archive=0, bodies=None))[1]
    assert (gone.kind, gone.n) == (Removal.ARCHIVED, 3)
    assert gone.bytes


def test_what_the_preview_counts_is_what_goes(attic: Attic) -> None:
    learn(attic, 3)
    learn(attic, 2, offset=DAY, first=10)
    attic.pass_days(93)
    late = [told(Status.READ, HOUR, wamid="wamid.1")]
    attic.with_store(ThenStore(attic.store, lambda: attic.shelf.learn(late))).step()
    attic.archive()
    assert (live(attic), sum(part.held for part in attic.books.parts())) == (0, 5)
    attic.archiving.restore(day_of(T0) + 1, day_of(T0) + 1, 500, "test")
    learn(attic, 4, offset=2 * DAY, first=20)
    attic.pass_days(KEEP_DAYS)

    kept = KeptFor(LIVE_DAYS, KEEP_DAYS, 7)
    moved, gone, *_ = ArchiveDesk(RetentionCounts(attic.shelf.database), attic.books, attic.clock, kept).preview()
    assert (moved.n, gone.n, live(attic)) == (4, 7, 6)

    attic.archive()
    assert (live(attic), attic.books.parts()) == (2, [])
