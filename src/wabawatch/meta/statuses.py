"""Statuses of outbound messages: the hot path, three of them for every message sent."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import NOBODY, Fact, Occurred, Pricing, Source, Status, StatusChanged, Why
from wabawatch.meta import vocabulary
from wabawatch.meta.calls import read_call
from wabawatch.meta.envelope import Change, Unreadable
from wabawatch.meta.people import PARTICIPANT_KEYS, participant, recipient
from wabawatch.meta.reading import Json, compact, errors, exact, flag, lower, mapping, text

_STATUSES: Final = {status.value: status for status in Status}
_INFORMATIONAL: Final = frozenset({"deleted", "warning"})


def read_status(change: Change, item: Json, at: str) -> list[Fact]:
    """What one status object tells. A call's status, in the same list, is a call."""
    wamid = exact(item.get("id"))
    said = text(item.get("status"))
    if not wamid or not said:
        raise Unreadable("a status has an id and a status")
    if item.get("type") == "call" or wamid.startswith("wacid."):
        return read_call(change, item, at)
    status = _STATUSES.get(said) or _STATUSES.get(said.lower())
    if status is None:
        return [_other_status(change, item, at, said)]
    return _status_changed(change, item, at, wamid, status)


def _status_changed(change: Change, item: Json, at: str, wamid: str, status: Status) -> list[Fact]:
    person, group, member = recipient(item), "", NOBODY
    if item.get("recipient_type") == "group" or not PARTICIPANT_KEYS.isdisjoint(item):
        person, group, member = NOBODY, text(item.get("recipient_id")), change.contacts.complete(participant(item))
    elif change.contacts.by_id:
        person = change.contacts.complete(person)
    pricing = _pricing(item)
    changed = StatusChanged(
        when=change.when(item.get("timestamp")),
        source=Source.WEBHOOK,
        status=status,
        wamid=wamid,
        number=change.number,
        waba=change.waba,
        feed=change.feed,
        person=person,
        group=group,
        participant=member,
        pricing=pricing,
        errors=errors(item.get("errors")),
        opaque=text(item.get("biz_opaque_callback_data")),
        display_number=change.display_number,
    )
    return [changed] if pricing is None or _is_known(pricing) else [changed, *_strange_pricing(change, pricing, at)]


def _pricing(item: Json) -> Pricing | None:
    """The price words. Old bodies have only a conversation: then its origin is the category."""
    pricing = item.get("pricing")
    if not isinstance(pricing, dict) or not pricing:
        category = _category(_origin(item))
        return Pricing(category=category) if category else None
    return Pricing(
        model=text(pricing.get("pricing_model")),
        type=text(pricing.get("type")),
        category=_category(pricing.get("category")) or _category(_origin(item)),
        billable=flag(pricing.get("billable")),
    )


def _origin(item: Json) -> object:
    return mapping(mapping(item.get("conversation")).get("origin")).get("type")


def _category(value: object) -> str:
    """Meta's pages write ``authentication-international``, its bodies ``authentication_international``."""
    written = text(value)
    return written if written in vocabulary.PRICING_CATEGORIES else lower(written.replace("-", "_"))


def _is_known(pricing: Pricing) -> bool:
    return (
        pricing.category in vocabulary.PRICING_CATEGORIES
        and (not pricing.model or pricing.model in vocabulary.PRICING_MODELS)
        and (not pricing.type or pricing.type in vocabulary.PRICING_TYPES)
    )


def _strange_pricing(change: Change, pricing: Pricing, at: str) -> list[Fact]:
    return [
        *change.strange(f"{at}.pricing.pricing_model", pricing.model, vocabulary.PRICING_MODELS),
        *change.strange(f"{at}.pricing.type", pricing.type, vocabulary.PRICING_TYPES),
        *change.strange(f"{at}.pricing.category", pricing.category, vocabulary.PRICING_CATEGORIES),
    ]


def _other_status(change: Change, item: Json, at: str, said: str) -> Fact:
    if said.lower() not in _INFORMATIONAL:
        return change.unrecognised(
            Why.UNKNOWN_VALUE, f"{at}.status", compact(item), f"no message status is called {said[:100]!r}"
        )
    return Occurred(
        when=change.when(item.get("timestamp")),
        source=Source.WEBHOOK,
        kind="message_status",
        event=said.lower(),
        number=change.number,
        waba=change.waba,
        subject=text(item.get("id")),
        detail=compact(item),
    )
