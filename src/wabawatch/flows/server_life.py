"""That a server was started and stopped, and with which settings, in the audit trail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.audit_trail import SERVER_STARTED, AuditFilter, Entry, Plain
from wabawatch.domain.errors import SealBroken, StoreUnavailable
from wabawatch.domain.settings_trail import CHANGED, changes, held_after
from wabawatch.ports import Clock, Deed

ACTOR, SUBJECT = "serve", "server"
MOST = 10_000
"""Changes of settings that are looked back at"""

_log = logging.getLogger(__name__)


class Notes(Protocol):
    """Where deeds are written down. Raises StoreUnavailable."""

    def note(self, at: int, done: Deed) -> None:
        """Write down a deed, durably."""


class Trail(Protocol):
    """What was written down. Raises StoreUnavailable."""

    def entries(self, wanted: AuditFilter, limit: int) -> Sequence[Entry]:
        """The newest *limit* entries that are *wanted*, the newest first."""


@dataclass(frozen=True, slots=True)
class ServerLife:
    """A server that neither waits nor stops for the trail: what cannot be written is told in the log."""

    notes: Notes
    trail: Trail
    clock: Clock
    about: Mapping[str, Plain]
    """What is said of this process"""

    def started(self, settings: Callable[[], Mapping[str, Sequence[str]]]) -> None:
        """A server has started with *settings*, each as it may be written in the trail."""
        self._try(lambda: self._note(SERVER_STARTED, SUBJECT, self.about))
        self._try(lambda: self._compare(settings()))

    def stopped(self) -> None:
        """It is about to end in order. One that was killed is never said to have stopped."""
        self._try(lambda: self._note("server_stopped", SUBJECT, self.about))

    def _compare(self, settings: Mapping[str, Sequence[str]]) -> None:
        known = self.trail.entries(AuditFilter(action=CHANGED), MOST)
        if changed := changes(held_after(reversed(known)), settings):
            self._note(CHANGED, "settings", changed)

    def _note(self, action: str, subject: str, detail: Mapping[str, Plain]) -> None:
        self.notes.note(self.clock.now(), Deed(ACTOR, action, subject, detail))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (StoreUnavailable, SealBroken) as error:
            _log.error("audit.failed: %s", error, extra={"action": "audit.failed"})
