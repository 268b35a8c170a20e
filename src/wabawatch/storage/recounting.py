"""Messages and roll-ups side by side, for rebuild: `ports.Recount` on one reading transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, func, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.rollups import TIERS, Tier, bucket_of
from wabawatch.domain.standing import Standing
from wabawatch.ports import SWEPT, Held, Moves, RollupKey
from wabawatch.storage import counts
from wabawatch.storage.books import read_floors, read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.marks import ARCHIVED_UNTIL, mark_of
from wabawatch.storage.messages import read_rows
from wabawatch.storage.schema import messages

PAGE = 2_000


class SqlRecount:
    """`ports.Recount` on one reading transaction.

    Days of which messages were archived are left out: their figures count more than is here.
    """

    def __init__(self, database: Database, connection: Connection, country_of: Callable[[ContactKey], str]) -> None:
        self._database = database
        self._connection = connection
        self._words = Dictionary(country_of)
        kept, live = read_floors(connection), mark_of(connection, ARCHIVED_UNTIL)
        self._live = {tier: bucket_of(tier, live) for tier in TIERS}
        self._floors = {tier: max(kept.get(tier, 0), first) for tier, first in self._live.items()}

    def swept_until(self) -> Millis:
        return read_mark(self._connection, SWEPT)

    def how_many(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(messages)).scalar() or 0)

    def pages(self) -> Iterator[list[tuple[Held, str]]]:
        after = 0
        while True:
            query = select(messages).where(messages.c.id > after).order_by(messages.c.id).limit(PAGE)
            held = read_rows(self._connection, self._words, self._connection.execute(query).all())
            if not held:
                return
            yield [(h, self._words.country_of(h.message.contact[2]) if h.message.contact else "") for h in held]
            after = held[-1].id

    def rows_of(self, moves: Moves) -> Mapping[RollupKey, int]:
        self._learn({counts.CHARGED, *(standing for _, standing in moves)})
        return counts.spread(self._connection, self._words, moves, self._floors)

    def _learn(self, standings: set[Standing]) -> None:
        """Have a number for every standing: one that never occurred is written, in a transaction of its own."""
        if new := standings - self._words.standings.known(self._connection, standings).keys():
            with self._database.writing() as connection:
                self._words.standings.ids(connection, new)

    def rows(self) -> Mapping[RollupKey, int]:
        found = counts.read_all(self._connection)
        return {key: n for key, n in found.items() if key[1] >= self._live[Tier(key[0])]}


@contextmanager
def recounting(database: Database, country_of: Callable[[ContactKey], str]) -> Iterator[SqlRecount]:
    """One consistent view of messages and roll-ups. It may write words that are new, and nothing else."""
    with database.reading() as connection:
        yield SqlRecount(database, connection, country_of)


def mend(database: Database, differences: Mapping[RollupKey, int]) -> None:
    """Add *differences* to the roll-ups. Right also while messages go on changing."""
    with database.writing() as connection:
        counts.add_rows(connection, differences)
