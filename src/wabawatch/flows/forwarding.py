"""Forwarding: which target gets what of a body, and what an operator does about those that were not delivered.

The attempts themselves are made by `forwarder`: thousands a second, and so asynchronously. What it decides is here and
in `domain.forwarding`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Delivery, Letters, Outcome, Target, TargetState
from wabawatch.ports import Body, BodyId, BodyKind, BodySource, Clock, Deed, StoredBody

PartOf: TypeAlias = Callable[[bytes, Collection[str], Collection[str]], bytes | None]
"""What of a body is about some WABAs or numbers: the body itself when nothing else is inside, None when nothing is."""
Sign: TypeAlias = Callable[[bytes, bytes], str]
"""The signature header of a body under a secret."""

_T = TypeVar("_T")

MOST_REPLAYED = 100_000
"""So many bodies are sent again at once, the oldest; the answer says when there are more."""


class Parcel(NamedTuple):
    """What a target gets of a body."""

    content: bytes
    signature: str
    """The signature header; "" none"""
    is_split: bool = False
    """Whether it is cut out of the body, and signed with the target's own secret"""


def route(body: Body, target: Target, part_of: PartOf, sign: Sign) -> Parcel | None:
    """What *target* gets of *body*; None: nothing.

    Only what Meta sent just now is forwarded: nothing imported, replayed or made by ourselves.
    """
    if body.kind is not BodyKind.WEBHOOK or body.source is not BodySource.LIVE:
        return None
    return share_of(body, target, part_of, sign)


def is_for(body: Body, target: Target, part_of: PartOf) -> bool:
    """Whether anything of the webhook *body* is for *target*."""
    if target.takes_app(body.app):
        return True
    return bool(target.wabas or target.numbers) and part_of(body.content, target.wabas, target.numbers) is not None


def share_of(body: Body, target: Target, part_of: PartOf, sign: Sign) -> Parcel | None:
    """As `route`, wherever the webhook *body* came from: what was imported goes out when somebody asks for it."""
    if target.takes_app(body.app):
        return Parcel(body.content, body.signature)
    if not (target.wabas or target.numbers):
        return None
    part = part_of(body.content, target.wabas, target.numbers)
    if part is None:
        return None
    if part is body.content:
        return Parcel(body.content, body.signature)
    return Parcel(part, sign(part, target.secret), is_split=True)


@dataclass(frozen=True, slots=True)
class Pick:
    """Which bodies to send again to a target. Everything that is given must hold."""

    body_id: BodyId | None = None
    from_at: Millis | None = None
    to_at: Millis | None = None
    only_dead: bool = True
    """Only dead letters; else any body of that time that is still kept, delivered or not"""
    limit: int = MOST_REPLAYED
    ids: frozenset[BodyId] | None = None
    """Only these of the dead letters"""
    outcome: Outcome | None = None
    """Only dead letters whose last attempt ended so"""

    def holds(self, letter: Delivery) -> bool:
        """Whether this dead letter is meant, by all but its time."""
        return (self.ids is None or letter.body_id in self.ids) and self.outcome in (None, letter.outcome)


class Resent(NamedTuple):
    """One body that is sent again, or would be."""

    body_id: BodyId
    received_at: Millis
    app: str
    size: int
    """Bytes that the target gets"""
    is_split: bool
    was: str
    """`dead`, `retrying`, or "" for one that was delivered, skipped or not yet tried"""


class Replay(NamedTuple):
    """What is sent again, or would be."""

    bodies: list[Resent]
    """The oldest first"""
    is_cut: bool
    """There are more, which are left as they are: ask again for them"""


class Preview(NamedTuple):
    """What a target would get of one body."""

    target: Target
    parcel: Parcel
    headers: Mapping[str, str]
    was: Delivery | None
    """What is on record of it"""


