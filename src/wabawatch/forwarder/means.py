"""What a forwarder works with: its books, the bodies, and the way out of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Delivery, Held, Outcome, Progress, Target
from wabawatch.flows.forwarding import Parcel, PartOf, Sign
from wabawatch.ports import Body, BodyId, Clock, StoredBody


class Store(Protocol):
    """The books of forwarding: `storage.forwards`. Every method raises StoreUnavailable."""

    def claim(self, name: str, holder: str, now: Millis, until: Millis) -> Held | None:
        """Hold the target until *until*. None: another process holds it."""
        ...

    def look(self, name: str, holder: str) -> Held:
        """How the target stands, without holding it."""
        ...

    def keep(self, name: str, holder: str, progress: Progress, held_until: Millis) -> bool:
        """Write down *progress*, all or nothing. False: the target was lost, and nothing was written."""
        ...

    def give_back(self, name: str, holder: str) -> None:
        """Let another process have the target at once."""
        ...

    def due(self, name: str, now: Millis, limit: int, besides: Collection[BodyId]) -> list[Delivery]:
        """Deliveries to try again by *now*, but those of *besides*."""
        ...


class Source(Protocol):
    """Where bodies are: `storage.kept_bodies`. Every method raises StoreUnavailable."""

    def newest(self) -> BodyId:
        """Number of the newest body ever kept."""
        ...

    def read(self, after: BodyId, limit: int) -> tuple[list[StoredBody], BodyId]:
        """The next bodies above *after*, and up to which number that is all there is."""
        ...

    def fetch(self, ids: Collection[BodyId]) -> Mapping[BodyId, Body]:
        """Those of *ids* that are kept and can be opened."""
        ...


Answer: TypeAlias = tuple[Outcome, str]
"""How an attempt ended, and the words for it."""


class Post(Protocol):
    """Leaves the machine: `Courier`."""

    async def __call__(self, target: Target, parcel: Parcel, body_id: BodyId) -> Answer:
        """Post *parcel* to *target*. Does not raise, except when it is cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What every forwarder works with."""

    store: Store
    source: Source
    clock: Clock
    part_of: PartOf
    sign: Sign
    threads: Executor
    holder: str
    """What this process is called where it holds a target"""
    targets: Collection[Target] = ()
    """Everybody that bodies are forwarded to"""
    timer: Callable[[], float] = time.monotonic
