"""The tail of a log: what comes, or comes to fit, from now on, each message once, kept in line for whoever reads on."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, Protocol

from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter, Place
from wabawatch.ports import Clock, Held

LOOKED_AGAIN = 20_000
"""So many of the newest messages are looked at again, for those that come to fit only later (one that fails then)"""
AGAIN_EVERY_MS = 2_000
MOST_KEPT = 1_000_000
"""So many arrivals a tail keeps in line, for a reader who has stopped: of more the oldest half goes, and it says so"""
MOST_TAILS = 100
"""So many tails there are at once: of more the one that was asked longest ago ends"""
LASTS_MS = 30 * 60_000
"""So long after the last question a tail ends"""
_ABOVE_ALL = 2**62
"""No message has such an id"""
_FIXED = frozenset({"since", "until", "numbers", "wabas"})
"""What a message fits from the start, or never"""


class TailedMessages(Protocol):
    """The messages in the books, as they come. Each method raises StoreUnavailable."""

    def places(self, wanted: MessageFilter, after_id: int, up_to_id: int | None = None) -> tuple[list[Place], int]:
        """Where those stand that are *wanted*, of the ids above *after_id* up to *up_to_id*; and the newest id."""

    def rows(self, ids: Sequence[int]) -> tuple[list[Held], Millis]:
        """The messages with these ids, as they are now; and how far the expiry sweep had come."""


class Stretch(NamedTuple):
    """Some arrivals in their order, the oldest first."""

    held: list[Held]
    swept_until: Millis
    start: int
    """The place in line of the first of them"""
    following: int
    """The place after the last of them"""
    total: int
    """How many have arrived in all, that is, the place of the next one"""
    newest: int
    """The id of the newest message that is known"""


@dataclass(slots=True)
class Tail:
    """The line of one reader. Not for two threads at a time."""

    messages: TailedMessages
    wanted: MessageFilter
    newest: int
    """Arrivals are those with an id above, and those below that come to fit only later"""
    asked_at: Millis = 0
    _floor: int = 0
    _dropped: int = 0
    _gone: tuple[Millis, Millis] | None = None
    """From when to when those were that were let go"""
    _ids: array[int] = field(default_factory=lambda: array("q"))
    _at: array[int] = field(default_factory=lambda: array("q"))
    _seen: set[int] | None = None
    """Those above the floor that fit already; None: nobody has looked"""
    _again_at: Millis = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # The end of a period that moves on is always now.
        self.wanted = replace(self.wanted, until=None)
        self._floor = max(0, self.newest - LOOKED_AGAIN)

    @property
    def total(self) -> int:
        """How many have arrived."""
        return self._dropped + len(self._ids)

    def step(self, now: Millis) -> None:
        """Put in line what has arrived: what is new, and of what is a little older that which fits only now."""
        before = self.newest
        if self._is_changing():
            self._look_again(now)
        new, self.newest = self.messages.places(self.wanted, before)
        self._queue(new)
        if self.newest - self._floor > LOOKED_AGAIN:
            self._floor = self.newest - LOOKED_AGAIN
            self._seen = self._seen and {id_ for id_ in self._seen if id_ > self._floor}
        if len(self._ids) > MOST_KEPT:
            self._gone = self.span(0, self._dropped + MOST_KEPT // 2)
            self._dropped += MOST_KEPT // 2
            del self._ids[: MOST_KEPT // 2]
            del self._at[: MOST_KEPT // 2]

    def read(self, start: int, limit: int) -> Stretch:
        """At most *limit* arrivals from the place *start* on, or from the first that is still in line."""
        first = min(max(start, self._dropped), self.total)
        ids = self._ids[first - self._dropped : first - self._dropped + limit]
        held, swept_until = self.messages.rows(ids) if ids else ([], 0)
        return Stretch(held, swept_until, first, first + len(ids), self.total, self.newest)

    def again(self, ids: Sequence[int]) -> tuple[list[Held], Millis]:
        """Messages that were read already, as they are now."""
        return self.messages.rows(ids)

    def span(self, start: int, end: int) -> tuple[Millis, Millis] | None:
        """From when to when the messages between two places in line are; None: there are none."""
        some = self._at[max(0, start - self._dropped) : max(0, end - self._dropped)]
        spans = [(min(some), max(some) + 1)] if some else []
        if start < self._dropped and self._gone is not None:
            spans.append(self._gone)
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def _look_again(self, now: Millis) -> None:
        """Put in line those that were known and fit only now. At first those that fit are only remembered."""
        if self._seen is not None and now - self._again_at < AGAIN_EVERY_MS:
            return
        self._again_at = now
        fitting, _ = self.messages.places(self.wanted, self._floor, self.newest)
        if self._seen is None:
            self._seen = {place.id for place in fitting}
        else:
            self._queue([place for place in fitting if place.id not in self._seen])

    def _queue(self, places: Sequence[Place]) -> None:
        self._ids.extend(place.id for place in places)
        self._at.extend(place.at for place in places)
        if self._seen is not None:
            self._seen.update(place.id for place in places)

    def _is_changing(self) -> bool:
        """Whether a message can come to fit after it has arrived."""
        return any(getattr(self.wanted, each.name) for each in fields(self.wanted) if each.name not in _FIXED)


class Tailing:
    """The tails of all who read along. Every method may be called from any thread."""

    def __init__(self, messages: TailedMessages, clock: Clock) -> None:
        self._messages = messages
        self._clock = clock
        self._tails: dict[tuple[int, str], Tail] = {}
        self._lock = threading.Lock()

    def begin(self, wanted: MessageFilter) -> Tail:
        """A tail that begins now and that nobody else reads. Raises StoreUnavailable."""
        newest = self._messages.places(wanted, _ABOVE_ALL)[1]
        tail = Tail(self._messages, wanted, newest)
        tail.step(self._clock.now())
        return tail

    def follow(self, reader: int, name: str, wanted: MessageFilter, newest: int) -> tuple[Tail, bool]:
        """The tail that *reader* has under *name*, and whether it is new: then it begins after the message *newest*.

        It is up to date. Raises StoreUnavailable.
        """
        now = self._clock.now()
        with self._lock:
            for key, each in list(self._tails.items()):
                if now - each.asked_at > LASTS_MS:
                    del self._tails[key]
            tail = self._tails.get((reader, name))
            is_new = tail is None or replace(tail.wanted, since=None) != replace(wanted, since=None, until=None)
            if tail is None or is_new:
                while len(self._tails) >= MOST_TAILS:
                    del self._tails[min(self._tails, key=lambda key: self._tails[key].asked_at)]
                tail = self._tails[reader, name] = Tail(self._messages, wanted, newest)
            tail.asked_at = now
        with tail.lock:
            tail.step(now)
        return tail, is_new
