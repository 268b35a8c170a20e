"""One person, for who administers: looked up, counted and given out in the background, held, and erased.

Whom somebody looked up stays in memory, under a key that nobody can guess, for an hour: so no address and no table
holds an id. An erasure that was asked for is a row, and is done whatever becomes of us.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from wabawatch.domain.audit_trail import reason_of
from wabawatch.domain.erasure import Erasure, Plan, ids_meant
from wabawatch.domain.errors import BadRequest, Conflict, NotFound, Refusal, Trouble
from wabawatch.domain.facts import Millis
from wabawatch.ports import Clock, Deed

KEPT_MS: Final = 3_600_000
MOST_LOOKS: Final = 50
MOST_MESSAGES: Final = 20_000
"""Who has more is given out by the command: it writes a file, and needs no memory of the server's"""

TellRows = Callable[[int], None]
"""Told how many rows were looked at now"""


class Swept(Protocol):
    """What was met."""

    @property
    def found(self) -> Mapping[str, int]:
        """How much names the person, by what it is called."""
        ...

    @property
    def unopened(self) -> int:
        """How many values no key opens."""
        ...


class Eraser(Protocol):
    """Whoever erases: `flows.erasing.Erasing`. Every method raises StoreUnavailable."""

    def plan(self, contact: str, *, is_alone: bool = False) -> Plan:
        """Whom *contact* means, and how many rows there are. Raises BadRequest, Conflict."""
        ...

    def look(self, plan: Plan, found: Callable[[str, Any], None], tell: TellRows) -> Swept:
        """What is kept beside the rows; *found* is told of each."""
        ...

    def size(self) -> int:
        """How many rows that looks at, about."""
        ...

    def begin(self, plan: Plan, actor: str, reason: str) -> Erasure:
        """Have somebody erased in the background. Raises BadRequest, Conflict."""
        ...

    def hold(self, contact: str, actor: str, reason: str) -> int:
        """Let nobody erase somebody. Gives the number of the hold. Raises BadRequest, Conflict."""
        ...

    def release(self, id: int, actor: str) -> None:
        """End a hold. Raises NotFound."""


class AuditTrail(Protocol):
    """Where it is written down who looked."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed, durably. Raises StoreUnavailable."""


class Work(StrEnum):
    """What is done with somebody in the background."""

    COUNT = "count"
    FILE = "file"


class Given(NamedTuple):
    """Everything that is kept of somebody, to be handed to them."""

    content: bytes
    """As JSON"""
    rows: int
    unopened: int
    """How many values no key opens"""


@dataclass(slots=True)
class Look:
    """Somebody who was looked up."""

    key: str
    actor: str
    """Who looked: nobody else sees it"""
    contact: str
    """As they wrote it"""
    is_alone: bool
    """Without the ids that are linked"""
    plan: Plan
    until: Millis
    wanted: list[Work] = field(default_factory=lambda: [Work.COUNT])
    """What is to be done, the first just now"""
    rows_looked_at: int = 0
    rows: int = 0
    """How many there are to look at, about; 0: it has not begun"""
    kept: Mapping[str, int] | None = None
    """What was found beside the rows, by what it is called; None: it is not known yet"""
    unopened: int = 0
    file: bytes | None = None
    """What is given out, packed"""
    file_rows: int = 0
    trouble: str = ""
    """Why the last of it could not be done"""


class _Over(Exception):
    """Nobody waits for it any more."""


