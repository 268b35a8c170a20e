"""What rules see of messages, where that is easily mistaken."""

from __future__ import annotations

from tests.support.facts import DAY, HOUR, NUMBERS, T0
from wabawatch.domain.alert_evidence import Minute, Traffic
from wabawatch.domain.alert_rates import RateWindow, window_at
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerts import Reading
from wabawatch.domain.connection import Connection, Signs, judge, usual_wait
from wabawatch.domain.metrics import Rate, Weights
from wabawatch.domain.readings_messages import FAILURE, QUALITY, More, number_readings
from wabawatch.domain.readings_parts import Parts
from wabawatch.domain.standing import MINUTE_MS, Outcome, Role, Standing

NOW = T0 // DAY * DAY + 10 * HOUR
FAILED = Standing(Role.ATTEMPTED, Outcome.FAILED, is_accepted=True, in_delivery=True, in_failure=True)
ARRIVED = FAILED._replace(status=Outcome.DELIVERED)


def test_there_is_no_score_before_it_is_known_what_arrived() -> None:
    """A yellow number would have 87.5 %, were only its failures known."""
    sends = {NUMBERS[0]: {ARRIVED: 49, FAILED: 1}}
    window = window_at(NOW, HOUR)

    def score(matured: dict[str, dict[Standing, int]]) -> float | None:
        traffic = Traffic(sends, matured, ratings={NUMBERS[0]: "YELLOW"})
        rule = BY_NAME["QUALITY_SCORE_LOW"]
        parts, more = Parts(traffic), More(Rate(0, 0), Weights())
        (found,) = number_readings(lambda _: rule, parts, lambda _: [(parts, window)], QUALITY, more)
        return found.value

    assert score({}) is None
    assert score(sends) is not None


def test_webhooks_that_come_minutes_late_are_not_silent() -> None:
    wait = usual_wait({}, {})
    late = Signs([Minute(NOW - ago * MINUTE_MS, 20, 20) for ago in (4, 3, 2, 1)], wait)
    gone = Signs([Minute(NOW - ago * MINUTE_MS, 20, 20) for ago in (8, 7, 6, 5)], wait)

    assert judge(late, NOW).state is Connection.QUIET
    assert judge(gone, NOW).state is Connection.SUSPICIOUS


def test_after_an_outage_a_rate_is_judged_by_what_was_sent_since_if_the_whole_is_bad() -> None:
    whole, since = window_at(NOW, HOUR), RateWindow(NOW - HOUR // 2, NOW, 0.4)

    def reading(before: int, after: int) -> Reading:
        """So many of 100 failed during the outage, and of 100 since."""
        rest = {NUMBERS[0]: {ARRIVED: 100 - after, FAILED: after}}
        sent = {NUMBERS[0]: {ARRIVED: 200 - before - after, FAILED: before + after}}
        seen = [(Parts(Traffic(sent, {})), whole), (Parts(Traffic(rest, {})), since)]
        rule = BY_NAME["FAILURE_RATE_HIGH"]
        more = More(Rate(0, 0), Weights())
        (found,) = number_readings(lambda _: rule, seen[0][0], lambda _: seen, FAILURE, more)
        return found

    assert [(r.is_bad, r.counted_from) for r in (reading(90, 0), reading(90, 90), reading(0, 0))] == [
        (False, since.start),
        (True, since.start),
        (False, whole.start),
    ]
