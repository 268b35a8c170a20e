"""The state machine of alerts: from good to pending, firing and resolved, and what jumping clocks do not do to it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import DAY, HOUR, MINUTE, T0
from wabawatch.domain.alerting import WATCHED_MS, acknowledge, end, step
from wabawatch.domain.alerts import (
    NEVER,
    AlertScope,
    AlertState,
    Comparison,
    NoData,
    Phase,
    Reading,
    Reason,
    Rule,
    RuleKind,
    ScopeKind,
    Severity,
    Transition,
)

NUMBER = AlertScope(ScopeKind.NUMBER, "106540352242922", "102290129340398")
RATE = Rule(
    "DELIVERY_RATE_LOW",
    "Delivery rate too low",
    RuleKind.RATE,
    ScopeKind.NUMBER,
    Severity.CRITICAL,
    comparison=Comparison.BELOW,
    threshold=0.95,
    no_data=NoData.KEEP,
    keep_firing_ms=10 * MINUTE,
)
STATE = Rule("TOKEN_INVALID", "Token", RuleKind.STATE, ScopeKind.ALL, Severity.CRITICAL, for_ms=10 * MINUTE)
EVENT = Rule("ACCOUNT_VIOLATION", "Violation", RuleKind.EVENT, ScopeKind.WABA, Severity.WARNING)


def seen(minute: float, is_bad: bool | None, value: float | None = None, **more: object) -> Reading:
    return replace(Reading(NUMBER, T0 + int(minute * MINUTE), is_bad, value), **more)  # type: ignore[arg-type]


def run(rule: Rule, *readings: Reading, state: AlertState = NEVER) -> tuple[AlertState, list[Transition]]:
    """The end of it, and everything that changed."""
    changes = []
    for reading in readings:
        state, changed = step(rule, state, reading, reading.at)
        changes += [changed] if changed else []
    return state, changes


def reasons(changes: list[Transition]) -> list[Reason]:
    return [change.reason for change in changes]


# ---------------------------------------------------------------- from good to bad and back


def test_a_rule_that_does_not_wait_fires_at_once() -> None:
    state, (fired,) = run(RATE, seen(0, True, 0.80))

    assert (state.phase, fired.was, fired.became, fired.reason) == (
        Phase.FIRING,
        Phase.OK,
        Phase.FIRING,
        Reason.FIRED,
    )
    assert (fired.severity, fired.alert) == (Severity.CRITICAL, state.alert)


def test_what_must_last_is_pending_first_and_keeps_its_key() -> None:
    state, (breached, fired) = run(STATE, seen(0, True), seen(5, True), seen(10, True))

    assert (breached.became, fired.became, fired.reason) == (Phase.PENDING, Phase.FIRING, Reason.FIRED)
    assert breached.alert == fired.alert == state.alert


def test_what_was_good_again_before_it_lasted_is_cleared() -> None:
    state, changes = run(STATE, seen(0, True), seen(5, False), seen(10, True), seen(15, True))

    assert reasons(changes) == [Reason.BREACHED, Reason.CLEARED, Reason.BREACHED]
    assert state.phase is Phase.PENDING


def test_it_is_resolved_once_it_was_good_for_long_enough() -> None:
    state, changes = run(RATE, seen(0, True, 0.8), seen(5, False, 0.97), seen(10, False, 0.97), seen(15, False, 0.97))

    assert reasons(changes) == [Reason.FIRED, Reason.RECOVERED]
    assert (state.phase, changes[-1].at) == (Phase.RESOLVED, T0 + 15 * MINUTE)


def test_one_bad_look_begins_the_wait_for_its_end_anew() -> None:
    good, bad = (seen(m, False, 0.97) for m in (5, 14)), seen(10, True, 0.8)
    first, second = good

    assert reasons(run(RATE, seen(0, True, 0.8), first, bad, second, seen(20, False, 0.97))[1]) == [Reason.FIRED]


def test_a_rate_that_only_cannot_be_proved_bad_any_more_is_not_good() -> None:
    state, changes = run(RATE, seen(0, True, 0.8), *(seen(m, False, 0.94) for m in (5, 10, 15, 20)))

    assert (state.phase, reasons(changes)) == (Phase.FIRING, [Reason.FIRED])


def test_hysteresis_asks_for_more_than_the_threshold() -> None:
    strict = replace(RATE, clear=0.97, keep_firing_ms=0)

    assert run(strict, seen(0, True, 0.8), seen(5, False, 0.96))[0].phase is Phase.FIRING
    assert run(strict, seen(0, True, 0.8), seen(5, False, 0.97))[0].phase is Phase.RESOLVED


def test_a_graver_reading_worsens_it_once() -> None:
    mild, grave = (seen(m, True, severity=s) for m, s in ((0, Severity.WARNING), (5, Severity.CRITICAL)))
    rule = replace(STATE, for_ms=0)

    _, changes = run(rule, mild, grave, replace(mild, at=T0 + 10 * MINUTE), replace(grave, at=T0 + 15 * MINUTE))

    assert reasons(changes) == [Reason.FIRED, Reason.WORSENED]
    assert changes[1].severity is Severity.CRITICAL


# ---------------------------------------------------------------- flapping


def test_what_fires_soon_after_it_was_resolved_fires_again_and_at_last_flaps() -> None:
    rule = replace(STATE, for_ms=0)
    flips = [seen(10 * i, i % 2 == 0) for i in range(6)]

    _, changes = run(rule, *flips)

    fired = [change for change in changes if change.became is Phase.FIRING]
    assert reasons(fired) == [Reason.FIRED, Reason.FIRED_AGAIN, Reason.FIRED_AGAIN]
    assert [change.is_flapping for change in fired] == [False, False, True]
    assert len({change.alert for change in fired}) == 3


def test_what_fires_at_the_same_hour_every_day_does_not_flap() -> None:
    rule = replace(STATE, for_ms=0)
    days = [seen(24 * 60 * i + m, m == 0) for i in range(6) for m in (0, 30)]

    fired = [change for change in run(rule, *days)[1] if change.became is Phase.FIRING]

    assert {change.reason for change in fired} == {Reason.FIRED}
    assert not any(change.is_flapping for change in fired)


# ---------------------------------------------------------------- nothing known


def test_while_nothing_is_known_what_was_so_stays_so_until_that_is_too_long() -> None:
    dark = [seen(5 + 60 * hour, None) for hour in range(8)]

    state, changes = run(RATE, seen(0, True, 0.8), *dark)

    assert reasons(changes) == [Reason.FIRED, Reason.WENT_DARK]
    assert changes[1].at == T0 + 5 * MINUTE + RATE.no_data_ms
    assert state.phase is Phase.NO_DATA


def test_nothing_is_written_of_what_was_good_and_of_which_nothing_is_known() -> None:
    assert run(RATE, *(seen(60 * hour, None) for hour in range(24))) == (NEVER, [])


def test_what_is_known_again_is_good_or_bad_again() -> None:
    dark, _ = run(RATE, seen(0, True, 0.8), *(seen(5 + 60 * hour, None) for hour in range(8)))

    assert run(RATE, seen(600, False, 0.97), state=dark)[0].phase is Phase.OK
    assert run(RATE, seen(600, True, 0.8), state=dark)[0].phase is Phase.FIRING


def test_time_in_which_nothing_is_known_ripens_nothing() -> None:
    waiting = replace(STATE, no_data=NoData.KEEP)

    state, changes = run(waiting, seen(0, True), seen(5, None), seen(10, None), seen(15, True))

    assert (state.phase, reasons(changes)) == (Phase.PENDING, [Reason.BREACHED])


def test_a_rule_may_call_silence_good_or_bad() -> None:
    assert run(replace(STATE, for_ms=0, no_data=NoData.BAD), seen(0, None))[0].phase is Phase.FIRING
    assert run(replace(STATE, for_ms=0), seen(0, True), seen(5, None))[0].phase is Phase.RESOLVED


# ---------------------------------------------------------------- events


def test_an_event_is_told_once_and_ends_after_a_day() -> None:
    told = seen(0, True, event="violation:1")
    looks = [replace(told, at=T0 + hour * HOUR) for hour in range(30)]

    state, changes = run(EVENT, *looks)

    assert reasons(changes) == [Reason.FIRED, Reason.AGED]
    assert changes[1].at == T0 + DAY
    assert state.phase is Phase.RESOLVED


def test_another_event_updates_the_alert_and_its_day_begins_again() -> None:
    first, second = seen(0, True, event="1"), seen(60, True, event="2")
    nothing = [seen(60 * hour, False) for hour in range(2, 30)]

    _, changes = run(EVENT, first, second, *nothing)

    assert reasons(changes) == [Reason.FIRED, Reason.WORSENED, Reason.AGED]
    assert changes[2].at == T0 + HOUR + DAY
    assert len({change.alert for change in changes}) == 1


def test_an_event_ends_when_somebody_has_seen_it_and_a_state_does_not() -> None:
    told = seen(0, True, event="1")
    event, _ = run(EVENT, told)
    state, _ = run(replace(STATE, for_ms=0), seen(0, True))

    ended, change = acknowledge(EVENT, NUMBER, event, told, T0 + MINUTE)

    assert (ended.phase, change and change.reason) == (Phase.RESOLVED, Reason.ACKNOWLEDGED)
    assert run(EVENT, replace(told, at=T0 + HOUR), state=ended)[1] == []
    assert acknowledge(STATE, NUMBER, state, told, T0 + MINUTE) == (state, None)


def test_an_alert_whose_rule_is_gone_is_taken_back() -> None:
    firing, _ = run(RATE, seen(0, True, 0.8))

    ended, change = end(RATE.name, NUMBER, firing, seen(5, None), T0 + 5 * MINUTE, Reason.RULE_GONE)

    assert (ended.phase, change and change.severity) == (Phase.RESOLVED, Severity.CRITICAL)
    assert end(RATE.name, NUMBER, NEVER, seen(5, None), T0, Reason.RULE_GONE) == (NEVER, None)


# ---------------------------------------------------------------- clocks


def test_an_hour_that_nobody_watched_lets_nothing_ripen() -> None:
    """Whether the clock jumped or the process was paused."""
    rule = replace(STATE, for_ms=30 * MINUTE)

    state, changes = run(rule, seen(0, True), seen(5, True), seen(66, True))

    assert reasons(changes) == [Reason.BREACHED]
    assert run(rule, seen(71, True), seen(76, True), state=state)[0].phase is Phase.FIRING


def test_an_hour_that_nobody_watched_does_not_end_an_alert() -> None:
    rule = replace(RATE, keep_firing_ms=30 * MINUTE)

    assert reasons(run(rule, seen(0, True, 0.8), seen(5, False, 0.97), seen(66, False, 0.97))[1]) == [Reason.FIRED]


def test_a_clock_that_goes_back_takes_nothing_from_what_has_lasted() -> None:
    state, changes = run(STATE, seen(60, True), seen(65, True), seen(6, True), seen(11, True))

    assert reasons(changes) == [Reason.BREACHED, Reason.FIRED]
    assert state.phase is Phase.FIRING


def test_nothing_is_dated_in_the_future() -> None:
    _, change = step(replace(STATE, for_ms=0), NEVER, seen(60, True), T0)

    assert change is not None
    assert change.at == T0


# ---------------------------------------------------------------- properties

_rules = st.sampled_from([RATE, STATE, replace(STATE, no_data=NoData.KEEP, no_data_ms=HOUR), replace(RATE, clear=0.97)])
_looks = st.lists(
    st.tuples(st.integers(1, 90), st.sampled_from([True, False, None]), st.sampled_from([0.8, 0.94, 0.96, 0.99])),
    max_size=40,
)


def _readings(looks: list[tuple[int, bool | None, float]]) -> list[Reading]:
    minute, found = 0, []
    for gap, is_bad, value in looks:
        minute += gap
        found.append(seen(minute, is_bad, None if is_bad is None else value))
    return found


@given(_rules, _looks)
def test_the_same_evaluations_give_the_same_history(rule: Rule, looks: list[tuple[int, bool | None, float]]) -> None:
    assert run(rule, *_readings(looks)) == run(rule, *_readings(looks))


@given(_rules, _looks)
def test_a_look_that_is_repeated_changes_nothing(rule: Rule, looks: list[tuple[int, bool | None, float]]) -> None:
    readings = _readings(looks)

    assert run(rule, *readings) == run(rule, *(each for reading in readings for each in (reading, reading)))


@given(_rules, _looks)
def test_every_change_begins_where_the_last_one_ended(rule: Rule, looks: list[tuple[int, bool | None, float]]) -> None:
    phase, open_alert = Phase.OK, ""
    for change in run(rule, *_readings(looks))[1]:
        assert change.was is phase or (change.was, phase) in _SILENT
        if change.was is Phase.PENDING or change.was is Phase.FIRING:
            assert change.alert == open_alert
        phase, open_alert = change.became, change.alert


_SILENT = {
    (Phase.NO_DATA, Phase.OK),
    (Phase.NO_DATA, Phase.RESOLVED),
    (Phase.OK, Phase.NO_DATA),
    (Phase.OK, Phase.RESOLVED),
}
"""What nobody is told: that nothing is known of what was good, and that it is known again"""


@given(_rules, _looks)
def test_nothing_fires_before_it_has_been_bad_for_long_enough(
    rule: Rule, looks: list[tuple[int, bool | None, float]]
) -> None:
    readings = _readings(looks)
    for change in run(rule, *readings)[1]:
        if change.reason is Reason.FIRED:
            good = [r.at for r in readings if r.at <= change.at and r.is_bad is False]
            bad = [r.at for r in readings if max(good, default=0) < r.at <= change.at and r.is_bad]
            assert change.at - bad[0] >= rule.for_ms


@given(st.integers(-HOUR, HOUR))
def test_a_clock_that_jumps_between_two_looks_makes_no_alert_earlier(jump: int) -> None:
    """The jump adds no more than one look's worth of time."""
    rule = replace(STATE, for_ms=WATCHED_MS + 10 * MINUTE)

    _, changes = run(rule, seen(0, True), seen(5, True), replace(seen(5, True), at=T0 + 5 * MINUTE + jump))

    assert reasons(changes) == [Reason.BREACHED]


def test_what_another_alert_tells_ends_at_once_and_begins_nothing() -> None:
    told = seen(5, False, 0.5, is_replaced=True)

    state, changes = run(RATE, seen(0, True, 0.5), told)
    assert (state.phase, reasons(changes)) == (Phase.RESOLVED, [Reason.FIRED, Reason.REPLACED])
    assert run(RATE, told) == (NEVER, [])
