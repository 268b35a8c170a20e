"""Before a campaign: go, risky or stop, with every reason, its figure and the next step.

What is unknown is said to be unknown, and is no good news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from wabawatch.domain.campaigns import CAPPED, PAYMENT, Campaign, Reason, Restriction, Surroundings, Weight
from wabawatch.domain.compliance import Thresholds, Verdict, judge_above, judge_below
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.limit_hits import explained
from wabawatch.domain.metrics import Rate
from wabawatch.domain.standing import HOUR_MS
from wabawatch.domain.templates import APPROVED


class Go(StrEnum):
    """Whether to send."""

    GO = "go"
    RISKY = "risky"
    STOP = "stop"


RECENTLY_MS = 7 * DAY_MS
QUIET_MS = HOUR_MS
NEAR = 0.8
"""From this share of what is left of the messaging limit on it is close."""
CAPPED_SHARE = 0.05
BIZ_INITIATED = "RESTRICTED_BIZ_INITIATED_MESSAGING"


@dataclass(frozen=True, slots=True)
class Preflight:
    """The answer."""

    verdict: Go
    reasons: tuple[Reason, ...]
    """The worst first"""
    seconds: float | None
    """How long it takes at what is left of the throughput; None: the number is not known"""
    amount: tuple[Decimal, Decimal] | None
    """What it costs, at least and at most, at the prices of the settings; None: unknown"""
    currency: str


ESSENTIAL = frozenset({"template_status", "number_status", "number_quality", "messaging_limit"})
"""Who does not know these runs a risk."""


def preflight(campaign: Campaign, seen: Surroundings, thresholds: Thresholds) -> Preflight:
    """Judge *campaign* by what is *seen*."""
    reasons = sorted(
        (reason for check in _CHECKS for reason in check(campaign, seen, thresholds)),
        key=lambda reason: list(Weight).index(reason.weight),
    )
    weights = {reason.weight for reason in reasons}
    is_blind = any(reason.weight is Weight.UNKNOWN and reason.check in ESSENTIAL for reason in reasons)
    verdict = Go.STOP if Weight.STOP in weights else Go.RISKY if Weight.RISK in weights or is_blind else Go.GO
    return Preflight(verdict, tuple(reasons), _seconds(campaign, seen), _amount(campaign, seen), seen.currency)


def _template(campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    name = f"{campaign.template.name}/{campaign.template.language}"
    if not seen.status:
        yield Reason(
            Weight.UNKNOWN,
            "template_status",
            f"nobody told us the status of {name}",
            "check name and language; poll the templates (WHATSAPP_TOKEN), or subscribe to their webhooks",
        )
    elif seen.status != APPROVED:
        yield Reason(Weight.STOP, "template_status", f"{name} is {seen.status}", "send another template, or mend it")
    else:
        yield Reason(Weight.FINE, "template_status", f"{name} is approved")
    if seen.paused_at is not None and seen.now - seen.paused_at < RECENTLY_MS:
        days = (seen.now - seen.paused_at) / DAY_MS
        yield Reason(
            Weight.RISK, "template_paused", f"it was paused {days:.1f} days ago",
            "a third pause disables it: send to few people first",
        )  # fmt: skip
    yield _quality("template_quality", "the template", seen.quality)
    if seen.new_category and seen.new_category.upper() != seen.category.upper():
        yield Reason(
            Weight.RISK, "template_category", f"Meta is to make it {seen.new_category}, from {seen.category or '?'}",
            "it will be charged as that, and opt-outs may apply",
        )  # fmt: skip
    elif not seen.category:
        yield Reason(Weight.UNKNOWN, "template_category", "nobody told us its category")


def _quality(check: str, whose: str, rating: str) -> Reason:
    match rating.upper():
        case "GREEN":
            return Reason(Weight.FINE, check, f"the quality of {whose} is GREEN")
        case "YELLOW" | "RED" as bad:
            step = "send to people who want it, few at a time; see why people block or report"
            return Reason(Weight.RISK, check, f"the quality of {whose} is {bad}", step)
        case _:
            return Reason(Weight.UNKNOWN, check, f"the quality of {whose} is not known")


def _number(_campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    if not seen.number_status:
        step = "poll the number (WHATSAPP_TOKEN), or see WhatsApp Manager"
        yield Reason(Weight.UNKNOWN, "number_status", "nobody told us the number's status", step)
    elif seen.number_status != "CONNECTED":
        step = "only a connected number can send: see WhatsApp Manager"
        yield Reason(Weight.STOP, "number_status", f"the number is {seen.number_status}", step)
    else:
        yield Reason(Weight.FINE, "number_status", "the number is CONNECTED")
    yield _quality("number_quality", "the number", seen.number_quality)
    for whose, (can_send, why, _at) in seen.health.items():
        if can_send == "BLOCKED":
            yield Reason(Weight.STOP, "health", f"Meta says that the {whose} cannot send: {why or can_send}", why)
        elif can_send == "LIMITED":
            yield Reason(Weight.RISK, "health", f"Meta says that the {whose} is limited: {why or can_send}", why)


def _restricted(_campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    """What was told before Meta last said that the account can send is over."""
    well_since = max((at for can_send, _, at in seen.health.values() if can_send == "AVAILABLE"), default=0)
    for each in seen.restrictions:
        has_ended = each.until is not None and each.until <= seen.now
        if each.at <= well_since or (has_ended and _can_send(seen)):
            continue
        is_a_stop = not has_ended and (each.event != "ACCOUNT_RESTRICTION" or BIZ_INITIATED in each.kinds)
        days = (seen.now - each.at) / DAY_MS
        found = f"{each.event} {each.kinds}".strip() + f", {days:.1f} days ago; {_end(each, seen.now)}"
        yield Reason(Weight.STOP if is_a_stop else Weight.RISK, "restriction", found, "see Business Support Home")


def _can_send(seen: Surroundings) -> bool:
    """Whether the newest that Meta says of the account's health is that it can send."""
    whole = [can_send for whose, (can_send, _, _) in seen.health.items() if whose != "number"]
    return bool(whole) and all(can_send == "AVAILABLE" for can_send in whole)


