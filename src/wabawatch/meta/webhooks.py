"""One webhook body from Meta to facts. Whatever the bytes, nothing is raised and no item is lost silently.

A body is ``entry`` x ``changes`` x items. Each item is read on its own: what cannot be understood becomes
``Unrecognised`` with its raw JSON, and everything beside it is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wabawatch.domain.facts import Fact, Feed, Millis, Unrecognised, Why
from wabawatch.meta import accounts, messaging, numbers, others, templates
from wabawatch.meta.decoding import decode
from wabawatch.meta.envelope import Change, Reader, Receipt, change_path, gathered, guarded
from wabawatch.meta.people import contacts
from wabawatch.meta.plain_status import read_plain
from wabawatch.meta.reading import RAW_LIMIT, Json, compact, items, mapping, millis, text

OBJECT: Final = "whatsapp_business_account"

FIELDS: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(messaging.FIELDS, messaging.read_lists),
    "message_template_status_update": templates.read_status,
    "message_template_quality_update": templates.read_quality,
    "message_template_components_update": templates.read_components,
    "template_category_update": templates.read_category,
    "template_correct_category_detection": templates.read_category,
    "phone_number_quality_update": numbers.read_quality,
    "phone_number_name_update": numbers.read_name,
    "account_settings_update": numbers.read_settings,
    "account_update": accounts.read_update,
    "account_offboarded": accounts.read_update,
    "account_reconnected": accounts.read_update,
    "account_review_update": accounts.read_review,
    "account_alerts": accounts.read_alert,
    "business_capability_update": accounts.read_capability,
    "security": others.read_security,
    "flows": others.read_flow,
    "payment_configuration_update": others.read_payment,
    "partner_solutions": others.read_solution,
    "business_username_update": others.read_username,
    "business_username_updates": others.read_username,
    "business_status_update": others.read_undocumented,
    "campaign_status_update": others.read_undocumented,
    "consumer_profile": others.read_undocumented,
    "contacts": others.read_undocumented,
    "tracking_events": others.read_undocumented,
}
"""Every field that is known, and what reads its value."""

_FEEDS: Final[Mapping[str, Feed]] = {
    "standby": Feed.STANDBY,
    "message_echoes": Feed.ECHO,
    "smb_message_echoes": Feed.ECHO,
    "history": Feed.HISTORY,
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one body tells."""

    facts: tuple[Fact, ...]
    fields: tuple[str, ...]
    """The fields seen, each once, in their order; also those that nobody knows."""


def parse(content: bytes, *, received_at: Millis, is_live: bool = True, is_synthetic: bool = False) -> Parsed:
    """All facts in one webhook body. Never raises on content; the same bytes always give the same facts.

    *is_live* is false for imported and replayed bodies, *is_synthetic* true for those that wabawatch made itself.
    """
    plain = read_plain(content, received_at, is_live, is_synthetic)
    if plain is not None:
        return Parsed((plain,), ("messages",))
    return parse_with_care(content, Receipt(received_at, is_live, is_synthetic))


def parse_with_care(content: bytes, receipt: Receipt) -> Parsed:
    """As `parse`, for any body."""
    try:
        document = decode(content)
    except (ValueError, RecursionError) as error:
        return _refused(content, receipt, f"no JSON: {text(str(error))}")
    if not isinstance(document, dict):
        return _refused(content, receipt, "a webhook body is a JSON object")
    if document.get("object") != OBJECT:
        return _refused(content, receipt, f"the object of a webhook body is {OBJECT}")
    if "entry" not in document:
        return _refused(content, receipt, "a webhook body has a list of entries")
    return _read_entries(document, receipt)


def _refused(content: bytes, receipt: Receipt, reason: str) -> Parsed:
    raw = text(content[:RAW_LIMIT].decode("utf-8", "replace"), RAW_LIMIT)
    return Parsed((_unparsed(receipt, "", raw, reason),), ())


def _unparsed(receipt: Receipt, path: str, raw: str, reason: str) -> Unrecognised:
    return Unrecognised(receipt.when(None), Why.UNPARSED, field="", path=path, raw=raw, reason=reason)


def _read_entries(document: Json, receipt: Receipt) -> Parsed:
    fields: dict[str, None] = {}
    told = (_read_entry(receipt, number, entry, fields) for number, entry in enumerate(items(document["entry"])))
    return Parsed(tuple(gathered(told, lambda reason: _unparsed(receipt, "entry", "", reason))), tuple(fields))


def _read_entry(receipt: Receipt, number: int, entry: object, fields: dict[str, None]) -> list[Fact]:
    if not isinstance(entry, dict) or "changes" not in entry:
        return [_unparsed(receipt, f"entry[{number}]", compact(entry), "an entry is an object with changes")]

    def told() -> Iterator[list[Fact]]:
        for index, change in enumerate(items(entry["changes"])):
            if not isinstance(change, dict) or not (field := text(change.get("field"))):
                path = change_path(number, index)
                yield [_unparsed(receipt, path, compact(change), "a change is an object with a field")]
                continue
            fields[field] = None
            yield _read_change(receipt, (number, index), entry, field, change.get("value"))

    return gathered(told(), lambda reason: _unparsed(receipt, f"entry[{number}].changes", "", reason))


def _read_change(receipt: Receipt, place: tuple[int, int], entry: Json, field: str, value: object) -> list[Fact]:
    change = _change(receipt, place, entry, field, mapping(value))
    read = FIELDS.get(field)
    if read is None:
        return [change.unrecognised(Why.UNKNOWN_FIELD, "", compact(value), "no field of this name is known")]
    return guarded(change, value, "", read)


def _change(receipt: Receipt, place: tuple[int, int], entry: Json, field: str, value: Json) -> Change:
    metadata = mapping(value.get("metadata"))
    account = text(entry.get("id"))
    return Change(
        receipt=receipt,
        place=place,
        field=field,
        feed=Feed.SYNTHETIC if receipt.is_synthetic else _FEEDS.get(field, Feed.MESSAGES),
        told_at=millis(entry.get("time")),
        waba="" if account == "0" else account,
        metadata=metadata,
        number=text(metadata.get("phone_number_id")),
        contacts=contacts(value.get("contacts")),
    )
