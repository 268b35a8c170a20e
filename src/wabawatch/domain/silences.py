"""Silences and maintenance windows: alerts that nobody is told of for a while. Both always have an end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wabawatch.domain.alerts import AlertScope, OpenAlert
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS

LONGEST_SILENCE_MS = 30 * DAY_MS
LONGEST_MAINTENANCE_MS = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which alerts are meant: those that fit everything that is given."""

    alert: str = ""
    """Key of one alert: it ends with that alert, whatever else fires later"""
    type: str = ""
    """Such as DELIVERY_RATE_LOW"""
    scope: str = ""
    """As an `AlertScope` is written, such as `number:106540352242922`"""
    waba: str = ""

    def matches(self, key: str, rule: str, scope: AlertScope) -> bool:
        """Whether it means the alert *key* of *rule* about *scope*."""
        return (
            self.alert in ("", key)
            and self.type in ("", rule)
            and self.scope in ("", str(scope))
            and self.waba in ("", waba_of(scope))
        )

    def __str__(self) -> str:
        given = (("alert", self.alert), ("type", self.type), ("scope", self.scope), ("waba", self.waba))
        return " ".join(f"{name}={value}" for name, value in given if value) or "everything"


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of what *matcher* means, for a while. The end of what was told before is told all the same."""

    id: int
    matcher: Matcher
    reason: str
    by: str
    starts_at: Millis
    ends_at: Millis
    """As it was meant, or when somebody ended it"""
    ended_by: str = ""
    """Who ended it early; "": nobody"""

    def is_active(self, at: Millis) -> bool:
        """Whether it holds at *at*."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Window:
    """One maintenance window: one that somebody entered, or one occurrence of a recurring one."""

    name: str
    starts_at: Millis
    ends_at: Millis
    reason: str = ""
    wabas: frozenset[str] = frozenset()
    """Only alerts of these; empty: all alerts"""
    types: frozenset[str] = frozenset()
    """Only alerts of these types; empty: all"""
    by: str = ""
    """Who entered it; "" the settings"""
    id: int = 0
    """0: it comes from the settings"""

    def is_active(self, at: Millis) -> bool:
        """Whether *at* lies in it."""
        return self.starts_at <= at < self.ends_at

    @property
    def holds_everything(self) -> bool:
        """Whether it is about all alerts: uptime leaves it out then."""
        return not self.wabas and not self.types

    def matches(self, rule: str, scope: AlertScope) -> bool:
        """Whether alerts of *rule* about *scope* are held in it."""
        return (not self.wabas or waba_of(scope) in self.wabas) and (not self.types or rule in self.types)


def waba_of(scope: AlertScope) -> str:
    """The WABA that *scope* is, or belongs to; "" none."""
    return scope.id if scope.kind == "waba" else scope.waba


def silencing(silences: Iterable[Silence], alert: OpenAlert, at: Millis) -> Silence | None:
    """The silence that holds *alert* at *at*, of several the one that ends last; None: it is not silenced."""
    holding = [
        each for each in silences if each.is_active(at) and each.matcher.matches(alert.key, alert.rule, alert.scope)
    ]
    return max(holding, key=lambda each: (each.ends_at, each.id), default=None)


def maintaining(windows: Iterable[Window], alert: OpenAlert, at: Millis) -> Window | None:
    """The maintenance window that holds *alert* at *at*, of several the one that ends last; None: there is none."""
    holding = [each for each in windows if each.is_active(at) and each.matches(alert.rule, alert.scope)]
    return max(holding, key=lambda each: (each.ends_at, each.name), default=None)


def check_span(starts_at: Millis, ends_at: Millis, now: Millis, longest_ms: Millis, what: str) -> None:
    """Raises BadRequest unless *what* ends after it starts and after *now*, and is not longer than *longest_ms*."""
    if ends_at <= max(starts_at, now):
        raise BadRequest(f"the end of a {what} lies after its start and in the future")
    if ends_at - max(starts_at, now) > longest_ms:
        raise BadRequest(f"a {what} lasts for {longest_ms // DAY_MS} days at most: begin another one then")


def check_reason(reason: str, what: str) -> str:
    """*reason* without white space around it. Raises BadRequest when nothing is left, or far too much."""
    said = " ".join(reason.split())
    if not said:
        raise BadRequest(f"say why: a {what} without a reason helps nobody who finds it later")
    if len(said) > 500:
        raise BadRequest("the reason is longer than 500 characters")
    return said


def check_matcher(matcher: Matcher, types: Iterable[str]) -> None:
    """Raises BadRequest when *matcher* names a type that is none of *types* (none given: any is good), or a scope that
    is not written as one."""
    known = sorted(types)
    if matcher.type and known and matcher.type not in known:
        raise BadRequest(f"{matcher.type!r} is no type of alert; there are {', '.join(known)}")
    if matcher.scope and not _is_scope(matcher.scope):
        raise BadRequest(
            f"{matcher.scope!r} is no scope: write it as `number:ID`, `waba:ID`, `template:WABA/NAME/LANG`"
        )


def _is_scope(text: str) -> bool:
    kind, colon, id_ = text.partition(":")
    return kind.isalpha() and (bool(id_) if colon else kind == "all")
