"""Saved views of the log: what is looked for, and in which columns, under a name."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_NAME, LONGEST_QUERY = 60, 4_000
MOST_VIEWS = 100
"""So many views somebody may save"""


@dataclass(frozen=True, slots=True)
class LogView:
    """One view."""

    id: int
    """0: it is not kept yet"""
    owner: int
    """The number of the person who saved it"""
    name: str
    query: str
    """Its parameters as they stand in an address. Never who the messages were sent to."""
    is_shared: bool = False
    """Everybody sees it"""
