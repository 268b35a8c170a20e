"""On a full disk nothing is half done: what was not kept is told, what was is still there, and it goes on with room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.disks import fill, small_disk
from tests.support.power import usual_settings, webhook
from wabawatch.app import System
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.ports import DIGESTED, Body, BodyKind, Inbox
from wabawatch.storage.raw_bodies import RawBodies
from wabawatch.storage.sealed import load_or_create, rotate


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "data", 8) as mounted:
        yield mounted


def pack_all(raw: RawBodies, inbox: Inbox, up_to: int, now: int) -> None:
    while raw.pack(inbox, up_to, now):
        pass


def test_bodies_that_cannot_be_packed_stay_in_the_inbox_until_they_can(disk: Path) -> None:
    with closing(System(usual_settings(disk.parent))) as system:
        now = system.clock.now()
        bodies = [Body(BodyKind.WEBHOOK, now, webhook(f"wamid.{number}", now // 1000)) for number in range(50)]
        system.inbox.append_all(bodies)
        system.drain()
        small = RawBodies(system.database, system.keyring, block_bodies=1)
        ballast, digested = fill(disk), system.figures.mark(DIGESTED)

        with pytest.raises(StoreUnavailable, match=r"Free space on its disk|is full"):
            pack_all(small, system.inbox, digested, now)
        assert system.database.trouble()

        ballast.unlink()
        pack_all(small, system.inbox, digested, now)
        assert (system.database.trouble(), system.inbox.waiting(0)) == ("", 0)
        assert [each.body for each in small.read_range(0, now + 1)] == bodies


def test_a_key_that_cannot_be_written_is_not_used_and_the_old_ones_stay(disk: Path) -> None:
    before = load_or_create(disk / "keys.json").to_json()
    ballast = fill(disk)

    with pytest.raises(StoreUnavailable, match="No space left"):
        rotate(disk / "keys.json")
    assert load_or_create(disk / "keys.json").to_json() == before

    ballast.unlink()
    assert rotate(disk / "keys.json").to_json() != before
