"""The hot path of the parser: a body that holds one plain status and nothing unusual, read in one go.

Nine bodies in ten are such. What is decoded here is described member by member; anything else in a body, and any value
that would need care, makes the answer None, and the body is read by `webhooks`, which is the rule. A test holds the two
against each other.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from wabawatch.domain.facts import NOBODY, Feed, Millis, Person, Pricing, Source, Status, StatusChanged, when
from wabawatch.meta import vocabulary
from wabawatch.meta.reading import exact, millis, phone, text


class _Strict(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Any member that is not described makes the body an unusual one."""


class _Metadata(_Strict):
    phone_number_id: str
    display_phone_number: str = ""


class _Profile(_Strict):
    name: str = ""
    username: str = ""


class _Contact(_Strict):
    profile: _Profile = msgspec.field(default_factory=_Profile)
    wa_id: str = ""
    user_id: str = ""


class _Origin(_Strict):
    type: str


class _Conversation(_Strict):
    id: str = ""
    origin: _Origin | None = None
    expiration_timestamp: str = ""


class _Price(_Strict):
    category: str
    pricing_model: str = ""
    type: str = ""
    billable: bool | None = None


class _Status(_Strict):
    id: str
    status: Literal["sent", "delivered", "read"]
    timestamp: str
    recipient_id: str = ""
    recipient_user_id: str = ""
    biz_opaque_callback_data: str = ""
    conversation: _Conversation | None = None
    pricing: _Price | None = None


class _Value(_Strict):
    messaging_product: Literal["whatsapp"]
    metadata: _Metadata
    statuses: tuple[_Status]
    contacts: tuple[_Contact] | None = None


class _Change(_Strict):
    value: _Value
    field: Literal["messages"]


class _Entry(_Strict):
    id: str
    changes: tuple[_Change]


class _Body(_Strict):
    object: Literal["whatsapp_business_account"]
    entry: tuple[_Entry]


_DECODER: Final = msgspec.json.Decoder(_Body)
_STATUS: Final = {status.value: status for status in Status}
_WEBHOOK, _MESSAGES, _SYNTHETIC = Source.WEBHOOK, Feed.MESSAGES, Feed.SYNTHETIC


def read_plain(content: bytes, received_at: Millis, is_live: bool, is_synthetic: bool) -> StatusChanged | None:
    """The one status in *content*; None when there is anything in it that needs a closer look."""
    try:
        entry = _DECODER.decode(content).entry[0]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    value = entry.changes[0].value
    status = value.statuses[0]
    person = _person(status, value.contacts)
    if not person or not status.id or status.id.startswith("wacid."):
        return None
    pricing = None
    if status.pricing is not None:
        pricing = _known_pricing(status.pricing)
    if pricing is None and (status.pricing is not None or status.conversation is not None):
        return None
    account = text(entry.id)
    return StatusChanged(
        when(millis(status.timestamp), received_at, is_live=is_live),
        _WEBHOOK,
        _STATUS[status.status],
        exact(status.id),
        "",
        text(value.metadata.phone_number_id),
        "" if account == "0" else account,
        _SYNTHETIC if is_synthetic else _MESSAGES,
        person,
        "",
        NOBODY,
        pricing,
        (),
        text(status.biz_opaque_callback_data),
        phone(value.metadata.display_phone_number),
    )


def _person(status: _Status, contacts: tuple[_Contact] | None) -> Person:
    if contacts is None:
        return Person(phone(status.recipient_id), text(status.recipient_user_id))
    contact = contacts[0]
    if contact.wa_id != status.recipient_id or contact.user_id != status.recipient_user_id:
        return NOBODY
    username = text(contact.profile.username).removeprefix("@")
    return Person(phone(status.recipient_id), text(status.recipient_user_id), "", username)


def _known_pricing(price: _Price) -> Pricing | None:
    if price.category not in vocabulary.PRICING_CATEGORIES:
        return None
    if price.pricing_model and price.pricing_model not in vocabulary.PRICING_MODELS:
        return None
    if price.type and price.type not in vocabulary.PRICING_TYPES:
        return None
    return Pricing(price.pricing_model, price.type, price.category, price.billable)
