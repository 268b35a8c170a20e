"""WhatsApp Business Accounts: standing, reviews, alerts, limits. The id of an entry is not always one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from wabawatch.domain.facts import AccountChanged, Fact, NumberChanged, Source
from wabawatch.meta import numbers, vocabulary
from wabawatch.meta.envelope import Change, Unreadable, first
from wabawatch.meta.reading import Json, compact, integer, items, mapping, phone, text, upper

_PORTFOLIO_EVENTS: Final = frozenset({"AD_ACCOUNT_LINKED", "MM_LITE_TERMS_SIGNED"})
_ALERT_KEYS: Final = ("alert_type", "alert_severity", "alert_status", "alert_description")


def read_update(change: Change, value: Json, at: str) -> list[Fact]:
    """An event in the life of an account. Comes in upper and lower case, and as a field of the event's name."""
    event = upper(value.get("event")) or (upper(change.field) if change.field != "account_update" else "")
    if not event:
        raise Unreadable("an account update has an event")
    inner = mapping(value.get(event.lower()))
    waba, portfolio = _owners(change, event, value, inner)
    after, reason = _outcome(value)
    account = AccountChanged(
        when=change.told(value.get("timestamp") or inner.get("timestamp")),
        source=Source.WEBHOOK,
        event=event,
        waba=waba,
        portfolio=portfolio,
        display_number=_display_number(value),
        after=after,
        reason=reason,
        detail=compact(value),
        terms=text(",".join(_terms(value))),
    )
    return [account, *_number_quality(change, value), *_strange_update(change, event, value)]


def _owners(change: Change, event: str, value: Json, inner: Json) -> tuple[str, str]:
    """The account and the portfolio. Partner events are sent to a portfolio; some warnings to nobody (id 0)."""
    named = text(mapping(value.get("waba_info")).get("waba_id")) or first(inner, "waba_id") or first(value, "waba_id")
    is_portfolio = event.startswith("PARTNER_") or event in _PORTFOLIO_EVENTS or bool(named and named != change.waba)
    return (named, change.waba) if is_portfolio else (named or change.waba, "")


def _display_number(value: Json) -> str:
    found = value.get("phone_number")
    return phone(mapping(found).get("display_phone_number")) or phone(found) or phone(value.get("display_phone_number"))


def _outcome(value: Json) -> tuple[str, str]:
    """The state that an event leads to, and why, from whichever part of the value is there."""
    certification = mapping(value.get("partner_client_certification_info"))
    after = (
        upper(mapping(value.get("ban_info")).get("waba_ban_state"))
        or upper(certification.get("status"))
        or text(mapping(value.get("volume_tier_info")).get("tier"))
        or text(",".join(_restrictions(value)))
    )
    reason = (
        upper(mapping(value.get("violation_info")).get("violation_type"))
        or upper(mapping(value.get("disconnection_info")).get("reason"))
        or text(",".join(text(why) for why in items(certification.get("rejection_reasons")) if why != "NONE"))
    )
    return after, reason


def _restrictions(value: Json) -> list[str]:
    return [said for each in _restricting(value) if (said := upper(each.get("restriction_type")))]


def _terms(value: Json) -> list[str]:
    """Each restriction with the second in which it ends, where that is told."""
    named = [(upper(each.get("restriction_type")), integer(each.get("expiration"))) for each in _restricting(value)]
    return [f"{kind}={end}" if end > 0 else kind for kind, end in named if kind]


def terms_in(item: bytes) -> str:
    """The restrictions with their ends of an account update as it was kept, as `AccountChanged.terms`."""
    try:
        return ",".join(_terms(mapping(msgspec.json.decode(item))))
    except msgspec.MsgspecError:
        return ""


def _restricting(value: Json) -> list[Json]:
    return [mapping(item) for item in items(value.get("restriction_info"))]


def _number_quality(change: Change, value: Json) -> list[Fact]:
    """One old event carries a number's rating and limit in place of the number."""
    number = mapping(value.get("phone_number"))
    rating = upper(number.get("quality_rating"))
    facts: list[Fact] = []
    if rating:
        facts += [_number(change, number, value, "quality", rating)]
    if number and (after := numbers.limit(value)[1]):
        facts += [_number(change, number, value, "limit", after)]
    return [*facts, *change.strange("phone_number.quality_rating", rating, vocabulary.QUALITIES | {"NA"})]


def _number(change: Change, number: Json, value: Json, aspect: str, after: str) -> NumberChanged:
    display = phone(number.get("display_phone_number"))
    return replace(numbers.changed(change, value, aspect, after=after), display_number=display)


def _strange_update(change: Change, event: str, value: Json) -> list[Fact]:
    facts = change.strange("event", event, vocabulary.ACCOUNT_EVENTS)
    for name, inner, known in (
        ("violation_info", "violation_type", vocabulary.VIOLATIONS),
        ("ban_info", "waba_ban_state", vocabulary.BAN_STATES),
        ("disconnection_info", "reason", vocabulary.DISCONNECTIONS),
        ("partner_client_certification_info", "status", vocabulary.CERTIFICATIONS),
    ):
        facts += change.strange(f"{name}.{inner}", upper(mapping(value.get(name)).get(inner)), known)
    for index, said in enumerate(_restrictions(value)):
        facts += change.strange(f"restriction_info[{index}].restriction_type", said, vocabulary.RESTRICTIONS)
    return facts


def read_review(change: Change, value: Json, at: str) -> list[Fact]:
    """The decision of Meta's review of an account."""
    decision = upper(value.get("decision"))
    if not decision:
        raise Unreadable("a review has a decision")
    return [
        _changed(change, value, "ACCOUNT_REVIEW", after=decision),
        *change.strange("decision", decision, vocabulary.DECISIONS),
    ]


def read_alert(change: Change, value: Json, at: str) -> list[Fact]:
    """An alert about an account. The state is its type, the reason its severity; newer bodies nest both."""
    alert = {**value, **mapping(value.get("alert_info"))}
    kind, severity, status, _ = (upper(alert.get(name)) for name in _ALERT_KEYS)
    if not any(alert.get(name) for name in _ALERT_KEYS):
        raise Unreadable("an alert has a type or a severity")
    entity = upper(value.get("entity_type"))
    portfolio = text(value.get("entity_id")) if entity == "BUSINESS" else ""
    return [
        _changed(change, value, "ACCOUNT_ALERT", after=kind, reason=severity, portfolio=portfolio),
        *change.strange("entity_type", entity, vocabulary.ALERT_ENTITIES),
        *change.strange("alert_type", kind, vocabulary.ALERT_TYPES),
        *change.strange("alert_severity", severity, vocabulary.ALERT_SEVERITIES),
        *change.strange("alert_status", status, vocabulary.ALERT_STATUSES),
    ]


def read_capability(change: Change, value: Json, at: str) -> list[Fact]:
    """What an account may do: above all its messaging limit, by tier name."""
    name, after = numbers.limit(value)
    if not after and not any(text(value.get(key)) for key in value if key.startswith("max_")):
        raise Unreadable("a capability names a limit")
    return [
        _changed(change, value, "BUSINESS_CAPABILITY", after=after),
        *change.strange(name, after, vocabulary.TIERS),
    ]


def _changed(
    change: Change, value: Json, event: str, *, after: str, reason: str = "", portfolio: str = ""
) -> AccountChanged:
    return AccountChanged(
        when=change.told(value.get("timestamp")),
        source=Source.WEBHOOK,
        event=event,
        waba=change.waba,
        portfolio=portfolio,
        after=after,
        reason=reason,
        detail=compact(value),
    )
