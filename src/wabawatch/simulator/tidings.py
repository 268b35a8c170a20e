"""Webhooks about numbers and accounts that follow a command: those that Meta sends, and no others."""

from __future__ import annotations

from datetime import UTC, datetime

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json
from wabawatch.simulator.envelope import Item
from wabawatch.simulator.standing import NumberState, WabaState

_PLAIN_LIMITS = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000}
_PLAIN_LIMITS |= {"TIER_10K": 10_000, "TIER_100K": 100_000, "TIER_UNLIMITED": -1}
_DECISIONS = {"APPROVED": "APPROVED", "DECLINED": "REJECTED", "EXPIRED": "REJECTED", "PENDING_REVIEW": "PENDING"}


def limit_changed(state: NumberState) -> Item:
    """A portfolio may reach more or fewer people a day. Older webhook versions say it of each number, in numbers."""
    waba = state.number.waba
    told: Json = {"max_phone_numbers_per_business": 20, "max_phone_numbers_per_waba": 20}
    if waba.webhook_version >= 24:
        told["max_daily_conversations_per_business"] = state.limit
    else:
        told["max_daily_conversation_per_phone"] = _PLAIN_LIMITS.get(state.limit, 250)
    return Item(waba.id, "business_capability_update", "", (told,))


def throughput_changed(state: NumberState, limit: str) -> Item:
    """A number may send more a second."""
    told: Json = {"display_phone_number": state.number.phone, "event": "THROUGHPUT_UPGRADE"}
    told |= {"current_limit": state.limit, "old_limit": limit}
    if state.number.waba.webhook_version >= 24:
        told["max_daily_conversations_per_business"] = state.limit
    return Item(state.number.waba.id, "phone_number_quality_update", "", (told,), state.number)


def name_decided(state: NumberState, wanted: str) -> Item:
    """A display name was reviewed."""
    decision = _DECISIONS.get(state.name_status, "DEFERRED")
    reason = "NAME_FORMAT_UNACCEPTABLE" if decision == "REJECTED" else None
    told: Json = {"display_phone_number": state.number.phone, "decision": decision}
    told |= {"requested_verified_name": wanted, "rejection_reason": reason}
    return Item(state.number.waba.id, "phone_number_name_update", "", (told,), state.number)


def ban(state: WabaState, at: Millis) -> Item:
    """An account was disabled, or works again: both are told as DISABLED_UPDATE."""
    day = datetime.fromtimestamp(at / 1_000, UTC)
    banned: Json = {"waba_ban_state": "REINSTATE" if state.status == "ACTIVE" else "DISABLE"}
    banned["waba_ban_date"] = f"{day:%B} {day.day}, {day.year}"
    return _account_update(state, {"event": "DISABLED_UPDATE", "ban_info": banned})


def restricted(state: WabaState) -> Item:
    """An account may not do something for a while; without `restriction_info` a restriction is lifted."""
    held = [{"restriction_type": one.kind, "expiration": one.until // 1_000} for one in state.restrictions]
    return _account_update(state, {"event": "ACCOUNT_RESTRICTION"} | ({"restriction_info": held} if held else {}))


def violation(state: WabaState, policy: str) -> Item:
    """A warning."""
    return _account_update(state, {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": policy}})


def reviewed(state: WabaState) -> Item:
    """Meta reviewed the account."""
    return Item(state.waba.id, "account_review_update", "", ({"decision": state.review},))


def _account_update(state: WabaState, told: Json) -> Item:
    return Item(state.waba.id, "account_update", "", (told,))
