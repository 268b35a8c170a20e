"""The desk of channels: what is tried is noted, whatever comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.support.books import HandClock
from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.notices import Delivered, Notice, NoticeKind, Outcome
from wabawatch.domain.outbox import ChannelState
from wabawatch.flows.channel_desk import ChannelDesk, Fitted
from wabawatch.ports import Deed

NOW = 1_795_176_000_000


@dataclass
class Channel:
    """Answers as it is told, and keeps what it got."""

    answer: Delivered
    got: list[Notice] = field(default_factory=list)

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        self.got.append(notice)
        return self.answer


@dataclass
class Books:
    """The three books of the desk in one."""

    noted: list[tuple[str, Outcome]] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)

    def channels(self, now: Millis) -> Sequence[ChannelState]:
        return [ChannelState("ops", failures=3, failing_since=5), ChannelState("of the past")]

    def note_channel(self, channel: str, delivered: Delivered, now: Millis) -> None:
        self.noted.append((channel, delivered.outcome))

    def note(self, at: Millis, done: Deed) -> None:
        self.deeds.append(done)


def desk(books: Books, **channels: Channel) -> ChannelDesk:
    fitted = {name: Fitted("webhook", "https://x/…", channel) for name, channel in channels.items()}
    return ChannelDesk(fitted, books, books, books, HandClock(NOW), lambda: "test-1")


@pytest.mark.parametrize("outcome", Outcome)
def test_a_test_is_sent_noted_and_in_the_audit_trail(outcome: Outcome) -> None:
    books, channel = Books(), Channel(Delivered(outcome, "so"))

    tried = desk(books, ops=channel).test("ops", "cli")

    assert (tried.name, tried.delivered.outcome, tried.key) == ("ops", outcome, "test-1")
    assert [(each.kind, each.key, each.channel, each.at) for each in channel.got] == [
        (NoticeKind.TEST, "test-1", "ops", NOW)
    ]
    assert books.noted == [("ops", outcome)]
    assert books.deeds == [Deed("cli", "channel_tested", "ops")]


def test_every_channel_of_the_settings_is_listed_and_no_other() -> None:
    found = desk(Books(), ops=Channel(Delivered(Outcome.SENT)), new=Channel(Delivered(Outcome.SENT))).standings()

    assert [(each.name, each.state.failures) for each in found] == [("new", 0), ("ops", 3)]


def test_a_channel_that_is_not_there_is_named_with_the_nearest() -> None:
    books = Books()

    with pytest.raises(NotFound, match="did you mean ops"):
        desk(books, ops=Channel(Delivered(Outcome.SENT))).test("op", "cli")
    with pytest.raises(NotFound, match="ALERT_EMAIL"):
        desk(books).test("ops", "cli")
    assert not books.deeds
