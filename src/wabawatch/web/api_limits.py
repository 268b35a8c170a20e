"""Costs and limits over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from wabawatch.domain.access import Scope
from wabawatch.domain.facts import Millis
from wabawatch.flows.costing import Costing
from wabawatch.ports import Window
from wabawatch.web.answers_limits import CostsAnswer, costs_answer
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


@dataclass(frozen=True, slots=True)
class LimitsApi:
    """What messages cost."""

    costing: Costing

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/costs", Scope.READ, self.get_costs, "Show what messages cost", CostsAnswer, parameters=Days,
                description="By category, country and number, at the prices of the settings, for whole UTC days.",
            ),
        ]  # fmt: skip

    def get_costs(self, call: Call) -> CostsAnswer:
        """What messages cost."""
        asked: Days = call.parameters
        if asked.start is None and asked.end is None:
            return costs_answer(self.costing.recent(asked.hours))
        return costs_answer(self.costing.costs(Window(_millis(asked.start), _millis(asked.end))))


def _millis(at: datetime | None) -> Millis | None:
    return None if at is None else int(at.astimezone(UTC).timestamp() * 1000)
