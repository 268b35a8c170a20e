"""What monitoring needs to be controlled, and to be watched itself; each method with its guarantee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.runs import Ended, Gap
from wabawatch.domain.watchman import Pulse
from wabawatch.ports import Deed

CYCLE_AT = "cycle_at"
"""The mark that says which window was judged last since monitoring was started (0: none)."""


class CycleLog(Protocol):
    """What monitoring has judged."""

    def keep_cycle(self, at: Millis, ran_at: Millis, verdict: str, detail: str, marks: Mapping[str, int]) -> None:
        """Keep the verdict on the window that ends at *at*, *marks*, and that monitoring was alive at *ran_at*, in one
        transaction. Repeatable."""

    def note_alive(self, now: Millis) -> None:
        """Keep that monitoring is alive."""

    def decide(self, now: Millis, marks: Mapping[str, int], done: Deed, ended: Ended | None) -> None:
        """Set *marks*, end the run of monitoring if it is *ended*, begin one unless it is stopped, and write *done*
        into the audit trail, in one transaction."""


class Runs(Protocol):
    """When monitoring ran."""

    def gaps(self, start: Millis | None, end: Millis, now: Millis) -> Sequence[Gap]:
        """The times of the window in which it did not, in order. *start* None: since it first ran."""

    def alive_at(self) -> Millis | None:
        """Its last sign of life, while it has not been stopped by hand; None: it never gave one, or it was stopped."""


class Seat(Protocol):
    """The one place from which monitoring is run. It falls free at once when the process that has it dies."""

    def take(self) -> bool:
        """Whether this process has the seat now; a free one it takes. Repeatable, and cheap while it has it."""

    def leave(self) -> None:
        """Let others have it. Repeatable."""


class Pulses(Protocol):
    """What every process says of its loops, where the others can read it."""

    def keep(self, pulse: Pulse, forget_before: Millis) -> None:
        """Put *pulse* in the place of what its process said before; forget processes silent since *forget_before*."""

    def all(self) -> Sequence[Pulse]:
        """The newest of every process."""

    def remove(self, process: str) -> None:
        """Forget a process that ended as it should. Repeatable."""
