"""Erasing one person: what stays of a message, who stands in the person's place, and what is told of an erasure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey, ContactKind, Message

TOMBSTONE_DAYS: Final = 45
"""So long what is still told of an erased message is dropped: 30 days time-to-live, 7 of retries, and a margin"""
ERASED: Final = "erased."
"""How the random value begins that stands where a message id or a word stood"""

MOST_IDS: Final = 32
"""Nobody has more ids than this: such a chain was made by a client that gives many messages one id"""

_PHONE = re.compile(r"\+?[0-9](?:[\s()./-]*[0-9]){4,19}")
_TRUNK = re.compile(r"\(0\)")
"""How a number is written for those at home, too: it is no part of it"""
_BSUID = re.compile(r"[A-Z]{2}\.\S+")
_USERNAME = re.compile(r"[\w.-]{3,}")


def anonymous(message: Message, wamid: str) -> Message:
    """*message* without what leads to a person: *wamid* stands for its id, and what the application called them goes.

    All that it counts by stays. The contact stays, too: who that is, is renamed once, for all messages.
    """
    return message._replace(wamid=wamid if message.wamid else "", user=None, lead=None, conversation=None, opaque=None)


def unnamed(message: Message, wamid: str, names: Callable[[str], bool]) -> Message:
    """*message*, which is with somebody else, without what *names* the person: *wamid* stands for an id that does."""
    conversation, opaque = message.conversation, message.opaque
    return message._replace(
        wamid=wamid if names(message.wamid) else message.wamid,
        conversation=None if conversation and names(conversation[2]) else conversation,
        opaque=None if opaque and names(opaque[2]) else opaque,
    )


def nobody(country: str, token: str) -> ContactKey:
    """Who stands where a person stood. Figures by country need the country; *token* is random."""
    return ContactKey(ContactKind.ERASED, f"{country}.{token}")


def ids_meant(text: str) -> tuple[ContactKey, ...]:
    """The ids that *text* may be: a phone number however it is written, or else a BSUID or a username.

    Raises BadRequest when it is none of them.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    if _PHONE.fullmatch(said):
        digits = re.sub(r"[^0-9]", "", _TRUNK.sub("", said))
        return (ContactKey(ContactKind.PHONE, digits if said.startswith("+") else digits.removeprefix("00")),)
    name = said.removeprefix("@")
    is_bsuid = bool(_BSUID.fullmatch(said))
    is_name = _USERNAME.fullmatch(name) and any(each.isalpha() for each in name)
    if not (is_bsuid or is_name) or name.startswith("wamid."):
        raise BadRequest("contact: give a phone number with its country code, a BSUID or a username")
    usual = (ContactKey(ContactKind.BSUID, said),) if is_bsuid else ()
    return (*usual, ContactKey(ContactKind.USERNAME, name))


def check_unnamed(reason: str, keys: Sequence[ContactKey]) -> None:
    """Raises BadRequest when *reason*, which stands in the audit trail and the certificate, holds one of *keys*."""
    digits, words = re.sub(r"[^0-9]", "", reason), reason.casefold()
    for kind, value in keys:
        is_word = kind is not ContactKind.PHONE and re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", words)
        if is_word or (kind is ContactKind.PHONE and value in digits):
            raise BadRequest("reason: it names the person, and stands in the audit trail for ever: leave that out")


class Stage(StrEnum):
    """How far an erasure is."""

    ROWS = "rows"
    """The tables"""
    BODIES = "bodies"
    """What is kept sealed: bodies of webhooks and records, details, answers, searches"""
    DONE = "done"


class KnownId(NamedTuple):
    """One id of a person."""

    key: ContactKey
    is_given: bool
    """Asked for; else it is linked to what was"""
    accounts: Sequence[str]
    """The WABAs where it was seen together with another"""
    first_at: Millis | None
    last_at: Millis | None
    """When that was, by day; None: never"""


@dataclass(frozen=True, slots=True)
class Hold:
    """Data about a person that must not be erased, and why."""

    id: int
    reason: str
    actor: str
    since: Millis
    ended_at: Millis | None = None
    key: ContactKey | None = None
    """One id of the person"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure is about, before anything is done."""

    ids: Sequence[KnownId]
    rows: Mapping[str, int]
    """How many there are of each kind, by what they are called"""
    holds: Sequence[Hold]

    @property
    def keys(self) -> tuple[ContactKey, ...]:
        """The ids themselves."""
        return tuple(each.key for each in self.ids)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure, as it is kept: never with an id of the person once it is done."""

    id: int
    asked_at: Millis
    actor: str
    reason: str
    stage: Stage
    prints: Sequence[str]
    """Keyed hashes of the ids: whoever has an id and the key file can tell that this was about it"""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How much was erased, by what it is called"""
    ended_at: Millis | None = None
    up_to: int = 0
    """Of bodies numbered up to this, what they held of the person goes"""
    keys: tuple[ContactKey, ...] = ()
    """The ids, while it is not done"""


def certificate(done: Erasure) -> dict[str, object]:
    """What an erasure has to show for itself: nobody can tell from it who it was, without the key file."""
    return {
        "certificate": "erasure",
        "erasure": done.id,
        "asked_at_ms": done.asked_at,
        "ended_at_ms": done.ended_at,
        "by": done.actor,
        "reason": done.reason,
        "subject_hashes": list(done.prints),
        "erased": dict(sorted(done.counts.items())),
        "late_news_dropped_for_days": TOMBSTONE_DAYS,
    }
