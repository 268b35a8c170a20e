"""Forwarding, as rules: what an answer means, when to try again, and when to leave a target alone (SPEC.md 2.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS

KEEP_TRYING_MS = 7 * DAY_MS
"""So long a body is tried again, as Meta does; then it is a dead letter."""
KEEP_DEAD_MS = 30 * DAY_MS

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 5_000, HOUR_MS

OPEN_AFTER = 5
"""So many failures in a row, and a target is left alone for a while."""
FIRST_REST_MS, LONGEST_REST_MS = 2_000, 60_000

EVERY_APP = "*"
DEFAULT_APP = "default"
"""How the app without a name is called where a list of apps is given."""


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody's own webhook, and whose bodies it gets: those of apps, or those of WABAs and numbers."""

    name: str
    url: str = field(repr=False)
    apps: frozenset[str] = frozenset()
    """Names as in the callback paths; `EVERY_APP` among them: of all"""
    wabas: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    """As phone_number_id"""
    secret: bytes = field(default=b"", repr=False)
    """Signs what is split out of a body"""
    timeout_s: float = 21.0
    concurrency: int = 16

    def takes_app(self, app: str) -> bool:
        """Whether it gets all bodies of *app*."""
        return app in self.apps or EVERY_APP in self.apps


class Outcome(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    """Answered 2xx: the only good end"""
    REDIRECTED = "redirected"
    """Answered 3xx; nobody follows it"""
    REFUSED = "refused"
    """Answered 4xx"""
    FAILED = "failed"
    """Answered 5xx, or with what is no answer"""
    TIMED_OUT = "timed_out"
    BROKEN_OFF = "broken_off"
    """The connection was closed before an answer came"""
    UNREACHABLE = "unreachable"
    """No connection: refused, no such name, a certificate that is not accepted"""
    FORBIDDEN = "forbidden"
    """Its address is a private one, and nobody allowed that"""
    GONE = "gone"
    """The body is not kept any more, or cannot be opened"""
    HELD = "held"
    """Never tried: its target was down or paused all the time"""


HOPELESS = frozenset({Outcome.GONE})
"""What no further attempt can change."""


def outcome_of(status: int) -> Outcome:
    """What an HTTP status means. Only 2xx is an acceptable answer, as for Meta."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.REFUSED if 400 <= status < 500 else Outcome.FAILED


def next_attempt(tries: int, since: Millis, now: Millis, seed: int = 0) -> Millis | None:
    """When to try again after *tries* (at least 1) failed attempts, the last one just now. None: it is a dead letter.

    The pause doubles from 5 s to an hour, and *seed* (the number of the body) spreads it by a fifth either way, so that
    what failed together does not come back together. *since*: when the body came, or was asked to be replayed.
    """
    at = now + _pause(tries, seed)
    return at if at <= since + KEEP_TRYING_MS else None


def _pause(tries: int, seed: int) -> Millis:
    pause: Millis = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(tries - 1, 32))
    spread = (seed * 2_654_435_761 + tries * 40_503) % 401 - 200
    return pause + pause * spread // 1000


def is_overdue(since: Millis, now: Millis) -> bool:
    """Whether a body that came at *since* is tried no more."""
    return now - since > KEEP_TRYING_MS


class BreakerState(StrEnum):
    """Whether a target is left alone."""

    CLOSED = "closed"
    """It is not: everything is tried"""
    OPEN = "open"
    """It is"""
    HALF_OPEN = "half_open"
    """One attempt finds out whether it is back"""


@dataclass(frozen=True, slots=True)
class Breaker:
    """The circuit breaker of one target. Each method gives the breaker after something happened."""

    failures: int = 0
    """In a row"""
    openings: int = 0
    """In a row, without a good answer in between"""
    open_until: Millis | None = None
    """None: it is closed"""
    is_probing: bool = False

    def state(self, now: Millis) -> BreakerState:
        """How it stands at *now*."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self.is_probing or now >= self.open_until else BreakerState.OPEN

    def admits(self, now: Millis) -> bool:
        """Whether an attempt may begin at *now*: any while it is closed, one at a time once it was open long enough."""
        return self.open_until is None or (now >= self.open_until and not self.is_probing)

    def begun(self) -> Breaker:
        """An attempt begins that it admits."""
        return self if self.open_until is None else replace(self, is_probing=True)

    def given_up(self) -> Breaker:
        """An attempt ended that tells nothing: it was cancelled by ourselves."""
        return replace(self, is_probing=False)

    def ended(self, outcome: Outcome, now: Millis) -> Breaker:
        """An attempt ended. A good answer closes it, whenever that attempt began."""
        if outcome is Outcome.DELIVERED:
            return Breaker()
        failures = self.failures + 1
        if self.open_until is None:
            return replace(self, failures=failures) if failures < OPEN_AFTER else self._opened(failures, now)
        # Of those that began before it opened, the rest fails as well: that is no news.
        return self._opened(failures, now) if self.is_probing else replace(self, failures=failures)

    def _opened(self, failures: int, now: Millis) -> Breaker:
        rest = min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** min(self.openings, 16))
        return Breaker(failures, self.openings + 1, now + rest)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body that a target did not take at the first attempt."""

    body_id: int
    received_at: Millis
    since: Millis
    """When its time began: it came, or was asked to be replayed"""
    tries: int
    next_try_at: Millis | None
    """None: a dead letter"""
    outcome: Outcome
    """Of the last attempt"""
    detail: str = ""
    """The status or the trouble, for a person; nobody's data"""
    dead_at: Millis | None = None

    @property
    def last_try_at(self) -> Millis | None:
        """When the last attempt ended; None: there was none, as when it waits to be sent again."""
        if self.tries == 0:
            return None
        return self.dead_at if self.next_try_at is None else self.next_try_at - _pause(self.tries, self.body_id)

    def failed(self, outcome: Outcome, detail: str, now: Millis) -> Delivery:
        """It after one more attempt that failed."""
        tries = self.tries + 1
        again = None if outcome in HOPELESS else next_attempt(tries, self.since, now, self.body_id)
        dead_at = now if again is None else None
        return replace(self, tries=tries, next_try_at=again, outcome=outcome, detail=detail, dead_at=dead_at)


