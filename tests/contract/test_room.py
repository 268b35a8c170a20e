"""How much is stored, on every database."""

from __future__ import annotations

from pathlib import Path

from tests.support.places import Place
from wabawatch.storage.dialect import sqlite_file
from wabawatch.storage.room import StoreRoom


def test_what_is_stored_and_what_is_free_is_told_in_bytes(shared_place: Place, tmp_path: Path) -> None:
    database, url = shared_place.database(), shared_place.url()
    file = sqlite_file(url) if url.startswith("sqlite") else None
    inbox = tmp_path / "inbox.db"
    inbox.write_bytes(bytes(1_000))
    Path(f"{inbox}-wal").write_bytes(bytes(500))

    room = StoreRoom(database, file, inbox, tmp_path, 7).room()

    assert room.database > 50_000
    assert room.inbox == 1_500
    assert room.free is not None
    assert room.total is not None
    assert 0 < room.free <= room.total
    assert room.reserve == 7
    away = StoreRoom(database, file, None, tmp_path / "away", 7).room()
    assert (away.inbox, away.free, away.total) == (0, None, None)
    database.close()
