"""What costs, limits, evidence and preflight need to read, each method with its guarantee."""

from __future__ import annotations

from typing import Protocol

from wabawatch.domain.costs import Charge
from wabawatch.domain.facts import Millis


class Charges(Protocol):
    """What Meta says is charged."""

    def charges(self, start: Millis | None, end: Millis | None) -> tuple[list[Charge], Millis | None, Millis | None]:
        """The charged messages of the whole UTC days that hold *start* up to *end* (None: from the first, to the last),
        and the beginning and end of these days; None: nothing was ever charged."""