class Desk(Protocol):
    """What the books know of targets and deliveries. Every method raises StoreUnavailable."""

    def states(self) -> list[TargetState]:
        """Every target that was ever known, by name."""
        ...

    def undelivered(self, name: str, *, is_dead: bool, limit: int | None) -> list[Delivery]:
        """Deliveries of a target that are tried again, or are dead letters; the oldest bodies first."""
        ...

    def find(self, name: str, ids: Collection[BodyId]) -> Mapping[BodyId, Delivery]:
        """Those of *ids* that the target has not taken."""
        ...

    def letters(self, name: str, wanted: Letters, after: BodyId, limit: int) -> tuple[list[Delivery], int]:
        """The first *limit* deliveries that are *wanted* numbered above *after*, and how many are wanted in all."""
        ...

    def left_of(self, name: str, since: Millis) -> tuple[int, int]:
        """Of what was sent again at *since*: how much was not taken yet, and how much of that failed since."""
        ...

    def resend(self, name: str, bodies: Sequence[tuple[BodyId, Millis]], now: Millis, done: Deed) -> None:
        """Have bodies (number, receipt) sent again as soon as possible, for up to 7 days from *now*. Many are noted
        little by little, the oldest first: what is noted when it breaks off is sent; all may be given again."""
        ...

    def drop(
        self, name: str, ids: Collection[BodyId] | None, *, is_dead: bool, now: Millis, done: Deed, reason: str = ""
    ) -> int:
        """Give up deliveries for good: *ids* (None: all) of the dead letters, or of those that are tried again. Many
        go little by little. *reason* goes into the audit trail. Gives how many."""
        ...

    def skip_waiting(self, name: str, up_to: BodyId, now: Millis, done: Deed) -> None:
        """Give up everything up to *up_to* that the target was not tried with yet."""
        ...

    def pause(self, name: str, is_paused: bool, now: Millis, done: Deed) -> None:
        """Begin no further attempt, or go on."""
        ...


