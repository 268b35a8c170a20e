"""Meta's own counts: asked for by half-hours, read as UTC days, whatever stands in the answer."""

from __future__ import annotations

from typing import Any

import pytest
from tests.meta.test_graph import WABA, Stand

from wabawatch.domain.polls import Ask
from wabawatch.domain.reconciliation import MetaDay

DAY_S = 86_400
FIRST = 20_000
SPAN: dict[str, Any] = {"since_s": FIRST * DAY_S, "until_s": (FIRST + 2) * DAY_S}


def point(half_hour: int, sent: Any, delivered: Any, width: int = 1_800) -> dict[str, Any]:
    start = FIRST * DAY_S + half_hour * 1_800
    return {"start": start, "end": start + width, "sent": sent, "delivered": delivered}


def days(analytics: Any) -> tuple[MetaDay, ...]:
    return Stand({"analytics": analytics, "id": WABA}).ask(Ask.ANALYTICS, **SPAN).days


@pytest.mark.parametrize(
    ("subject", "only"), [(WABA, ""), (f"{WABA}/100/15550100001", '.phone_numbers(["15550100001"])')]
)
def test_an_account_and_one_of_its_numbers_are_asked_about(subject: str, only: str) -> None:
    stand = Stand({})
    stand.ask(Ask.ANALYTICS, subject, **SPAN)

    (request,) = stand.requests
    assert request.url.path == f"/v25.0/{WABA}"
    expected = f"analytics.start(1728000000).end(1728172800).granularity(HALF_HOUR){only}"
    assert request.url.params["fields"] == expected


def test_half_hours_are_put_together_to_utc_days() -> None:
    points = [point(0, 3, 2), point(47, 4, 4), point(48, 10, 9)]

    found = days({"granularity": "HALF_HOUR", "data_points": points})
    assert found == (MetaDay(FIRST, 7, 6), MetaDay(FIRST + 1, 10, 9))


def test_points_in_groups_are_read_too() -> None:
    assert days({"data": [{"data_points": [point(0, 3, 2)]}]})[0] == MetaDay(FIRST, 3, 2)


def test_an_answer_without_points_says_that_nothing_was_counted() -> None:
    assert days({"granularity": "HALF_HOUR"}) == (MetaDay(FIRST, 0, 0), MetaDay(FIRST + 1, 0, 0))


@pytest.mark.parametrize("analytics", [None, [], "x", {"data_points": [point(14, 5, 5, width=DAY_S)]}])
def test_of_what_cannot_be_read_as_utc_days_nothing_is_said(analytics: Any) -> None:
    assert days(analytics) == ()


@pytest.mark.parametrize("value", [None, "5", -5, 1e400, 2**63, [], {}])
def test_odd_counts_break_nothing(value: Any) -> None:
    (first, _) = days({"data_points": [point(0, value, 1), value, point(1, 2, value)]})

    assert 0 <= first.sent <= 10**12 + 2
    assert 0 <= first.delivered <= 10**12 + 1


def test_a_refusal_is_a_problem() -> None:
    told = Stand({"error": {"code": 200, "message": "No permission"}}, status=403).ask(Ask.ANALYTICS, **SPAN)

    assert told.problem is not None
    assert told.days == ()
