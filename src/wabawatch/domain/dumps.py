"""Webhook bodies that something else has kept, and how far they were imported."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch.domain.facts import Millis


@dataclass(frozen=True, slots=True)
class Dumped:
    """A webhook body as it stands in a dump."""

    content: bytes
    line: int
    """Where in the dump it begins, counted from 1"""
    received_at: Millis | None = None
    """When it was received, if the dump tells"""
    app: str = ""
    """Name of the Meta app that it was for; "" is the default app"""


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """How far a dump was imported."""

    identity: bytes
    """A digest of everything in the dump"""
    done: int = 0
    """So many of its bodies are kept"""
    pending: int = 0
    """So many more were about to be kept, all or none of them; 0: there is no doubt"""
    after: int = 0
    """Number of the newest body that there was before those"""
    is_finished: bool = False
