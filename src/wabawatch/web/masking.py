"""Messages without what tells who the person is, as they are shown to everybody without the right to see more."""

from __future__ import annotations

import msgspec

from wabawatch.domain.masking import masked_id, masked_wamid
from wabawatch.web.message_answers import Contact, MessageRow


def masked(row: MessageRow) -> MessageRow:
    """*row* without what tells who the person is: also its wamid holds the number."""
    contact = row.contact and Contact(row.contact.kind, masked_id(row.contact.value))
    return msgspec.structs.replace(row, contact=contact, wamid=masked_wamid(row.wamid))
