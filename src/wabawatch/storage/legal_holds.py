"""Legal holds on disk: persons that may not be erased, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from wabawatch.domain.erasure import Hold
from wabawatch.domain.facts import Millis
from wabawatch.storage import contact_keys
from wabawatch.storage.schema import contacts
from wabawatch.storage.schema_erasure import legal_holds

_BOTH = select(legal_holds, contacts.c.packed).outerjoin(contacts, contacts.c.id == legal_holds.c.contact_id)


def of_contacts(connection: Connection, ids: Collection[int]) -> list[Hold]:
    """Those that hold any of these contacts now."""
    c = legal_holds.c
    query = _BOTH.where(c.contact_id.in_(sorted(ids)), c.ended_at.is_(None)).order_by(c.id)
    return [_hold(row) for row in connection.execute(query)] if ids else []


def all_of(connection: Connection) -> Sequence[Hold]:
    """All that ever were, the newest first."""
    return [_hold(row) for row in connection.execute(_BOTH.order_by(legal_holds.c.id.desc()))]


def add(connection: Connection, contact_id: int, reason: str, actor: str, now: Millis) -> int:
    """Hold a contact from now on. Gives the number of the hold."""
    row = {"contact_id": contact_id, "reason": reason, "actor": actor, "since": now}
    (number,) = connection.execute(legal_holds.insert().values(row)).inserted_primary_key or (0,)
    return int(number)


def end(connection: Connection, id: int, now: Millis) -> bool:
    """End a hold. False: there is none of this number that holds."""
    mine = update(legal_holds).where(legal_holds.c.id == id, legal_holds.c.ended_at.is_(None))
    return connection.execute(mine.values(ended_at=now)).rowcount == 1


def _hold(row: Any) -> Hold:
    key = None if row.packed is None else contact_keys.unpack(bytes(row.packed))
    return Hold(row.id, row.reason, row.actor, row.since, row.ended_at, key)
