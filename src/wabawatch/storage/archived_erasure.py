"""Archived messages of one person made anonymous: files of the archive written anew, one after the other.

A new file takes the place of the old one in the books only while these say of that what they said before it was read;
then the old one is deleted. Whatever ends it half-way, the next sweep goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from wabawatch.domain.archives import ArchivedMessage, Part, PartState, Stored, file_name, strays
from wabawatch.domain.erasure import ERASED, nobody
from wabawatch.domain.errors import Conflict
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.traces import Traces
from wabawatch.meta.wamid import has_no_phone, pack, phone_in, unpack
from wabawatch.storage.message_rows import ELSEWHERE, NO_CLAIM, SCALARS

FOUND: Final = "archived messages"
_SUFFIX_BYTES, _TOKEN_BYTES = 5, 12
_IN_EXTRA: Final = ("conversation", "opaque")
_KINDS: Final = {kind.name.lower(): int(kind) for kind in ContactKind}


class Store(Protocol):
    """Where the files are. Every method raises StoreUnavailable."""

    def keep(self, name: str, pages: Iterable[Sequence[ArchivedMessage]]) -> Stored:
        """Write a file, durably, and read it back. Raises ArchiveDamaged."""

    def read(self, name: str, sha256: str) -> Iterator[list[ArchivedMessage]]:
        """The messages of a file, page by page. Raises ArchiveDamaged, also when it is gone."""

    def delete(self, name: str) -> None:
        """Delete a file. Repeatable."""

    def names(self, before: Millis) -> list[str]:
        """The files that were written before *before*."""


class Parts(Protocol):
    """What the books know of the files. Every method raises StoreUnavailable."""

    def home(self) -> str:
        """Six hex digits that are in the names of this installation's files."""

    def parts(self) -> list[Part]:
        """All files."""

    def exchange(self, old: Part, new: Part) -> bool:
        """Put one file in the place of another. False: that is not any more as it was; nothing changed."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom to make anonymous in archived messages."""

    keys: frozenset[ContactKey]
    sure: Traces
    """Of the ids that are no words"""
    country_of: Callable[[ContactKey], str]
    become: dict[ContactKey, ContactKey] = field(default_factory=dict)
    """Who stands in the place of each id, always the same"""

    def nobody(self, key: ContactKey) -> ContactKey:
        """Who stands where *key* stood."""
        return self.become.setdefault(key, nobody(self.country_of(key), secrets.token_urlsafe(_TOKEN_BYTES)))


def nameless(message: ArchivedMessage, who: Sought) -> ArchivedMessage:
    """*message* without the person; the same when nothing in it leads to them."""
    contact = ContactKey(_KINDS[message.contact_kind or ""], message.contact or "") if message.contact else None
    is_theirs = contact in who.keys
    is_named = message.wamid is not None and (is_theirs or _is_named(message.wamid, who))
    gone = {name for name, word in (("user", message.user), ("lead", message.lead)) if _goes(word, who, is_theirs)}
    extra = msgspec.msgpack.decode(message.extra) if message.extra else {}
    gone |= {name for name in _IN_EXTRA if _goes(extra.get(name), who, is_theirs)}
    claims, kept = _without(message.claims, extra, gone) if gone else (message.claims, extra)
    changed = message._replace(
        wamid=pack(ERASED + _token()) if is_named else message.wamid,
        user=None if "user" in gone else message.user,
        lead=None if "lead" in gone else message.lead,
        claims=claims,
        extra=(msgspec.msgpack.encode(kept) if kept else None) if gone else message.extra,
        errors=_errors(message.errors, who),
        participants=_participants(message.participants, who),
        local_ids=None if is_theirs else message.local_ids,
    )
    if contact is None or not is_theirs:
        return changed
    now = who.nobody(contact)
    return changed._replace(contact_kind=ContactKind(now.kind).name.lower(), contact=now.value)


def _is_named(wamid: bytes, who: Sought) -> bool:
    """Whether the packed id of somebody else's message holds an id of the person."""
    if has_no_phone(wamid):
        return False  # its number is that of its contact
    digits = phone_in(wamid)
    return who.sure.are_in(unpack(wamid) if digits is None else digits)


