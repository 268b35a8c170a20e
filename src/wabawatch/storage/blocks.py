"""What the durable inbox keeps, wherever that is: blocks of sealed bodies, numbered in the order of their commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wabawatch.domain.facts import Millis
from wabawatch.ports import BodyId

BLOCK_BODIES = 1024
"""At most so many bodies are in a block. The number of a body is its block's number times this, plus its index."""


class NewBlock(NamedTuple):
    """One block to keep."""

    n: int
    """Bodies in it"""
    webhooks: int
    """Those of them that are Meta's, and not records of our own"""
    size: int
    """Bytes of their contents"""
    oldest_at: Millis
    block: bytes


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """One block that is kept; the bodies in it are numbered *first* to *last*."""

    first: BodyId
    last: BodyId
    oldest_at: Millis
    block: bytes


class Blocks(Protocol):
    """Where blocks are kept. Every method raises StoreUnavailable when that does not answer; then nothing changed."""

    def number_above(self, above: BodyId) -> None:
        """Give no body that is still to come a number up to *above*."""

    def keep(self, blocks: Iterable[NewBlock]) -> list[int]:
        """Keep *blocks* in one durable transaction and return their numbers.

        A block that becomes visible later has a larger number, whoever keeps it: a reader misses none.
        """

    def forget_some(self, up_to: BodyId) -> bool:
        """Delete some of the blocks that lie wholly at *up_to* or below. Return whether there may be more."""

    def can_forget(self, up_to: BodyId) -> bool:
        """Whether any block lies wholly at *up_to* or below."""

    def newest(self) -> BodyId:
        """The number of the newest body ever kept."""

    def holds_any(self) -> bool:
        """Whether there is any block."""

    def waiting(self, after: BodyId) -> int:
        """How many bodies are numbered above *after*."""

    def webhooks_waiting(self, after: BodyId) -> tuple[int, KeptBlock | None]:
        """How many webhooks are in the blocks wholly above *after*, and the block that is partly above it, if any."""

    def oldest_waiting_at(self, after: BodyId) -> Millis | None:
        """When the oldest body of the first block came that holds one numbered above *after*."""

    def blocks_after(self, after: BodyId, bodies: int, size: int) -> list[KeptBlock]:
        """The blocks that hold the next *bodies* above *after*; fewer when they exceed *size*, at least one."""

    def block(self, block_id: int) -> bytes | None:
        """The bytes of one block."""

    def must_be_writable(self) -> None:
        """Raise StoreUnavailable when nothing can be kept now."""

    def close(self) -> None:
        """Give back what is held: every later call raises StoreUnavailable."""


class Guard(Protocol):
    """Says whether anything should be written now."""

    def check(self) -> None:
        """Raise StoreUnavailable, with a sentence, when nothing should be written."""

    def confirm(self) -> None:
        """Raise StoreUnavailable when what was just written may be lost."""
