"""Alerts over HTTP: what fires and fired, the rules, acknowledging, and back-tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.alert_records import Alert, AlertFilter
from wabawatch.domain.alerts import Reading, Rule, Severity, Transition
from wabawatch.domain.backtests import Backtest
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.domain.uptime import Incident
from wabawatch.flows.alert_desk import AlertDesk, Trial
from wabawatch.flows.alerting import Alerting
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.ports import Clock
from wabawatch.web.answers import Strict, Time
from wabawatch.web.answers_uptime import IncidentAnswer, incident_answer
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import iso

Key = Annotated[str, msgspec.Meta(max_length=64, description="The key of the alert.")]
Id = Annotated[str, msgspec.Meta(max_length=64)]
Name = Annotated[str, msgspec.Meta(max_length=100, description="The rule, such as DELIVERY_RATE_LOW.")]
Days = Annotated[
    int, msgspec.Meta(ge=1, le=3_660, description="Those that fire, and those that fired within so many days.")
]


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    """Which alerts."""

    open: Annotated[bool, msgspec.Meta(description="Only those that fire now.")] = False
    rule: Annotated[str, msgspec.Meta(max_length=100, description="Of this rule.")] = ""
    severity: Annotated[Severity | None, msgspec.Meta(description="Of this severity.")] = None
    waba: Annotated[Id, msgspec.Meta(description="About this WABA, or something of it.")] = ""
    number: Annotated[Id, msgspec.Meta(description="About this phone_number_id.")] = ""
    days: Days = 30
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000, description="So many at most, the newest.")] = 100


class One(msgspec.Struct, forbid_unknown_fields=True):
    """An alert."""

    id: Key


class AckIn(msgspec.Struct, forbid_unknown_fields=True):
    """That somebody has seen an alert."""

    note: Annotated[str, msgspec.Meta(max_length=500, description="What is done about it.")] = ""


class BacktestIn(msgspec.Struct, forbid_unknown_fields=True):
    """A rule that is tried on the past; what is not given stays as it is."""

    rule: Name
    days: Annotated[int, msgspec.Meta(ge=1, le=34, description="How far back.")] = 30
    threshold: Annotated[float | None, msgspec.Meta(description="In the rule's unit; shares from 0 to 1.")] = None
    min_sample: Annotated[int, msgspec.Meta(ge=1)] | None = None
    window_min: Annotated[int, msgspec.Meta(ge=20, le=1_440, description="Width of the window.")] | None = None
    for_min: Annotated[int, msgspec.Meta(ge=0, le=1_440, description="How long it must be bad.")] | None = None


class PartAnswer(Strict):
    """A slice that explains a part of it: `n` of `of` in it were bad."""

    kind: str
    id: str
    n: int
    of: int


class ReadingAnswer(Strict):
    """What was seen."""

    at: Time
    since: Time | None
    value: float | None
    n: int
    interval: tuple[float, float] | None
    cause: str
    words: str
    contributors: list[PartAnswer]


class AlertAnswer(Strict):
    """One alert."""

    id: str
    type: str
    title: str
    severity: Severity
    status: str
    """pending, firing, acknowledged or resolved"""
    scope: str
    waba: str
    began_at: Time
    fired_at: Time | None
    resolved_at: Time | None
    resolution: str
    is_flapping: bool
    acknowledged_at: Time | None
    acknowledged_by: str
    acknowledgement: str
    incident: Annotated[int | None, msgspec.Meta(description="Id of the newest incident that raised it.")]
    seen: ReadingAnswer


class ChangeAnswer(Strict):
    """One change of an alert."""

    at: Time
    was: str
    became: str
    reason: str
    severity: Severity
    seen: ReadingAnswer


class RuleAnswer(Strict):
    """One rule, as it holds where nothing else is said."""

    name: str
    title: str
    kind: str
    scope: str
    severity: Severity
    metric: str
    comparison: str
    threshold: float | None
    unit: str
    window_ms: int
    min_sample: int
    confidence: float
    for_ms: int
    keep_firing_ms: int
    no_data: str
    channels: list[str]
    runbook: str
    is_enabled: bool


class WholeAlert(Strict):
    """One alert with its history and its rule."""

    alert: AlertAnswer
    history: list[ChangeAnswer]
    rule: RuleAnswer | None
    incidents: Annotated[list[IncidentAnswer], msgspec.Meta(description="Those that raised it, the newest first.")]


class FiredAnswer(Strict):
    """An alert that there would have been."""

    scope: str
    fired_at: Time
    resolved_at: Time | None
    resolution: str
    words: str


class BacktestAnswer(Strict):
    """What a rule would have done."""

    rule: RuleAnswer
    start: Time
    end: Time
    fired: list[FiredAnswer]
    messages: Annotated[int, msgspec.Meta(description="So many sends it was tried on; 0: nothing was to be seen.")]


@dataclass(frozen=True, slots=True)
class AlertsApi:
    """What fires, and by which rules."""

    desk: AlertDesk
    alerting: Alerting
    uptime: UptimeDesk
    clock: Clock

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/alerts", Scope.READ, self.get_alerts, "List alerts", list[AlertAnswer], parameters=Listing,
                description="The newest first, by when they fired.", problems=(404,),
            ),
            Operation("GET", "/alerts/rules", Scope.READ, self.get_rules, "List the rules", list[RuleAnswer]),
            Operation(
                "POST", "/alerts/backtest", Scope.READ, self.backtest, "Try a rule on the past", BacktestAnswer,
                body=BacktestIn, description="When it would have fired, and for how long. Nothing is written.",
                problems=(404,),
            ),
            Operation(
                "GET", "/alerts/{id}", Scope.READ, self.get_alert, "Show one alert", WholeAlert, parameters=One,
                description="With everything that changed, as it was known then.",
                problems=(404,),
            ),
            Operation(
                "POST", "/alerts/{id}/ack", Scope.WRITE, self.ack, "Acknowledge an alert", AlertAnswer,
                parameters=One, body=AckIn,
                description="It ends by itself when the alert is resolved. An alert about an event ends with it.",
                problems=(404, 409),
            ),
        ]  # fmt: skip

    def get_alerts(self, call: Call) -> list[AlertAnswer]:
        """Alerts, the newest first."""
        asked: Listing = call.parameters
        wanted = AlertFilter(
            is_open=True if asked.open else None,
            rule=asked.rule,
            severity=asked.severity,
            waba=asked.waba,
            number=asked.number,
            since=self.clock.now() - asked.days * DAY_MS,
        )
        return [alert_answer(alert) for alert in self.desk.find(wanted, asked.limit)]

    def get_alert(self, call: Call) -> WholeAlert:
        """One alert."""
        alert, changes, rule = self.desk.show(call.parameters.id)
        return whole_answer(alert, changes, rule, self.uptime.incidents_of(alert), self.clock.now())

    def get_rules(self, _call: Call) -> list[RuleAnswer]:
        """The rules."""
        return [rule_answer(rule) for rule in self.desk.listed()]

    def ack(self, call: Call) -> AlertAnswer:
        """Note that somebody has seen it."""
        key = call.parameters.id
        self.alerting.acknowledge(key, call.caller.name, call.body.note)
        return alert_answer(self.desk.show(key)[0])

    def backtest(self, call: Call) -> BacktestAnswer:
        """Try a rule on the past."""
        asked: BacktestIn = call.body
        trial = Trial(asked.threshold, asked.min_sample, asked.window_min, asked.for_min)
        return backtest_answer(self.desk.backtest(asked.rule, asked.days, trial))


def alert_answer(alert: Alert) -> AlertAnswer:
    """One alert as it is answered."""
    return AlertAnswer(
        alert.key, alert.rule, alert.title, alert.severity, alert.status, str(alert.scope), alert.scope.waba,
        _at(alert.opened_at), iso(alert.fired_at), iso(alert.ended_at), alert.ended, alert.is_flapping,
        iso(alert.ack_at), alert.ack_by, alert.ack_note, next(reversed(alert.incidents), None),
        _reading(alert.newest),
    )  # fmt: skip


def whole_answer(
    alert: Alert, changes: list[Transition], rule: Rule | None, incidents: Sequence[Incident], now: Millis
) -> WholeAlert:
    """One alert with everything."""
    history = [
        ChangeAnswer(_at(t.at), str(t.was), str(t.became), str(t.reason), t.severity, _reading(t.reading))
        for t in changes
    ]
    raised = {incident.id: [alert] for incident in incidents}
    return WholeAlert(
        alert_answer(alert), history, None if rule is None else rule_answer(rule),
        [incident_answer(each, now, raised) for each in incidents],
    )  # fmt: skip


def rule_answer(rule: Rule) -> RuleAnswer:
    """One rule as it is answered."""
    return RuleAnswer(
        rule.name, rule.title, str(rule.kind), str(rule.scope), rule.severity, rule.metric, str(rule.comparison),
        rule.threshold, rule.unit, rule.window_ms, rule.min_sample, rule.confidence, rule.for_ms,
        rule.keep_firing_ms, str(rule.no_data), list(rule.channels), rule.runbook, rule.is_enabled,
    )  # fmt: skip


def backtest_answer(found: Backtest) -> BacktestAnswer:
    """A back-test as it is answered."""
    fired = [FiredAnswer(str(f.scope), _at(f.at), iso(f.ended_at), str(f.ended or ""), f.words) for f in found.fired]
    return BacktestAnswer(rule_answer(found.rule), _at(found.start), _at(found.end), fired, found.messages)


def _reading(reading: Reading) -> ReadingAnswer:
    parts = [PartAnswer(c.kind, c.id, c.n, c.of) for c in reading.contributors]
    since = reading.at if reading.since is None else reading.since
    return ReadingAnswer(
        _at(reading.at), iso(since), reading.value, reading.n, reading.interval, reading.cause, reading.words, parts
    )


def _at(at: Millis) -> str:
    return iso(at) or ""
