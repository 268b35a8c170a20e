"""Checks: what is looked at again and again, what a look gave, and how looks become incidents (SPEC.md 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from wabawatch.domain.facts import Millis

RETRY_MS = 20_000
"""What failed is looked at again so soon, until it is an incident: a second look tells whether it was chance."""
MOST_REST_MS = 15 * 60_000
"""Whoever was asked is left alone this long at most."""
SLACK_MS = 15_000
"""So much later than planned a look may come and still follow on the one before."""


class CheckKind(StrEnum):
    """What a check looks at."""

    GRAPH = "graph"
    """Meta's API: an authenticated read that costs little"""
    TOKEN = "token"
    """Whether Meta takes our access token, and for how long"""
    RECEIVER = "receiver"
    """Our own webhook receiver, on this machine"""
    HANDSHAKE = "handshake"
    """The public callback URL, as Meta verifies it"""
    PIPELINE = "pipeline"
    """A signed event of our own through the public callback URL, receiver and digest"""
    APPLICATION = "application"
    """The application's webhook: does it take what is forwarded"""
    DATABASE = "database"
    QUEUE = "queue"
    """Bodies that wait to be digested"""
    DISK = "disk"
    TLS = "tls"
    """When a certificate expires"""
    META_STATUS = "meta_status"
    """What Meta itself says about the platform"""
    HTTP = "http"
    """A web address of the settings"""


ESSENTIAL = frozenset(
    {
        CheckKind.GRAPH,
        CheckKind.TOKEN,
        CheckKind.RECEIVER,
        CheckKind.HANDSHAKE,
        CheckKind.PIPELINE,
        CheckKind.DATABASE,
        CheckKind.QUEUE,
    }
)
"""While one of these fails, messages or their statuses do not get through: that is downtime of the whole."""


class Outcome(StrEnum):
    """What a look gave."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It could not be told, for a reason that says nothing about what was looked at"""


class Failure(StrEnum):
    """In which way a look failed."""

    NONE = ""
    NAME = "name"
    """The name could not be looked up"""
    CONNECTION = "connection"
    """No connection, or it broke"""
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    ANSWER = "answer"
    """There was an answer, and it was the wrong one"""
    SLOW = "slow"
    """The right answer, too late"""
    INSIDE = "inside"
    """Something of ours is not well"""
    SAID = "said"
    """Whoever is responsible says so himself"""
    FORBIDDEN = "forbidden"
    """Our own settings do not allow the call"""
    REFUSED = "refused"
    """It is there and works, and does not take our token: no failure of what was looked at"""


UNANSWERED = frozenset({Failure.NAME, Failure.CONNECTION, Failure.TIMEOUT})
"""Ways to fail that the network between us and there may be to blame for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is checked, and how often."""

    name: str
    kind: CheckKind
    every_ms: Millis = 60_000
    timeout_ms: Millis = 10_000
    failures: int = 2
    """So many in a row are an incident"""
    is_essential: bool = False
    is_outside: bool = False
    """Whether the look leaves for the Internet and comes to somebody else: such checks bear witness for each other"""
    unit: str = "ms"
    """Of `Seen.value`"""
    app: str = ""
    """HANDSHAKE and PIPELINE: name of the Meta app"""

    @property
    def reach_ms(self) -> Millis:
        """So far apart two looks may be for nothing to be unknown between them. One look may be missing."""
        return 2 * self.every_ms + self.timeout_ms + SLACK_MS


@dataclass(frozen=True, slots=True)
class Outage:
    """A disruption that Meta's status feed tells of."""

    id: str
    title: str
    at: Millis
    """When it began, or was first told of"""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look gave. Its words never hold a secret or anything of anybody's."""

    check: str
    at: Millis
    """When the look ended"""
    outcome: Outcome
    failure: Failure = Failure.NONE
    words: str = ""
    latency_ms: float | None = None
    """How long the answer took, where there was one"""
    value: float | None = None
    """What was measured, in the unit of the plan, where that is not the latency"""
    outages: tuple[Outage, ...] = ()
    """META_STATUS: those that are open"""
    rest_ms: Millis = 0
    """The next look must not come before this has passed: whoever was asked wants to be left alone"""

    @property
    def has_reached(self) -> bool:
        """Whether the other side was reached, whatever it said."""
        return self.outcome is Outcome.OK or self.failure in (Failure.ANSWER, Failure.SLOW, Failure.SAID)


