"""What the numbers of standings mean, remembered for as long as the process runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from wabawatch.domain.standing import Standing
from wabawatch.storage.dictionary import Dictionary


class KnownStandings:
    """Standings by their numbers. Any thread may ask. There are some hundreds, and none is ever changed or deleted.

    For connections that only read: what a transaction wrote may yet be undone.
    """

    def __init__(self) -> None:
        self._known: dict[int, Standing] = {}

    def words(self, connection: Connection, ids: Iterable[int]) -> Mapping[int, Standing]:
        """What *ids* mean, and others: only those that nobody asked for before are read."""
        missing = {i for i in ids if i not in self._known}
        if missing:
            self._known.update(Dictionary(lambda _: "").standings.words(connection, missing))
        return self._known
