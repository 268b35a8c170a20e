"""Messages without what tells who the person is, as they are shown to everybody without the right to see more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wabawatch.domain.masking import masked_id, masked_wamid
from wabawatch.web.message_answers import Contact, MessageDetail, MessageRow

SURELY = 6
"""So long an id must be to be looked for inside of texts: a shorter one is in many by chance"""


def masked(row: MessageRow) -> MessageRow:
    """*row* without what tells who the person is: also its wamid holds the number."""
    contact = row.contact and Contact(row.contact.kind, masked_id(row.contact.value))
    return msgspec.structs.replace(row, contact=contact, wamid=masked_wamid(row.wamid))


def masked_detail(detail: MessageDetail) -> MessageDetail:
    """*detail* without what tells who the person is, wherever in it that stands."""
    people = [detail.contact, *(each.contact for each in detail.participants)]
    hidden = {each.value: masked_id(each.value) for each in people if each}
    if detail.wamid:
        hidden[detail.wamid] = masked_wamid(detail.wamid)
    # The longest first: an id may be a part of another. Short ones are found whole, never inside of words and numbers.
    order = sorted(hidden, key=len, reverse=True)

    def hide(text: str) -> str:
        if text in hidden:
            return hidden[text]
        for value in order:
            if len(value) >= SURELY:
                text = text.replace(value, hidden[value])
        return text

    ours = {"id": detail.id, "phone_number_id": detail.phone_number_id, "waba_id": detail.waba_id}
    plain = _each_text(msgspec.to_builtins(detail), hide) | ours
    return msgspec.convert(plain, MessageDetail)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """*value*, made of what JSON has, with every text in it changed; names of members stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(each, change) for each in value]
    if isinstance(value, dict):
        return {name: _each_text(each, change) for name, each in value.items()}
    return value
