"""What one look at a rule and scope makes of its alert: the state machine of alerts (SPEC.md 6).

Time is that of the readings, not of a clock: a cycle that is made up gives the same history as one in time. What must
last is counted only while somebody looks: a process that slept for an hour, or a clock that jumped, lets nothing ripen.
"""

from __future__ import annotations

from dataclasses import replace

from wabawatch.domain.alerts import (
    EVENT_ENDS_AFTER_MS,
    AlertScope,
    AlertState,
    Comparison,
    NoData,
    Phase,
    Reading,
    Reason,
    Rule,
    RuleKind,
    Severity,
    Transition,
    alert_key,
)
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS

Stepped = tuple[AlertState, Transition | None]

WATCHED_MS = 15 * MINUTE_MS
"""More than this between two looks counts as so much: nobody saw what was in between."""
AGAIN_MS = HOUR_MS
"""What fires so soon after it was resolved fires again."""
FLAPS = 3
"""What fires so often within a day flaps."""
_MOST_FIRED = 20
_GRAVITY = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


def step(rule: Rule, state: AlertState, reading: Reading, now: Millis, *, watched_ms: Millis = WATCHED_MS) -> Stepped:
    """What *reading* makes of *state*, and what changed if anything did.

    The same reading twice changes nothing the second time. *now* only bounds the time of the reading: nothing is dated
    in the future. A state that needs no writing comes back as it is. *watched_ms*: at least the time between two looks.
    """
    at = min(reading.at, now)
    if rule.kind is RuleKind.EVENT:
        return _happened(rule, state, reading, at)
    if reading.is_replaced:
        return end(rule.name, reading.scope, state, reading, at, Reason.REPLACED)
    is_bad = _is_bad(rule, state, reading)
    state = _passed(state, at, 0 if is_bad is None else watched_ms)
    if is_bad is None:
        return _dark(rule, state, reading, at)
    return _bad(rule, state, reading, at) if is_bad else _good(rule, state, reading, at)


def end(rule: str, scope: AlertScope, state: AlertState, reading: Reading, at: Millis, reason: Reason) -> Stepped:
    """Take back what is pending or firing for *reason*: somebody acknowledged it, another tells of it, or its rule is
    gone."""
    if state.phase not in (Phase.PENDING, Phase.FIRING):
        return state, None
    became = Phase.RESOLVED if state.phase is Phase.FIRING else Phase.OK
    return _change(rule, scope, state, became, reason, reading, at)


