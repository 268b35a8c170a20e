"""The fields whose values hold lists of items: messages, statuses, echoes, calls, groups, preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from wabawatch.domain.facts import Fact
from wabawatch.meta.calls import read_call
from wabawatch.meta.consent import read_preference, read_user_id_update
from wabawatch.meta.echoes import read_echo
from wabawatch.meta.envelope import BESIDE, Change, Reader, Unreadable, each, guarded, key
from wabawatch.meta.groups import read_group
from wabawatch.meta.history import read_chunk, read_loose_message
from wabawatch.meta.inbound import read_message
from wabawatch.meta.others import (
    read_automatic_event,
    read_contact_sync,
    read_error,
    read_handover,
    read_undocumented,
    read_user_action,
)
from wabawatch.meta.people import NO_CONTACTS, contacts
from wabawatch.meta.reading import Json, items
from wabawatch.meta.statuses import read_status

LISTS: Final[Mapping[str, Reader]] = {
    "statuses": read_status,
    "messages": read_message,
    "message_echoes": read_echo,
    "errors": read_error,
    "user_actions": read_user_action,
    "calls": read_call,
    "groups": read_group,
    "history": read_chunk,
    "user_preferences": read_preference,
    "user_id_update": read_user_id_update,
    "automatic_events": read_automatic_event,
    "messaging_handovers": read_handover,
}
"""The lists that a value may hold, whatever the field; Meta puts several of them into one value."""

_MESSAGES_OF_FIELD: Final[Mapping[str, Reader]] = {
    "message_echoes": read_echo,
    "smb_message_echoes": read_echo,
    "history": read_loose_message,
}
"""In some fields the list ``messages`` does not hold what users write."""

_NOTHING_ELSE: Final = "none of the lists that stand in this field is there"


def _only_lists(change: Change, value: Json, at: str) -> list[Fact]:
    raise Unreadable(_NOTHING_ELSE)


FIELDS: Final[Mapping[str, Reader]] = {
    "messages": _only_lists,
    "standby": _only_lists,
    "smb_message_echoes": _only_lists,
    "smb_app_state_sync": _only_lists,
    "message_echoes": read_undocumented,
    "history": read_chunk,
    "calls": read_call,
    "group_lifecycle_update": read_group,
    "group_participants_update": read_group,
    "group_settings_update": read_group,
    "group_status_update": read_group,
    "user_preferences": read_preference,
    "user_id_update": read_user_id_update,
    "automatic_events": read_automatic_event,
    "messaging_handovers": read_handover,
}
"""Each field, and how its value is read when it holds no list but is an item itself."""


def read_lists(change: Change, value: Json, at: str) -> list[Fact]:
    """The facts of all lists in *value*; of the value itself when it holds none."""
    facts: list[Fact] = []
    has_list, strange = False, []
    for name, listed in value.items():
        read = LISTS.get(name)
        if read is not None:
            if name == "messages":
                read = _MESSAGES_OF_FIELD.get(change.field, read)
            facts += each(change, items(listed), key(at, name), read)
        elif name == "standby":
            facts += guarded(change, listed, key(at, name), _read_nested)
        elif name == "state_sync":
            facts += read_contact_sync(change, items(listed), key(at, name))
        else:
            if name not in BESIDE and listed and isinstance(listed, dict | list):
                strange.append(name)
            continue
        has_list = True
    if not has_list:
        return list(FIELDS[change.field](change, value, at))
    return facts + change.strangers(at, value, strange) if strange else facts


def _read_nested(change: Change, value: Json, at: str) -> list[Fact]:
    """One shape of ``standby`` has its lists, and the contacts of these, in an object of that name."""
    listed = contacts(value.get("contacts"))
    return read_lists(change if listed is NO_CONTACTS else replace(change, contacts=listed), value, at)
