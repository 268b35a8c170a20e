"""What flows need from the outside, each method with its guarantee. Implementations live in the adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from wabawatch.domain.facts import Millis

BodyId = int
"""Number of a body in the inbox; grows in the order of acceptance and is never used twice."""


class BodyKind(StrEnum):
    """Whose words a body holds."""

    WEBHOOK = "webhook"
    """Meta's JSON, exactly as it came."""
    RECORD = "record"
    """Our own JSON (`wabawatch.wire`): sends and statuses logged by API or SDK."""


class BodySource(StrEnum):
    """How a body came to us. Only live ones may alert and enter latency figures."""

    LIVE = "live"
    IMPORT = "import"
    REPLAY = "replay"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Body:
    """One accepted body: what digest turns into facts."""

    kind: BodyKind
    received_at: Millis
    content: bytes
    app: str = ""
    """Name of the Meta app whose callback path it arrived at; "" is the default app."""
    source: BodySource = BodySource.LIVE
    signature: str = ""
    """The signature header as it came, so that it can be verified again later."""


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body with its number."""

    id: BodyId
    body: Body


class Clock(Protocol):
    """The time, handed in."""

    def now(self) -> Millis:
        """Milliseconds since 1970 UTC."""
        ...


class Inbox(Protocol):
    """Accepted bodies that wait to be digested: durable, ordered, sealed."""

    async def append(self, body: Body) -> BodyId:
        """Keep *body*. On return a crash cannot lose it. Bodies that wait together share one commit.

        Raises StoreUnavailable when nothing was kept (write error, or free space below the reserve).
        """
        ...

    def append_all(self, bodies: Sequence[Body]) -> list[BodyId]:
        """Keep *bodies* in one commit, from any thread. Same guarantee as `append`."""
        ...

    def read(self, after: BodyId, limit: int) -> list[StoredBody]:
        """Up to *limit* bodies numbered above *after*, in order."""
        ...

    def newest(self) -> BodyId:
        """Number of the newest body ever kept (0: none)."""
        ...

    def waiting(self, after: BodyId) -> int:
        """How many bodies are numbered above *after*."""
        ...

    def forget(self, up_to: BodyId) -> None:
        """Delete the bodies numbered *up_to* and below. Repeatable."""
        ...
