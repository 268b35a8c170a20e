"""Who looks at a page, and what they may. The console asks one `Visitors` for it, on every request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from wabawatch.domain.access import Right


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    name: str
    rights: frozenset[Right]
    csrf: str = ""
    """What must come with every request that changes something"""
    id: int = 0

    def may(self, right: Right) -> bool:
        """Whether they may do what needs *right*."""
        return right in self.rights

    @property
    def actor(self) -> str:
        """Who they are in the audit trail."""
        return f"user:{self.id}"


class Visitors(Protocol):
    """Knows visitors by their requests."""

    def of(self, request: Request) -> Visitor | None:
        """Who makes *request*; None: nobody who is signed in. Called in a worker thread, or in the event loop."""
