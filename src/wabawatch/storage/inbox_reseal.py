"""The SQLite file of the inbox, sealed anew with the current key, a block at a time while others append."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wabawatch.domain.errors import SealBroken, SealDamaged, StoreUnavailable
from wabawatch.storage.inbox_writer import CONTEXT
from wabawatch.storage.resealing import Resealed
from wabawatch.storage.sealed import HEAD_BYTES, Keyring, key_id_of

_PATIENCE_S = 5.0


def in_use(path: Path) -> Counter[str]:
    """How many blocks are sealed with each key. Raises StoreUnavailable."""
    with _connected(path) as connection:
        rows = connection.execute("SELECT substr(block, 1, 5), count(*) FROM blocks GROUP BY 1").fetchall()
    return Counter({key_id_of(head): n for head, n in rows})


def reseal(path: Path, ring: Keyring, result: Resealed) -> None:
    """Seal anew what is not sealed with the current key. Raises StoreUnavailable: what was done is done."""
    after, current = -1, ring.opening()
    old = "SELECT id, block FROM blocks WHERE id > ? AND substr(block, 1, 5) <> ? ORDER BY id LIMIT 1"
    with _connected(path) as connection:
        while (row := connection.execute(old, (after, current)).fetchone()) is not None:
            after, sealed = row
            try:
                plain = ring.open(sealed, context=CONTEXT)
            except SealDamaged:
                result.damaged["inbox"] += 1
            except SealBroken:
                result.unknown[key_id_of(sealed)] += 1
            else:
                new = ring.seal(plain, context=CONTEXT)
                # One that was forgotten meanwhile stays so.
                write = f"UPDATE blocks SET block = ? WHERE id = ? AND substr(block, 1, {HEAD_BYTES}) = ?"
                connection.execute(write, (new, after, sealed[:HEAD_BYTES]))
                result.rows += 1


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connecting = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        with closing(connecting) as connection:
            connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE_S * 1000)}")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the inbox {path} does not answer: {error}") from error
