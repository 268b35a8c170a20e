"""The state of a window: messages by cohort time, webhooks by receipt, and nothing called compliant without proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, WABA, at, recorded, told
from tests.support.places import ON_EACH, Place
from tests.support.system import Bench
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.facts import Fact, MessageReceived, Pricing, Source, Status, StatusChanged, When
from wabawatch.domain.rollups import Tier, floor_at
from wabawatch.flows.digest import Digest
from wabawatch.ports import Body, BodyKind, BodySource, StoredBody
from wabawatch.wire import status_json

pytestmark = ON_EACH

NOW = T0 + 30 * DAY + 12_345
"""Not on a whole minute"""


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


def ago(ms: int) -> int:
    """So long ago, as an offset to `T0`."""
    return NOW - T0 - ms


def sends(n: int, *statuses: Status, ms_ago: int = HOUR, name: str = "m", is_recorded: bool = True) -> list[Fact]:
    """Messages asked for so long ago, each of which reached *statuses* a second later."""
    facts: list[Fact] = []
    for i in range(n):
        wamid = f"wamid.{name}{i}"
        facts += [recorded(ago(ms_ago), wamid=wamid)] if is_recorded else []
        facts += [told(status, ago(ms_ago - 1_000), wamid=wamid, waba=WABA) for status in statuses]
    return facts


def attempted(bench: Bench, hours: int) -> int:
    return bench.status(hours).assessment.messages.attempted


# ---------------------------------------------------------------- what must not be called compliant


@pytest.mark.parametrize("hours", [0, 1, 24])
def test_an_empty_database_is_insufficient_data(bench: Bench, hours: int) -> None:
    seen = bench.status(hours)

    assert seen.assessment.verdict is Verdict.INSUFFICIENT_DATA
    assert set(status_json(seen)["messages"].values()) == {0}
    assert set(status_json(seen)["webhooks"].values()) == {0}


def test_inbound_messages_alone_are_insufficient_data(bench: Bench) -> None:
    bench.shelf.learn(
        [MessageReceived(at(ago(HOUR)), Source.WEBHOOK, f"wamid.in{i}", NUMBERS[0], WABA) for i in range(500)]
    )

    assert bench.status().assessment.messages.inbound == 500
    assert bench.status().assessment.verdict is Verdict.INSUFFICIENT_DATA


@pytest.mark.parametrize("category", ["marketing", "service", ""])
def test_webhooks_alone_are_insufficient_data(bench: Bench, category: str) -> None:
    bench.shelf.learn(sends(200, Status.SENT, Status.DELIVERED, Status.READ, is_recorded=False))
    bench.shelf.learn([told(Status.SENT, ago(HOUR), wamid="wamid.m0", pricing=Pricing(category=category))])

    seen = bench.status().assessment
    assert (seen.messages.attempted, seen.messages.read, seen.coverage.value) == (200, 200, 0)
    assert seen.refusals_seen is False
    assert seen.verdict is Verdict.INSUFFICIENT_DATA


def test_ten_messages_are_insufficient_data(bench: Bench) -> None:
    bench.shelf.learn(sends(10, Status.SENT, Status.DELIVERED))

    assert bench.status().assessment.delivery_rate.n == 10
    assert bench.status().assessment.verdict is Verdict.INSUFFICIENT_DATA


def test_enough_good_recorded_sends_are_compliant(bench: Bench) -> None:
    bench.shelf.learn(sends(100, Status.SENT, Status.DELIVERED))

    assert bench.status().assessment.verdict is Verdict.COMPLIANT


def test_many_failures_are_a_violation(bench: Bench) -> None:
    bench.shelf.learn(sends(80, Status.SENT, Status.DELIVERED) + sends(20, Status.FAILED, name="f"))

    seen = bench.status().assessment
    assert (seen.failure_rate.value, seen.failure_rate.verdict) == (0.2, Verdict.VIOLATION)
    assert seen.verdict is Verdict.VIOLATION


# ---------------------------------------------------------------- windows


def test_hours_set_the_window_and_0_is_everything(bench: Bench) -> None:
    for hours in (1, 5, 30, 24 * 29):
        bench.shelf.learn(sends(1, Status.SENT, ms_ago=hours * HOUR - MINUTE, name=str(hours)))

    assert [attempted(bench, hours) for hours in (1, 4, 5, 24, 30, 24 * 29, 0)] == [1, 1, 2, 2, 3, 4, 4]


def test_a_message_belongs_to_the_time_of_its_request_and_not_of_its_status(bench: Bench) -> None:
    bench.shelf.learn([recorded(ago(25 * HOUR)), told(Status.DELIVERED, ago(MINUTE))])

    assert (attempted(bench, 24), attempted(bench, 26)) == (0, 1)


def test_the_running_minute_is_in_the_window(bench: Bench) -> None:
    bench.shelf.learn(sends(1, ms_ago=1))

    assert attempted(bench, 1) == attempted(bench, 0) == 1


def test_a_message_dated_a_little_into_the_future_is_in_everything(bench: Bench) -> None:
    bench.shelf.learn(sends(1, Status.SENT, ms_ago=-HOUR))

    assert (attempted(bench, 24), attempted(bench, 0)) == (0, 1)


def test_the_delivery_rate_leaves_out_the_last_15_minutes(bench: Bench) -> None:
    closed = NOW - 15 * MINUTE - (NOW - 15 * MINUTE) % MINUTE
    for offset in (-1, 0, MINUTE):
        bench.shelf.learn([recorded(closed + offset - T0, wamid=f"wamid.{offset}")])

    seen = bench.status().assessment
    assert (seen.delivery_rate.n, seen.failure_rate.n, seen.messages.attempted) == (1, 3, 3)


@pytest.mark.parametrize("hours", [1, 24, 0])
def test_what_was_sent_within_the_grace_time_is_attempted_all_the_same(bench: Bench, hours: int) -> None:
    bench.shelf.learn(sends(40, Status.SENT, ms_ago=5 * MINUTE))

    seen = bench.status(hours).assessment
    assert (seen.messages.sent, seen.delivery_rate.n) == (40, 0)
    assert seen.delivery_rate.verdict is Verdict.INSUFFICIENT_DATA


def test_everything_is_still_everything_when_fine_buckets_were_dropped(bench: Bench) -> None:
    bench.shelf.learn(sends(3, Status.READ, ms_ago=29 * DAY) + sends(2, Status.SENT, name="s"))
    bench.figures.drop_old({tier: floor_at(tier, NOW) for tier in Tier}, 0)

    assert attempted(bench, 0) == 5


def test_the_statuses_add_up(bench: Bench) -> None:
    bench.shelf.learn(
        sends(5, Status.SENT)
        + sends(4, Status.DELIVERED, name="d")
        + sends(3, Status.READ, name="r")
        + sends(2, Status.FAILED, name="f")
        + sends(6, name="p")
        + sends(7, Status.READ, name="o", is_recorded=False)
    )

    counts = bench.status().assessment.messages
    statuses = (counts.sent, counts.delivered, counts.read, counts.failed, counts.expired, counts.pending)
    assert statuses == (5, 4, 3, 2, 0, 6)
    assert (counts.attempted, counts.accepted, counts.orphan) == (20, 20, 7)


# ---------------------------------------------------------------- webhooks


def brought(bench: Bench, *received_ms_ago: int, **more: Any) -> None:
    """Digest one body for each, received so long ago, about a message of a year before."""
    for i, ms in enumerate(received_ms_ago):
        bench.accept([Body(BodyKind.WEBHOOK, NOW - ms, f"{ms} {i}".encode(), **more)])

    def translate(stored: StoredBody) -> list[Fact]:
        when = When(NOW - 365 * DAY, stored.body.received_at, is_live=stored.body.source is BodySource.LIVE)
        return [StatusChanged(when, Source.WEBHOOK, Status.SENT, f"wamid.{stored.id}", number=NUMBERS[0])]

    digest = Digest(bench.inbox, bench.shelf.books, translate, bench.clock)
    while digest.step():
        pass


def test_webhooks_belong_to_the_time_of_their_receipt(bench: Bench) -> None:
    brought(bench, MINUTE, 5 * HOUR, 30 * HOUR)

    assert [bench.status(hours).bodies.processed for hours in (1, 24, 48, 0)] == [1, 2, 3, 3]


def test_a_message_in_a_late_or_imported_webhook_counts_at_its_own_time(bench: Bench) -> None:
    brought(bench, MINUTE, source=BodySource.IMPORT)

    assert (attempted(bench, 24), attempted(bench, 0)) == (0, 1)
    assert bench.status(24).bodies.processed == 1


# ---------------------------------------------------------------- the promised names


def test_the_status_has_the_names_that_were_promised(bench: Bench) -> None:
    told_of = status_json(bench.status())

    assert set(told_of) == {
        *("overall_status", "as_of", "monitoring", "requirements", "coverage"),
        *("messages", "webhooks", "alerts", "uptime"),
        *("api", "polling", "rate_limits"),  # beyond the promise: calls, how Meta is asked, limits that were hit
    }
    assert set(told_of["monitoring"]) == {"running", "last_cycle_at", "interval_ms", "gaps"}
    assert set(told_of["alerts"]) == {"critical", "warning", "info"}
    assert set(told_of["webhooks"]) == {
        *("received", "processed", "backlog", "parked", "duplicates", "unparsed_items", "unknown")
    }
    assert set(told_of["messages"]) == {
        *("attempted", "accepted", "sent", "delivered", "read", "failed", "expired", "pending"),
        *("rejected", "unlinked", "orphan", "inbound"),
    }


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("delivery_rate", set()),
        ("failure_rate", {"refusals_seen"}),
        ("quality_score", {"parts"}),
        ("template_usage", {"violations", "unverified"}),
        ("webhook_response", {"subject"}),
    ],
)
def test_each_requirement_says_what_it_rests_on(bench: Bench, name: str, more: set[str]) -> None:
    requirement = status_json(bench.status())["requirements"][name]

    assert set(requirement) >= {"value", "threshold", "n", "interval", "verdict"} | more
