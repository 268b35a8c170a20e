"""Costs and limits over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.flows.costing import Costing
from wabawatch.flows.limiting import Limiting
from wabawatch.flows.preflighting import Preflighting
from wabawatch.flows.proving import Proving
from wabawatch.ports import Window
from wabawatch.web.answers_limits import (
    CostsAnswer,
    HeadRoomAnswer,
    HitsAnswer,
    PreflightAnswer,
    ViolationsAnswer,
    costs_answer,
    head_room_answer,
    hits_answer,
    preflight_answer,
    violations_answer,
)
from wabawatch.web.api_figures import MAX_HOURS
from wabawatch.web.operations import Call, Operation


class Days(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """A span of UTC days."""

    hours: Annotated[
        int, msgspec.Meta(ge=0, le=MAX_HOURS, description="How many hours to look back; 0 is everything.")
    ] = 720
    start: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None,
        msgspec.Meta(description="In place of `hours`: where to begin, as ISO 8601 with its offset."),
    ] = None
    end: Annotated[
        Annotated[datetime, msgspec.Meta(tz=True)] | None, msgspec.Meta(description="Where to end; without it, now.")
    ] = None


class Listed(msgspec.Struct, forbid_unknown_fields=True):
    """A window that ends now, and how many lines are wanted."""

    hours: Annotated[
        int, msgspec.Meta(ge=0, le=MAX_HOURS, description="How many hours to look back; 0 is everything.")
    ] = 24
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000, description="List so many of each kind, the newest.")] = 100


class PreflightIn(msgspec.Struct, forbid_unknown_fields=True):
    """A campaign that is to be sent."""

    template: Annotated[str, msgspec.Meta(min_length=1, max_length=512, description="The template's name")]
    language: Annotated[str, msgspec.Meta(min_length=1, max_length=16, description="Its language, such as en_US")]
    recipients: Annotated[
        int, msgspec.Meta(ge=0, le=100_000_000, description="To how many people; with `to`, their number counts.")
    ] = 0
    number: Annotated[
        str, msgspec.Meta(max_length=64, description="The phone_number_id to send from; empty: any of them.")
    ] = ""
    to: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=32)]],
        msgspec.Meta(max_length=10_000, description="Phone numbers, to look up opt-outs, repeats and countries."),
    ] = []


@dataclass(frozen=True, slots=True)
class LimitsApi:
    """What messages cost, which limits were hit, and what breaks the rules."""

    costing: Costing
    limiting: Limiting
    proving: Proving
    preflighting: Preflighting

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/costs", Scope.READ, self.get_costs, "Show what messages cost", CostsAnswer, parameters=Days,
                description="By category, country and number, at the prices of the settings, for whole UTC days.",
            ),
            Operation(
                "GET", "/rate-limits", Scope.READ, self.get_rate_limits, "Show which limits of Meta's were hit",
                HitsAnswer, parameters=Listed,
                description="Counted by code, number and WABA in whole hours, with the newest as evidence.",
            ),
            Operation(
                "GET", "/limits", Scope.READ, self.get_limits, "Show how much more may be sent", HeadRoomAnswer,
                description="Messages per second of each number, and people per day of each portfolio.",
            ),
            Operation(
                "GET", "/violations", Scope.READ, self.get_violations, "Show sends that broke the template rule",
                ViolationsAnswer, parameters=Listed,
                description="With what each was judged by, the sends that nobody can judge, and opt-outs.",
            ),
            Operation(
                "POST", "/preflight", Scope.READ, self.preflight, "Ask whether a campaign may well be sent",
                PreflightAnswer, body=PreflightIn,
                description="Go, risky or stop, with each reason, its figure and the next step. Nothing is sent.",
            ),
        ]  # fmt: skip

    def preflight(self, call: Call) -> PreflightAnswer:
        """Whether a campaign may well be sent."""
        asked: PreflightIn = call.body
        template = TemplateRef(asked.template, asked.language)
        return preflight_answer(self.preflighting.check(template, asked.recipients, asked.number, asked.to))

    def get_rate_limits(self, call: Call) -> HitsAnswer:
        """Limits that were hit."""
        asked: Listed = call.parameters
        return hits_answer(self.limiting.hits(asked.hours, asked.limit))

    def get_limits(self, _call: Call) -> HeadRoomAnswer:
        """How much more may be sent."""
        return head_room_answer(self.limiting.head_room())

    def get_violations(self, call: Call) -> ViolationsAnswer:
        """Sends that broke the template rule."""
        asked: Listed = call.parameters
        return violations_answer(self.proving.violations(asked.hours, asked.limit))

    def get_costs(self, call: Call) -> CostsAnswer:
        """What messages cost."""
        asked: Days = call.parameters
        if asked.start is None and asked.end is None:
            return costs_answer(self.costing.recent(asked.hours))
        return costs_answer(self.costing.costs(Window(_millis(asked.start), _millis(asked.end))))


def _millis(at: datetime | None) -> Millis | None:
    return None if at is None else int(at.astimezone(UTC).timestamp() * 1000)