class PersonDesk:
    """For the console. Its methods may be called from any thread; `step` belongs to one loop."""

    def __init__(
        self,
        erasing: Eraser,
        given_out: Callable[[Plan, TellRows], Given],
        trail: AuditTrail,
        clock: Clock,
        new_key: Callable[[], str],
        wake: Callable[[], None],
        wake_erasing: Callable[[], None],
    ) -> None:
        """*given_out* makes the document; *wake* has `step` called, *wake_erasing* that of *erasing*."""
        self._erasing = erasing
        self._given_out, self._trail, self._clock = given_out, trail, clock
        self._new_key, self._wake, self._wake_erasing = new_key, wake, wake_erasing
        self._looks: dict[str, Look] = {}
        self._changing = threading.Lock()

    def look_up(self, contact: str, actor: str, *, is_alone: bool = False) -> Look:
        """Find whom *contact* means. Raises BadRequest, and Conflict as `Eraser.plan`."""
        plan = self._erasing.plan(contact, is_alone=is_alone)
        now = self._clock.now()
        look = Look(self._new_key(), actor, contact, is_alone, plan, now + KEPT_MS)
        with self._changing:
            self._forget_old(now)
            while len(self._looks) >= MOST_LOOKS:
                del self._looks[next(iter(self._looks))]
            self._looks[look.key] = look
        self._trail.note(now, Deed(actor, "person_looked_up", "", {"ids": len(plan.ids), "messages": _messages(plan)}))
        self._wake()
        return look

    def of(self, key: str, actor: str) -> Look:
        """The look with this key. Raises NotFound, also when it is somebody else's."""
        with self._changing:
            self._forget_old(self._clock.now())
            look = self._looks.get(key)
        if look is None or look.actor != actor:
            raise NotFound(
                "whom you looked up is forgotten after an hour, and when the server is started again: look the person "
                "up again under Settings, People. An erasure that was begun goes on."
            )
        return look

    def now(self, key: str, actor: str) -> Look:
        """The same, with its rows counted again: a hold may have been set meanwhile. Raises NotFound, Conflict."""
        look = self.of(key, actor)
        look.plan = self._erasing.plan(look.contact, is_alone=look.is_alone)
        return look

    # ---------------------------------------------------------------- given out

    def ask_for_file(self, key: str, actor: str) -> None:
        """Have everything that is kept of somebody written down. Raises NotFound, Conflict: it is too much."""
        look = self.of(key, actor)
        if _messages(look.plan) > MOST_MESSAGES:
            raise Conflict(
                f"{_messages(look.plan):,} messages are too many to be held by the server: "
                "use `wabawatch export person` on its machine"
            )
        if Work.FILE not in look.wanted:
            look.file, look.trouble = None, ""
            look.wanted.append(Work.FILE)
        self._wake()

    def file(self, key: str, actor: str) -> bytes:
        """The file, as JSON; that it was given out is written into the audit trail. Raises NotFound, Conflict."""
        look = self.of(key, actor)
        if look.file is None:
            raise Conflict("the file is not made yet")
        detail = {"rows": look.file_rows, "unopened": look.unopened}
        self._trail.note(self._clock.now(), Deed(actor, "person_exported", "", detail))
        return zlib.decompress(look.file)

    # ---------------------------------------------------------------- held, erased

    def hold(self, key: str, actor: str, reason: str) -> int:
        """Let nobody erase this person. Gives the number of the hold. Raises NotFound, BadRequest, Conflict."""
        return self._erasing.hold(self.of(key, actor).contact, actor, reason_of(reason))

    def release(self, id: int, actor: str) -> None:
        """End a hold. Raises NotFound."""
        self._erasing.release(id, actor)

    def erase(self, key: str, actor: str, typed: str, reason: str) -> Erasure:
        """Have somebody erased for good, in the background. *typed*: one of their ids, written again.

        Raises NotFound; BadRequest when what was typed is another id, or the reason will not do; Conflict when a
        legal hold stops it, or when more is linked by now than was shown.
        """
        look, why = self.of(key, actor), reason_of(reason)
        if not set(_meant(typed)) & set(look.plan.keys):
            raise BadRequest("typed: that is none of the ids of this person; write one of those above")
        plan = self._erasing.plan(look.contact, is_alone=look.is_alone)
        if set(plan.keys) != set(look.plan.keys):
            look.plan = plan
            raise Conflict(
                "by now other ids are linked with this person than were shown: look at them, then say it again"
            )
        begun = self._erasing.begin(plan, actor, why)
        with self._changing:
            self._looks.pop(key, None)
        self._wake_erasing()
        return begun

    # ---------------------------------------------------------------- in the background

    def step(self) -> bool:
        """Count, or write down, what is kept of one who was looked up. True: there may be more to do."""
        with self._changing:
            self._forget_old(self._clock.now())
            look = next((each for each in self._looks.values() if each.wanted), None)
        if look is None:
            return False
        look.rows_looked_at, look.rows, look.trouble = 0, self._erasing.size(), ""
        try:
            self._do(look.wanted[0], look)
        except _Over:
            return True
        except (Refusal, Trouble) as error:
            look.trouble = str(error)
        look.wanted.pop(0)
        return True

    def _do(self, work: Work, look: Look) -> None:
        def tell(n: int) -> None:
            look.rows_looked_at += n
            if look.key not in self._looks:
                raise _Over

        if work is Work.COUNT:
            seen = self._erasing.look(look.plan, _nothing, tell)
            look.unopened, look.kept = seen.unopened, dict(seen.found)
        else:
            given = self._given_out(look.plan, tell)
            look.unopened, look.file_rows = given.unopened, given.rows
            look.file = zlib.compress(given.content)

    def _forget_old(self, now: Millis) -> None:
        for look in [each for each in self._looks.values() if each.until <= now]:
            del self._looks[look.key]


def _messages(plan: Plan) -> int:
    return plan.rows.get("messages", 0)


def _meant(typed: str) -> Sequence[Any]:
    try:
        return ids_meant(typed)
    except BadRequest:
        return ()


def _nothing(_what: str, _item: Any) -> None:
    pass
