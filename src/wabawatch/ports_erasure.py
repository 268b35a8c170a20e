"""What digest needs to know of erased messages: a part of `ports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from wabawatch.domain.facts import Millis


class TombstonesLedger(Protocol):
    """The ids of erased messages, inside one transaction that writes."""

    def has_tombstones(self) -> bool:
        """Whether any message was erased so lately that something may still be told of it."""

    def erased(self, wamids: Collection[str], local_ids: Collection[str]) -> tuple[set[str], set[str]]:
        """Those of *wamids*, and of *local_ids*, that mean erased messages."""

    def note_late(self, late: Mapping[Millis, int]) -> None:
        """Count what was told of erased messages and dropped, by when it was told."""
