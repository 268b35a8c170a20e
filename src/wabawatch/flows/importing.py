"""Importing: bodies from dumps go the way of every webhook, each of them once, however often it is stopped and started.

How far a dump was imported is noted before and after each batch of bodies is kept. After a crash in between, the log of
bodies tells whether the batch was kept: it was all of it, or none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Protocol

from wabawatch.domain.archives import day_name, day_of
from wabawatch.domain.distinct import Distinct
from wabawatch.domain.dumps import Dumped, ImportPlace
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import (
    Fact,
    MessageEchoed,
    MessageReceived,
    Millis,
    SendRecorded,
    StatusChanged,
    Unrecognised,
    Why,
)
from wabawatch.ports import (
    Body,
    BodyId,
    BodyKind,
    BodyResult,
    BodySource,
    Clock,
    Inbox,
    StoredBody,
)

BATCH_BODIES = 1_000
BATCH_BYTES = 4 << 20
LISTED = 1_000
"""So many findings of a kind are listed one by one; beyond that they are counted."""

_OF_MESSAGES = (SendRecorded, StatusChanged, MessageReceived, MessageEchoed)

Translate = Callable[[StoredBody], Sequence[Fact]]
"""Makes facts of a body. Does not raise on content."""


class Dump(Protocol):
    """A file of webhook bodies, each method of which raises BadRequest when it cannot be read."""

    @property
    def name(self) -> str:
        """What the operator calls it."""
        ...

    def identity(self) -> bytes:
        """A digest of everything in it: what has the same one gives the same bodies. Before `bodies`, if at all."""
        ...

    def bodies(self) -> Iterator[Dumped]:
        """Its bodies, in order, a few in memory at a time."""
        ...

    def close(self) -> None:
        """Give it back. Repeatable."""
        ...


class Imports(Protocol):
    """Which dumps were imported, and what became of their bodies."""

    def find(self, identity: bytes) -> ImportPlace | None:
        """How far the dump with this digest was imported; None: nobody ever began."""
        ...

    def keep(self, places: Sequence[ImportPlace]) -> None:
        """Note how far dumps were imported, all in one transaction. Durable on return."""
        ...

    def outcomes(self, first: BodyId, last: BodyId) -> Mapping[BodyId, BodyResult]:
        """What became of the imported bodies numbered *first* to *last*."""
        ...

    def imported_after(self, after: BodyId, fingerprints: Collection[bytes]) -> set[bytes]:
        """Those of *fingerprints* that an imported body numbered above *after* has."""
        ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A dump that could not be read, or not to its end."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnparsedItem:
    """An item that gave no fact."""

    name: str
    line: int
    path: str
    """Where in the body; "" is the body as a whole"""
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Unknown:
    """A field or a value that nobody told us about."""

    why: Why
    path: str
    """The field, and where in its value; without the numbers of items"""
    value: str = ""


@dataclass(slots=True)
class Findings:
    """What one run found and did. Bodies that were imported by an earlier run are in `bodies_before` alone."""

    files: int = 0
    files_before: int = 0
    """Nothing of these was read: all of it was imported before"""
    unreadable: list[Unreadable] = field(default_factory=list)
    bodies: int = 0
    bodies_before: int = 0
    duplicates: int = 0
    """Of `bodies`: byte for byte the same as one that was kept before, so there was nothing new in them"""
    set_aside: int = 0
    """Of `bodies`: could not be digested, kept to be tried again"""
    messages: Distinct = field(default_factory=Distinct)
    unparsed: int = 0
    unparsed_items: list[UnparsedItem] = field(default_factory=list)
    """The first of them"""
    unknown: Counter[Unknown] = field(default_factory=Counter)

    def note(self, name: str, line: int, facts: Iterable[Fact]) -> None:
        """Count what a body told."""
        for fact in facts:
            match fact:
                case SendRecorded() | StatusChanged() | MessageReceived() | MessageEchoed():
                    self.messages.add(f"{fact.number}\0{fact.wamid}")
                case Unrecognised(why=Why.UNPARSED):
                    self.unparsed += 1
                    if len(self.unparsed_items) < LISTED:
                        self.unparsed_items.append(UnparsedItem(name, line, fact.path, fact.reason))
                case Unrecognised():
                    self._note_unknown(_unknown(fact))

    def _note_unknown(self, unknown: Unknown) -> None:
        is_one_too_many = len(self.unknown) >= LISTED and unknown not in self.unknown
        self.unknown[Unknown(unknown.why, "(others)") if is_one_too_many else unknown] += 1


def _unknown(fact: Unrecognised) -> Unknown:
    if fact.why is Why.UNKNOWN_FIELD:
        return Unknown(fact.why, fact.field)
    inside = fact.path.partition(".value.")[2]
    parts = [part.partition("[")[0] + ("[]" if "[" in part else "") for part in inside.split(".")]
    return Unknown(fact.why, ".".join((fact.field, *parts)), _value(fact.raw, parts[-1]))


def _value(raw: str, key: str) -> str:
    """The value itself, where the whole item was kept: that one names people, and no two are the same."""
    if not raw.startswith(("{", "[")):
        return raw
    try:
        found = json.loads(raw).get(key)
    except (ValueError, AttributeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


@dataclass(slots=True)
class _Part:
    """What a batch holds of one dump."""

    name: str
    identity: bytes
    done: int
    """So many of its bodies come before these"""
    bodies: list[Dumped] = field(default_factory=list)
    ends: bool = False


@dataclass(frozen=True, slots=True)
class _Next:
    """The next body of a dump, and its number in it; None: there is no more."""

    name: str
    identity: bytes
    number: int
    body: Dumped | None


@dataclass(frozen=True, slots=True)
class Importing:
    """The way from dumps into the books."""

    inbox: Inbox
    imports: Imports
    translate: Translate
    fingerprint: Callable[[StoredBody], bytes]
    drain: Callable[[], None]
    """Digests everything that waits, before it returns"""
    clock: Clock
    archived_days: Collection[int] = ()
    """Days since 1970 with messages in the archive: what told of them again would count them a second time"""

    def run(self, dumps: Iterable[Dump]) -> Findings:
        """Import what is new in *dumps*. On return all of it is digested. Raises StoreUnavailable.

        May be stopped at any moment, also by a crash: the next run with the same dumps goes on.
        """
        findings = Findings()
        for batch in _batches(self._new_in(dumps, findings)):
            self._import(batch, findings)
        self.drain()  # also what an earlier run has kept, and had no time to digest
        return findings

    def _new_in(self, dumps: Iterable[Dump], findings: Findings) -> Iterator[_Next]:
        started: set[bytes] = set()
        for dump in dumps:
            findings.files += 1
            with _reading(dump, findings):
                identity = dump.identity()
                place = self.imports.find(identity) or ImportPlace(identity)
                if place.is_finished or identity in started:
                    findings.files_before += 1
                    findings.bodies_before += place.done
                    continue
                started.add(identity)
                yield from self._following(dump, place, findings)

    def _following(self, dump: Dump, place: ImportPlace, findings: Findings) -> Iterator[_Next]:
        """The bodies of *dump* from *place* on. Raises BadRequest at the first that tells of archived days."""
        bodies = dump.bodies()
        findings.bodies_before += sum(1 for _ in islice(bodies, place.done))
        number = place.done
        in_doubt = list(islice(bodies, place.pending))
        if in_doubt and self._were_kept(in_doubt, place.after):
            number += len(in_doubt)
            findings.bodies_before += len(in_doubt)
            in_doubt = []
        for body in chain(in_doubt, bodies):
            if self._archived_in([body]):
                raise BadRequest(_archived(body.line, self._archived_in(chain([body], bodies))))
            yield _Next(dump.name, place.identity, number, body)
            number += 1
        yield _Next(dump.name, place.identity, number, None)

    def _archived_in(self, bodies: Iterable[Dumped]) -> set[int]:
        """The archived days that *bodies* tell of."""
        if not self.archived_days:
            return set()
        now = self.clock.now()
        told = (fact for each in bodies for fact in self.translate(StoredBody(0, _body(each, now))))
        days = {day_of(fact.when.at) for fact in told if isinstance(fact, _OF_MESSAGES)}
        return days.intersection(self.archived_days)

    def _were_kept(self, dumped: Sequence[Dumped], after: BodyId) -> bool:
        self.drain()  # the log of bodies knows only what is digested
        prints = {self.fingerprint(StoredBody(0, _body(each, 0))) for each in dumped}
        return self.imports.imported_after(after, prints) == prints

    def _import(self, batch: Sequence[_Part], findings: Findings) -> None:
        now = self.clock.now()
        bodies = [_body(each, now) for part in batch for each in part.bodies]
        ids: list[BodyId] = []
        if bodies:
            after = self.inbox.newest()
            self.imports.keep([ImportPlace(p.identity, p.done, len(p.bodies), after) for p in batch if p.bodies])
            ids = self.inbox.append_all(bodies)
        self.imports.keep([ImportPlace(p.identity, p.done + len(p.bodies), is_finished=p.ends) for p in batch])
        if ids:
            self.drain()
            self._note(batch, list(map(StoredBody, ids, bodies)), findings)

    def _note(self, batch: Sequence[_Part], stored: Sequence[StoredBody], findings: Findings) -> None:
        outcomes = self.imports.outcomes(stored[0].id, stored[-1].id)
        places = [(part.name, each.line) for part in batch for each in part.bodies]
        for (name, line), each in zip(places, stored, strict=True):
            findings.bodies += 1
            match outcomes.get(each.id):
                case BodyResult.DUPLICATE:
                    findings.duplicates += 1
                case BodyResult.RETRYING | BodyResult.PARKED:
                    findings.set_aside += 1
                case _:
                    findings.note(name, line, self.translate(each))


def survey(dumps: Iterable[Dump], translate: Translate, clock: Clock) -> Findings:
    """What is in *dumps*. Nothing is kept, and it is not known what was imported before."""
    findings = Findings()
    for dump in dumps:
        findings.files += 1
        with _reading(dump, findings):
            for each in dump.bodies():
                findings.bodies += 1
                findings.note(dump.name, each.line, translate(StoredBody(0, _body(each, clock.now()))))
    return findings


def _archived(line: int, days: Collection[int]) -> str:
    first, last = day_name(min(days)), day_name(max(days))
    return (
        f"from line {line} on it tells of messages of archived days, which would count a second time: "
        f"`wabawatch archive restore {first} {last}`, then import it again; it goes on from there"
    )


@contextmanager
def _reading(dump: Dump, findings: Findings) -> Iterator[None]:
    """Close *dump* afterwards. One that cannot be read is a finding, and the others go on."""
    try:
        yield
    except BadRequest as error:
        findings.unreadable.append(Unreadable(dump.name, str(error)))
    finally:
        dump.close()


def _batches(coming: Iterable[_Next]) -> Iterator[list[_Part]]:
    """Gather bodies until it is worth a transaction, across dumps."""
    batch: list[_Part] = []
    bodies = size = 0
    for each in coming:
        if not batch or batch[-1].identity != each.identity:
            batch.append(_Part(each.name, each.identity, each.number))
        if each.body is None:
            batch[-1].ends = True
            continue
        batch[-1].bodies.append(each.body)
        bodies, size = bodies + 1, size + len(each.body.content)
        if bodies >= BATCH_BODIES or size >= BATCH_BYTES:
            yield batch
            batch, bodies, size = [], 0, 0
    if batch:
        yield batch


def _body(dumped: Dumped, now: Millis) -> Body:
    received_at = now if dumped.received_at is None else min(dumped.received_at, now)
    return Body(BodyKind.WEBHOOK, received_at, dumped.content, dumped.app, BodySource.IMPORT)
