"""Who did something, as people say it: the audit trail and its kin keep numbers, never names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actors:
    """Knows people by their number."""

    who: Callable[[str], str]
    """`flows.naming.Naming.who`"""

    def names(self) -> Callable[[str], str]:
        """Says who an actor is."""
        return self.who
