"""How bad it is with a number, and in which order numbers come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wabawatch.domain.alerts import Severity
from wabawatch.domain.compliance import Thresholds, Verdict
from wabawatch.domain.connection import Connection, Judged
from wabawatch.domain.headroom import MessagingLimit, NumberPlace
from wabawatch.domain.metrics import Weights
from wabawatch.domain.number_stands import NumberState, State, worst_first
from wabawatch.domain.platform import Known
from wabawatch.domain.standing import MINUTE_MS, Outcome, Role, Standing
from wabawatch.flows.number_desk import busiest


def sends(status: Outcome) -> Standing:
    return Standing(Role.ATTEMPTED, status, is_accepted=True, in_delivery=True, in_failure=True)


GOOD, BAD, INBOUND = sends(Outcome.DELIVERED), sends(Outcome.FAILED), Standing(Role.INBOUND, Outcome.PENDING)


def number(name: str = "1", tally: dict[Standing, int] | None = None, **aspects: str) -> NumberState:
    known = {"status": "CONNECTED"} | aspects
    told = {aspect: Known(value) for aspect, value in known.items()}
    place, given = NumberPlace(name, "10", ""), tally or {}
    return NumberState(place, told, given, given, Thresholds(), Weights(), None)


def limited(used: int | None, tier: str = "TIER_250") -> MessagingLimit:
    return MessagingLimit("p", tier, 0, ("1",), used)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (number(status="BANNED"), State.CANNOT_SEND),
        (number(status="A_NEW_WORD"), State.CANNOT_SEND),
        (number(health="BLOCKED"), State.CANNOT_SEND),
        (replace(number(), connection=Judged(Connection.REFUSED, ())), State.CANNOT_SEND),
        (number(tally={GOOD: 50, BAD: 50}), State.FAILING),
        (number(quality="RED"), State.FAILING),
        (number(quality="YELLOW"), State.DOUBTFUL),
        (number(health="LIMITED"), State.DOUBTFUL),
        (number(status="FLAGGED"), State.DOUBTFUL),
        (replace(number(), limit=limited(200)), State.DOUBTFUL),
        (replace(number(), connection=Judged(Connection.SUSPICIOUS, ())), State.DOUBTFUL),
        (replace(number(), alerts={Severity.CRITICAL: 1}), State.DOUBTFUL),
        (number(tally={GOOD: 2}), State.FINE),
        (number(tally={INBOUND: 2}), State.FINE),
        (replace(number(), limit=limited(199), alerts={Severity.INFO: 1}), State.QUIET),
        (number(status=""), State.QUIET),
    ],
)
def test_the_gravest_that_is_wrong_says_how_it_stands(found: NumberState, state: State) -> None:
    assert found.state is state


def test_the_worst_come_first_and_of_those_what_fires_most_gravely() -> None:
    failing = {GOOD: 50, BAD: 20}
    some = [
        number("quiet"), number("fine", {GOOD: 9}), number("more", {GOOD: 50, BAD: 30}), number("some", failing),
        replace(number("grave", failing), alerts={Severity.CRITICAL: 2}), number("banned", status="BANNED"),
    ]  # fmt: skip

    assert [each.number for each in worst_first(some)] == ["banned", "grave", "more", "some", "fine", "quiet"]


def test_a_rating_alone_is_no_verdict_on_a_number_that_sent_nothing() -> None:
    assert number(quality="RED").verdict is Verdict.INSUFFICIENT_DATA
    assert number(tally={GOOD: 100}, quality="RED").verdict is Verdict.VIOLATION
    assert number(tally={GOOD: 100}, quality="GREEN").verdict is Verdict.COMPLIANT


@pytest.mark.parametrize(("limit", "share"), [(None, None), (limited(None), None), (limited(50), 0.2)])
def test_of_a_limit_only_what_was_counted_is_used(limit: MessagingLimit | None, share: float | None) -> None:
    assert replace(number(), limit=limit).limit_used == share


def test_the_busiest_minute_counts_what_went_in_and_out_and_not_what_was_refused() -> None:
    refused = Standing(Role.ATTEMPTED, Outcome.FAILED, is_rejected=True)
    minutes = {0: {GOOD: 50, INBOUND: 70}, MINUTE_MS: {GOOD: 100, refused: 900}}

    pace = busiest(minutes)

    assert (pace.at, pace.per_minute, pace.per_second) == (0, 120, 2)
    assert busiest({}).at is None
