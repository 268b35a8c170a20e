"""Erasing one person: shown first, stopped by a legal hold, and finished by whoever finds it begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from wabawatch.domain.erasure import MOST_IDS, Erasure, Hold, Plan, Stage, check_unnamed, ids_meant
from wabawatch.domain.errors import BadRequest, Conflict, NotFound, Refusal, Trouble
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.ports import Clock, Deed

SEALED: Final = "sealed and archived rows"
MOST_SWEEPS: Final = 5
LEFT_ALONE_MS: Final = 120_000
"""An erasure of which nothing was done for so long is taken up by the server: whoever began it was ended"""
SOME: Final = 200
EVERY_BODY: Final = 1 << 62
"""Above the number of any body"""

Tell = Callable[[str, int], None]
"""Told what is being done, and how many of it were done now"""


class Swept(Protocol):
    """What a sweep met."""

    @property
    def found(self) -> Mapping[str, int]:
        """How much named the person, by what it is called."""
        ...

    @property
    def unopened(self) -> int:
        """How many values no key opens."""
        ...


class Book(Protocol):
    """The tables. Every method raises StoreUnavailable."""

    def linked(self, given: Sequence[ContactKey]) -> Sequence[ContactKey]:
        """The ids of the same person, *given* first."""

    def plan(self, given: Sequence[ContactKey], keys: Sequence[ContactKey]) -> Plan:
        """What is known of *keys*."""

    def business_numbers(self, keys: Sequence[ContactKey]) -> Sequence[str]:
        """Those of *keys* that are numbers of our own side."""

    def open(
        self, keys: Sequence[ContactKey], done: Deed, reason: str, now: Millis, *, is_left: bool = False
    ) -> Erasure:
        """Begin one, or find the same one unfinished. *is_left*: nobody is at it. Raises Conflict: a hold stops it."""

    def page(self, keys: Sequence[ContactKey]) -> Sequence[int]:
        """The next messages that still lead to the person."""

    def strays(self, keys: Sequence[ContactKey]) -> Sequence[int]:
        """Messages of others that hold an id of the person."""

    def make_anonymous(self, erasure: Erasure, ids: Collection[int], now: Millis) -> None:
        """Take out of some messages what leads to somebody. Durable on return; repeatable."""

    def close_rows(self, erasure: Erasure, now: Millis) -> bool:
        """Make the person nobody. False: messages came meanwhile, and nothing was done."""

    def find(self, id: int) -> Erasure | None:
        """The erasure of this number."""

    def add(self, erasure: Erasure, counts: Mapping[str, int], now: Millis) -> None:
        """Count what else was erased."""

    def finish(self, erasure: Erasure, done: Deed, now: Millis) -> Erasure:
        """End it. Repeatable."""

    def unfinished(self, before: Millis) -> Sequence[Erasure]:
        """Those not ended of which nothing was done since *before*."""

    def drop_old(self, now: Millis) -> int:
        """Forget hashes whose time is over. Gives how many; 0: none is left."""

    def hold(self, key: ContactKey, reason: str, done: Deed, now: Millis) -> int:
        """Hold a person from now on. Gives the number of the hold. Raises Conflict: they are being erased."""

    def release(self, id: int, done: Deed, now: Millis) -> bool:
        """End a hold. False: there is none of this number that holds."""

    def holds(self) -> Sequence[Hold]:
        """All holds that ever were."""


class Sealed(Protocol):
    """Everything that is kept sealed. Every method raises StoreUnavailable."""

    def size(self) -> int:
        """How many rows a sweep looks at, about."""
        ...

    def scrub(self, *, compact: bool) -> bool:
        """Take what was deleted out of the files, too. False: some of it stays in a log for now."""
        ...

    def sweep(self, keys: Sequence[ContactKey], up_to: int, now: Millis, tell: Callable[[int], None]) -> Swept:
        """Take the person out. What it found says whether another sweep is needed.

        Raises Conflict while days are being restored from the archive.
        """

    def look(
        self, keys: Sequence[ContactKey], up_to: int, found: Callable[[str, Any], None], tell: Callable[[int], None]
    ) -> Swept:
        """Change nothing: *found* is told of everything that a sweep would take out."""


@dataclass(slots=True)
class Watch:
    """How far the erasure is that this process goes on with."""

    id: int = 0
    """Its number; 0: there is none"""
    looked_at: int = 0
    """How many sealed and archived rows were looked at, in all passes"""
    rows: int = 0
    """How many there are, about"""
    trouble: str = ""
    """Why it could not be finished the last time"""

    @property
    def passes(self) -> int:
        """Which pass over everything it is at."""
        return self.looked_at // self.rows + 1 if self.rows else 1

    @property
    def share(self) -> float:
        """How much of that pass is done."""
        return self.looked_at % self.rows / self.rows if self.rows else 0.0

    def begin(self, id: int, rows: int) -> None:
        """Another one is gone on with."""
        self.id, self.looked_at, self.rows, self.trouble = id, 0, rows, ""

    def tell(self, what: str, n: int) -> None:
        """Be told what is being done."""
        if what == SEALED:
            self.looked_at += n


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases persons, one at a time or several: no step minds another."""

    book: Book
    sealed: Sealed
    drain: Callable[[], bool]
    """Digests everything that waits. False: some of it cannot be had now"""
    drop_exports: Callable[[str], int]
    """Deletes, in the name of an actor, the files that others made of searches. Gives how many"""
    clock: Clock
    watch: Watch = field(default_factory=Watch)

    def plan(self, contact: str, *, is_alone: bool = False) -> Plan:
        """Whom *contact* means, and what is kept of them. *is_alone*: no other id than this.

        Raises BadRequest; Conflict when the ids that are linked are too many to be one person's.
        """
        given = ids_meant(contact)
        if ours := self.book.business_numbers(given):
            raise BadRequest(f"contact: {ours[0]} is a number of your own, and no person's")
        keys = given if is_alone else tuple(self.book.linked(given))
        if len(keys) > MOST_IDS:
            raise Conflict(
                f"{len(keys)} ids are linked with each other: no person has so many, so some client gave many one id;"
                " erase them one by one, without those that are linked (--alone)",
                code="too_many_linked",
            )
        if ours := self.book.business_numbers(keys):
            raise Conflict(
                f"{ours[0]}, a number of your own, is linked with this person: erase their ids one by one,"
                " without those that are linked (--alone)",
                code="own_number_linked",
            )
        return self.book.plan(given, keys)

    def look(self, plan: Plan, found: Callable[[str, Any], None], tell: Callable[[int], None]) -> Swept:
        """What is kept of whom *plan* is about beside the rows that it counts: sealed, and in the archive.

        Changes nothing, and takes as long as a sweep: *tell* is told how many rows were looked at, each time, and
        *found* of everything that was found.
        """
        return self.sealed.look(plan.keys, EVERY_BODY, found, tell)

    def size(self) -> int:
        """How many rows that looks at, about."""
        return self.sealed.size()

    def erase(self, plan: Plan, actor: str, reason: str, tell: Tell) -> Erasure:
        """Erase whom *plan* is about, for good. Raises BadRequest; Conflict: a legal hold stops it."""
        return self.finish(self._open(plan, actor, reason, is_left=False), tell)

    def begin(self, plan: Plan, actor: str, reason: str) -> Erasure:
        """Note that whom *plan* is about is to be erased: the next `step` does it, in whatever process.

        Raises BadRequest when *reason* names them, and Conflict when a legal hold stops it.
        """
        return self._open(plan, actor, reason, is_left=True)

    def _open(self, plan: Plan, actor: str, reason: str, *, is_left: bool) -> Erasure:
        check_unnamed(reason, plan.keys)
        deed = Deed(actor, "erasure_begun")
        return self.book.open(plan.keys, deed, reason, self.clock.now(), is_left=is_left)

    def finish(self, erasure: Erasure, tell: Tell) -> Erasure:
        """Do what is left to do of *erasure*. May be ended at any moment, and begun again by anybody."""
        self._rows(erasure, tell)  # also once they were closed: days may have been restored from the archive since
        found = self.book.find(erasure.id)
        if found is None or found.stage is Stage.DONE:
            return found or erasure
        self._bodies(found, tell)
        return self.book.finish(found, Deed(erasure.actor, "person_erased"), self.clock.now())

    def finish_all(self, tell: Tell) -> Sequence[Erasure]:
        """Finish everything that was begun."""
        return [self.finish(each, tell) for each in self.book.unfinished(self.clock.now())]

    def step(self) -> bool:
        """Finish what nobody is at, and forget hashes whose time is over. True: there may be more.

        One that cannot be finished keeps no other from it: why is raised afterwards.
        """
        left = self.book.unfinished(self.clock.now() - LEFT_ALONE_MS)
        troubles = [trouble for each in left if (trouble := self._gone_on_with(each)) is not None]
        dropped = self.book.drop_old(self.clock.now())
        if troubles:
            raise troubles[0]
        return bool(left) or dropped > 0

    def _gone_on_with(self, erasure: Erasure) -> Refusal | Trouble | None:
        self.watch.begin(erasure.id, self.sealed.size())
        try:
            self.finish(erasure, self.watch.tell)
            self.sealed.scrub(compact=False)
        except (Refusal, Trouble) as trouble:
            self.watch.trouble = str(trouble)
            return trouble
        return None

    def _rows(self, erasure: Erasure, tell: Tell) -> None:
        if not self.drain():
            raise Conflict(
                "records wait in the spool of another process, and may be about this person; try again in a minute."
                " What was begun is finished then.",
                code="records_wait",
            )
        while True:
            while ids := self.book.page(erasure.keys):
                self._make_anonymous(erasure, ids, tell)
            strays = self.book.strays(erasure.keys)
            for start in range(0, len(strays), SOME):
                self._make_anonymous(erasure, strays[start : start + SOME], tell)
            if self.book.close_rows(erasure, self.clock.now()):
                return

    def _make_anonymous(self, erasure: Erasure, ids: Collection[int], tell: Tell) -> None:
        self.book.make_anonymous(erasure, ids, self.clock.now())
        tell("messages", len(ids))

    def _bodies(self, erasure: Erasure, tell: Tell) -> None:
        """Sweep until nothing is found: what others wrote meanwhile, having read it before, is found the next time."""
        dropped, unopened = self.drop_exports(erasure.actor), 0
        for _ in range(MOST_SWEEPS):
            now = self.clock.now()
            swept = self.sealed.sweep(erasure.keys, erasure.up_to, now, lambda n: tell(SEALED, n))
            unopened = swept.unopened
            counts = Counter(swept.found) + Counter({"exports": dropped})
            self.book.add(erasure, counts, self.clock.now())
            dropped = 0
            if not swept.found:
                break
        else:
            raise Conflict(
                "what is kept of this person keeps coming back: end what imports or restores, then try again"
            )
        if unopened:
            self.book.add(erasure, {"values that no key opens": unopened}, self.clock.now())

    # ---------------------------------------------------------------- legal holds

    def hold(self, contact: str, actor: str, reason: str) -> int:
        """Let nobody erase this person. Gives the number of the hold. Raises BadRequest; Conflict: it has begun."""
        key, *others = ids_meant(contact)
        check_unnamed(reason, [key, *others])
        return self.book.hold(key, reason, Deed(actor, "legal_hold_set"), self.clock.now())

    def release(self, id: int, actor: str) -> None:
        """End a hold. Raises NotFound."""
        if not self.book.release(id, Deed(actor, "legal_hold_ended"), self.clock.now()):
            raise NotFound(f"there is no legal hold {id} that holds anybody now; `wabawatch erase holds` lists them")
