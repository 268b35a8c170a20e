"""WhatsApp groups: made, deleted, joined, left, renamed, suspended."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import Fact, Occurred, Source
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable, key
from wabawatch.meta.reading import Json, compact, text

_NOT_KEPT: Final = frozenset({"invite_link", "profile", "metadata", "contacts"})  # whoever has the link can join


def read_group(change: Change, item: Json, at: str) -> list[Fact]:
    """What happened to one group, or failed to; the errors are in the detail."""
    event, group = text(item.get("type")), text(item.get("group_id"))
    if not event:
        raise Unreadable("an event of a group has a type")
    occurred = Occurred(
        when=change.told(item.get("timestamp")),
        source=Source.WEBHOOK,
        kind="group",
        event=event,
        number=change.number,
        waba=change.waba,
        subject=group,
        detail=compact(item, _NOT_KEPT),
    )
    return [occurred, *change.strange(key(at, "type"), event, vocabulary.GROUP_EVENTS)]
