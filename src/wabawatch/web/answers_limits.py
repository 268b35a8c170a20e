"""What the operations on costs and limits answer, as types; the commands print the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from wabawatch.domain.campaigns import Weight
from wabawatch.domain.costs import Costs, Sum
from wabawatch.domain.facts import Millis
from wabawatch.domain.limit_hits import LimitHits, explained, scope_of
from wabawatch.domain.preflight import Go, Preflight
from wabawatch.domain.violations import SendEvidence, Violations
from wabawatch.flows.limiting import HeadRoom
from wabawatch.web.answers import Strict, Time
from wabawatch.wire import iso


class Total(Strict):
    """What some messages cost together."""

    messages: int
    amount: Annotated[float | None, Meta(description="Of those with a price; null: none of them has one")]
    unpriced: Annotated[int, Meta(description="Messages without a price, which are not in the amount")]


class Line(Strict):
    """What one kind of message costs."""

    category: str
    country: Annotated[str | None, Meta(description="Two letters; null: unknown")]
    number: Annotated[str | None, Meta(description="The phone_number_id; null: unknown")]
    messages: int
    price: Annotated[float | None, Meta(description="Of one message; null: not in the price list")]
    amount: float | None


class CostsAnswer(Strict, rename={"start": "from", "end": "to"}):
    """What the messages of some days cost."""

    start: Annotated[Time | None, Meta(description="The beginning of the first UTC day; null: nothing was charged")]
    end: Time | None
    currency: str | None
    total: Total
    by_category: dict[str, Total]
    by_country: dict[str, Total]
    by_number: dict[str, Total]
    lines: list[Line]


UNKNOWN = "unknown"


def costs_answer(costs: Costs) -> CostsAnswer:
    """*costs* as they are answered. Amounts are rounded to a millionth."""
    return CostsAnswer(
        start=iso(costs.start),
        end=iso(costs.end),
        currency=costs.currency or None,
        total=_total(costs.total),
        by_category=dict(_totals(costs.by_category)),
        by_country=dict(_totals(costs.by_country)),
        by_number=dict(_totals(costs.by_number)),
        lines=[
            Line(
                line.category, line.country or None, line.number or None, line.n, _plain(line.price),
                _plain(line.amount),
            )
            for line in costs.lines
        ],
    )  # fmt: skip


def _totals(sums: Mapping[str, Sum]) -> Iterator[tuple[str, Total]]:
    return ((name or UNKNOWN, _total(sums[name])) for name in sorted(sums))


def _total(some: Sum) -> Total:
    return Total(some.n, _plain(some.amount), some.unpriced)


def _plain(amount: Decimal | None) -> float | None:
    return None if amount is None else float(round(amount, 6))


class HitCountLine(Strict):
    """How often one limit was hit by one number."""

    code: int
    title: str
    scope: Annotated[str, Meta(description="What the limit is counted on: app, token, account, number, pair ...")]
    number: str | None
    waba: str | None
    hits: int
    next_step: str


class HitLine(Strict):
    """One time that a limit was hit."""

    at: Time
    code: int
    number: str | None
    waba: str | None
    message_id: Annotated[int | None, Meta(description="As in the public tables; null: it belongs to no message")]
    details: str | None


class HitsAnswer(Strict, rename={"start": "from", "end": "to"}):
    """Limits of Meta's that were hit."""

    start: Time | None
    end: Time
    hits: int
    counts: list[HitCountLine]
    newest: list[HitLine]


def hits_answer(found: LimitHits) -> HitsAnswer:
    """*found* as it is answered."""
    counts = [
        HitCountLine(
            each.code, explained(each.code).title, str(scope_of(each.code)), each.number or None, each.waba or None,
            each.n, explained(each.code).next_step,
        )
        for each in found.counts
    ]  # fmt: skip
    newest = [
        HitLine(
            _time(each.at), each.code, each.number or None, each.waba or None, each.message_id or None,
            each.details or None,
        )
        for each in found.newest
    ]  # fmt: skip
    return HitsAnswer(iso(found.start) if found.start else None, _time(found.end), found.hits, counts, newest)


class ThroughputLine(Strict):
    """A number's pace against what it may do."""

    number: str
    level: str
    assumed: Annotated[bool, Meta(description="Nobody told us the level")]
    limit_mps: int
    busiest_minute: Time | None
    busiest_minute_messages: int
    mean_mps: Annotated[float, Meta(description="Over the busiest minute")]
    peak_mps: Annotated[int, Meta(description="In the busiest second that was found")]
    head_room_mps: float


class MessagingLimitLine(Strict):
    """A portfolio's messaging limit, and how much of it is used."""

    owner: Annotated[str, Meta(description="The portfolio; while that is unknown the WABA, else the number")]
    tier: Annotated[str | None, Meta(description="null: nobody told us")]
    told_at: Time | None
    limit: Annotated[int | None, Meta(description="null: any number of people, or unknown")]
    used_at_least: Annotated[int | None, Meta(description="People in 24 hours; null: not counted")]
    head_room_at_most: int | None
    numbers: list[str]