def _goes(word: str | None, who: Sought, is_theirs: bool) -> bool:
    return bool(word) and (is_theirs or who.sure.are_in(word or ""))


def _without(claims: bytes, extra: dict[str, Any], gone: set[str]) -> tuple[bytes, dict[str, Any]]:
    """What says where each scalar came from, and what stands beside it, without the scalars that are *gone*."""
    kept, times = bytearray(claims), iter(extra.get("at", ()))
    left: list[Any] = []
    for place, name in enumerate(SCALARS[: len(claims)]):
        is_elsewhere = claims[place] != NO_CLAIM and claims[place] & 0xF == ELSEWHERE
        at = next(times) if is_elsewhere else None
        if name in gone:
            kept[place] = NO_CLAIM
        elif is_elsewhere:
            left.append(at)
    others = {name: value for name, value in extra.items() if name != "at" and name not in gone}
    return bytes(kept), ({"at": left} if left else {}) | others


def _errors(errors: bytes | None, who: Sought) -> bytes | None:
    if errors is None:
        return None
    notes = msgspec.msgpack.decode(errors)
    kept = [["" if isinstance(each, str) and who.sure.are_in(each) else each for each in note] for note in notes]
    return errors if kept == notes else msgspec.msgpack.encode(kept)


def _participants(parts: bytes | None, who: Sought) -> bytes | None:
    if parts is None:
        return None
    known = msgspec.msgpack.decode(parts)
    kept = [[*(who.nobody(key) if (key := ContactKey(*each[:2])) in who.keys else key), *each[2:]] for each in known]
    return parts if kept == known else msgspec.msgpack.encode(sorted(kept, key=lambda each: each[:2]))


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class ArchiveSweep:
    """Searches the files of an archive for one person, and writes those anew that know them."""

    books: Parts
    store: Store
    country_of: Callable[[ContactKey], str]

    def size(self) -> int:
        """How many messages the files hold."""
        return sum(part.rows for part in self.books.parts())

    def sweep(self, keys: Iterable[ContactKey], sure: Traces, now: Millis, tell: Callable[[int], None]) -> int:
        """Make the person nobody. Gives how many messages were changed; *tell* is told how many were looked at.

        Raises Conflict while days are being restored, or when somebody changed a file's place meanwhile.
        """
        who, n = Sought(frozenset(keys), sure, self.country_of), 0
        self._delete_strays(now)
        for part in self.books.parts():
            if part.state is PartState.RESTORING:
                raise Conflict("days are being restored from the archive: try again when that is done")
            if found := sum(len(page) for page in self._theirs(part, who, tell)):
                self._exchange(part, who)
                n += found
        return n

    def look(self, keys: Iterable[ContactKey], sure: Traces, tell: Callable[[int], None]) -> Iterator[ArchivedMessage]:
        """The archived messages that lead to the person."""
        who = Sought(frozenset(keys), sure, self.country_of)
        for part in self.books.parts():
            for page in self._theirs(part, who, tell):
                yield from page

    def _theirs(self, part: Part, who: Sought, tell: Callable[[int], None]) -> Iterator[list[ArchivedMessage]]:
        for page in self.store.read(part.name, part.sha256):
            yield [each for each in page if nameless(each, who) != each]
            tell(len(page))

    def _exchange(self, part: Part, who: Sought) -> None:
        name = file_name(part.day, self.books.home(), secrets.token_hex(_SUFFIX_BYTES))
        pages = ([nameless(each, who) for each in page] for page in self.store.read(part.name, part.sha256))
        stored = self.store.keep(name, pages)
        if not self.books.exchange(part, part.stored_anew(name, stored)):
            self.store.delete(name)
            raise Conflict("somebody archives or restores the same day just now: try again in a minute")
        self.store.delete(part.name)

    def _delete_strays(self, now: Millis) -> None:
        """Delete files that belong to nothing: one may be left of a sweep that was ended before it could."""
        for name in strays(self.store.names(now - DAY_MS), self.books.parts(), self.books.home()):
            self.store.delete(name)
