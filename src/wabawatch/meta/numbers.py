"""Business phone numbers: throughput, limits, names and settings."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import Fact, NumberChanged, Source
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable
from wabawatch.meta.reading import Json, compact, mapping, phone, text, upper

_TIERS: Final = {
    "-1": "TIER_UNLIMITED",
    "50": "TIER_50",
    "250": "TIER_250",
    "1000": "TIER_1K",
    "2000": "TIER_2K",
    "10000": "TIER_10K",
    "100000": "TIER_100K",
}
LIMIT_KEYS: Final = (
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_business",
    "max_daily_conversations_per_phone",
    "max_daily_conversation_per_phone",
    "current_limit",
)
"""The messaging limit, under the names it had in different versions."""

_ASPECTS: Final = {
    "ONBOARDING": "throughput",
    "THROUGHPUT_UPGRADE": "throughput",
    "FLAGGED": "status",
    "UNFLAGGED": "status",
    "UPGRADE": "limit",
    "DOWNGRADE": "limit",
}


def tier(value: object) -> str:
    """A messaging limit by its tier name; Meta writes it as a name or as a number."""
    said = upper(value)
    return _TIERS.get(said, said)


def limit(value: Json) -> tuple[str, str]:
    """The key under which a limit stands in *value*, and the limit; both empty where there is none."""
    return next(((name, found) for name in LIMIT_KEYS if (found := tier(value.get(name)))), ("", ""))


def read_quality(change: Change, value: Json, at: str) -> list[Fact]:
    """Despite the field's name: changes of throughput, of the messaging limit, and flags; never a quality rating."""
    event, (name, after) = upper(value.get("event")), limit(value)
    if not event and not after:
        raise Unreadable("a change of a number has an event or a limit")
    aspect = _ASPECTS.get(event, "limit" if after else "throughput")
    facts: list[Fact] = []
    if aspect != "limit":
        facts.append(changed(change, value, aspect, after=event))
    if aspect == "limit" or after:
        facts.append(changed(change, value, "limit", tier(value.get("old_limit")), after, event))
    return [
        *facts,
        *change.strange("event", event, vocabulary.NUMBER_EVENTS),
        *change.strange(name, after, vocabulary.TIERS),
    ]


def read_name(change: Change, value: Json, at: str) -> list[Fact]:
    """The decision on a display name; the name itself is in the detail."""
    decision, reason = upper(value.get("decision")), upper(value.get("rejection_reason"))
    if not decision:
        raise Unreadable("a change of a name has a decision")
    return [
        changed(change, value, "name", after=decision, reason="" if reason == "NONE" else reason),
        *change.strange("decision", decision, vocabulary.DECISIONS),
        *change.strange("rejection_reason", reason, vocabulary.NAME_REASONS),
    ]


def read_settings(change: Change, value: Json, at: str) -> list[Fact]:
    """Settings of a number were changed, by whomever; the reason lists the parts that the body shows."""
    settings = mapping(value.get("phone_number_settings"))
    said = upper(value.get("type")).strip("[]")
    if not settings and not said:
        raise Unreadable("changed settings have a type or the settings")
    parts = text(",".join(sorted(text(name) for name in settings if name != "phone_number_id")))
    number = text(settings.get("phone_number_id")) or change.number
    return [
        changed(change, value, "settings", reason=parts, number=number),
        *change.strange("type", said, vocabulary.SETTINGS_TYPES),
    ]


def changed(
    change: Change,
    value: Json,
    aspect: str,
    before: str = "",
    after: str = "",
    reason: str = "",
    number: str = "",
) -> NumberChanged:
    """A change of one aspect of the number that *value* names."""
    return NumberChanged(
        when=change.told(value.get("timestamp")),
        source=Source.WEBHOOK,
        aspect=aspect,
        number=number or text(value.get("phone_number_id")) or change.number,
        display_number=phone(value.get("display_phone_number")) or change.display_number,
        waba=change.waba,
        before=before,
        after=after,
        reason=reason,
        detail=compact(value),
    )