class UsageLine(Strict):
    """How much of a limit on calls to Meta is used, as Meta told with the answer to a call."""

    scope: Annotated[str | None, Meta(description="The WABA; null: the app")]
    percent: float
    as_of: Time
    resumes_at: Annotated[Time | None, Meta(description="Until then Meta is asked nothing that counts on it")]


class HeadRoomAnswer(Strict):
    """How much more may be sent."""

    as_of: Time
    hours: int
    throughput: list[ThroughputLine]
    messaging_limits: list[MessagingLimitLine]
    calls: Annotated[list[UsageLine], Meta(description="What was told in the last hour")]


def head_room_answer(found: HeadRoom) -> HeadRoomAnswer:
    """*found* as it is answered."""
    paces = [
        ThroughputLine(
            each.number, each.level, each.is_assumed, each.limit_mps, iso(each.pace.at), each.pace.per_minute,
            round(each.mean_mps, 3), each.pace.per_second, round(each.head_room_mps, 3),
        )
        for each in found.throughput
    ]  # fmt: skip
    limits = [
        MessagingLimitLine(
            each.owner, each.tier or None, iso(each.told_at), each.limit, each.used, each.head_room,
            list(each.numbers),
        )
        for each in found.limits
    ]  # fmt: skip
    calls = [
        UsageLine(
            each.scope or None, each.percent, _time(each.at), iso(each.until) if each.until > found.as_of else None
        )
        for each in found.usages
    ]
    return HeadRoomAnswer(_time(found.as_of), found.hours, paces, limits, calls)


class SendLine(Strict):
    """One send and what it was judged by."""

    message_id: Annotated[int, Meta(description="As in the public tables")]
    at: Time
    number: str | None
    waba: str | None
    template: str | None
    language: str | None
    category: str | None
    reason: Annotated[str, Meta(description="A stable word")]
    sentence: str
    template_status: str | None
    told_at: Annotated[Time | None, Meta(description="Since when we knew that the template was not sendable")]
    told_by: Annotated[str | None, Meta(description="webhook | poll | api | gateway")]
    opted_out_at: Time | None
    error_code: int | None


class OptOutLine(Strict):
    """A person's word that they want no more marketing messages."""

    at: Time
    contact_id: Annotated[int, Meta(description="Our id of the person")]
    waba: str | None


class ViolationsAnswer(Strict, rename={"start": "from", "end": "to"}):
    """How template sends stand to the rule. The lists hold the newest."""

    start: Time | None
    end: Time
    violations: int
    unverified: int
    violating: list[SendLine]
    unverified_sends: list[SendLine]
    opt_outs: list[OptOutLine]


def violations_answer(found: Violations) -> ViolationsAnswer:
    """*found* as it is answered."""
    return ViolationsAnswer(
        iso(found.start),
        _time(found.end),
        found.violations,
        found.unverified,
        [_send(each) for each in found.violating],
        [_send(each) for each in found.unproven],
        [OptOutLine(_time(each.at), each.contact_id, each.waba or None) for each in found.opt_outs],
    )


def _send(each: SendEvidence) -> SendLine:
    return SendLine(
        each.message_id,
        _time(each.at),
        each.number or None,
        each.waba or None,
        each.template.name if each.template else None,
        (each.template.language or None) if each.template else None,
        each.category or None,
        each.reason,
        each.sentence,
        each.template_status or None,
        iso(each.told_at),
        each.told_by.name.lower() if each.told_by is not None else None,
        iso(each.opted_out_at),
        each.error_code,
    )


def _time(at: Millis) -> str:
    return iso(at) or ""


class ReasonLine(Strict):
    """What one check found."""

    weight: Weight
    check: Annotated[str, Meta(description="A stable word")]
    figure: str
    next_step: str | None


class AmountLine(Strict):
    """What a campaign costs at list prices."""

    low: float
    high: float
    currency: str | None


class PreflightAnswer(Strict):
    """Whether a campaign may well be sent. The worst reasons come first."""

    verdict: Go
    reasons: list[ReasonLine]
    seconds: Annotated[float | None, Meta(description="How long it takes; null: the number was not named")]
    cost: Annotated[AmountLine | None, Meta(description="null: not all prices are known")]


def preflight_answer(found: Preflight) -> PreflightAnswer:
    """*found* as it is answered."""
    reasons = [ReasonLine(each.weight, each.check, each.figure, each.next_step or None) for each in found.reasons]
    cost = None
    if found.amount is not None:
        low, high = (float(round(some, 6)) for some in found.amount)
        cost = AmountLine(low, high, found.currency or None)
    return PreflightAnswer(found.verdict, reasons, found.seconds, cost)
