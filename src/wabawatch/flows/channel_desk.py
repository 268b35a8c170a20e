"""Channels as people ask about them: which there are, how they are doing, and whether one works now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Delivered, Notice, NoticeKind
from wabawatch.domain.outbox import ChannelState
from wabawatch.notifying_ports import Notifier
from wabawatch.ports import Clock, Deed


class ChannelStates(Protocol):
    """How channels are doing, by their attempts. Raises StoreUnavailable."""

    def channels(self, now: Millis) -> Sequence[ChannelState]:
        """Every channel that was ever tried, by name."""


class Attempts(Protocol):
    """Where attempts are noted."""

    def note_channel(self, channel: str, delivered: Delivered, now: Millis) -> None:
        """Note how a channel took something that was no notice of the outbox. Raises StoreUnavailable."""


class AuditTrail(Protocol):
    """Where it is written down who did what."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed, durably. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A channel as it was set up."""

    kind: str
    place: str
    """Where it leads, without what is secret"""
    notifier: Notifier


@dataclass(frozen=True, slots=True)
class Standing:
    """A channel of the settings, and how it is doing."""

    name: str
    kind: str
    place: str
    state: ChannelState


@dataclass(frozen=True, slots=True)
class Tried:
    """How a channel took a test."""

    name: str
    kind: str
    key: str
    """That of the notice, as it stands in it"""
    delivered: Delivered


@dataclass(frozen=True, slots=True)
class ChannelDesk:
    """What is asked about channels."""

    channels: Mapping[str, Fitted]
    states: ChannelStates
    attempts: Attempts
    audit: AuditTrail
    clock: Clock
    new_key: Callable[[], str]

    def standings(self) -> list[Standing]:
        """Every channel of the settings, by name."""
        known = {state.channel: state for state in self.states.channels(self.clock.now())}
        return [
            Standing(name, each.kind, each.place, known.get(name, ChannelState(name)))
            for name, each in sorted(self.channels.items())
        ]

    def test(self, name: str, actor: str) -> Tried:
        """Send a test to channel *name*, at once, and note how that went: a good one ends that it counts as failing.

        Raises NotFound, and StoreUnavailable, after which the test may have arrived.
        """
        if name not in self.channels:
            raise NotFound(_missing(name, sorted(self.channels)))
        fitted, now, key = self.channels[name], self.clock.now(), self.new_key()
        self.audit.note(now, Deed(actor, "channel_tested", name))
        delivered = fitted.notifier.deliver(Notice(key, NoticeKind.TEST, name, now, (), 0), "")
        self.attempts.note_channel(name, delivered, self.clock.now())
        return Tried(name, fitted.kind, key, delivered)


def _missing(name: str, known: Sequence[str]) -> str:
    if not known:
        return f"there is no channel {name[:64]!r}, and no other: set ALERT_EMAIL, or see docs/channels.md"
    near = get_close_matches(name, known, 1)
    return f"there is no channel {name[:64]!r}; " + (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    )
