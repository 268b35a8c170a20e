"""Whether anything is kept that only the keys can open."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import exists, or_, select

from wabawatch.storage.database import Database
from wabawatch.storage.inbox_file import InboxFile
from wabawatch.storage.inbox_table import InboxTable
from wabawatch.storage.schema import events, parked, raw_blocks
from wabawatch.storage.schema_access import users
from wabawatch.storage.schema_audit import signing_keys
from wabawatch.storage.schema_erasure import erasure_secrets
from wabawatch.storage.schema_exports import exports
from wabawatch.storage.schema_forward import forward_bodies

_PATIENCE_MS = 5_000


def holds_sealed(database: Database, inbox: Path | None) -> bool:
    """Whether *database*, which is up to date, or the inbox file (None: the database has it) holds sealed data.

    Raises StoreUnavailable.
    """
    return _in_books(database) or (InboxTable(database).holds_any() if inbox is None else _in_inbox(inbox))


def _in_books(database: Database) -> bool:
    # Of blocks whose time was over, an empty one is left.
    raw = exists(select(raw_blocks.c.first_id).where(raw_blocks.c.n > 0))
    detail = exists(select(events.c.id).where(events.c.detail.is_not(None)))
    aside = exists(select(parked.c.body_id)), exists(select(forward_bodies.c.body_id)), exists(select(exports.c.key))
    seed = exists(select(users.c.id).where(or_(users.c.totp.is_not(None), users.c.totp_offered.is_not(None))))
    signing = exists(select(signing_keys.c.key_id))
    secret = exists(select(erasure_secrets.c.one))
    query = select(or_(raw, *aside, detail, seed, signing, secret))
    with database.reading() as connection:
        return bool(connection.execute(query).scalar())


def _in_inbox(path: Path) -> bool:
    if not path.exists():
        return False
    file = InboxFile(path, busy_timeout_ms=_PATIENCE_MS, create=True)
    try:
        return file.holds_any()
    finally:
        file.close()
