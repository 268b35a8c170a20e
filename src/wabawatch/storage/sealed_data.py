"""Whether anything is kept that only the keys can open."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import exists, func, or_, select

from wabawatch.storage.database import Database
from wabawatch.storage.inbox_file import InboxFile
from wabawatch.storage.inbox_table import InboxTable
from wabawatch.storage.resealing import PLACES

_PATIENCE_MS = 5_000


def holds_sealed(database: Database, inbox: Path | None) -> bool:
    """Whether *database*, which is up to date, or the inbox file (None: the database has it) holds sealed data.

    Raises StoreUnavailable.
    """
    return _in_books(database) or (InboxTable(database).holds_any() if inbox is None else _in_inbox(inbox))


def _in_books(database: Database) -> bool:
    # Of blocks whose time was over, an empty one is left.
    kept = [exists(select(each.column).where(func.length(each.column) > 0)) for each in PLACES]
    with database.reading() as connection:
        return bool(connection.execute(select(or_(*kept))).scalar())


def _in_inbox(path: Path) -> bool:
    if not path.exists():
        return False
    file = InboxFile(path, busy_timeout_ms=_PATIENCE_MS, create=True)
    try:
        return file.holds_any()
    finally:
        file.close()
