"""What rules see of messages, where that is easily mistaken."""

from __future__ import annotations

from tests.support.facts import DAY, HOUR, NUMBERS, T0
from wabawatch.domain.alert_evidence import Minute, Traffic
from wabawatch.domain.alert_rates import window_at
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.connection import Connection, Signs, judge, usual_wait
from wabawatch.domain.metrics import Rate, Weights
from wabawatch.domain.readings_messages import QUALITY, More, number_readings
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
        (found,) = number_readings(lambda _: rule, Parts(traffic), window, QUALITY, More(Rate(0, 0), Weights()))
        return found.value

    assert score({}) is None
    assert score(sends) is not None


def test_webhooks_that_come_minutes_late_are_not_silent() -> None:
    wait = usual_wait({}, {})
    late = Signs([Minute(NOW - ago * MINUTE_MS, 20, 20) for ago in (4, 3, 2, 1)], wait)
    gone = Signs([Minute(NOW - ago * MINUTE_MS, 20, 20) for ago in (8, 7, 6, 5)], wait)

    assert judge(late, NOW).state is Connection.QUIET
    assert judge(gone, NOW).state is Connection.SUSPICIOUS
