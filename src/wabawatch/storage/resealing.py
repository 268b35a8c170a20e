"""Everything that is sealed, sealed anew with the current key, a few rows at a time while others work.

Each row is read, opened with the key that it names and written back in a short transaction, unless it was changed
meanwhile. So it may be killed at any moment: what is done is done, every row can be opened, and a later run goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, bindparam, func, select, text, update

from wabawatch.domain.errors import SealBroken, SealDamaged
from wabawatch.storage import api_answers as answers
from wabawatch.storage import erasures as persons
from wabawatch.storage import exports as wanted
from wabawatch.storage import kept_bodies, paging, raw_bodies, second_factors, signing_keys, tombstones
from wabawatch.storage.body_log import PARKED
from wabawatch.storage.database import Database
from wabawatch.storage.event_rows import DETAIL
from wabawatch.storage.inbox_writer import CONTEXT as INBOX
from wabawatch.storage.schema import events, exports, parked, raw_blocks
from wabawatch.storage.schema_access import api_answers, users
from wabawatch.storage.schema_audit import signing_keys as keys
from wabawatch.storage.schema_erasure import erasure_secrets, erasures
from wabawatch.storage.schema_forward import forward_bodies
from wabawatch.storage.schema_postgres import inbox_blocks
from wabawatch.storage.sealed import HEAD_BYTES, Keyring, key_id_of


@dataclass(frozen=True, slots=True)
class Place:
    """A column of sealed values, and as what each is sealed, by its row's key."""

    column: Column[Any]
    context: Callable[[Any], bytes]

    @property
    def name(self) -> str:
        """Table and column."""
        return str(self.column)


PLACES: Final = (
    Place(keys.c.private, signing_keys.context_of),
    Place(users.c.totp, second_factors.context_of),
    Place(users.c.totp_offered, second_factors.context_of),
    Place(exports.c.wanted, wanted.context_of),
    Place(forward_bodies.c.body, kept_bodies.context_of),
    Place(parked.c.body, lambda _: PARKED),
    Place(api_answers.c.content, lambda _: answers.CONTEXT),
    Place(events.c.detail, lambda _: DETAIL),
    Place(erasures.c.wanted, persons.context_of),
    Place(erasure_secrets.c.secret, lambda _: tombstones.CONTEXT),
    Place(raw_blocks.c.block, raw_bodies.context_of),
)
"""All of the main database: tests/contract/test_resealing.py holds them against the schema"""
ON_POSTGRES: Final = Place(inbox_blocks.c.block, lambda _: INBOX)
"""The inbox, where the database holds it"""


@dataclass(slots=True)
class Resealed:
    """What came of a pass."""

    rows: int = 0
    """Sealed anew"""
    unknown: Counter[str] = field(default_factory=Counter)
    """Left as they are: so many are sealed with this key, which is not in the key file"""
    damaged: Counter[str] = field(default_factory=Counter)
    """Left as they are: so many of that place no key opens"""


def reseal(database: Database, ring: Keyring, place: Place, result: Resealed, tell: Callable[[int], None]) -> None:
    """Seal anew what is not sealed with the current key. *tell* is called with how many rows were, each time.

    Raises StoreUnavailable: what was done until then is done.
    """
    (row_key,) = place.column.table.primary_key.columns
    head = func.substr(place.column, 1, HEAD_BYTES, type_=LargeBinary)
    write = update(place.column.table).where(row_key == bindparam("row"), head == bindparam("was"))
    for rows in _old(database, ring, place):
        changes = []
        for key, sealed in rows:
            try:
                plain = ring.open(sealed, context=place.context(key))
            except SealDamaged:
                result.damaged[place.name] += 1
            except SealBroken:
                result.unknown[key_id_of(sealed)] += 1
            else:
                # The nonce in the head is of this very value: another one, written meanwhile, is left alone.
                was, now = sealed[:HEAD_BYTES], ring.seal(plain, context=place.context(key))
                changes.append({"row": key, "was": was, place.column.name: now})
        if not changes:
            continue
        with database.writing() as connection:
            connection.execute(write, changes)
        result.rows += len(changes)
        tell(len(changes))


def in_use(database: Database, places: Sequence[Place]) -> Counter[str]:
    """How many values are sealed with each key."""
    found: Counter[str] = Counter()
    for place in places:
        head = func.substr(place.column, 1, HEAD_BYTES - 12, type_=LargeBinary).label("head")
        counting = select(head, func.count()).where(func.length(place.column) > 0).group_by(text("head"))
        with database.reading() as connection:
            for key, n in connection.execute(counting):
                found[key_id_of(bytes(key))] += n
    return found


def _old(database: Database, ring: Keyring, place: Place) -> Iterator[list[tuple[Any, bytes]]]:
    """Those rows of *place* that are not sealed with the current key, a few at a time, in the order of their keys."""
    (row_key,) = place.column.table.primary_key.columns
    current = ring.opening()
    is_old = func.substr(place.column, 1, len(current), type_=LargeBinary) != current
    page = select(row_key, func.length(place.column)).where(func.length(place.column) > 0, is_old).order_by(row_key)
    after: Any = None
    while True:
        with database.reading() as connection:
            query = page if after is None else page.where(row_key > after)
            sizes = connection.execute(query.limit(paging.ROWS)).all()
            if not sizes:
                return
            some = paging.within(sizes, paging.BYTES)
            rows = connection.execute(select(row_key, place.column).where(row_key.in_(some)).order_by(row_key)).all()
        yield [(key, bytes(sealed)) for key, sealed in rows if sealed]
        after = some[-1]
