"""What is archived, and what of it was moved: `flows.archiving.Archives`.

A message is deleted in a transaction that has its equal, read back from a whole file, before it, and that writes down
how far the file was gone through. So whatever is killed, each message is in exactly one place: of a file the rows up to
`archive_parts.moved`, but for those that were `left_out`, are the archive's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from struct import iter_unpack, pack
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from wabawatch.domain.archives import PART_ROWS, ArchivedMessage, Part, day_of
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.archived_rows import (
    by_ids,
    delete_rows,
    ids_between,
    local_ids_of,
    oldest_at,
    put_back,
    rows_between,
    with_words,
)
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.marks import ARCHIVE_HOME, ARCHIVED_ID, ARCHIVED_UNTIL, mark_of, raise_marks, set_marks
from wabawatch.storage.schema import archive_holds, archive_parts, message_days, messages, numbers
from wabawatch.storage.tombstones import EPOCH

PAGE = 1_000
"""Messages of a transaction: some 40 ms"""
LEFT_OUT_BYTES = 8
"""Of each id in `archive_parts.left_out`"""
_HOMES = 16**6


class SqlArchives:
    """The archive's books on one `Database`. For one thread at a time; every method raises StoreUnavailable."""

    def __init__(self, database: Database, country_of: Callable[[ContactKey], str]) -> None:
        self._database = database
        self._country_of = country_of
        self._epoch = 0
        """How many persons were erased when the messages were read that are archived now"""

    def home(self) -> str:
        """Six hex digits that are in the names of this installation's files; made when first asked for."""
        with self._database.reading() as connection:
            home = mark_of(connection, ARCHIVE_HOME)
        if not home:
            with self._database.writing() as connection:
                home = mark_of(connection, ARCHIVE_HOME) or secrets.randbelow(_HOMES - 1) + 1
                set_marks(connection, {ARCHIVE_HOME: home})
        return f"{home:06x}"

    # ---------------------------------------------------------------- what is due

    def note(self, now: Millis) -> None:
        """Note which message is the newest today. A clock that went wrong notes nothing."""
        with self._database.writing() as connection:
            if day_of(now) < (connection.execute(select(func.max(message_days.c.day))).scalar() or 0):
                return
            newest = connection.execute(select(func.max(messages.c.id))).scalar() or 0
            new = insert(connection, message_days).values(day=day_of(now), newest=newest)
            connection.execute(new.on_conflict_do_update(index_elements=["day"], set_={"newest": new.excluded.newest}))

    def forget(self, before: Millis) -> None:
        """Forget what is of no use to those who only ask for messages learnt before *before* or later."""
        latest = select(func.max(message_days.c.day)).where(message_days.c.day < day_of(before)).scalar_subquery()
        with self._database.writing() as connection:
            connection.execute(delete(message_days).where(message_days.c.day < latest))

    def learnt_before(self, before: Millis) -> int:
        """An id up to which all messages were learnt before *before* (0: none is known)."""
        query = select(func.max(message_days.c.newest)).where(message_days.c.day < day_of(before))
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or 0

    def oldest_day(self, before: Millis, up_to_id: int, now: Millis) -> int | None:
        """The first day with messages to archive: before *before*, with ids up to *up_to_id*, and not held back."""
        with self._database.reading() as connection:
            every = _numbers(connection)
            held = select(archive_holds.c.day).where(archive_holds.c.until > now)
            days = set(connection.execute(held).scalars())
            since = 0
            while (at := oldest_at(connection, every, (since, before), up_to_id)) is not None:
                if day_of(at) not in days:
                    return day_of(at)
                since = (day_of(at) + 1) * DAY_MS
            return None

    def pages(self, day: int, up_to_id: int) -> Iterator[list[ArchivedMessage]]:
        """The messages of *day* with ids up to *up_to_id*, by number and time, at most `PART_ROWS`."""
        words = Dictionary(self._country_of)
        start, end = day * DAY_MS, (day + 1) * DAY_MS
        with self._database.reading() as connection:
            self._epoch = read_mark(connection, EPOCH)
            every = _numbers(connection)
            ids = ids_between(connection, every, (start, end), up_to_id, PART_ROWS)
            locals_ = local_ids_of(connection, ids)
        left = PART_ROWS
        for number in every:
            place = (start, 0)
            while left:
                with self._database.reading() as connection:
                    rows = rows_between(connection, number, place, end, up_to_id, min(PAGE, left))
                    page = with_words(connection, words, rows, locals_)
                if not rows:
                    break
                yield page
                place = (rows[-1].cohort_at, rows[-1].id + 1)
                left -= len(rows)

    # ---------------------------------------------------------------- parts

    def add(self, part: Part) -> bool:
        """Write down that a file is whole and can be read: from now on its messages are moved.

        False: somebody was erased since its messages were read, and may be in it; nothing was written.
        """
        with self._database.writing() as connection:
            if read_mark(connection, EPOCH) != self._epoch:
                return False
            connection.execute(archive_parts.insert(), _row_of(part))
            return True

    def exchange(self, old: Part, new: Part) -> bool:
        """Put the file of *new* in the place of that of *old*. False: that is not as it was; nothing changed."""
        with self._database.writing() as connection:
            if _locked(connection, old.name) != old:
                return False
            connection.execute(delete(archive_parts).where(archive_parts.c.name == old.name))
            connection.execute(archive_parts.insert(), _row_of(new))
            return True

    def parts(self, first_day: int = 0, end_day: int = 2**31 - 1) -> list[Part]:
        """The files of days from *first_day* up to but not including *end_day*, the newest first."""
        c = archive_parts.c
        query = select(archive_parts).where(c.day >= first_day, c.day < end_day)
        with self._database.reading() as connection:
            return [_part_of(row) for row in connection.execute(query.order_by(c.day.desc(), c.first_at, c.name))]

    def unfinished(self) -> Part | None:
        """A file whose messages are being moved or restored; the oldest first."""
        c = archive_parts.c
        query = select(archive_parts).where((c.moved < c.rows) | (c.is_restoring == 1)).order_by(c.made_at, c.name)
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).first()
            return None if row is None else _part_of(row)

    def move(self, name: str, place: int, some: Sequence[ArchivedMessage]) -> None:
        """Take *some*, which were read from the file *name* from row *place* on, away from the live messages.

        One that is not there just as it is in the file stays, and is left out of the archive. When others have gone on
        meanwhile, nothing happens.
        """
        words = Dictionary(self._country_of)
        with self._database.writing() as connection:
            part = _locked(connection, name)
            if part is None or part.moved != place or part.is_restoring:
                return
            live = {each.id: each for each in with_words(connection, words, by_ids(connection, _ids(some)), {})}
            gone = [each for each in some if live.get(each.id) == each._replace(local_ids=None)]
            delete_rows(connection, gone)
            left_out = part.left_out | (set(_ids(some)) - set(_ids(gone)))
            changed = {"moved": place + len(some), "left_out": _packed(left_out)}
            connection.execute(update(archive_parts).where(archive_parts.c.name == name).values(changed))
            if gone:
                raise_marks(connection, {ARCHIVED_ID: max(_ids(gone)), ARCHIVED_UNTIL: (part.day + 1) * DAY_MS})

    def restore(self, name: str, place: int, some: Sequence[ArchivedMessage]) -> None:
        """Put *some*, which were read from the file *name* from row *place* on, back among the live messages."""
        words = Dictionary(self._country_of)
        with self._database.writing() as connection:
            part = _locked(connection, name)
            if part is None or part.restored != place or not part.is_restoring:
                return
            ours = [each for at, each in enumerate(some, place) if part.holds(at, each.id)]
            put_back(connection, words, ours)
            changed = {"restored": place + len(some)}
            connection.execute(update(archive_parts).where(archive_parts.c.name == name).values(changed))

    def begin_restoring(self, days: Sequence[int], until: Millis, now: Millis, done: Deed) -> int:
        """Have the messages of *days* put back, and not archived again until *until*. Gives how many that is."""
        c = archive_parts.c
        with self._database.writing() as connection:
            wanted = select(archive_parts).where(c.day.in_(days))
            parts = [_part_of(row) for row in connection.execute(wanted)]
            names = [each.name for each in parts if each.moved > each.restored]
            connection.execute(update(archive_parts).where(c.name.in_(names)).values(is_restoring=1))
            for day in days:
                new = insert(connection, archive_holds).values(day=day, until=until)
                held = new.on_conflict_do_update(index_elements=["day"], set_={"until": new.excluded.until})
                connection.execute(held)
            connection.execute(delete(archive_holds).where(archive_holds.c.until <= now))
            audit.write(connection, now, done)
            return sum(each.held for each in parts)

    def drop(self, name: str, now: Millis, done: Deed | None = None) -> None:
        """Forget a file; *done*: what is written into the audit trail."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(archive_parts).where(archive_parts.c.name == name)).rowcount
            if gone and done is not None:
                audit.write(connection, now, done)

    def finish_restoring(self, name: str) -> bool:
        """Forget a file all of whose messages are live again. False: it has more."""
        c = archive_parts.c
        with self._database.writing() as connection:
            gone = delete(archive_parts).where(c.name == name, c.is_restoring == 1, c.restored >= c.moved)
            return connection.execute(gone).rowcount > 0

    def note_deed(self, now: Millis, done: Deed) -> None:
        """Write into the audit trail what was done."""
        with self._database.writing() as connection:
            audit.write(connection, now, done)


def _numbers(connection: Connection) -> list[int]:
    return [0, *connection.execute(select(numbers.c.id).order_by(numbers.c.id)).scalars()]


def _locked(connection: Connection, name: str) -> Part | None:
    row = connection.execute(select(archive_parts).where(archive_parts.c.name == name)).first()
    return None if row is None else _part_of(row)


def _ids(some: Sequence[ArchivedMessage]) -> list[int]:
    return [each.id for each in some]


def _part_of(row: Any) -> Part:
    return Part(
        name=row.name,
        day=row.day,
        rows=row._mapping["rows"],
        moved=row.moved,
        restored=row.restored,
        left_out=frozenset(id_ for (id_,) in iter_unpack(">q", bytes(row.left_out))),
        is_restoring=bool(row.is_restoring),
        bytes=row.bytes,
        sha256=row.sha256,
        first_at=row.first_at,
        last_at=row.last_at,
        made_at=row.made_at,
    )


def _row_of(part: Part) -> dict[str, Any]:
    names = ("name", "day", "rows", "moved", "restored", "bytes", "sha256", "first_at", "last_at", "made_at")
    kept = {name: getattr(part, name) for name in names}
    return {**kept, "left_out": _packed(part.left_out), "is_restoring": int(part.is_restoring)}


def _packed(ids: frozenset[int] | set[int]) -> bytes:
    return b"".join(pack(">q", id_) for id_ in sorted(ids))
