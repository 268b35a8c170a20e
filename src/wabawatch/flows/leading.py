"""Leading: of all processes on the same books one runs monitoring; the others stand by."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from wabawatch.monitoring_ports import Seat
from wabawatch.ports import MONITORING, RUNNING, Figures

log = logging.getLogger(__name__)

RHYTHM_S = 2.0
"""So long it takes at most until another process takes over, and until a start or stop is obeyed."""


@dataclass(slots=True)
class Leading:
    """Lets the loops of monitoring run in this process while it is wanted and nobody else runs them."""

    figures: Figures
    seat: Seat
    begin: Callable[[], None]
    rest: Callable[[], None]
    is_leading: bool = False

    def step(self) -> bool:
        """Take the seat, keep it or give it back. Raises StoreUnavailable: until it is known better, all stays so."""
        is_wanted = self.figures.mark(MONITORING) == RUNNING
        if not is_wanted:
            self.seat.leave()
        is_leading = is_wanted and self.seat.take()
        if is_leading != self.is_leading:
            self.is_leading = is_leading
            does = "runs" if is_leading else "does not run"
            log.info("this process %s monitoring now", does, extra={"action": "leading", "is_leading": is_leading})
            (self.begin if is_leading else self.rest)()
        return False
