"""What was told to whom, and why not: the answers to "why was I not told?"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.outbox import ChannelState, NoticeState, Sent
from wabawatch.domain.routing import SENTENCES, Because, Channel, Decision
from wabawatch.ports import Clock


class TellingBook(Protocol):
    """What was decided, made and sent. Raises StoreUnavailable."""

    def has_alert(self, alert: str) -> bool:
        """Whether there is, or was, an alert of that key."""

    def decisions(self, alert: str) -> Sequence[Decision]:
        """Every decision about an alert, the oldest first."""

    def notices(self, keys: Collection[str]) -> Mapping[str, Sent]:
        """What became of notices, by key."""

    def newest_notices(self, channel: str, state: NoticeState | None, limit: int) -> Sequence[Sent]:
        """The newest notices of *channel* ("": of all), in *state* (None: any)."""

    def channels(self, now: Millis) -> Sequence[ChannelState]:
        """How every channel is doing that was ever tried, by name."""

    def tallies(self, now: Millis) -> Mapping[tuple[str, str], int]:
        """How many notices wait, are tried again, and were sent or given up within a day, by channel and state."""


@dataclass(frozen=True, slots=True)
class Told:
    """One decision, in words."""

    decision: Decision
    sentence: str
    sent: Sent | None
    """The notice that tells it"""


@dataclass(frozen=True, slots=True)
class Why:
    """What one channel was told of one alert, and why not."""

    channel: str
    is_told: bool
    """Whether it was ever told, as far as decided; see `sent` whether that arrived"""
    because: Because | None
    """The newest decision; None: nothing was decided yet"""
    sentence: str
    decisions: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """What people ask about notices."""

    book: TellingBook
    channels: Sequence[Channel]
    clock: Clock
    who: Callable[[str], str] = str
    """What an actor is called"""

    def tallies(self) -> Mapping[tuple[str, str], int]:
        """How many notices wait, are tried again, and were sent or given up within a day, by channel and state."""
        return self.book.tallies(self.clock.now())

    def why(self, alert: str) -> list[Why]:
        """For each channel what was decided about *alert*, and why. Raises NotFound when there is no such alert."""
        if not self.book.has_alert(alert):
            raise NotFound(f"there is no alert {alert!r}")
        decisions = self.book.decisions(alert)
        sent = self.book.notices({each.notice for each in decisions if each.notice})
        names = {channel.name for channel in self.channels} | {each.channel for each in decisions}
        return [self._why(name, [each for each in decisions if each.channel == name], sent) for name in sorted(names)]

    def _why(self, channel: str, decisions: Sequence[Decision], sent: Mapping[str, Sent]) -> Why:
        told = tuple(Told(each, sentence_of(each, self.who), sent.get(each.notice)) for each in decisions)
        if not told:
            return Why(channel, False, None, "Nothing was decided yet: planning runs while monitoring does.", ())
        newest = told[-1]
        return Why(channel, any(e.is_told for e in decisions), newest.decision.because, newest.sentence, told)

    def states(self) -> list[ChannelState]:
        """How every channel is doing: those of the settings, and others that were tried once."""
        known = {state.channel: state for state in self.book.channels(self.clock.now())}
        names = sorted({*known, *(channel.name for channel in self.channels)})
        return [known.get(name, ChannelState(name)) for name in names]

    def notices(self, channel: str = "", state: NoticeState | None = None, limit: int = 100) -> list[Sent]:
        """The newest notices."""
        return list(self.book.newest_notices(channel, state, limit))


_NAMED = {
    Because.SILENCED: "silence",
    Because.IN_MAINTENANCE: "maintenance",
    Because.EXPLAINED: "alert",
    Because.PART_FIRES: "alert",
    Because.ACKNOWLEDGED: "by",
    Because.FLAPPING: "fired",
}


def sentence_of(decision: Decision, who: Callable[[str], str]) -> str:
    """*decision* for a person, with what it names; *who* gives what an actor is called."""
    said = SENTENCES[decision.because]
    name = _NAMED.get(decision.because)
    detail = who(decision.detail) if decision.because is Because.ACKNOWLEDGED else decision.detail
    return f"{said.removesuffix('.')} ({name} {detail})." if name and detail else said
