"""Browsing: messages searched page by page, and one with all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple, Protocol

import msgspec

from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import MessageFilter, Place
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Clock, Deed, Held
from wabawatch.wire import is_local_id, token_of, value_of

USUAL_MS = DAY_MS
"""How far back a search looks that says nothing about time."""


class FoundMessages(Protocol):
    """A page of a search."""

    @property
    def held(self) -> list[Held]:
        """The messages, the newest first."""

    @property
    def following(self) -> Place | None:
        """Where the next page begins; None: there is none."""

    @property
    def is_cut(self) -> bool:
        """It ends because enough was looked at, not because it is full."""

    @property
    def swept_until(self) -> Millis:
        """How far the expiry sweep had come."""

    @property
    def newest(self) -> int:
        """The id of the newest message there is."""


class Messages(Protocol):
    """The messages in the books, for those who look. Each method raises StoreUnavailable."""

    def search(self, wanted: MessageFilter, after: Place | None, limit: int) -> FoundMessages:
        """The newest *limit* messages that are *wanted*, of those that come after *after*."""

    def find(self, wamid: str = "", local_id: str = "", id: int = 0) -> tuple[list[Held], Millis]:
        """The messages with a wamid, a local id or an id of ours, and how far the expiry sweep had come."""


class AuditTrail(Protocol):
    """Where it is written down who did what."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed, durably. Raises StoreUnavailable."""


class Page(NamedTuple):
    """What a search gives."""

    found: FoundMessages
    since: Millis | None
    until: Millis | None
    following: str | None
    """The cursor of the next page"""


@dataclass(frozen=True, slots=True)
class Browsing:
    """Looking at messages."""

    messages: Messages
    clock: Clock
    audit: AuditTrail

    def search(self, wanted: MessageFilter, limit: int, cursor: str | None = None) -> Page:
        """A page of the messages that are *wanted*; *cursor* is that of the page before.

        Without a time range the last 24 hours are searched; a search for certain wamids has none. Pages do not move
        when newer messages come: a cursor is a place in time, and keeps the range of the first page.
        Raises BadRequest when *cursor* belongs to another search.
        """
        place, since = None, wanted.since
        if cursor is not None:
            place, since = _read_cursor(cursor, wanted)
        elif since is None and not wanted.wamids:
            since = (self.clock.now() if wanted.until is None else wanted.until) - USUAL_MS
        if since is not None and wanted.until is not None and since >= wanted.until:
            raise BadRequest("until: it is not after since, so there is nothing between them")
        found = self.messages.search(replace(wanted, since=since), place, limit)
        following = None if found.following is None else _cursor(found.following, since, wanted)
        return Page(found, since, wanted.until, following)

    def find(self, id: str) -> tuple[Held, Millis]:
        """The message with this id: the one that logging it gave, our own number of it, or its wamid.

        And how far the expiry sweep had come. Raises NotFound.
        """
        if id.isascii() and id.isdigit() and len(id) < 19:
            held, swept_until = self.messages.find(id=int(id))
        elif is_local_id(id):
            held, swept_until = self.messages.find(local_id=str(id))
        else:
            held, swept_until = self.messages.find(wamid=id)
        if not held:
            raise NotFound("id: no such message; one that was just logged is here within a second or two")
        return held[0], swept_until

    def unmasked(self, actor: str, count_of_filters: int, id: int | None = None) -> None:
        """Note in the audit trail that *actor* looked at whole numbers, of a search or of the message *id*."""
        subject = f"filters:{count_of_filters}" if id is None else f"message:{id}"
        self.audit.note(self.clock.now(), Deed(actor, "messages_unmasked", subject))


def _cursor(place: Place, since: Millis | None, wanted: MessageFilter) -> str:
    return token_of((place.at, place.id, since, _digest(wanted)))


def _read_cursor(cursor: str, wanted: MessageFilter) -> tuple[Place, Millis | None]:
    try:
        at, id_, since, digest = value_of(cursor, tuple[int, int, int | None, bytes])
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadRequest("cursor: not one that a search gave; leave it out to begin anew") from error
    if digest != _digest(wanted):
        raise BadRequest("cursor: it belongs to another search; give the same filters as for the page before")
    return Place(at, id_), since


def _digest(wanted: MessageFilter) -> bytes:
    return blake2b(repr(wanted).encode(), digest_size=8).digest()
