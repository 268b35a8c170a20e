"""The overview: buckets, causes, the order of numbers, and what is wrong since when."""

from __future__ import annotations

import pytest

from tests.support.alert_books import NUMBER, RATE, bad
from tests.support.facts import HOUR, MINUTE, NUMBERS, T0, WABA
from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import EVERYTHING as ALL
from wabawatch.domain.alerts import AlertScope, Phase, ScopeKind, Severity
from wabawatch.domain.compliance import Thresholds, Verdict
from wabawatch.domain.error_codes import Fault
from wabawatch.domain.metrics import Rate, Weights
from wabawatch.domain.overview import (
    EVERYTHING,
    Point,
    Slice,
    SliceKind,
    causes,
    points,
    tier_for,
    touching,
    worst_first,
)
from wabawatch.domain.overview_findings import begun, main_fault
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import DAY_MS, Outcome, Role, Standing

DELIVERED = Standing(Role.ATTEMPTED, Outcome.DELIVERED, is_accepted=True, in_delivery=True, in_failure=True)
FAILED = DELIVERED._replace(status=Outcome.FAILED)


@pytest.mark.parametrize(
    ("length", "tier"),
    [
        (HOUR, Tier.FIVE),
        (12 * HOUR, Tier.FIVE),
        (24 * HOUR, Tier.HOUR),
        (5 * DAY_MS, Tier.HOUR),
        (7 * DAY_MS, Tier.DAY),
        (400 * DAY_MS, Tier.DAY),
    ],
)
def test_a_longer_period_has_wider_buckets(length: int, tier: Tier) -> None:
    assert tier_for(length) is tier


def test_a_bucket_that_is_too_young_has_no_delivery_rate_but_its_failures() -> None:
    tally = {DELIVERED: 8, FAILED: 2}

    old, young = points({T0: tally, T0 + HOUR: tally}, {}, Tier.HOUR, T0 + HOUR, None, Weights())

    assert (old.delivery.value, old.failure.value) == (0.8, 0.2)
    assert (young.delivery.value, young.quality, young.failure.value) == (None, None, 0.2)


def test_a_bucket_without_messages_still_tells_how_webhooks_were_answered() -> None:
    (point,) = points({}, {T0: {60: 5}}, Tier.FIVE, T0 + HOUR, None, Weights())

    assert point.webhook_p99_ms == pytest.approx(10.3, abs=0.1)
    assert point.attempted == 0


def test_causes_are_explained_and_the_most_frequent_comes_first() -> None:
    first, second, third = causes({131026: 3, 131049: 9, 999_999: 1, 100: 0})

    assert (first.code, first.n) == (131049, 9)
    assert second.meaning
    assert second.next_step
    assert (third.meaning, third.fault, third.is_transient) == ("", Fault.UNKNOWN, None)


def test_numbers_come_violations_first_and_silent_ones_not_at_all() -> None:
    good, poor, few = {DELIVERED: 1_000}, {DELIVERED: 500, FAILED: 500}, {DELIVERED: 1}
    tallies = {"1": good, "2": poor, "3": few, "4": {}}

    found = worst_first(tallies, tallies, {"2": WABA}, {"2": "RED"}, Thresholds())

    assert [(each.number, each.verdict) for each in found] == [
        ("2", Verdict.VIOLATION),
        ("1", Verdict.COMPLIANT),
        ("3", Verdict.INSUFFICIENT_DATA),
    ]
    assert (found[0].waba, found[0].rating) == (WABA, "RED")


def alert(scope: AlertScope) -> Alert:
    seen = bad(0, scope)
    return Alert(
        "k", RATE.name, RATE.title, scope, Severity.CRITICAL, Phase.FIRING, T0, T0, None, "", False, seen, seen
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "wabas", "numbers"),
    [
        (NUMBER, {WABA}, {NUMBERS[0]}),
        (AlertScope(ScopeKind.NUMBER, NUMBERS[1]), {WABA}, {NUMBERS[1]}),
        (AlertScope(ScopeKind.WABA, WABA), {WABA}, {NUMBERS[0], NUMBERS[1]}),
        (AlertScope(ScopeKind.TEMPLATE, "x/en", WABA), {WABA}, {NUMBERS[0], NUMBERS[1]}),
        (ALL, {WABA, "other"}, {NUMBERS[0], NUMBERS[1], "elsewhere"}),
    ],
)
def test_an_alert_is_shown_with_what_it_touches(scope: AlertScope, wabas: set[str], numbers: set[str]) -> None:
    places, found = {NUMBERS[0]: WABA, NUMBERS[1]: WABA, "elsewhere": "other"}, alert(scope)

    assert touching([found], EVERYTHING, places) == [found]
    assert {waba for waba in (WABA, "other") if touching([found], Slice(SliceKind.WABA, waba), places)} == wabas
    assert {each for each in places if touching([found], Slice(SliceKind.NUMBER, each), places)} == numbers


def row(*failed: int) -> list[Point]:
    """Buckets of 100 messages, of which so many failed."""
    none = Rate(0, 0)
    return [Point(T0 + i * MINUTE, 100, n, none, Rate(n, 100), none, None, None) for i, n in enumerate(failed)]


@pytest.mark.parametrize(
    ("failed", "minute"), [((0, 0, 9, 9), 2), ((9, 0, 9), 2), ((9, 9), 0), ((9, 9, 0), None), ((), None)]
)
def test_it_is_bad_since_the_first_of_the_bad_buckets_at_the_end(failed: tuple[int, ...], minute: int | None) -> None:
    since = begun(row(*failed), lambda point: point.failed > 5)

    assert since == (None if minute is None else T0 + minute * MINUTE)


def test_buckets_that_tell_nothing_are_passed_over() -> None:
    assert begun(row(0, 9, -1, 9, -1), lambda p: None if p.failed < 0 else p.failed > 5) == T0 + MINUTE


def test_the_fault_is_of_who_has_most_of_the_failures() -> None:
    assert main_fault({"meta": 6, "sender": 2}) == ("meta", 0.75)
    assert main_fault({}) == ("", 0.0)
