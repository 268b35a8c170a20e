"""What is kept sealed searched for one person, and written anew without them, some rows at a time while others work.

Each row is opened, and if the person is in it, sealed again and written back in a short transaction, unless it was
changed meanwhile. So it may be killed at any moment, and repeated.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, bindparam, func, select, update

from wabawatch.domain.errors import SealBroken, StoreUnavailable
from wabawatch.meta.erasing import blank, cut
from wabawatch.meta.traces import Traces
from wabawatch.ports import Body, BodyId, StoredBody
from wabawatch.storage import api_answers, kept_bodies, raw_bodies
from wabawatch.storage.blocks import BLOCK_BODIES
from wabawatch.storage.bodies import decode_block, encode_block, pack_block, unpack_block
from wabawatch.storage.body_log import PARKED
from wabawatch.storage.database import Database
from wabawatch.storage.erasure_texts import sweep_events
from wabawatch.storage.inbox_writer import CONTEXT as INBOX
from wabawatch.storage.paging import BYTES, ROWS, within
from wabawatch.storage.schema import parked, raw_blocks
from wabawatch.storage.schema_access import api_answers as answers
from wabawatch.storage.schema_forward import forward_bodies
from wabawatch.storage.schema_postgres import inbox_blocks
from wabawatch.storage.sealed import HEAD_BYTES, Keyring

Resign = Callable[[Body, bytes], str]
"""The signature header of a body with another content"""
_PATIENCE_MS: Final = 5_000
_TABLES: Final = (raw_blocks, forward_bodies, parked, answers)


@dataclass(slots=True)
class Swept:
    """What a sweep met."""

    found: Counter[str] = field(default_factory=Counter)
    """How much named the person, by what it is called"""
    unopened: int = 0
    """Values that no key opens: nobody can say what is in them"""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass over everything that is sealed."""

    database: Database
    keyring: Keyring
    inbox: Path | None
    """The file of the inbox; None: the database holds it"""
    resign: Resign
    person: Traces
    sure: Traces
    """Without what may be any word"""
    up_to: BodyId
    """Bodies numbered above are not looked at: what they tell is news"""
    bury: Callable[[Sequence[Body]], None]
    """Told of bodies, as they were, before anything is cut out of them"""
    is_dry: bool = False
    """Look only"""
    on_found: Callable[[str, Any], None] = lambda _what, _item: None
    """Told of everything that names the person, as it was"""
    on_row: Callable[[int], None] = lambda _: None
    """Told how many rows were looked at, each time"""
    swept: Swept = field(default_factory=Swept)
    _cut: list[Body] = field(default_factory=list)
    """Those that will be written back without the person"""

    def size(self) -> int:
        """How many rows are opened, about."""
        with self.database.reading() as connection:
            tables = [*_TABLES, *(() if self.inbox else (inbox_blocks,))]
            n = [connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables]
        return sum(n) + (_blocks_in(self.inbox) if self.inbox else 0)

    def inbox_and_more(self) -> Swept:
        """What is not packed yet, and what was set aside: after it, nobody packs what he read before."""
        if self.inbox is None:
            self._rows(inbox_blocks.c.block, self._live)
        else:
            self._inbox_file(self.inbox)
        return self.swept

    def everything_else(self) -> Swept:
        """Packed bodies, bodies set aside, answers and events."""
        self._rows(raw_blocks.c.block, self._packed)
        self._rows(forward_bodies.c.body, lambda id_, sealed: self._alone(id_, sealed, kept_bodies.context_of(id_)))
        self._rows(parked.c.body, lambda id_, sealed: self._alone(id_, sealed, PARKED))
        self._rows(answers.c.content, lambda _, sealed: self._answer(sealed))
        person, sure = self.person, self.sure
        unopened = sweep_events(self.database, self.keyring, person, sure, self._note, is_dry=self.is_dry)
        self.swept.unopened += unopened
        return self.swept

    def _note(self, what: str, item: Any) -> None:
        self.swept.found[what] += 1
        self.on_found(what, item)

    def _without(self, body: Body) -> Body | None:
        """*body* without the person; None: nothing of it is about them."""
        found = cut(body.content, self.person)
        if found is None:
            return None
        self._cut.append(body)
        for item in found.items:
            self._note("items of webhooks and records", item)
        return body._replace(content=found.content, signature=self.resign(body, found.content))

    def _bury(self) -> None:
        if self._cut:
            self.bury(self._cut)
            self._cut.clear()

    def _live(self, block_id: int, sealed: bytes) -> bytes | None:
        bodies = decode_block(sealed, self.keyring, context=INBOX)
        new = [
            self._without(body) if block_id * BLOCK_BODIES + place <= self.up_to else None
            for place, body in enumerate(bodies)
        ]
        if not any(new):
            return None
        return encode_block([n or b for n, b in zip(new, bodies, strict=True)], self.keyring, context=INBOX)

    def _packed(self, first_id: BodyId, sealed: bytes) -> bytes | None:
        context = raw_bodies.context_of(first_id)
        stored = unpack_block(sealed, self.keyring, context=context)
        new = [self._without(each.body) if each.id <= self.up_to else None for each in stored]
        if not any(new):
            return None
        bodies = [StoredBody(each.id, n or each.body) for n, each in zip(new, stored, strict=True)]
        return pack_block(bodies, self.keyring, context=context)

    def _alone(self, id_: BodyId, sealed: bytes, context: bytes) -> bytes | None:
        (body,) = decode_block(sealed, self.keyring, context=context)
        new = self._without(body) if id_ <= self.up_to else None
        return None if new is None else encode_block([new], self.keyring, context=context)

    def _answer(self, sealed: bytes) -> bytes | None:
        plain = blank(self.keyring.open(sealed, context=api_answers.CONTEXT), self.person)
        if plain is None:
            return None
        self._note("answers to the application", "")
        return self.keyring.seal(plain, context=api_answers.CONTEXT)

    def _rows(self, column: Column[Any], change: Callable[[Any, bytes], bytes | None]) -> None:
        """Give each value of *column* to *change*, with its row's key, and write back what that makes of it."""
        (row_key,) = column.table.primary_key.columns
        head = func.substr(column, 1, HEAD_BYTES, type_=LargeBinary)
        write = update(column.table).where(row_key == bindparam("row"), head == bindparam("was"))
        for rows in self._pages(column, row_key):
            changes = []
            for key, sealed in rows:
                new = self._changed(key, sealed, change)
                if new is not None:
                    changes.append({"row": key, "was": sealed[:HEAD_BYTES], column.name: new})
            if changes and not self.is_dry:
                self._bury()
                with self.database.writing() as connection:
                    connection.execute(write, changes)
            self.on_row(len(rows))

    def _changed(self, key: Any, sealed: bytes, change: Callable[[Any, bytes], bytes | None]) -> bytes | None:
        try:
            return change(key, sealed)
        except SealBroken:
            self.swept.unopened += 1
            return None

    def _pages(self, column: Column[Any], row_key: Column[Any]) -> Iterator[list[tuple[Any, bytes]]]:
        sizes_of = select(row_key, func.length(column)).where(func.length(column) > 0).order_by(row_key).limit(ROWS)
        after: Any = None
        while True:
            with self.database.reading() as connection:
                sizes = connection.execute(sizes_of if after is None else sizes_of.where(row_key > after)).all()
                if not sizes:
                    return
                some = within(sizes, BYTES)
                rows = connection.execute(select(row_key, column).where(row_key.in_(some)).order_by(row_key)).all()
            yield [(key, bytes(sealed)) for key, sealed in rows if sealed]
            after = some[-1]

    def _inbox_file(self, path: Path) -> None:
        after = -1
        following = "SELECT id, block FROM blocks WHERE id > ? AND id <= ? ORDER BY id LIMIT 1"
        write = f"UPDATE blocks SET block = ? WHERE id = ? AND substr(block, 1, {HEAD_BYTES}) = ?"
        try:
            connecting = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
            with closing(connecting) as connection:
                for pragma in (f"busy_timeout = {_PATIENCE_MS}", "synchronous = FULL", "secure_delete = ON"):
                    connection.execute(f"PRAGMA {pragma}")
                last = self.up_to // BLOCK_BODIES
                while (row := connection.execute(following, (after, last)).fetchone()) is not None:
                    after, sealed = row
                    new = self._changed(after, sealed, self._live)
                    if new is not None and not self.is_dry:
                        self._bury()
                        connection.execute(write, (new, after, sealed[:HEAD_BYTES]))
                    self.on_row(1)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the inbox {path} does not answer: {error}") from error


def _blocks_in(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM blocks").fetchone()[0])
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the inbox {path} does not answer: {error}") from error
