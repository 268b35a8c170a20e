"""Before a campaign: every check once as stop, risk, unknown and fine; and the verdict of them all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.support.facts import DAY, HOUR, T0, TEMPLATES
from wabawatch.domain.campaigns import Campaign, Reason, Restriction, Surroundings, Weight
from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.headroom import MessagingLimit, Pace, Throughput
from wabawatch.domain.metrics import Rate
from wabawatch.domain.preflight import Go, Preflight, preflight

STOP, RISK, UNKNOWN, FINE = Weight
CAMPAIGN = Campaign(TEMPLATES[0], 1_000, "1", given=1_000)
WELL = Surroundings(
    T0,
    status="APPROVED",
    quality="GREEN",
    category="marketing",
    template_delivery=Rate(990, 1_000),
    template_failure=Rate(2, 1_000),
    number_status="CONNECTED",
    number_quality="GREEN",
    number_delivery=Rate(990, 1_000),
    number_failure=Rate(2, 1_000),
    limit=MessagingLimit("p", "TIER_10K", T0, ("1",), 500),
    throughput=Throughput("1", "STANDARD", False, 80, Pace(T0, 60, 30)),
    amount=Decimal(60),
    currency="EUR",
    token_valid="true",
    token_expires_at=0,
    last_webhook_at=T0 - HOUR,
    last_accepted_at=T0 - HOUR,
)


def checked(campaign: Campaign = CAMPAIGN, **seen: Any) -> Preflight:
    return preflight(campaign, replace(WELL, **seen), Thresholds())


def of(found: Preflight, check: str) -> list[Reason]:
    return [reason for reason in found.reasons if reason.check == check]


def test_where_all_is_well_and_known_it_is_go() -> None:
    found = checked()

    assert {reason.weight for reason in found.reasons} == {FINE}
    assert (found.verdict, found.seconds, found.amount) == (Go.GO, 20.0, (Decimal(60), Decimal(60)))


def test_who_knows_nothing_is_not_told_to_go() -> None:
    found = preflight(Campaign(TEMPLATES[0], 10, ""), Surroundings(T0), Thresholds())

    assert found.verdict is Go.RISKY
    assert {reason.weight for reason in found.reasons if reason.check not in ("webhooks", "rate_limits")} == {UNKNOWN}


@pytest.mark.parametrize("unknown", [{"status": ""}, {"number_status": ""}, {"number_quality": "NA"}, {"limit": None}])
def test_not_to_know_an_essential_is_a_risk(unknown: dict[str, Any]) -> None:
    assert checked(**unknown).verdict is Go.RISKY


@pytest.mark.parametrize("unknown", [{"quality": ""}, {"token_valid": ""}, {"amount": None}])
def test_not_to_know_anything_else_is_only_said(unknown: dict[str, Any]) -> None:
    found = checked(**unknown)

    assert found.verdict is Go.GO
    assert [reason.weight for reason in found.reasons].count(UNKNOWN) == 1


BLOCKED = {"number": ("BLOCKED", "display name", T0)}
LIMITED = {"WABA": ("LIMITED", "unverified", T0)}
BANNED = Restriction("DISABLED_UPDATE", "DISABLE", T0 - DAY)
NO_UTILITY = Restriction("ACCOUNT_RESTRICTION", "RESTRICTED_UTILITY_TEMPLATES", T0 - DAY)
NO_MESSAGES = Restriction("ACCOUNT_RESTRICTION", "RESTRICTED_BIZ_INITIATED_MESSAGING", T0 - DAY)
ENDS = NO_MESSAGES._replace(until=T0 + DAY)
ENDED = NO_MESSAGES._replace(until=T0 - 1)
ASSUMED = Throughput("1", "STANDARD", True, 80, Pace(None, 0, 0))
FULL = Throughput("1", "STANDARD", False, 80, Pace(T0, 60, 80))


@pytest.mark.parametrize(
    ("seen", "check", "weight"),
    [
        ({"status": "PAUSED"}, "template_status", STOP),
        ({"paused_at": T0 - DAY}, "template_paused", RISK),
        ({"quality": "RED"}, "template_quality", RISK),
        ({"quality": "YELLOW"}, "template_quality", RISK),
        ({"category": ""}, "template_category", UNKNOWN),
        ({"new_category": "UTILITY"}, "template_category", RISK),
        ({"template_delivery": Rate(900, 1_000)}, "template_delivery", RISK),
        ({"template_delivery": Rate(9, 9)}, "template_delivery", UNKNOWN),
        ({"template_failure": Rate(80, 1_000)}, "template_failure", RISK),
        ({"number_delivery": Rate(0, 0)}, "number_delivery", UNKNOWN),
        ({"number_failure": Rate(60, 1_000)}, "number_failure", RISK),
        ({"number_status": "RESTRICTED"}, "number_status", STOP),
        ({"number_quality": "RED"}, "number_quality", RISK),
        ({"health": BLOCKED}, "health", STOP),
        ({"health": LIMITED}, "health", RISK),
        ({"restrictions": (BANNED,)}, "restriction", STOP),
        ({"restrictions": (NO_MESSAGES,)}, "restriction", STOP),
        ({"restrictions": (NO_UTILITY,)}, "restriction", RISK),
        ({"restrictions": (ENDS,)}, "restriction", STOP),
        ({"restrictions": (ENDED,)}, "restriction", RISK),
        ({"limit": MessagingLimit("p", "TIER_1K", T0, (), 1)}, "messaging_limit", STOP),
        ({"limit": MessagingLimit("p", "TIER_2K", T0, (), 900)}, "messaging_limit", RISK),
        ({"limit": MessagingLimit("p", "TIER_UNLIMITED", T0, (), None)}, "messaging_limit", FINE),
        ({"throughput": ASSUMED}, "throughput", UNKNOWN),
        ({"throughput": FULL}, "throughput", RISK),
        ({"hits": {130429: 3}}, "rate_limits", RISK),
        ({"hits": {131048: 1}}, "rate_limits", STOP),
        ({"failures": {131042: 1}}, "payment", STOP),
        ({"failures": {131049: 80}}, "marketing_cap", RISK),
        ({"failures": {131049: 2}}, "marketing_cap", FINE),
        ({"token_valid": "false"}, "token", STOP),
        ({"token_expires_at": T0 + DAY}, "token", RISK),
        ({"token_expires_at": T0 + 10_000}, "token", STOP),
        ({"token_expires_at": T0 + 60 * DAY}, "token", FINE),
        ({"last_webhook_at": None}, "webhooks", RISK),
        ({"last_webhook_at": T0 - 3 * HOUR, "last_accepted_at": T0}, "webhooks", RISK),
        ({"last_webhook_at": T0 - 3 * HOUR, "last_accepted_at": None}, "webhooks", FINE),
    ],
)
def test_each_check_says_how_much_it_weighs_with_a_figure(seen: dict[str, Any], check: str, weight: Weight) -> None:
    found = checked(**seen)

    (reason,) = of(found, check)
    assert reason.weight is weight
    assert reason.figure
    assert found.verdict is {STOP: Go.STOP, RISK: Go.RISKY}.get(weight, Go.GO)
    assert reason.next_step or weight in (FINE, UNKNOWN) or check == "health"


def test_what_was_restricted_before_meta_said_that_all_can_send_is_over() -> None:
    found = checked(restrictions=(BANNED,), health={"WABA": ("AVAILABLE", "", T0)})

    assert not of(found, "restriction")


def test_the_end_of_a_restriction_is_told() -> None:
    (reason,) = of(checked(restrictions=(ENDS,)), "restriction")

    assert "it ends on 2026-" in reason.figure
    assert "in 1.0 days" in reason.figure


def test_a_restriction_whose_end_has_passed_is_over_once_meta_says_that_the_account_can_send() -> None:
    for can_send, expected in (("AVAILABLE", 0), ("BLOCKED", 1)):
        found = checked(restrictions=(ENDED,), health={"WABA": (can_send, "", T0 - 9 * DAY)})

        assert len(of(found, "restriction")) == expected


def test_a_pause_of_long_ago_is_forgotten() -> None:
    assert not of(checked(paused_at=T0 - 30 * DAY), "template_paused")


@pytest.mark.parametrize(("category", "verdict"), [("marketing", Go.STOP), ("utility", Go.RISKY)])
def test_who_opted_out_must_come_off_the_list(category: str, verdict: Go) -> None:
    found = checked(replace(CAMPAIGN, opted_out=3), category=category)

    assert found.verdict is verdict
    assert of(found, "opt_outs")[0].figure == "3 of 1000 have stopped marketing messages"


def test_a_recipient_who_stands_twice_on_the_list_is_a_risk() -> None:
    assert checked(replace(CAMPAIGN, repeated=2)).verdict is Go.RISKY


def test_without_names_the_cost_is_between_the_lowest_and_the_highest_price() -> None:
    found = checked(replace(CAMPAIGN, given=0), prices=(Decimal("0.01"), Decimal("0.1")))

    assert found.amount == (Decimal(10), Decimal(100))
    assert of(found, "opt_outs")[0].weight is UNKNOWN


def test_the_worst_reasons_come_first() -> None:
    found = checked(status="PAUSED", quality="RED", token_valid="")

    assert [reason.weight for reason in found.reasons[:3]] == [STOP, RISK, UNKNOWN]