class KeptBodies(Protocol):
    """Bodies wherever they are kept. Every method raises StoreUnavailable."""

    def fetch(self, ids: Collection[BodyId]) -> Mapping[BodyId, Body]:
        """Those of *ids* that are kept and can be opened."""
        ...

    def received(self, from_at: Millis, to_at: Millis) -> Iterator[StoredBody]:
        """The bodies received from *from_at* until before *to_at*, in the order of their numbers."""
        ...

    def newest(self) -> BodyId:
        """Number of the newest body ever kept."""
        ...


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What an operator sees of forwarding, and does about it."""

    targets: Mapping[str, Target]
    desk: Desk
    bodies: KeptBodies
    clock: Clock
    part_of: PartOf
    sign: Sign

    def states(self) -> list[TargetState]:
        """How every target is doing."""
        return self.desk.states()

    def undelivered(self, name: str, *, is_dead: bool, limit: int = 100) -> list[Delivery]:
        """What a target has not taken, the oldest first. Raises NotFound."""
        self._known(name)
        return self.desk.undelivered(name, is_dead=is_dead, limit=limit)

    def replay(self, name: str, pick: Pick, actor: str, *, dry_run: bool = False, at: Millis | None = None) -> Replay:
        """Send bodies to *name* again; with *dry_run*, only say which, and what it would get. *at*: now, by which they
        are known afterwards. Raises NotFound, BadRequest."""
        target = self._target(name)
        if pick.body_id is None and not pick.only_dead and pick.from_at is None:
            raise BadRequest("from: missing; say from when on everything is to be sent again")
        picked = self._picked(target, pick)
        found = picked[: pick.limit]
        if pick.body_id is not None and not found:
            raise NotFound(f"body {pick.body_id}: not kept any more, or nothing in it is for {name}")
        if found and not dry_run:
            done = Deed(actor, "forward_replayed", f"{name}: {len(found)}")
            now = self.clock.now() if at is None else at
            self.desk.resend(name, [(each.body_id, each.received_at) for each in found], now, done)
        return Replay(found, len(picked) > len(found))

    def preview(self, name: str, body_id: BodyId) -> Preview:
        """What *name* would get of one body, byte for byte. Raises NotFound, BadRequest."""
        target = self._target(name)
        body = self.bodies.fetch([body_id]).get(body_id)
        parcel = None if body is None else _share(body, target, self.part_of, self.sign)
        if parcel is None:
            raise NotFound(f"body {body_id}: not kept any more, or nothing in it is for {name}")
        return Preview(target, parcel, headers_of(parcel, body_id), self.desk.find(name, [body_id]).get(body_id))

    def dead(self, name: str, pick: Pick) -> list[Delivery]:
        """The dead letters that are meant, the oldest first, kept or not. Raises NotFound."""
        self._known(name)
        return self._dead(name, pick)

    def letters(self, name: str, wanted: Letters, after: BodyId, limit: int) -> tuple[list[Delivery], int]:
        """The first *limit* deliveries that are *wanted* numbered above *after*, the oldest bodies first, and how many
        are wanted in all. Raises NotFound."""
        self._known(name)
        return self.desk.letters(name, wanted, after, limit)

    def left_of(self, name: str, since: Millis) -> tuple[int, int]:
        """Of what was sent again at *since*: how much was not taken yet, and how much of that failed since. Raises
        NotFound."""
        self._known(name)
        return self.desk.left_of(name, since)

    def drop(
        self, name: str, ids: Collection[BodyId] | None, actor: str, *, is_dead: bool = True, reason: str = ""
    ) -> int:
        """Give up deliveries for good. Gives how many. Raises NotFound."""
        self._known(name)
        done = Deed(actor, "forward_dropped", name)
        return self.desk.drop(name, ids, is_dead=is_dead, now=self.clock.now(), done=done, reason=reason)

    def skip_waiting(self, name: str, actor: str) -> None:
        """Give up everything accepted until now that *name* was not tried with yet. Raises NotFound."""
        self._known(name)
        self.desk.skip_waiting(name, self.bodies.newest(), self.clock.now(), Deed(actor, "forward_skipped", name))

    def pause(self, name: str, is_paused: bool, actor: str) -> None:
        """Begin no further attempt, or go on: for every process and beyond a restart. Raises NotFound."""
        self._known(name)
        action = "forward_paused" if is_paused else "forward_resumed"
        self.desk.pause(name, is_paused, self.clock.now(), Deed(actor, action, name))

    def _known(self, name: str) -> None:
        known = [state.name for state in self.desk.states()]
        if name not in known:
            raise NotFound(f"{name}: there is no such forward target; there are {', '.join(known) or 'none'}")

    def _target(self, name: str) -> Target:
        if name not in self.targets:
            self._known(name)
            raise BadRequest(f"{name}: the settings do not name this target any more, or it is not enabled")
        return self.targets[name]

    def _picked(self, target: Target, pick: Pick) -> list[Resent]:
        """The bodies that are meant, and one more than may be sent if there are more."""
        picked: list[Resent] = []
        for some in _in_pages(self._candidates(target.name, pick)):
            known = self.desk.find(target.name, [each.id for each in some])
            for stored in some:
                parcel = _share(stored.body, target, self.part_of, self.sign)
                was = known.get(stored.id)
                if parcel is None or (pick.only_dead and (was is None or was.next_try_at is not None)):
                    continue
                told = "" if was is None else "dead" if was.next_try_at is None else "retrying"
                body = stored.body
                size = len(parcel.content)
                picked.append(Resent(stored.id, body.received_at, body.app, size, parcel.is_split, told))
                if len(picked) > pick.limit:
                    return picked
        return picked

    def _candidates(self, name: str, pick: Pick) -> Iterator[StoredBody]:
        """The bodies that may be meant."""
        from_at, to_at = pick.from_at or 0, self.clock.now() + 1 if pick.to_at is None else pick.to_at
        if pick.body_id is None and not pick.only_dead:
            yield from self.bodies.received(from_at, to_at)
            return
        ids = [pick.body_id] if pick.body_id is not None else [each.body_id for each in self._dead(name, pick)]
        for page in _in_pages(iter(ids)):
            for id_, body in sorted(self.bodies.fetch(page).items()):
                if from_at <= body.received_at < to_at:
                    yield StoredBody(id_, body)

    def _dead(self, name: str, pick: Pick) -> list[Delivery]:
        from_at, to_at = pick.from_at or 0, self.clock.now() + 1 if pick.to_at is None else pick.to_at
        dead = self.desk.undelivered(name, is_dead=True, limit=None)
        return [each for each in dead if from_at <= each.received_at < to_at and pick.holds(each)]


def headers_of(parcel: Parcel, body_id: BodyId) -> dict[str, str]:
    """The headers that go out with *parcel*."""
    headers = {"Content-Type": "application/json", "User-Agent": "wabawatch", "X-Wabawatch-Body": str(body_id)}
    return headers | ({"X-Hub-Signature-256": parcel.signature} if parcel.signature else {})


def _share(body: Body, target: Target, part_of: PartOf, sign: Sign) -> Parcel | None:
    if body.kind is not BodyKind.WEBHOOK or body.source is BodySource.SYNTHETIC:
        return None
    return share_of(body, target, part_of, sign)


def _in_pages(items: Iterator[_T], size: int = 500) -> Iterator[list[_T]]:
    page: list[_T] = []
    for item in items:
        page.append(item)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page