@dataclass(frozen=True, slots=True)
class CheckState:
    """What is remembered of a check between two looks."""

    due_at: Millis = 0
    last: Seen | None = None
    """The newest look that told something; None: there was none"""
    newest: Seen | None = None
    """The newest look of all"""
    ok_at: Millis = 0
    """When a look last went well; 0: never"""
    failures: int = 0
    """In a row"""
    since: Millis | None = None
    """The first failure of the row"""
    is_open: bool = False
    """Whether an incident is open"""


class Change(StrEnum):
    """What a look changes about incidents."""

    NOTHING = "nothing"
    OPENS = "opens"
    GOES_ON = "goes_on"
    CLOSES = "closes"


@dataclass(frozen=True, slots=True)
class Step:
    """What a look makes of a check."""

    state: CheckState
    change: Change = Change.NOTHING
    follows_on: bool = False
    """Whether the time since the look before is known"""
    is_ignored: bool = False
    """A look from before the newest one: it came too late to tell anything"""


def after(plan: Plan, state: CheckState, seen: Seen, now: Millis) -> Step:
    """What *seen* makes of a check that stood at *state*. *now*: when it is taken in, *seen.at* or later.

    Failures make a row only when nothing is unknown between them: a process that was paused, stopped or restarted, and
    a clock that was set, begin a new one.
    """
    due_at = now + max(plan.every_ms, min(seen.rest_ms, MOST_REST_MS))
    if seen.outcome is Outcome.UNKNOWN:
        return Step(replace(state, due_at=due_at, newest=seen))
    last_at = state.last.at if state.last else None
    # One from after now was taken when the clock was ahead: it must not silence the check until that time comes again.
    is_from_the_future = last_at is not None and last_at > now
    if last_at is not None and not is_from_the_future and seen.at <= last_at:
        return Step(state, is_ignored=True)
    follows_on = last_at is not None and not is_from_the_future and seen.at - last_at <= plan.reach_ms
    if seen.outcome is Outcome.OK:
        change = Change.CLOSES if state.is_open else Change.NOTHING
        return Step(CheckState(due_at, seen, seen, ok_at=seen.at), change, follows_on)
    return _failed(plan, state, seen, due_at, now, follows_on=follows_on)


def _failed(plan: Plan, state: CheckState, seen: Seen, due_at: Millis, now: Millis, *, follows_on: bool) -> Step:
    goes_on = state.failures > 0 and follows_on and state.since is not None
    failures = state.failures + 1 if goes_on else 1
    since = state.since if goes_on else seen.at
    opens = failures >= plan.failures and not state.is_open
    if failures < plan.failures and not state.is_open:
        due_at = min(due_at, now + max(RETRY_MS, min(seen.rest_ms, MOST_REST_MS)))
    change = Change.OPENS if opens else Change.GOES_ON if state.is_open else Change.NOTHING
    is_open = opens or state.is_open
    return Step(CheckState(due_at, seen, seen, state.ok_at, failures, since, is_open), change, follows_on)


def is_due(plan: Plan, state: CheckState, now: Millis) -> bool:
    """Whether it is time to look. A due time that is too far away was noted by a clock that went wrong."""
    return state.due_at <= now or state.due_at > now + plan.every_ms + MOST_REST_MS


def is_stale(plan: Plan, state: CheckState, now: Millis) -> bool:
    """Whether the newest look is so old, or from so far ahead, that nothing is known now."""
    return state.last is None or not -plan.reach_ms <= now - state.last.at <= plan.reach_ms