def acknowledge(rule: Rule, scope: AlertScope, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    """What it means for the state that somebody has seen the alert: one about an event ends, others go on."""
    if rule.kind is not RuleKind.EVENT or state.phase is not Phase.FIRING:
        return state, None
    return end(rule.name, scope, state, reading, at, Reason.ACKNOWLEDGED)


def is_past(comparison: Comparison, value: float, line: float) -> bool:
    """Whether *value* is on the bad side of *line*; on the line it is good."""
    return value < line if comparison is Comparison.BELOW else value > line


def severity_of(rule: Rule, reading: Reading) -> Severity:
    """How grave *reading* is."""
    return reading.severity or rule.severity


def _is_bad(rule: Rule, state: AlertState, reading: Reading) -> bool | None:
    """Whether it is bad, in the eyes of *state*: what fires is good again only beyond its line (hysteresis)."""
    if reading.is_bad is None:
        return {NoData.KEEP: None, NoData.OK: False, NoData.BAD: True}[rule.no_data]
    line = rule.threshold if rule.clear is None and rule.kind is RuleKind.RATE else rule.clear
    if state.phase is Phase.FIRING and not reading.is_bad and line is not None and reading.value is not None:
        return is_past(rule.comparison, reading.value, line)
    return reading.is_bad


def _passed(state: AlertState, at: Millis, watched_ms: Millis) -> AlertState:
    """*state* at the time *at*: of the time since the last look no more than *watched_ms* counts, and none below 0."""
    if state.phase not in (Phase.PENDING, Phase.FIRING) or state.seen_at == at:
        return state
    passed = at - state.seen_at
    skipped = passed - min(max(passed, 0), watched_ms)
    return replace(
        state,
        seen_at=at,
        since=state.since + skipped if state.phase is Phase.PENDING else state.since,
        good_since=None if state.good_since is None else state.good_since + skipped,
    )


def _bad(rule: Rule, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    state = replace(state, last_bad_at=at, good_since=None, dark_since=None)
    match state.phase:
        case Phase.FIRING:
            return _still(rule, state, reading, at)
        case Phase.PENDING if at - state.since < rule.for_ms:
            return state, None
        case Phase.PENDING:
            return _fire(rule, state, reading, at)
        case _ if rule.for_ms <= 0:
            return _fire(rule, state, reading, at)
        case _:
            began = replace(state, alert=alert_key(rule.name, reading.scope, at), seen_at=at)
            return _change(rule.name, reading.scope, began, Phase.PENDING, Reason.BREACHED, reading, at, rule.severity)


def _fire(rule: Rule, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    key = state.alert if state.phase is Phase.PENDING else alert_key(rule.name, reading.scope, at)
    is_again = state.resolved_at is not None and 0 <= at - state.resolved_at < AGAIN_MS
    fired = (*(each for each in state.fired_at if at - DAY_MS < each < at), at)[-_MOST_FIRED:]
    firing = replace(state, alert=key, fired_at=fired, seen_at=at, event=reading.event)
    reason = Reason.FIRED_AGAIN if is_again else Reason.FIRED
    severity = severity_of(rule, reading)
    return _change(rule.name, reading.scope, firing, Phase.FIRING, reason, reading, at, severity)


def _still(rule: Rule, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    severity = severity_of(rule, reading)
    if state.severity is not None and _GRAVITY.index(severity) <= _GRAVITY.index(state.severity):
        return state, None
    return _worsened(rule, state, reading, at, severity)


def _worsened(rule: Rule, state: AlertState, reading: Reading, at: Millis, severity: Severity) -> Stepped:
    worse = replace(state, severity=severity)
    firing = Phase.FIRING
    return worse, Transition(
        state.alert, rule.name, reading.scope, severity, at, firing, firing, Reason.WORSENED, reading, _flaps(state)
    )


def _good(rule: Rule, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    match state.phase:
        case Phase.PENDING:
            return _change(rule.name, reading.scope, state, Phase.OK, Reason.CLEARED, reading, at)
        case Phase.FIRING:
            since = at if state.good_since is None else state.good_since
            state = replace(state, good_since=since, dark_since=None)
            if at - since < rule.keep_firing_ms:
                return state, None
            return _change(rule.name, reading.scope, state, Phase.RESOLVED, Reason.RECOVERED, reading, at)
        case Phase.NO_DATA:
            return replace(state, phase=Phase.OK, since=at, dark_since=None), None
        case _:
            return state if state.dark_since is None else replace(state, dark_since=None), None


def _dark(rule: Rule, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    """Nothing is known. What was good is remembered as nothing else: most numbers send nothing for hours every day."""
    if state.phase not in (Phase.PENDING, Phase.FIRING):
        return state, None
    since = at if state.dark_since is None else state.dark_since
    if at - since < rule.no_data_ms:
        return state if state.dark_since is not None else replace(state, dark_since=since), None
    return _change(rule.name, reading.scope, state, Phase.NO_DATA, Reason.WENT_DARK, reading, at)


def _happened(rule: Rule, state: AlertState, reading: Reading, at: Millis) -> Stepped:
    is_new = bool(reading.is_bad) and reading.event != state.event
    if state.phase is not Phase.FIRING:
        return _fire(rule, state, reading, at) if is_new else (state, None)
    if is_new:  # the 24 hours begin again
        again = replace(state, since=at, seen_at=at, event=reading.event, last_bad_at=at)
        return _worsened(rule, again, reading, at, severity_of(rule, reading))
    if at - state.since >= EVENT_ENDS_AFTER_MS:
        return _change(rule.name, reading.scope, state, Phase.RESOLVED, Reason.AGED, reading, at)
    return state, None


def _change(
    rule: str,
    scope: AlertScope,
    state: AlertState,
    became: Phase,
    reason: Reason,
    reading: Reading,
    at: Millis,
    severity: Severity | None = None,
) -> Stepped:
    """Another phase. *severity*: that of the alert from now on; None: as it was."""
    grave = severity or state.severity or Severity.WARNING
    is_over = became not in (Phase.PENDING, Phase.FIRING)
    after = replace(
        state,
        phase=became,
        since=at,
        good_since=None,
        dark_since=None if became is not Phase.NO_DATA else state.dark_since,
        resolved_at=at if state.phase is Phase.FIRING and is_over else state.resolved_at,
        severity=None if is_over else grave,
    )
    is_flapping = became is Phase.FIRING and _flaps(after)
    changed = Transition(state.alert, rule, scope, grave, at, state.phase, became, reason, reading, is_flapping)
    return after, changed


def _flaps(state: AlertState) -> bool:
    return len(state.fired_at) >= FLAPS
