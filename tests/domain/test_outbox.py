"""What becomes of a notice after an attempt."""

from __future__ import annotations

import pytest

from tests.support.alerts import HOUR, NOW, SECOND
from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.domain.outbox import KEEP_TRYING_MS, ChannelState, Next, NoticeState, after
from wabawatch.domain.standing import DAY_MS

RETRY, REFUSED = Delivered(Outcome.RETRY), Delivered(Outcome.REFUSED)


def test_what_was_sent_is_done() -> None:
    assert after(NOW, 1, Delivered(Outcome.SENT), NOW + 2 * DAY_MS) == Next(NoticeState.SENT)


@pytest.mark.parametrize(
    ("tries", "pause_ms"),
    [(1, 5 * SECOND), (2, 10 * SECOND), (3, 20 * SECOND), (10, 2_560 * SECOND), (11, HOUR), (5_000, HOUR)],
)
def test_pauses_double_up_to_an_hour(tries: int, pause_ms: int) -> None:
    assert after(NOW, tries, RETRY, NOW) == Next(NoticeState.WAITING, NOW + pause_ms)


def test_what_was_refused_waits_an_hour() -> None:
    assert after(NOW, 1, REFUSED, NOW) == Next(NoticeState.WAITING, NOW + HOUR)


@pytest.mark.parametrize(("asked_s", "pause_ms"), [(1, 5 * SECOND), (60, 60 * SECOND), (86_400, HOUR)])
def test_a_service_may_ask_for_a_longer_pause_of_up_to_an_hour(asked_s: float, pause_ms: int) -> None:
    delivered = Delivered(Outcome.RETRY, retry_after_s=asked_s)

    assert after(NOW, 1, delivered, NOW) == Next(NoticeState.WAITING, NOW + pause_ms)


def test_after_a_day_it_is_given_up() -> None:
    last = NOW + KEEP_TRYING_MS - HOUR

    assert after(NOW, 30, RETRY, last).state is NoticeState.WAITING
    assert after(NOW, 30, RETRY, last + 1) == Next(NoticeState.DEAD)


def test_what_was_never_tried_is_not_given_up_at_the_first_attempt() -> None:
    """The server was down for two days: it has more than one chance all the same."""
    assert after(NOW, 1, RETRY, NOW + 2 * DAY_MS).state is NoticeState.WAITING


@pytest.mark.parametrize(("failures", "is_failing"), [(0, False), (2, False), (3, True)])
def test_three_failures_in_a_row_are_failing(failures: int, is_failing: bool) -> None:
    assert ChannelState("ops", failures).is_failing is is_failing
