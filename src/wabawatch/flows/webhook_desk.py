"""The desk of webhook bodies: what came in, what was in it, what became of it, and whom it was handed on to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from wabawatch.domain.errors import Conflict, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import Target
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.messages import Message
from wabawatch.domain.search import MessageFilter
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.domain.webhook_bodies import Dissect, Forwarded, Outline, OutlineOf, Piece, Refused, Result, forwarded
from wabawatch.ports import (
    DIGESTED,
    Body,
    BodyId,
    BodyKind,
    BodySource,
    Clock,
    Deed,
    Figures,
    Held,
    Inbox,
    StoredBody,
    Window,
)
from wabawatch.webhook_ports import BodyStore, Copies, ForwardLook, LineFilter, LogLine, SetAside, WebhookLog

RECEIVED = frozenset({BodySource.LIVE, BodySource.COPY, BodySource.SYNTHETIC})
"""What came in by itself"""
BATCH, OPENED = 250, 2_000
"""Bodies that are opened together, and for one page, where what is sought stands in them only."""
MOST_WAITING = 50
MOST_REFUSED = 60
ANSWERS_MS = 5 * MINUTE_MS
"""Answer times are counted in so wide buckets."""

TOLD_WITHIN_MS = 10 * MINUTE_MS
CLOCKS_APART_MS = 2 * MINUTE_MS
"""A body that tells of a stage is looked for from so long before its time until so long after it."""
LOOKED_THROUGH = 30_000
"""So many bodies are looked through for one message at most."""


class FoundMessages(Protocol):
    """A page of a search."""

    @property
    def held(self) -> list[Held]:
        """The messages."""


class Messages(Protocol):
    """The messages in the books. Raises StoreUnavailable."""

    def search(self, wanted: MessageFilter, after: None, limit: int) -> FoundMessages:
        """The newest *limit* messages that are *wanted*."""


class AuditTrail(Protocol):
    """Where it is written down who did what."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed, durably. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bodies are looked for. Everything that is given must hold."""

    since: Millis
    until: Millis
    sources: frozenset[BodySource] = RECEIVED
    result: Result | None = None
    app: str | None = None
    field: str = ""
    waba: str = ""
    number: str = ""

    @property
    def needs_contents(self) -> bool:
        """Whether the bodies must be opened to find out."""
        return bool(self.field or self.waba or self.number)


@dataclass(frozen=True, slots=True)
class Entry:
    """A body in a list."""

    line: LogLine
    size: int | None
    """Bytes; None: it is not kept any more, or cannot be opened"""
    outline: Outline | None
    set_aside: SetAside | None = None
    forwards: tuple[Forwarded, ...] = ()


class Page(NamedTuple):
    """Some of the bodies that are wanted."""

    entries: list[Entry]
    """The newest first"""
    following: BodyId | None
    """The next page begins before this number; None: there is none"""
    is_cut: bool
    """It ends because enough was looked at, not because it is full"""