def _end(each: Restriction, now: Millis) -> str:
    if each.until is None:
        return "whether it has ended is not known"
    day = datetime.fromtimestamp(each.until / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if each.until <= now:
        return f"it was to end on {day}, and no look at Meta's health has confirmed that"
    return f"it ends on {day}, in {(each.until - now) / DAY_MS:.1f} days"


def _rates(_campaign: Campaign, seen: Surroundings, lines: Thresholds) -> Iterator[Reason]:
    for whose, delivery, failure in (
        ("template", seen.template_delivery, seen.template_failure),
        ("number", seen.number_delivery, seen.number_failure),
    ):
        yield _rate(
            f"{whose}_delivery", delivery, judge_above, lines.delivery_rate, lines.min_sample, "of its messages arrived"
        )
        yield _rate(
            f"{whose}_failure", failure, judge_below, lines.failure_rate, lines.min_sample, "of its messages failed"
        )


def _rate(check: str, rate: Rate, judge: Callable[..., Verdict], line: float, min_sample: int, words: str) -> Reason:
    verdict = judge(rate.value, rate.interval, rate.n, line, min_sample)
    if rate.value is None or rate.interval is None or verdict is Verdict.INSUFFICIENT_DATA:
        return Reason(Weight.UNKNOWN, check, f"only {rate.n} recent messages: too few to tell")
    low, high = rate.interval
    found = f"{rate.value:.1%} {words} ({low:.1%} to {high:.1%}, n = {rate.n}; the line is {line:.0%})"
    if verdict is Verdict.COMPLIANT:
        return Reason(Weight.FINE, check, found)
    return Reason(Weight.RISK, check, found, "look at the failures by code first: `wabawatch logs`")


def _messaging_limit(campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    check, limit, n = "messaging_limit", seen.limit, campaign.recipients
    if limit is None or not limit.is_known:
        yield Reason(Weight.UNKNOWN, check, "nobody told us the messaging limit", "see WhatsApp Manager, or poll it")
    elif limit.limit is None or limit.head_room is None:
        yield Reason(Weight.FINE, check, "the messaging limit is unlimited")
    elif n > limit.head_room:
        found = f"{n} people, and at most {limit.head_room} of {limit.limit} are left ({limit.used} reached in 24 h)"
        yield Reason(Weight.STOP, check, found, "spread them over several days")
    else:
        near = n > NEAR * limit.head_room
        found = f"{n} of at most {limit.head_room} people that are left ({limit.used} of {limit.limit} reached in 24 h)"
        step = "no API tells how many Meta has counted: leave room" if near else ""
        yield Reason(Weight.RISK if near else Weight.FINE, check, found, step)


def _throughput(campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    pace, seconds = seen.throughput, _seconds(campaign, seen)
    if pace is None:
        yield Reason(Weight.UNKNOWN, "throughput", "no number was named", "name it with --number")
        return
    level = f"{pace.level}, assumed" if pace.is_assumed else pace.level
    busy = (
        f"{pace.limit_mps}/s ({level}), of which {pace.head_room_mps:.0f}/s were free at the busiest of the last hour"
    )
    if seconds is None:
        step = "wait until the number is less busy, or send slower"
        yield Reason(Weight.RISK, "throughput", busy, step)
    else:
        weight = Weight.UNKNOWN if pace.is_assumed else Weight.FINE
        yield Reason(weight, "throughput", f"{busy}: {campaign.recipients} messages take {_duration(seconds)}")


def _seconds(campaign: Campaign, seen: Surroundings) -> float | None:
    pace = seen.throughput
    return campaign.recipients / pace.head_room_mps if pace is not None and pace.head_room_mps >= 1 else None


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def _hits(_campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    for code, n in seen.hits.items():
        if code == CAPPED:
            continue
        known = explained(code)
        found = f"{known.title} ({code}): {n} hits in 24 h"
        yield Reason(Weight.STOP if code == 131048 else Weight.RISK, "rate_limits", found, known.next_step)
    if not seen.hits:
        yield Reason(Weight.FINE, "rate_limits", "no limit was hit in 24 h, as far as we know")


def _recipients(campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    if not campaign.given:
        step = "name the recipients to have opt-outs, repeats and countries looked up"
        yield Reason(Weight.UNKNOWN, "opt_outs", "the recipients were not named", step)
        return
    if campaign.opted_out:
        is_marketing = seen.category.lower() == "marketing"
        found = f"{campaign.opted_out} of {campaign.given} have stopped marketing messages"
        yield Reason(Weight.STOP if is_marketing else Weight.RISK, "opt_outs", found, "take them off the list")
    else:
        yield Reason(Weight.FINE, "opt_outs", f"none of {campaign.given} has told us to stop")
    if campaign.repeated:
        found = f"{campaign.repeated} recipients stand on the list more than once"
        yield Reason(Weight.RISK, "pair_rate", found, "one person can be sent 1 message in 6 seconds: name each once")


def _errors(_campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    payment, capped = seen.failures.get(PAYMENT, 0), seen.failures.get(CAPPED, 0)
    if payment:
        found = f"{_trend(PAYMENT, seen)} failed for a payment problem ({PAYMENT})"
        yield Reason(Weight.STOP, "payment", found, "see the payment method in WhatsApp Manager")
    share = capped / seen.number_failure.n if seen.number_failure.n else 0.0
    if capped:
        found = f"{_trend(CAPPED, seen)} were not delivered because people have had enough marketing ({CAPPED})"
        weight = Weight.RISK if share > CAPPED_SHARE else Weight.FINE
        yield Reason(weight, "marketing_cap", found, "do not try them again within 24 hours")


def _trend(code: int, seen: Surroundings) -> str:
    return f"{seen.failures.get(code, 0)} messages in 24 h ({seen.failures_before.get(code, 0)} in the 24 h before)"


def _cost(campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    amount = _amount(campaign, seen)
    if amount is None:
        step = "give prices under [prices] in wabawatch.toml"
        yield Reason(Weight.UNKNOWN, "cost", "the price list does not tell what it costs", step)
    else:
        low, high = (f"{some:.2f}" for some in amount)
        said = f"{low} {seen.currency}" if low == high else f"{low} to {high} {seen.currency}"
        yield Reason(Weight.FINE, "cost", f"{said.strip()} at list prices")


def _amount(campaign: Campaign, seen: Surroundings) -> tuple[Decimal, Decimal] | None:
    if campaign.given:
        return None if seen.amount is None else (seen.amount, seen.amount)
    if not seen.prices:
        return None
    return seen.prices[0] * campaign.recipients, seen.prices[-1] * campaign.recipients


def _token(campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    if not seen.token_valid:
        yield Reason(Weight.UNKNOWN, "token", "nobody asked about the token", "set WHATSAPP_TOKEN")
    elif seen.token_valid != "true":
        yield Reason(Weight.STOP, "token", "the token is not valid", "make a new one in Meta's app dashboard")
    elif seen.token_expires_at:
        days = (seen.token_expires_at - seen.now) / DAY_MS
        ends = seen.now + (_seconds(campaign, seen) or 0) * 1_000 > seen.token_expires_at
        weight = Weight.STOP if ends else Weight.RISK if days < 7 else Weight.FINE
        step = "renew it first" if weight is not Weight.FINE else ""
        yield Reason(weight, "token", f"our token expires in {max(0.0, days):.1f} days", step)
    else:
        yield Reason(Weight.FINE, "token", "our token is valid")


def _webhooks(_campaign: Campaign, seen: Surroundings, _: Thresholds) -> Iterator[Reason]:
    last, accepted = seen.last_webhook_at, seen.last_accepted_at
    step = "see docs/meta-setup.md; without webhooks nobody sees what becomes of the messages"
    if last is None:
        yield Reason(Weight.RISK, "webhooks", "no webhook ever came", step)
    elif accepted is not None and accepted - last > QUIET_MS:
        quiet = (seen.now - last) / HOUR_MS
        found = f"no webhook came for {quiet:.1f} h, though messages were accepted since"
        yield Reason(Weight.RISK, "webhooks", found, step)
    else:
        yield Reason(Weight.FINE, "webhooks", f"the last webhook came {(seen.now - last) / HOUR_MS:.1f} h ago")


_Check = Callable[[Campaign, Surroundings, Thresholds], Iterable[Reason]]
_CHECKS: tuple[_Check, ...] = (
    _template,
    _number,
    _restricted,
    _messaging_limit,
    _throughput,
    _hits,
    _recipients,
    _rates,
    _errors,
    _cost,
    _token,
    _webhooks,
)
