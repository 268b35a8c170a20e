"""Alerts: what a rule is, what it saw, how an alert stands, and what changed about it (SPEC.md 6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS


class Severity(StrEnum):
    """How much an alert matters."""

    CRITICAL = "critical"
    """Messages do not arrive, or soon will not: somebody must act now"""
    WARNING = "warning"
    INFO = "info"


class RuleKind(StrEnum):
    """When a rule is evaluated, and how its alerts end."""

    RATE = "rate"
    """A figure of a closed window against a threshold; evaluated by the cycle"""
    STATE = "state"
    """Something is so or is not; evaluated on arrival of what tells it, and by the cycle"""
    EVENT = "event"
    """Something happened once: ends on acknowledgement or after 24 hours"""


EVENT_ENDS_AFTER_MS = DAY_MS


class ScopeKind(StrEnum):
    """What an alert is about."""

    ALL = "all"
    PORTFOLIO = "portfolio"
    WABA = "waba"
    NUMBER = "number"
    """A phone_number_id"""
    TEMPLATE = "template"
    """`WABA/name/language`"""
    APP = "app"
    """A Meta app, by its name in the settings"""
    CHECK = "check"
    """A check of uptime"""
    FORWARD = "forward"
    """A forward target"""
    CHANNEL = "channel"
    """A channel of notices"""
    ERROR = "error"
    """An error code"""
    COUNTRY = "country"
    """Two letters, over all numbers"""
    LOOP = "loop"
    """A loop of ours"""


class AlertScope(NamedTuple):
    """One thing that an alert is about. With the rule it names the alert: there is one alert per rule and scope.

    Kind and id make it up: a number is the same one before and after it is known to which WABA it belongs.
    """

    kind: ScopeKind
    id: str = ""
    waba: str = ""
    """The WABA it belongs to, where it is known to belong to one: for filters, silences and the parent's alert"""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AlertScope) and (self.kind, self.id) == (other.kind, other.id)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.kind, self.id))

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


EVERYTHING = AlertScope(ScopeKind.ALL)


class Comparison(StrEnum):
    """On which side of the threshold it is bad."""

    BELOW = "below"
    ABOVE = "above"


class NoData(StrEnum):
    """What a rule makes of it that nothing is known."""

    KEEP = "keep"
    """What was so stays so, until nothing was known for `Rule.no_data_ms`: then the state is `no_data`"""
    OK = "ok"
    """Nothing known is nothing bad"""
    BAD = "bad"
    """Nothing known is itself bad"""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to alarm about what, and how loudly."""

    name: str
    """Such as `DELIVERY_RATE_LOW`: the alert's type"""
    title: str
    kind: RuleKind
    scope: ScopeKind
    severity: Severity
    metric: str = ""
    """Which reading it looks at; "" where the rule has one of its own"""
    comparison: Comparison = Comparison.BELOW
    threshold: float | None = None
    unit: str = ""
    """Of value and threshold: `share` (0 to 1), `ms`, `s`, `days`, `count`, `bytes`, or "" """
    window_ms: Millis = HOUR_MS
    min_sample: int = 0
    confidence: float = 0.999
    """Of the interval that must lie on the wrong side whole (RATE)"""
    for_ms: Millis = 0
    """So long it must be bad before it fires"""
    keep_firing_ms: Millis = 0
    """So long it must be good before it is resolved"""
    clear: float | None = None
    """The value at which it is good again, where that is stricter than the threshold (hysteresis)"""
    no_data: NoData = NoData.OK
    no_data_ms: Millis = 6 * HOUR_MS
    channels: tuple[str, ...] = ()
    """Names of the channels that are told; empty: all"""
    runbook: str = ""
    """Name of the page in `docs/runbooks/`; "": as the rule, in small letters"""
    is_enabled: bool = True


