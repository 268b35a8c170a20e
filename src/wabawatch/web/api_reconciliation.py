"""Meta's own counts beside ours, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from wabawatch.domain.access import Scope
from wabawatch.domain.facts import Millis
from wabawatch.domain.reconciliation import Agreement, Comparison, date_of
from wabawatch.flows.reconciling import Reconciliation, Reconciling
from wabawatch.web.answers import Strict, Time
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import iso

MAX_DAYS = 3_660


class LastDays(msgspec.Struct, forbid_unknown_fields=True):
    """How far to look back."""

    days: Annotated[int, Meta(ge=0, le=MAX_DAYS, description="How many UTC days to look back; 0 is all.")] = 30


class MetaCounts(Strict):
    """What Meta counted."""

    sent: int
    delivered: int


class OwnCounts(Strict):
    """What was counted here of the messages sent on that day, as they stood when Meta was asked."""

    sent: int
    delivered: int
    failed: Annotated[int, Meta(description="Taken by Meta, failed later: Meta may or may not count them as sent")]
    waiting: Annotated[int, Meta(description="Taken by Meta, without any status since")]


class Gap(Strict):
    """How many more Meta counted; below 0: how many fewer."""

    sent: int
    delivered: int


class ComparedDay(Strict):
    """Both counts of a day of one account, or of one of its numbers."""

    day: Annotated[str, Meta(description="The UTC day", extra_json_schema={"format": "date"})]
    waba: str
    number: Annotated[str | None, Meta(description="The phone_number_id; null: the account, all numbers together")]
    meta: MetaCounts
    own: OwnCounts
    gap: Gap
    verdict: Agreement
    cause: Annotated[str | None, Meta(description="The likely one, in words; null: nothing to explain")]
    compared_at: Time


class ReconciliationAnswer(Strict):
    """The days that were compared, the newest first."""

    as_of: Time
    days: list[ComparedDay]


def reconciliation_answer(found: Reconciliation) -> ReconciliationAnswer:
    """*found* as it is answered."""
    return ReconciliationAnswer(_time(found.as_of), [_day(each) for each in found.compared])


def _day(each: Comparison) -> ComparedDay:
    counts = each.counts
    return ComparedDay(
        day=date_of(counts.meta.day).isoformat(),
        waba=counts.waba,
        number=counts.number or None,
        meta=MetaCounts(counts.meta.sent, counts.meta.delivered),
        own=OwnCounts(*counts.own),
        gap=Gap(each.sent_gap, each.delivered_gap),
        verdict=each.agreement,
        cause=each.cause or None,
        compared_at=_time(counts.asked_at),
    )


def _time(at: Millis) -> str:
    return iso(at) or ""


@dataclass(frozen=True, slots=True)
class ReconciliationApi:
    """What Meta counted, and why it differs."""

    reconciling: Reconciling

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/reconciliation", Scope.READ, self.get_reconciliation, "Compare Meta's own counts with ours",
                ReconciliationAnswer, parameters=LastDays,
                description="Sent and delivered by UTC day, account and number, with the likely cause of a gap.",
            ),
        ]  # fmt: skip

    def get_reconciliation(self, call: Call) -> ReconciliationAnswer:
        """The days that were compared."""
        asked: LastDays = call.parameters
        return reconciliation_answer(self.reconciling.recent(asked.days))
