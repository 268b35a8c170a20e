"""Interning: long words are kept once and referred to by number. A word is never deleted, so its number stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from functools import cache
from itertools import chain
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, select

from wabawatch.storage.bulk import Lookup, among, insert_missing, row_type

W = TypeVar("W", bound=Hashable)

CACHED = 20_000
"""Words remembered per table; the oldest half is dropped when there are more."""


class Names(Generic[W]):
    """Words of one kind and their numbers, with a memory in front of the table.

    The word is described by *columns*; *row* makes the column values to insert, *word* reads a row back.
    A number learnt inside a transaction that is then undone would be wrong: call `forget` after a failed one.
    """

    def __init__(
        self,
        table: Table,
        columns: tuple[str, ...],
        row: Callable[[W], Mapping[str, Any]],
        word: Callable[[Any], W],
        key: Callable[[W], tuple[Any, ...]] | None = None,
    ) -> None:
        self._table = table
        self._is_one = len(columns) == 1
        self._by_word, self._by_id = _lookups(table, columns)
        self._kept = row_type(table)
        self._row = row
        self._word = word
        self._key = key or (lambda w: tuple([row(w)[name] for name in columns]))
        self._ids: dict[W, int] = {}
        self._words: dict[int, W] = {}

    def ids(self, connection: Connection, words: Iterable[W]) -> Mapping[W, int]:
        """The numbers of *words*; new words are written."""
        self._make_room()
        wanted = set(words)
        missing = [word for word in wanted if word not in self._ids]
        if missing:
            self._learn(connection, missing)
            new = [word for word in missing if word not in self._ids]
            if new:
                insert_missing(connection, self._table, [self._row(word) for word in new])
                self._learn(connection, new)
        return {word: self._ids[word] for word in wanted}

    def known(self, connection: Connection, words: Iterable[W]) -> Mapping[W, int]:
        """The numbers of those of *words* that have one. Writes nothing."""
        self._make_room()
        wanted = set(words)
        self._learn(connection, [word for word in wanted if word not in self._ids])
        return {word: self._ids[word] for word in wanted if word in self._ids}

    def words(self, connection: Connection, ids: Collection[int]) -> Mapping[int, W]:
        """The words of *ids*."""
        self._make_room()
        missing = [i for i in set(ids) if i not in self._words]
        self._keep(self._by_id(connection, missing))
        return {i: self._words[i] for i in ids}

    def forget(self) -> None:
        """Drop the memory, for instance after a transaction that was undone."""
        self._ids.clear()
        self._words.clear()

    def _learn(self, connection: Connection, words: list[W]) -> None:
        keys = map(self._key, words)
        self._keep(self._by_word(connection, list(chain.from_iterable(keys) if self._is_one else keys)))

    def _keep(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in map(self._kept._make, rows):
            self._remember(self._word(row), row.id)

    def _remember(self, word: W, number: int) -> None:
        self._ids[word] = number
        self._words[number] = word

    def _make_room(self) -> None:
        if len(self._ids) > CACHED:
            for word in list(self._ids)[: CACHED // 2]:
                self._words.pop(self._ids.pop(word), None)


@cache
def _lookups(table: Table, columns: tuple[str, ...]) -> tuple[Lookup, Lookup]:
    """What finds the rows of words, and what finds those of numbers: one of each for all who know such words."""
    if len(columns) == 1:
        by_word = Lookup(lambda some: select(table).where(table.c[columns[0]].in_(some)), 200)
    else:
        by_word = Lookup(lambda some: select(table).select_from(among(table, columns, some)), 100)
    return by_word, Lookup(lambda some: select(table).where(table.c.id.in_(some)))
