"""Keeping quiet for a while: silences that people set, and maintenance windows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from wabawatch.domain.errors import BadRequest, Conflict, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.silences import (
    LONGEST_MAINTENANCE_MS,
    LONGEST_SILENCE_MS,
    Matcher,
    Silence,
    Window,
    check_matcher,
    check_reason,
    check_span,
)
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Clock, Deed

SHOWN_AFTER_END_MS = 30 * DAY_MS
"""So long silences are listed after their end, when ended ones are asked for."""


class QuietBook(Protocol):
    """Silences and maintenance on disk, each change with its entry in the audit trail. Raises StoreUnavailable."""

    def is_open(self, alert: str) -> bool | None:
        """Whether the alert of that key is pending or firing; None: there is no such alert."""

    def silences(self, since: Millis) -> Sequence[Silence]:
        """Those that end after *since*, the newest first."""

    def held(self, ids: Sequence[int]) -> Mapping[int, int]:
        """How many alerts each of these silences kept from being told; 0 is left out."""

    def silence(self, wanted: Silence, now: Millis, done: Deed) -> Silence:
        """Begin a silence. Gives it with its number."""

    def end_silence(self, number: int, now: Millis, done: Deed) -> bool:
        """End a silence now. False: there is none of that number that has not ended."""

    def windows(self, since: Millis, until: Millis) -> Sequence[Window]:
        """The windows that somebody entered and that touch *since* to *until*."""

    def maintain(self, wanted: Window, now: Millis, done: Deed) -> Window:
        """Enter a window. Gives it with its number."""

    def end_maintenance(self, number: int, now: Millis, done: Deed) -> bool:
        """End a window now. False: there is none of that number that has not ended."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence, and what it did."""

    silence: Silence
    held: int
    """How many alerts it kept from being told so far"""
    is_active: bool


@dataclass(frozen=True, slots=True)
class Silencing:
    """What people ask of silences and maintenance."""

    book: QuietBook
    recurring: Callable[[Millis, Millis], Sequence[Window]]
    """The windows of the settings that touch a span of time"""
    types: Collection[str]
    """Every type of alert that a rule has"""
    clock: Clock

    def silence(
        self, matcher: Matcher, reason: str, by: str, ends_at: Millis, starts_at: Millis | None = None
    ) -> Silence:
        """Have nobody told of what *matcher* means until *ends_at*, from now or from *starts_at*.

        Raises BadRequest when it has no end, no reason, or means everything (maintenance is for that), NotFound when it
        means an alert that there is not, Conflict when that is over.
        """
        now = self.clock.now()
        begin = now if starts_at is None else max(starts_at, now)
        self.check(matcher)
        check_span(begin, ends_at, now, LONGEST_SILENCE_MS, "silence")
        wanted = Silence(0, matcher, check_reason(reason, "silence"), by, begin, ends_at)
        return self.book.silence(wanted, now, Deed(by, "alerts_silenced"))

    def check(self, matcher: Matcher) -> None:
        """Raises what `silence` raises of what it is about."""
        if matcher == Matcher():
            raise BadRequest("say what to silence: an alert, a type, a scope or a WABA; maintenance holds everything")
        check_matcher(matcher, self.types)
        if matcher.alert:
            self._check_alert(matcher.alert)

    def _check_alert(self, key: str) -> None:
        is_open = self.book.is_open(key)
        if is_open is None:
            raise NotFound(f"alert: there is no alert {key[:64]!r}; `wabawatch alerts list` shows them")
        if not is_open:
            raise Conflict(
                f"alert: {key} is over: there is nothing to silence; for what fires next silence its type or scope"
            )

    def unsilence(self, number: int, by: str) -> None:
        """End a silence now: what it holds and still fires is told. Raises NotFound."""
        if not self.book.end_silence(number, self.clock.now(), Deed(by, "alerts_unsilenced", f"silence:{number}")):
            raise NotFound(f"there is no silence {number} that has not ended")

    def silences(self, *, with_ended: bool = False) -> list[Quiet]:
        """Silences that hold or will, also such as hide nothing now; the newest first."""
        now = self.clock.now()
        found = self.book.silences(now - SHOWN_AFTER_END_MS if with_ended else now)
        held = self.book.held([silence.id for silence in found])
        return [Quiet(silence, held.get(silence.id, 0), silence.is_active(now)) for silence in found]

    def maintain(self, wanted: Window, by: str) -> Window:
        """Enter a maintenance window: until it ends nobody is told of what it is about, and uptime leaves it out.

        Raises BadRequest when it has no end or no reason.
        """
        now = self.clock.now()
        check_span(wanted.starts_at, wanted.ends_at, now, LONGEST_MAINTENANCE_MS, "maintenance window")
        reason = check_reason(wanted.reason, "maintenance window")
        for type_ in wanted.types:
            check_matcher(Matcher(type=type_), self.types)
        entered = replace(wanted, reason=reason, by=by, name=wanted.name.strip() or "maintenance")
        return self.book.maintain(entered, now, Deed(by, "maintenance_entered"))

    def end_maintenance(self, number: int, by: str) -> None:
        """End a window that somebody entered, now. Raises NotFound."""
        done = Deed(by, "maintenance_ended", f"maintenance:{number}")
        if not self.book.end_maintenance(number, self.clock.now(), done):
            raise NotFound(f"there is no maintenance window {number} that has not ended")

    def windows(self, since: Millis, until: Millis) -> list[Window]:
        """Every maintenance window that touches *since* to *until*, entered or recurring, the first one first."""
        found = (*self.book.windows(since, until), *self.recurring(since, until))
        return sorted(found, key=lambda each: (each.starts_at, each.ends_at, each.name))

    def holds_everything(self, since: Millis, until: Millis) -> list[tuple[Millis, Millis]]:
        """Begin and end of the windows that are about everything: what uptime leaves out."""
        return [(each.starts_at, each.ends_at) for each in self.windows(since, until) if each.holds_everything]
