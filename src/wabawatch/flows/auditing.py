"""Reading the audit trail: who did what, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wabawatch.domain.audit_trail import AuditFilter, Entry


class Trail(Protocol):
    """What was written down. Raises StoreUnavailable."""

    def entries(self, wanted: AuditFilter, limit: int) -> Sequence[Entry]:
        """The newest *limit* entries that are *wanted*, the newest first."""


class TrailPage(NamedTuple):
    """Some entries, the newest first."""

    entries: Sequence[Entry]
    below: int | None
    """Where the next page begins; None: there is none"""


@dataclass(frozen=True, slots=True)
class Auditing:
    """Pages of the trail. An entry that is written meanwhile shifts nothing: pages begin at numbers."""

    trail: Trail

    def page(self, wanted: AuditFilter, limit: int) -> TrailPage:
        """The newest *limit* entries that are *wanted*."""
        found = self.trail.entries(wanted, limit + 1)
        return TrailPage(found[:limit], found[limit - 1].id if len(found) > limit else None)
