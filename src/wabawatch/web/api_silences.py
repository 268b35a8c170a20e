"""Who was told of alerts, and why not; silences and maintenance over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.notices import NoticeKind
from wabawatch.domain.outbox import NoticeState, Sent
from wabawatch.domain.routing import Because
from wabawatch.domain.silences import Matcher, Window
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.silencing import Quiet, Silencing
from wabawatch.flows.telling import Telling, Told, Why
from wabawatch.web.answers import Strict, Time
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import iso

Key = Annotated[str, msgspec.Meta(max_length=64, description="The key of the alert.")]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Word = Annotated[str, msgspec.Meta(max_length=600)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, description="Why: for whoever finds it later.")]


class One(msgspec.Struct, forbid_unknown_fields=True):
    """An alert."""

    id: Key


class ByNumber(msgspec.Struct, forbid_unknown_fields=True):
    """A silence, or a maintenance window."""

    id: Number


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    """Which silences."""

    ended: Annotated[bool, msgspec.Meta(description="Also those that ended within the last 30 days.")] = False


class Span(msgspec.Struct, forbid_unknown_fields=True):
    """Which maintenance windows."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366, description="Those of so many days from now.")] = 30


class SilenceIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which alerts nobody is told of: those that fit everything that is given. One of them must be."""

    reason: Reason
    ends_at: Moment
    """ISO 8601 with its offset; within 30 days"""
    starts_at: Moment | None = None
    """Not given: now"""
    alert: Word = ""
    """One alert, by its key"""
    type: Word = ""
    """Such as `DELIVERY_RATE_LOW`"""
    scope: Word = ""
    """Such as `number:106540352242922`"""
    waba: Word = ""


class MaintenanceIn(msgspec.Struct, forbid_unknown_fields=True):
    """A maintenance window: nobody is told of alerts meanwhile, and uptime leaves it out if it is about all of them."""

    reason: Reason
    starts_at: Moment
    ends_at: Moment
    """Within 30 days"""
    name: Annotated[str, msgspec.Meta(max_length=64)] = "maintenance"
    wabas: Annotated[list[Word], msgspec.Meta(max_length=1_000)] = []
    """Only alerts of these; empty: of all"""
    types: Annotated[list[Word], msgspec.Meta(max_length=100)] = []
    """Only alerts of these types; empty: of all"""


class NoticeAnswer(Strict):
    """A notice, and what became of it. `detail`: of the last failure."""

    key: str
    channel: str
    kind: NoticeKind
    at: Time | None
    alerts: int
    state: NoticeState
    tries: int
    next_try_at: Time | None
    ended_at: Time | None
    detail: str


class DecisionAnswer(Strict):
    """One decision to tell or to hold. `until`: when a hold ends by itself."""

    at: Time | None
    decision: str
    reason: Because
    detail: str
    sentence: str
    until: Time | None
    notice: NoticeAnswer | None


class WhyAnswer(Strict):
    """What a channel was told of an alert, and why not. `reason`: of the newest decision."""

    channel: str
    is_told: bool
    reason: Because | None
    sentence: str
    decisions: list[DecisionAnswer]


class SilenceAnswer(Strict):
    """A silence. `held`: how many alerts it kept from being told so far."""

    id: int
    alert: str
    type: str
    scope: str
    waba: str
    reason: str
    by: str
    starts_at: Time | None
    ends_at: Time | None
    ended_by: str
    is_active: bool
    held: int


class WindowAnswer(Strict):
    """A maintenance window. `id` 0: it comes from the settings."""

    id: int
    name: str
    reason: str
    by: str
    starts_at: Time | None
    ends_at: Time | None
    wabas: list[str]
    types: list[str]


class Ended(Strict):
    """What has ended."""

    id: int


@dataclass(frozen=True, slots=True)
class SilencesApi:
    """Being told, and not."""

    telling: Telling
    silencing: Silencing

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        held = (
            "What it holds and still fires when it ends is told then; the end of what was told before is told anyway."
        )
        told = "For each channel every decision to tell or to hold, with its reason, and what became of the notice."
        return [
            Operation(
                "GET", "/alerts/{id}/why", Scope.READ, self.why_told, "Why was I (not) told?", list[WhyAnswer],
                parameters=One, description=told, problems=(404,),
            ),
            Operation(
                "GET", "/silences", Scope.READ, self.list_silences, "List silences", list[SilenceAnswer],
                parameters=Listing,
            ),
            Operation(
                "POST", "/silences", Scope.ADMIN, self.add_silence, "Silence alerts", SilenceAnswer, body=SilenceIn,
                status=201, description=held, problems=(404, 409),
            ),
            Operation(
                "POST", "/silences/{id}/end", Scope.ADMIN, self.end_silence, "End a silence", Ended,
                parameters=ByNumber, problems=(404,),
            ),
            Operation(
                "GET", "/maintenance", Scope.READ, self.list_maintenance, "List maintenance windows",
                list[WindowAnswer], parameters=Span,
            ),
            Operation(
                "POST", "/maintenance", Scope.ADMIN, self.add_maintenance, "Enter a maintenance window", WindowAnswer,
                body=MaintenanceIn, status=201,
            ),
            Operation(
                "POST", "/maintenance/{id}/end", Scope.ADMIN, self.end_maintenance, "End a maintenance window", Ended,
                parameters=ByNumber, problems=(404,),
            ),
        ]  # fmt: skip

    def why_told(self, call: Call) -> list[WhyAnswer]:
        """What each channel was told of an alert, and why not."""
        return [why_json(each) for each in self.telling.why(call.parameters.id)]

    def list_silences(self, call: Call) -> list[SilenceAnswer]:
        """Silences, the newest first."""
        return [silence_json(each) for each in self.silencing.silences(with_ended=call.parameters.ended)]

    def add_silence(self, call: Call) -> SilenceAnswer:
        """Begin a silence."""
        asked: SilenceIn = call.body
        matcher = Matcher(asked.alert, asked.type, asked.scope, asked.waba)
        begin = None if asked.starts_at is None else _ms(asked.starts_at)
        made = self.silencing.silence(matcher, asked.reason, call.caller.name, _ms(asked.ends_at), begin)
        return silence_json(Quiet(made, 0, made.is_active(self.silencing.clock.now())))

    def end_silence(self, call: Call) -> Ended:
        """End a silence now."""
        self.silencing.unsilence(call.parameters.id, call.caller.name)
        return Ended(call.parameters.id)

    def list_maintenance(self, call: Call) -> list[WindowAnswer]:
        """Maintenance windows from now on, entered and recurring."""
        now = self.silencing.clock.now()
        return [window_json(each) for each in self.silencing.windows(now, now + call.parameters.days * DAY_MS)]

    def add_maintenance(self, call: Call) -> WindowAnswer:
        """Enter a maintenance window."""
        asked: MaintenanceIn = call.body
        wabas, types = frozenset(asked.wabas), frozenset(asked.types)
        wanted = Window(asked.name, _ms(asked.starts_at), _ms(asked.ends_at), asked.reason, wabas, types)
        return window_json(self.silencing.maintain(wanted, call.caller.name))

    def end_maintenance(self, call: Call) -> Ended:
        """End a maintenance window now."""
        self.silencing.end_maintenance(call.parameters.id, call.caller.name)
        return Ended(call.parameters.id)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def why_json(why: Why) -> WhyAnswer:
    """An answer to "why was I not told?"."""
    return WhyAnswer(why.channel, why.is_told, why.because, why.sentence, [_decision(each) for each in why.decisions])


def _decision(told: Told) -> DecisionAnswer:
    made = told.decision
    word = "tell" if made.is_told else "hold"
    notice = None if told.sent is None else notice_json(told.sent)
    return DecisionAnswer(iso(made.at), word, made.because, made.detail, told.sentence, iso(made.until), notice)


def notice_json(sent: Sent) -> NoticeAnswer:
    """A notice, and what became of it."""
    return NoticeAnswer(
        sent.key,
        sent.channel,
        sent.kind,
        iso(sent.at),
        sent.total,
        sent.state,
        sent.tries,
        iso(sent.next_try_at),
        iso(sent.ended_at),
        sent.detail,
    )


def silence_json(quiet: Quiet) -> SilenceAnswer:
    """A silence, and what it held."""
    silence, matcher = quiet.silence, quiet.silence.matcher
    return SilenceAnswer(
        silence.id,
        matcher.alert,
        matcher.type,
        matcher.scope,
        matcher.waba,
        silence.reason,
        silence.by,
        iso(silence.starts_at),
        iso(silence.ends_at),
        silence.ended_by,
        quiet.is_active,
        quiet.held,
    )


def window_json(window: Window) -> WindowAnswer:
    """A maintenance window."""
    return WindowAnswer(
        window.id,
        window.name,
        window.reason,
        window.by,
        iso(window.starts_at),
        iso(window.ends_at),
        sorted(window.wabas),
        sorted(window.types),
    )
