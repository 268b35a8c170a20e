"""Calls: their events, their statuses, and the notice that a recording is there."""

from __future__ import annotations

from typing import Final

from wabawatch.domain.facts import Fact, Occurred, Source
from wabawatch.meta import vocabulary
from wabawatch.meta.envelope import Change, Unreadable, first, key
from wabawatch.meta.reading import Json, compact, text, upper

_NOT_KEPT: Final = frozenset({"session", "sdp", "call_recording", "contacts", "profile"})


def read_call(change: Change, item: Json, at: str) -> list[Fact]:
    """What happened to one call; how it is set up, and what was said in it, is not kept."""
    event, status = text(item.get("event")), text(item.get("status"))
    subject = first(item, "id", "wacid", "call_id")
    if not subject or not (event or status):
        raise Unreadable("a call has an id, and an event or a status")
    occurred = Occurred(
        when=change.when(item.get("timestamp")),
        source=Source.WEBHOOK,
        kind="call",
        event=event or status,
        number=change.number,
        waba=change.waba,
        subject=subject,
        detail=compact(item, _NOT_KEPT),
    )
    return [
        occurred,
        *change.strange(key(at, "event"), event, vocabulary.CALL_EVENTS),
        *change.strange(key(at, "status"), upper(status), vocabulary.CALL_STATUSES),
    ]
