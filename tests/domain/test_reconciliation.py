"""Both counts of a day: when they agree, who knows less, and why most likely."""

from __future__ import annotations

from datetime import date

import pytest

from wabawatch.domain.reconciliation import (
    Agreement,
    Comparison,
    DayCounts,
    MetaDay,
    OwnDay,
    compare,
    date_of,
    days_to_ask,
    own_day,
)
from wabawatch.domain.standing import DAY_MS, HOUR_MS, Outcome, Role, Standing

LESS, MORE, SAME, FEW = Agreement.WE_KNOW_LESS, Agreement.WE_KNOW_MORE, Agreement.IN_LINE, Agreement.TOO_FEW


def judged(meta: tuple[int, int], *own: int) -> Comparison:
    return compare(DayCounts("1", "", MetaDay(20_000, *meta), OwnDay(*own), 0))


@pytest.mark.parametrize(
    ("meta", "own", "agreement", "word"),
    [
        ((1_000, 980), (1_000, 980), SAME, ""),
        ((1_000, 980), (980, 961), SAME, ""),  # within 2 %
        ((1_000, 980), (979, 980), LESS, "nobody told us"),
        ((1_000, 980), (900, 880, 0, 100), LESS, "100 sends that Meta took have no status here"),
        ((1_000, 980), (900, 880, 0, 49), LESS, "nobody told us"),
        ((1_000, 980), (0, 0), LESS, "no status came here that day"),
        ((1_000, 980), (1_000, 900), LESS, "not all deliveries"),
        ((1_000, 980), (900, 980, 100), SAME, ""),  # whether Meta counts what failed is not known
        ((900, 880), (900, 880, 100), SAME, ""),
        ((0, 0), (500, 490), MORE, "Meta shows nothing for that day"),
        ((900, 880), (1_000, 980), MORE, "one may have moved"),
        ((1_000, 900), (1_000, 980), MORE, "count a delivery on the day it arrives"),
        ((25, 20), (20, 20), SAME, ""),  # up to 5 may be between them
        ((26, 20), (20, 20), LESS, "nobody told us"),
        ((19, 19), (0, 0), FEW, ""),
        ((0, 0), (0, 0), FEW, ""),
    ],
)
def test_a_day_is_judged_with_its_likely_cause(
    meta: tuple[int, int], own: tuple[int, ...], agreement: Agreement, word: str
) -> None:
    found = judged(meta, *own)

    assert found.agreement is agreement
    assert word in found.cause
    assert bool(word) == bool(found.cause)


def test_a_gap_says_how_many_more_meta_counted() -> None:
    found = judged((1_000, 800), 900, 850, 40)

    assert (found.sent_gap, found.delivered_gap) == (60, -50)


def test_we_count_what_left_and_apart_what_failed_or_has_no_status() -> None:
    tally = {
        Standing(Role.ATTEMPTED, Outcome.SENT, is_accepted=True): 1,
        Standing(Role.ATTEMPTED, Outcome.DELIVERED, is_accepted=True): 2,
        Standing(Role.ATTEMPTED, Outcome.READ, is_accepted=True): 4,
        Standing(Role.ATTEMPTED, Outcome.EXPIRED, is_accepted=True): 8,
        Standing(Role.ATTEMPTED, Outcome.FAILED, is_accepted=True): 16,
        Standing(Role.ATTEMPTED, Outcome.PENDING, is_accepted=True): 32,
        Standing(Role.ATTEMPTED, Outcome.FAILED, is_rejected=True): 64,
        Standing(Role.ATTEMPTED, Outcome.PENDING, is_unlinked=True): 128,
        Standing(Role.ORPHAN, Outcome.DELIVERED): 256,
        Standing(Role.INBOUND, Outcome.PENDING): 512,
        Standing(Role.APART, Outcome.PENDING): 1_024,
    }

    assert own_day(tally) == OwnDay(sent=271, delivered=262, failed=16, waiting=32)


def test_a_day_is_asked_for_from_six_hours_after_its_end_on_and_for_a_week() -> None:
    midnight = 20_000 * DAY_MS

    assert days_to_ask(midnight + 6 * HOUR_MS - 1) == range(19_992, 19_999)
    assert days_to_ask(midnight + 6 * HOUR_MS) == range(19_993, 20_000)
    assert list(days_to_ask(0)) == []
    assert date_of(20_000) == date(2024, 10, 4)
