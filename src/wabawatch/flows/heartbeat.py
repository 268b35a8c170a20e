"""The heartbeat: an outside service that misses it tells somebody when this whole machine is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.domain.retry import Backoff
from wabawatch.monitoring_ports import CYCLE_AT
from wabawatch.ports import Clock, Figures

log = logging.getLogger(__name__)

RHYTHM_S = 5.0


@dataclass(slots=True)
class Heartbeat:
    """Sends one after each cycle that ended well. What goes wrong with it is shown, and disturbs nothing."""

    figures: Figures
    clock: Clock
    send: Callable[[], str]
    """Gives why it failed, in words without secrets; "" when it was taken"""
    backoff: Backoff = field(default_factory=Backoff)
    trouble: str = ""
    """Why the newest one was not taken"""
    sent_at: Millis | None = None
    _told: Millis | None = None
    """The cycle that the newest one was about"""
    _failures: int = 0
    _not_before: Millis = 0

    def step(self) -> bool:
        """Send one if a cycle has ended since the last. Gives False. Cycles that were made up count as one."""
        cycle, now = self.figures.mark(CYCLE_AT), self.clock.now()
        if not cycle or cycle == self._told or now < self._not_before:
            return False
        self.trouble = self.send()
        if self.trouble:
            self._failures += 1
            self._not_before = now + int(self.backoff.delay_s(self._failures) * 1000)
            log.warning("the heartbeat was not taken: %s", self.trouble, extra={"action": "heartbeat_failed"})
        else:
            self._told, self._failures, self._not_before, self.sent_at = cycle, 0, 0, now
        return False