class Contributor(NamedTuple):
    """A slice that explains a part of it."""

    kind: str
    """number | template | country | error | target | check"""
    id: str
    n: int
    of: int
    """`n` of `of` in this slice were bad"""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule saw of one scope at one moment. Never a phone number of a contact, BSUID or wamid."""

    scope: AlertScope
    at: Millis
    """The end of the window, or when it was looked"""
    is_bad: bool | None
    """None: nothing is known"""
    value: float | None = None
    n: int = 0
    interval: tuple[float, float] | None = None
    since: Millis | None = None
    """Since when it has been so, as far as the evidence tells; None: since `at`"""
    cause: str = ""
    """us | Meta | network | account | template | sender | recipient, where the evidence tells"""
    words: str = ""
    """What was seen, in one sentence"""
    contributors: tuple[Contributor, ...] = ()
    event: str = ""
    """EVENT rules: what happened, as a key that is the same each time it is told"""
    severity: Severity | None = None
    """Where it is graver or milder than its rule says"""
    is_replaced: bool = False
    """Another alert of the same rule tells of it, about a part of it or about the whole: this one ends"""
    incident: int | None = None
    """Id of the incident of uptime that it is the alert of"""
    counted_from: Millis | None = None
    """Since when that happened which it counts; None: it counts nothing, but looks at how things stand"""


class Phase(StrEnum):
    """How an alert stands."""

    OK = "ok"
    PENDING = "pending"
    """Bad, but not yet for as long as its rule demands"""
    FIRING = "firing"
    RESOLVED = "resolved"
    """As `ok`, after having fired"""
    NO_DATA = "no_data"
    """Nothing has been known for so long that neither good nor bad can be said"""


class Reason(StrEnum):
    """Why an alert changed."""

    BREACHED = "breached"
    """Bad; it must stay so for a while"""
    FIRED = "fired"
    """Bad for as long as the rule demands"""
    FIRED_AGAIN = "fired_again"
    """Bad again soon after it was resolved: it flaps"""
    WORSENED = "worsened"
    """Still firing; its severity rose or what it is about grew"""
    CLEARED = "cleared"
    """Good again before it fired"""
    RECOVERED = "recovered"
    """Good for as long as the rule demands"""
    ACKNOWLEDGED = "acknowledged"
    """EVENT: somebody has seen it"""
    AGED = "aged"
    """EVENT: 24 hours are over"""
    WENT_DARK = "went_dark"
    """Nothing has been known for too long"""
    REPLACED = "replaced"
    """Another alert of the same rule tells of it now: about a part of it, or about the whole"""
    RULE_GONE = "rule_gone"
    """The rule was disabled, or what it was about does not exist any more"""


@dataclass(frozen=True, slots=True)
class AlertState:
    """What is remembered of one rule and scope between two evaluations."""

    phase: Phase = Phase.OK
    since: Millis = 0
    """When this phase began"""
    alert: str = ""
    """Key of the alert that is pending or firing, or was last; "" none ever"""
    last_bad_at: Millis = 0
    good_since: Millis | None = None
    """While firing: since when it has been good"""
    dark_since: Millis | None = None
    """Since when nothing has been known"""
    fired_at: tuple[Millis, ...] = ()
    """When it fired within the last day, the newest last: to notice flapping"""
    resolved_at: Millis | None = None
    """When the alert before this one was resolved"""
    seen_at: Millis = 0
    """While pending or firing: when it was last looked at"""
    severity: Severity | None = None
    """Of the alert that is firing"""
    event: str = ""
    """EVENT: what happened last, told or ended: it is not told again"""
    version: int = 0
    """Grows with each write: of two processes that read the same version one writes"""


NEVER = AlertState()


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of an alert: kept for ever, and what notices are made of."""

    alert: str
    rule: str
    scope: AlertScope
    severity: Severity
    at: Millis
    was: Phase
    became: Phase
    reason: Reason
    reading: Reading
    """As it was known then"""
    is_flapping: bool = False
    """It fired again and again within a day"""


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """One alert as it stands now, for those who tell of it: firing, or ended lately."""

    key: str
    rule: str
    scope: AlertScope
    severity: Severity
    fired_at: Millis
    reading: Reading
    """The newest"""
    ended_at: Millis | None = None
    """None: it fires"""
    ended: Reason | None = None
    """How it ended; None: it fires"""
    ack_at: Millis | None = None
    ack_by: str = ""
    transition: int = 0
    """Number of its newest transition; they grow"""
    worsened: int = 0
    """Number of its newest transition that told of a worsening; 0: none did"""
    firings: tuple[Millis, ...] = ()
    """When its rule fired for its scope within the last day, the newest last: to notice flapping"""

    @property
    def is_firing(self) -> bool:
        """Whether it fires now."""
        return self.ended_at is None


def alert_key(rule: str, scope: AlertScope, began_at: Millis) -> str:
    """The name of one alert, from its pending to its end: the same whoever computes it, however often."""
    return hashlib.sha256(f"{rule}\0{scope}\0{began_at}".encode()).hexdigest()[:16]
