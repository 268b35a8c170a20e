"""One change of one webhook entry: what all its items share, and how an item is read without endangering the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from wabawatch.domain.facts import Fact, Feed, Millis, Unrecognised, When, Why, when
from wabawatch.meta.people import Contacts
from wabawatch.meta.reading import Json, compact, millis, phone, text


class Unreadable(ValueError):
    """An item of a known field gave no fact. The message says what was expected there."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a body came to us."""

    received_at: Millis
    is_live: bool = True
    is_synthetic: bool = False

    def when(self, at: Millis | None) -> When:
        """The times of something whose own clock says *at*."""
        return when(at, self.received_at, is_live=self.is_live)


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with everything its items need to become facts."""

    receipt: Receipt
    place: tuple[int, int]
    """Which entry, and which change of it."""
    field: str
    feed: Feed
    told_at: Millis | None
    """``entry.time``: when Meta sent the notification; absent on messages."""
    waba: str
    metadata: Json
    number: str
    contacts: Contacts

    @property
    def display_number(self) -> str:
        """The business number as people dial it."""
        return phone(self.metadata.get("display_phone_number"))

    def when(self, stamp: object) -> When:
        """The times of an item whose own clock says *stamp*."""
        return self.receipt.when(millis(stamp))

    def told(self, stamp: object = None) -> When:
        """The times of something about an account, which seldom has a clock of its own: then the entry's counts."""
        at = millis(stamp)
        return self.receipt.when(self.told_at if at is None else at)

    def unrecognised(self, why: Why, at: str, raw: str, reason: str) -> Unrecognised:
        """What stands at *at* (below the value) and was not understood."""
        return Unrecognised(
            when=self.told(),
            why=why,
            field=self.field,
            path=f"{change_path(*self.place)}.value" + (f".{at}" if at else ""),
            raw=raw,
            reason=reason,
            number=self.number,
            waba=self.waba,
        )

    def strange(self, at: str, value: str, known: frozenset[str]) -> list[Fact]:
        """A note that *value* is none of the *known* ones; nothing when it is, or when it is empty."""
        if not value or value in known:
            return []
        return [
            self.unrecognised(Why.UNKNOWN_VALUE, at, value, f"not one of the known values of {at.rpartition('.')[2]}")
        ]

    def strangers(self, at: str, holder: Json, names: Iterable[str]) -> list[Fact]:
        """Notes on lists and objects of *names* that nobody told us of: they may hold items of something new."""
        reason = "nothing of this name is known here"
        return [
            self.unrecognised(Why.UNKNOWN_VALUE, key(at, text(name)), compact(holder[name]), reason) for name in names
        ]


BESIDE: Final = frozenset({"messaging_product", "metadata", "contacts"})
"""What stands beside the lists of a value and is read with them."""

Reader: TypeAlias = Callable[[Change, Json, str], Iterable[Fact]]
"""Reads one object that stands at a place below the value. Raises Unreadable when there is something and no fact."""


MOST_UNREAD: Final = 1_000
"""So many things of one list are reported one by one when they cannot be read, the others as a number: a body of 4 MB
may hold 1.4 million."""


def each(change: Change, listed: Iterable[object], at: str, read: Reader) -> list[Fact]:
    """The facts of every item of a list; one that cannot be read is reported and costs no other."""
    told = (guarded(change, item, f"{at}[{index}]", read) for index, item in enumerate(listed))
    return gathered(told, lambda reason: change.unrecognised(Why.UNPARSED, at, "", reason))


def gathered(told: Iterable[list[Fact]], note: Callable[[str], Fact]) -> list[Fact]:
    """The facts that each item tells; *note* is asked for one that stands for all the unread beyond `MOST_UNREAD`."""
    facts: list[Fact] = []
    unread = 0
    for some in told:
        if len(some) == 1 and isinstance(some[0], Unrecognised) and some[0].why is Why.UNPARSED:
            unread += 1
            if unread > MOST_UNREAD:
                continue
        facts += some
    if unread > MOST_UNREAD:
        facts.append(note(f"{unread - MOST_UNREAD:,} more things here could not be read"))
    return facts


def guarded(change: Change, item: object, at: str, read: Reader) -> list[Fact]:
    """The facts of one item, or the one fact that it could not be understood. Never raises."""
    try:
        if not isinstance(item, dict):
            raise Unreadable("an object was expected here")
        return list(read(change, item, at))
    except Unreadable as error:
        reason = str(error)
    except Exception as error:  # the boundary: whatever an item does to a reader, its neighbours are read
        reason = f"the reader failed: {type(error).__name__}"
    return [change.unrecognised(Why.UNPARSED, at, compact(item), reason)]


def change_path(entry: int, change: int) -> str:
    """Where a change stands in the body."""
    return f"entry[{entry}].changes[{change}]"


def key(at: str, name: str) -> str:
    """The place of *name* within what stands at *at*."""
    return f"{at}.{name}" if at else name


def first(holder: Json, *names: str) -> str:
    """The first of several spellings of one key that has a value."""
    return next((found for name in names if (found := text(holder.get(name)))), "")
