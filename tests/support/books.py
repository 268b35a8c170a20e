"""Real books on a real database, and a picture of everything in them that two ways of getting there must share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.places import Place
from wabawatch.domain.facts import Fact
from wabawatch.flows.digest import Digest, learn
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, BodyId, StoredBody
from wabawatch.storage import counts, schema
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.messages import read_rows
from wabawatch.storage.sealed import Keyring

_EVENTS = select(*schema.events.c["fingerprint", "at", "seen_at"])
_WINDOWS = "SELECT phone_number_id, contact_kind, contact_id, opened_at_ms, last_inbound_at_ms FROM conversations"
_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in schema.metadata.tables)
_NUMBERS = select(*schema.numbers.c["phone_number_id", "display_number"])


class HandClock:
    """A clock that is turned by hand."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def turn_to(self, now: int) -> None:
        self._now = now


class Shelf:
    """One database with its books."""

    def __init__(self, place: Place | Path, name: str = "main") -> None:
        self.place = Place(place) if isinstance(place, Path) else place
        self.database = self.place.database(name)
        self.keyring = Keyring.generate()
        self.books = SqlBooks(self.database, self.keyring, country_of)

    def clear(self) -> None:
        """Take everything out again: quicker than a new database, whose every statement is compiled anew."""
        with self.database.writing() as connection:
            filled = set(connection.exec_driver_sql(_FILLED).scalars())  # a few of ninety
            for name, table in schema.metadata.tables.items():
                if name in filled:
                    connection.execute(table.delete())
        self.books = SqlBooks(self.database, self.keyring, country_of)

    def learn(self, facts: Sequence[Fact]) -> None:
        """Take facts into the books in one transaction."""
        with self.books.writing() as ledger:
            learn(ledger, facts)

    def settle(self, now: int) -> None:
        """Judge again whatever waits for it."""
        digest = Digest(EmptyInbox(), self.books, lambda _: (), HandClock(now))
        while digest.recheck():
            pass

    def picture(self) -> dict[str, Any]:
        """Messages, roll-ups and histories in words, without numbers that depend on the order of arrival."""
        words = Dictionary(country_of)
        with self.database.reading() as connection:
            rows = connection.execute(select(schema.messages)).all()
            held = read_rows(connection, words, rows)
            states = {row.id: (row.state, row.expires_at, row.error_code) for row in rows}
            return {
                "messages": sorted(repr((h.message, h.judgement, states[h.id])) for h in held),
                "locals": len(connection.execute(select(schema.local_ids)).all()),
                "rollups": rollups_in_words(connection, words),
                "windows": sorted(connection.exec_driver_sql(_WINDOWS).all()),
                "events": sorted(connection.execute(_EVENTS).all()),
                "numbers": sorted(connection.execute(_NUMBERS).all()),
            }


def rollups_in_words(connection: Any, words: Dictionary) -> dict[tuple[Any, ...], int]:
    """The roll-ups with standings, numbers, accounts and templates as words."""
    everything = list(counts.read_all(connection).items())
    standings = words.standings.words(connection, {key[5] for key, _ in everything})
    numbers = words.numbers.words(connection, {key[3] for key, _ in everything if key[3]})
    wabas = words.wabas.words(connection, {key[4] for key, _ in everything if key[2] == 1})
    templates = words.templates.words(connection, {key[4] for key, _ in everything if key[2] == 3})
    found = {}
    for (tier, bucket, scope, number, ref, standing), n in everything:
        about = {1: wabas, 3: templates}.get(scope, {}).get(ref, ref)
        found[tier, bucket, scope, numbers.get(number, ""), about, standings[standing]] = n
    return found


class EmptyInbox:
    """An inbox with nothing in it."""

    async def append(self, body: Body) -> BodyId:
        raise AssertionError("nothing is written here")

    def append_all(self, bodies: Sequence[Body]) -> list[BodyId]:
        raise AssertionError("nothing is written here")

    def read(self, after: BodyId, limit: int) -> list[StoredBody]:
        return []

    def newest(self) -> BodyId:
        return 0

    def waiting(self, after: BodyId) -> int:
        return 0

    def webhooks_waiting(self, after: BodyId) -> int:
        return 0

    def oldest_waiting_at(self, after: BodyId) -> int | None:
        return None

    def find(self, body_id: BodyId) -> Body | None:
        return None

    def trouble(self) -> str:
        return ""

    def forget(self, up_to: BodyId) -> None:
        return None

    def close(self) -> None:
        return None