@dataclass(frozen=True, slots=True)
class Summary:
    """The webhooks of a period as a whole."""

    received: int
    processed: int
    duplicates: int
    waiting: int
    oldest_waiting_at: Millis | None
    parked: int
    unparsed: int
    answers: Histogram
    refused_by: Mapping[str, int]
    """How many were turned away, by reason (`flows.ingest.Admission`)"""
    refused: Sequence[Refused]
    """The newest of these"""
    newest_at: Millis | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that is known of one body."""

    entry: Entry
    body: Body | None
    """None: it is not kept any more, or cannot be opened"""
    pieces: tuple[Piece, ...]
    messages: Mapping[str, int]
    """Our numbers of the messages it tells of, by wamid"""
    copies: Copies
    answers: Histogram
    """How long the receiver took in the five minutes around it"""
    verdict: str = ""
    """What the signature is worth now, as in `flows.ingest.Admission`; "" it came another way"""


class Told(NamedTuple):
    """A body that tells of a message, and the items that do."""

    id: BodyId
    received_at: Millis
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Search:
    """The bodies that tell of one message, as far as was looked."""

    found: list[Told] = field(default_factory=list)
    spans: list[tuple[Millis, Millis]] = field(default_factory=list)
    """The times of receipt that were looked through"""
    looked_through: int = 0
    is_cut: bool = False
    """There were too many bodies to look through them all"""


@dataclass(frozen=True, slots=True)
class WebhookDesk:
    """Looking at webhook bodies."""

    log: WebhookLog
    bodies: BodyStore
    inbox: Inbox
    figures: Figures
    forwards: ForwardLook
    targets: Mapping[str, Target]
    is_for: Callable[[Body, Target], bool]
    outline_of: OutlineOf
    dissect: Dissect
    verdict_of: Callable[[Body], str]
    """`flows.ingest.admit` by the secrets of now"""
    messages: Messages
    audit: AuditTrail
    clock: Clock

    def page(self, wanted: Wanted, before: BodyId | None, limit: int) -> Page:
        """The newest *limit* bodies that are *wanted*, of those numbered below *before*."""
        entries: list[Entry] = []
        opened = 0
        if before is None and wanted.result in (None, Result.WAITING):
            entries = [each for each in self._waiting() if _fits(each, wanted)][:limit]
        asked = LineFilter(wanted.since, wanted.until, wanted.sources, wanted.result, wanted.app)
        while len(entries) < limit:
            size = BATCH if wanted.needs_contents else limit - len(entries)
            lines, following = self.log.lines(asked, before, size)
            found = self._entries(lines)
            opened += len(lines)
            for entry in found:
                if _fits(entry, wanted):
                    entries.append(entry)
                    if len(entries) == limit:
                        is_last = following is None and entry is found[-1]
                        return Page(entries, None if is_last else entry.line.id, False)
            if following is None:
                return Page(entries, None, False)
            before = following
            if not wanted.needs_contents or opened >= OPENED:
                return Page(entries, before, True)
        return Page(entries, entries[-1].line.id if entries else None, False)

    def summary(self, start: Millis, end: Millis) -> Summary:
        """The webhooks from *start* to *end* as a whole, of all apps."""
        window = Window(start, end)
        counted = self.figures.bodies(window)
        done = self.figures.mark(DIGESTED)
        return Summary(
            received=counted.processed + counted.backlog + counted.parked,
            processed=counted.processed,
            duplicates=counted.duplicates,
            waiting=counted.backlog,
            oldest_waiting_at=self.inbox.oldest_waiting_at(done),
            parked=counted.parked,
            unparsed=counted.unparsed_items,
            answers=self.figures.answers(window),
            refused_by=self.log.refused_by(window),
            refused=self.log.refused(window, MOST_REFUSED),
            newest_at=self.log.newest_at(),
        )

    def show(self, id: BodyId) -> Seen:
        """Everything that is known of one body. Raises NotFound."""
        aside = self.log.set_aside([id])
        body, line = self._fetch([id], aside).get(id), self.log.line(id)
        if line is None and body is not None and body.kind is BodyKind.WEBHOOK and id > self.figures.mark(DIGESTED):
            line = _line_of(StoredBody(id, body))
        if line is None:
            raise NotFound("there is no webhook body with this number; those that are kept are in the list of webhooks")
        entry = self._entry(line, body, aside.get(id), self._fates([(id, body)]))
        pieces = () if body is None else tuple(self.dissect(body.content, body.received_at))
        came_by_post = body is not None and body.source in (BodySource.LIVE, BodySource.SYNTHETIC)
        at = line.received_at
        return Seen(
            entry,
            body,
            pieces,
            self._known(pieces),
            self.log.copies(id),
            self.figures.answers(Window(at, at + 1)) if came_by_post else {},
            self.verdict_of(body) if body is not None and came_by_post else "",
        )

    def process_again(self, id: BodyId, actor: str) -> None:
        """Have a body that was set aside tried again at once. Raises NotFound, Conflict."""
        if self.log.line(id) is None:
            raise NotFound("there is no webhook body with this number")
        if not self.log.try_now(id, self.clock.now(), Deed(actor, "body_tried_again", f"body:{id}")):
            raise Conflict("this body is not set aside any more: it was processed meanwhile")

    def unmasked(self, id: BodyId, actor: str) -> None:
        """Note in the audit trail that *actor* opened a body with whole numbers."""
        self.audit.note(self.clock.now(), Deed(actor, "body_unmasked", f"body:{id}"))

    def telling_of(self, message: Message) -> Search:
        """The bodies that told of *message*, among those received about when its stages happened.

        No index leads from a message to them: it would grow with every status. So what Meta sent much later is not
        found.
        """
        if not message.wamid:
            return Search()
        spans = _spans_of(message)
        needles = {message.wamid.encode(), message.wamid.replace("/", "\\/").encode()}
        found: list[Told] = []
        looked = 0
        for start, end in spans:
            for stored in self.bodies.received(start, end):
                if looked >= LOOKED_THROUGH:
                    return Search(found, spans, looked, True)
                looked += 1
                body = stored.body
                if body.kind is BodyKind.WEBHOOK and any(needle in body.content for needle in needles):
                    found.append(self._told(stored, message.wamid))
        return Search(found, spans, looked)

    def _told(self, stored: StoredBody, wamid: str) -> Told:
        pieces = self.dissect(stored.body.content, stored.body.received_at)
        mine = [piece for piece in pieces if any(getattr(fact, "wamid", "") == wamid for fact in piece.facts)]
        return Told(stored.id, stored.body.received_at, mine)

    def _known(self, pieces: Sequence[Piece]) -> dict[str, int]:
        wamids = tuple(dict.fromkeys(w for p in pieces for f in p.facts if (w := getattr(f, "wamid", ""))))
        if not wamids:
            return {}
        found = self.messages.search(MessageFilter(wamids=wamids), None, len(wamids))
        return {held.message.wamid: held.id for held in found.held}

    def _waiting(self) -> Iterator[Entry]:
        """The oldest of those that are not processed yet; the newest of them first."""
        stored = self.inbox.read(self.figures.mark(DIGESTED), MOST_WAITING)
        webhooks = [each for each in stored if each.body.kind is BodyKind.WEBHOOK]
        fates = self._fates([(each.id, each.body) for each in webhooks])
        for each in reversed(webhooks):
            yield self._entry(_line_of(each), each.body, None, fates)

    def _entries(self, lines: Sequence[LogLine]) -> list[Entry]:
        ids = [line.id for line in lines]
        aside = self.log.set_aside(ids)
        bodies = self._fetch(ids, aside)
        fates = self._fates([(id_, bodies.get(id_)) for id_ in ids])
        return [self._entry(line, bodies.get(line.id), aside.get(line.id), fates) for line in lines]

    def _fetch(self, ids: Collection[BodyId], aside: Collection[BodyId]) -> Mapping[BodyId, Body]:
        found = dict(self.bodies.fetch(ids))
        missing = [id_ for id_ in aside if id_ not in found]
        return {**found, **self.log.kept_aside(missing)} if missing else found

    def _entry(
        self, line: LogLine, body: Body | None, aside: SetAside | None, fates: Mapping[BodyId, tuple[Forwarded, ...]]
    ) -> Entry:
        size, outline = (None, None) if body is None else (len(body.content), self.outline_of(body.content))
        return Entry(line, size, outline, aside, fates.get(line.id, ()))

    def _fates(self, bodies: Collection[tuple[BodyId, Body | None]]) -> dict[BodyId, tuple[Forwarded, ...]]:
        """What became of each body at the targets that it is for, or that are known not to have taken it."""
        found: dict[BodyId, tuple[Forwarded, ...]] = {}
        states = [state for state in self.forwards.states() if state.is_wanted or state.retrying or state.dead]
        for state in states:
            rows, target = self.forwards.find(state.name, [id_ for id_, _ in bodies]), self.targets.get(state.name)
            for id_, body in bodies:
                row = rows.get(id_)
                is_theirs = target is not None and body is not None and body.source is BodySource.LIVE
                if row is not None or (is_theirs and body and target and self.is_for(body, target)):
                    found[id_] = (*found.get(id_, ()), forwarded(id_, state, row))
        return found


def _fits(entry: Entry, wanted: Wanted) -> bool:
    line, outline = entry.line, entry.outline
    if line.source not in wanted.sources or not wanted.since <= line.received_at < wanted.until:
        return False
    if wanted.app is not None and line.app != wanted.app:
        return False
    if not wanted.needs_contents:
        return True
    return outline is not None and outline.holds(wanted.field, wanted.waba, wanted.number)


def _line_of(stored: StoredBody) -> LogLine:
    body = stored.body
    return LogLine(stored.id, body.received_at, body.app, body.source, Result.WAITING)


def _spans_of(message: Message) -> list[tuple[Millis, Millis]]:
    """The times of receipt in which bodies may tell of *message*, in order; none overlaps another."""
    stamps = {at for at in (*message.stages, message.accepted_at, message.noted_at) if at is not None}
    spans: list[tuple[Millis, Millis]] = []
    for at in sorted(stamps):
        start, end = at - CLOCKS_APART_MS, at + TOLD_WITHIN_MS
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