@dataclass(frozen=True, slots=True)
class Held:
    """A target that this process may forward to now."""

    cursor: int
    """Up to this body all was tried once, has a row, or is skipped"""
    judged: int
    """Up to this body its answers, or the lack of them, are counted"""
    is_paused: bool
    is_same: bool
    """Whether nobody else held it since this process did"""
    due_at: Millis | None = None
    """When the next delivery is to be tried again"""


@dataclass(frozen=True, slots=True)
class Case:
    """How the application answered a body the first time."""

    body_id: int
    received_at: Millis
    fingerprint: bytes
    slot: int | None
    """Of the answer time (`domain.histograms.index_of`); None: no 2xx"""
    is_shared: bool = False
    """Whether other targets get something of the body, too: then it is one case with theirs"""


def worse_of(one: int | None, other: int | None) -> int | None:
    """The worse of two answers to one body, each as `Case.slot`: none at all, else the later one."""
    return None if one is None or other is None else max(one, other)


@dataclass(frozen=True, slots=True)
class Progress:
    """What has happened since the last time it was written down."""

    cursor: int
    judged: int
    failed: Sequence[Delivery] = ()
    """New rows"""
    changed: Sequence[Delivery] = ()
    """Rows that were there; one that was dropped meanwhile stays dropped"""
    done: Collection[int] = ()
    """Rows that go: their bodies were taken"""
    cases: Sequence[Case] = ()
    attempts: Mapping[tuple[Millis, Outcome], int] = field(default_factory=dict)
    """Attempts of each minute by their outcome"""
    open_since: Millis | None = None
    delivered_at: Millis | None = None
    """None: nothing was delivered"""
    trouble: str | None = None
    """None: as before"""


@dataclass(frozen=True, slots=True)
class TargetState:
    """How a target is doing, as far as the books tell."""

    name: str
    is_wanted: bool
    """Whether the settings name it, and it is enabled"""
    is_paused: bool
    cursor: int
    """Up to this body everything was tried once, or is not for it"""
    waiting: int
    """Bodies above the cursor, also of others"""
    oldest_waiting_at: Millis | None
    retrying: int
    dead: int
    open_since: Millis | None
    """Since when its breaker is open; None: it is not"""
    delivered_at: Millis | None
    """When it last took a body"""
    trouble: str = ""
    """The last failure, if nothing was delivered since"""


@dataclass(frozen=True, slots=True)
class Letters:
    """Deliveries that somebody looks at."""

    is_dead: bool = True
    """Dead letters, or what is tried again"""
    outcome: Outcome | None = None
    from_at: Millis | None = None
    to_at: Millis | None = None
