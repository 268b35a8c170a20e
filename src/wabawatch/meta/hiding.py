"""A webhook body without what tells who people are and what they wrote: only what is known to be harmless is kept."""

from __future__ import annotations

import re
from typing import Final

from wabawatch.domain.masking import HIDDEN, masked_id

_IDS: Final = frozenset(
    {
        "id", "phone_number_id", "display_phone_number", "waba_id", "owner_business_id", "entity_id", "timestamp",
        "time", "expiration_timestamp", "expiration", "message_template_id", "business_id", "solution_id", "at",
        "ban_date", "sha256", "media_id", "flow_id", "fbtrace_id",
    }
)  # fmt: skip
"""Keys of numbers and ids that are nobody's on the other side; `id` only where `_is_ours` says so."""
_WORDS: Final = frozenset(
    {
        "object", "field", "messaging_product", "status", "type", "event", "title", "message", "details", "href",
        "billable", "pricing_model", "category", "reason", "message_template_name", "message_template_language",
        "previous_quality_score", "new_quality_score", "previous_category", "new_category", "correct_category",
        "current_limit", "old_limit", "max_daily_conversation_per_phone", "max_phone_numbers_per_business",
        "decision", "waba_ban_state", "violation_type", "restriction_type", "remediation", "entity_type",
        "alert_severity", "alert_status", "alert_type", "alert_description", "mime_type", "recipient_type",
        "requested_verified_name", "rejection_reason", "action", "progress", "phase", "chunk_order", "level",
        "quality_rating", "language", "nonce", "code",
    }
)  # fmt: skip
_SAID: Final = frozenset(
    {
        "interactive", "button", "text", "order", "location", "contacts", "referral", "context", "profile", "system",
        "reaction", "image", "video", "audio", "document", "sticker", "name", "user_preferences", "user_id_update",
    }
)  # fmt: skip
"""What people said and are: below these keys only `type` and `mime_type` stay."""
_KINDS: Final = frozenset({"type", "mime_type"})
_OF_ENTRY: Final = 3
"""How deep the id of an entry stands, which is that of a WABA"""
_LONGEST_PHONE: Final = 15
_DIGITS: Final = re.compile(r"\d(?:[\s().-]{0,2}\d){6,}")
"""What may be a phone number, however it is written"""
_HOLDING: Final = re.compile(r"wa([mc])id\.[\w+/=\\-]*")
"""Ids of messages and of calls: they hold the number of the person"""
_SMALL: Final = 10**7
_DEEPEST: Final = 60


def hidden(value: object, key: str = "", depth: int = 0, *, holder: str = "", is_said: bool = False) -> object:
    """*value*, made of what JSON has, with every text masked whose key does not say that it is harmless.

    What is new at Meta is masked, too. Names of keys stay; numbers of less than 8 digits do. *holder*: the key of the
    object that it is in. *is_said*: it is part of what people wrote.
    """
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, dict):
        return {
            _name(name): hidden(each, name, depth + 1, holder=key, is_said=is_said or name in _SAID)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [hidden(each, key, depth + 1, holder=holder, is_said=is_said) for each in value]
    if isinstance(value, str):
        is_ours = key in _IDS and (key != "id" or _is_ours(value, holder, depth))
        return _text(value, key, is_ours=is_ours, is_said=is_said)
    if isinstance(value, int | float) and not isinstance(value, bool) and key not in _IDS and abs(value) >= _SMALL:
        return masked_id(str(value))
    return value


def hidden_text(text: str) -> str:
    """*text* without what may be a phone number, or the id of a message or a call."""
    return _DIGITS.sub(lambda found: masked_id(found[0]), _HOLDING.sub(rf"wa\1id.{HIDDEN}", text))


def _name(name: str) -> str:
    return name if len(name) <= 64 and not _DIGITS.search(name) else HIDDEN


def _is_ours(id_: str, holder: str, depth: int) -> bool:
    """Whether an `id` is surely nobody's: threads, people and calls have one, too, by the number or BSUID."""
    if holder == "entry":
        return depth == _OF_ENTRY
    return holder == "conversation" or (id_.isascii() and id_.isdigit() and len(id_) > _LONGEST_PHONE)


def _text(value: str, key: str, *, is_ours: bool, is_said: bool) -> str:
    if _HOLDING.match(value):
        return value[:6] + HIDDEN
    if is_said and key not in _KINDS:
        return masked_id(value) if value.isascii() and value.isdigit() else HIDDEN if value else value
    if is_ours and len(value) <= 64:
        return value
    if key in _WORDS:
        return hidden_text(value)
    return masked_id(value) if value.isascii() and value.isdigit() else HIDDEN if value else value
