"""Digest: accepted bodies become facts, facts become rows and figures, in one transaction with the cursor.

So each body counts exactly once, whatever happens in between. A body that breaks something is set aside, tried again
with growing pauses, and parked after `MAX_TRIES`; it never holds up the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from wabawatch.domain.calls import error_of, message_of, nodes_of, number_of
from wabawatch.domain.conversations import windows_of
from wabawatch.domain.errors import DamagedBodies, Trouble, WabawatchError
from wabawatch.domain.facts import (
    AgentActed,
    CallAnswered,
    Fact,
    MessageEchoed,
    MessageFact,
    MessageReceived,
    Millis,
    OtherFact,
    SendRecorded,
    StatusChanged,
    Unrecognised,
    WebhookAnswered,
    Why,
)
from wabawatch.domain.imported import imports_in
from wabawatch.flows.judging import rejudge, settle
from wabawatch.flows.knowing import note
from wabawatch.flows.matching import Matcher
from wabawatch.ports import (
    DIGESTED,
    Body,
    BodyKind,
    BodyNote,
    BodyResult,
    BodySource,
    Books,
    Clock,
    Failing,
    Inbox,
    Ledger,
    StoredBody,
)

MAX_TRIES = 5
FIRST_PAUSE_MS = 2_000
BATCH = 400
"""Bodies taken in by one transaction at most"""
ENOUGH_FACTS = 1_500
"""With so many facts a transaction takes no further body: none should hold the write lock for long"""
RECHECK_BATCH = 500

Translate = Callable[[StoredBody], Sequence[Fact]]
"""Makes facts of a body. Does not raise on content."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A body and the facts in it."""

    stored: StoredBody
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Digest:
    """The way from the inbox into the books."""

    inbox: Inbox
    books: Books
    translate: Translate
    clock: Clock
    on_news: Callable[[], None] = lambda: None
    """Called after each batch in which there was anything"""

    def step(self) -> bool:
        """Digest the next bodies. True: there may be more."""
        after = self.books.mark(DIGESTED)
        try:
            waiting = self.inbox.read(after, BATCH)
        except DamagedBodies as damaged:
            self._set_aside_damaged(after, damaged)
            return True
        if not waiting:
            return False
        try:
            self._digest(after, self._opened(waiting))
        except Trouble:
            raise
        except Exception:
            self._one_by_one(after, waiting)
        return True

    def batch(self) -> bool:
        """As `step`, for a loop that would rather wait until a whole batch has come together. True: one waits already.

        A transaction for a few bodies costs nearly as much as one for hundreds.
        """
        if not self.step():
            return False
        self.on_news()
        return self.inbox.waiting(self.books.mark(DIGESTED)) >= BATCH

    def retry(self) -> bool:
        """Try bodies again that were set aside. True: there may be more."""
        if not self.books.has_work(self.clock.now()):
            return False  # without taking the write lock, which the loop would do every other second
        with self.books.writing() as ledger:
            due = ledger.failing(self.clock.now(), 1)
        for failing in due:
            try:
                parcel = self._opened([failing.stored])
                with self.books.writing() as ledger:
                    if ledger.heal(failing.stored.id):  # else another process was faster
                        take_in(ledger, parcel)
            except Trouble:
                raise
            except Exception as error:
                self._set_aside(failing.stored, failing.tries + 1, error)
        return bool(due)

    def recheck(self) -> bool:
        """Judge some messages again whose template's or recipient's history changed. True: there may be more."""
        if not self.books.has_work(self.clock.now()):
            return False
        with self.books.writing() as ledger:
            recheck = ledger.recheck()
            if recheck is None:
                return False
            held = ledger.recheck_page(recheck, RECHECK_BATCH)
            rejudge(ledger, held)
            ledger.close_recheck(recheck, held[-1].id if len(held) == RECHECK_BATCH else None)
            return True

    def _opened(self, waiting: Sequence[StoredBody]) -> list[Opened]:
        """The first of *waiting* with their facts, as many as one transaction should take. At least one."""
        parcel: list[Opened] = []
        facts = 0
        for stored in waiting:
            parcel.append(Opened(stored, self.translate(stored)))
            facts += len(parcel[-1].facts)
            if facts >= ENOUGH_FACTS:
                break
        return parcel

    def _digest(self, after: int, parcel: Sequence[Opened]) -> None:
        with self.books.writing() as ledger:
            if ledger.mark(DIGESTED) == after:  # else another process was faster, and nothing is to be done
                take_in(ledger, parcel)
                ledger.set_mark(DIGESTED, parcel[-1].stored.id)

    def _one_by_one(self, after: int, waiting: Sequence[StoredBody]) -> None:
        for stored in waiting:
            try:
                self._digest(after, self._opened([stored]))
            except Trouble:
                raise
            except Exception as error:
                self._set_aside(stored, 1, error, after)
            after = stored.id

    def _set_aside(self, stored: StoredBody, tries: int, error: Exception, after: int | None = None) -> None:
        pause = FIRST_PAUSE_MS * 4 ** (tries - 1)
        next_try_at = self.clock.now() + pause if tries < MAX_TRIES else None
        result = BodyResult.RETRYING if next_try_at is not None else BodyResult.PARKED
        with self.books.writing() as ledger:
            is_mine = ledger.heal(stored.id) if after is None else ledger.mark(DIGESTED) == after
            if not is_mine:  # another process was faster
                return
            ledger.fail(Failing(stored, tries, next_try_at, _describe(error)))
            ledger.note_bodies([BodyNote(stored.id, stored.body, fingerprint(stored), result)])
            if after is not None:
                ledger.set_mark(DIGESTED, stored.id)

    def _set_aside_damaged(self, after: int, damaged: DamagedBodies) -> None:
        """Park bodies that nobody can open: the first keeps the sealed bytes of all, as they are."""
        why = _describe(damaged)
        with self.books.writing() as ledger:
            if ledger.mark(DIGESTED) != after:  # another process was faster
                return
            for body_id in range(damaged.first, damaged.last + 1):
                content = damaged.sealed if body_id == damaged.first else b""
                stored = StoredBody(body_id, Body(BodyKind.WEBHOOK, damaged.received_at, content))
                ledger.fail(Failing(stored, 0, None, why))
                ledger.note_bodies([BodyNote(body_id, stored.body, fingerprint(stored), BodyResult.PARKED)])
            ledger.set_mark(DIGESTED, damaged.last)


def _describe(error: Exception) -> str:
    """What is shown of *error*. Only our own words are fit for it: others may quote what is in the body."""
    return type(error).__name__ + (f": {error}"[:2_000] if isinstance(error, WabawatchError) else "")


def fingerprint(stored: StoredBody) -> bytes:
    """What makes two bodies the same: app, kind and every byte. 80 bits: among 10^8 bodies a week, none is taken for
    another in 10^8 weeks."""
    body = stored.body
    seed = f"{body.kind}\0{body.app}\0".encode()
    return blake2b(seed + body.content, digest_size=10).digest()


def take_in(ledger: Ledger, parcel: Sequence[Opened]) -> None:
    """Take bodies into the books: their facts, the figures they change, and the log of them."""
    prints = [fingerprint(opened.stored) for opened in parcel]
    answered = {f.body for opened in parcel for f in opened.facts if isinstance(f, WebhookAnswered)}
    seen = ledger.seen({*prints, *answered})
    notes: list[BodyNote] = []
    facts: list[Fact] = []
    delays: list[tuple[str, Millis, Millis]] = []
    for opened, print_ in zip(parcel, prints, strict=True):
        stored, told = opened.stored, opened.facts
        if print_ in seen:
            notes.append(BodyNote(stored.id, stored.body, print_, BodyResult.DUPLICATE))
            continue
        seen.add(print_)
        # An answer comes before the copy of its webhook: what was seen before is one that Meta repeats.
        facts += [f for f in told if not (isinstance(f, WebhookAnswered) and f.body in seen)]
        notes.append(_note_of(stored, print_, told))
        delays += _delays_of(stored, told)
    learn(ledger, facts)
    ledger.note_bodies(notes)
    ledger.note_delays(delays)


def learn(ledger: Ledger, facts: Sequence[Fact]) -> None:
    """Take *facts* into the books."""
    facts = _living(ledger, _learn_calls(ledger, facts))
    speaking = [f for f in facts if isinstance(f, SendRecorded | StatusChanged | MessageReceived | MessageEchoed)]
    others: list[OtherFact] = [
        f
        for f in facts
        if not isinstance(f, SendRecorded | StatusChanged | MessageReceived | MessageEchoed | AgentActed | CallAnswered)
        and not isinstance(f, WebhookAnswered)
    ]
    note(ledger, others)
    ledger.note_people(speaking)
    ledger.note_agents([f for f in facts if isinstance(f, AgentActed)])
    ledger.note_windows(windows_of(facts))
    ledger.note_answers([f for f in facts if isinstance(f, WebhookAnswered)])
    if speaking:
        settle(ledger, match(ledger, speaking).slots)
        if imported := imports_in(speaking):
            ledger.save_states(imported)


def _learn_calls(ledger: Ledger, facts: Sequence[Fact]) -> Sequence[Fact]:
    """Count the calls among *facts*. Gives what else is to be learnt: the other facts, and what the calls tell."""
    calls = [f for f in facts if isinstance(f, CallAnswered)]
    others = [f for f in facts if not isinstance(f, CallAnswered)]
    if not calls:
        return others
    # A number is known by whatever speaks of it, by what else is in the batch, and by a message that it could send.
    known = {number for f in others if (number := getattr(f, "number", ""))}
    known |= {call.node for call in calls if call.send and call.send.wamid}
    known |= ledger.known_numbers(nodes_of(calls) - known)
    told: list[Fact] = [found for call in calls for found in (message_of(call, known), error_of(call, known)) if found]
    ledger.note_calls([(call, number_of(call, known)) for call in calls])
    return [*others, *told]


def _living(ledger: Ledger, facts: Sequence[Fact]) -> Sequence[Fact]:
    """*facts* without those that speak of erased messages: what comes late brings nothing back."""
    if not ledger.has_tombstones():
        return facts
    named = [(fact, getattr(fact, "wamid", ""), getattr(fact, "local_id", "")) for fact in facts]
    wamids, local_ids = {wamid for _, wamid, _ in named if wamid}, {local_id for _, _, local_id in named if local_id}
    gone, gone_locals = ledger.erased(wamids, local_ids)
    if not gone and not gone_locals:
        return facts
    living = [fact for fact, wamid, local_id in named if wamid not in gone and local_id not in gone_locals]
    late = Counter(fact.when.seen_at for fact in facts) - Counter(fact.when.seen_at for fact in living)
    ledger.note_late(late)
    return living


def match(ledger: Ledger, facts: Sequence[MessageFact]) -> Matcher:
    """Put *facts* together with what the books know of the same messages."""
    local_ids = {f.local_id for f in facts if isinstance(f, SendRecorded | StatusChanged) and f.local_id}
    held, meant = ledger.find({f.wamid for f in facts if f.wamid}, local_ids)
    matcher = Matcher(held, meant)
    for fact in facts:
        matcher.put(fact)
    return matcher


def _note_of(stored: StoredBody, print_: bytes, facts: Sequence[Fact]) -> BodyNote:
    strange = [f.why for f in facts if isinstance(f, Unrecognised)]
    unparsed = strange.count(Why.UNPARSED)
    return BodyNote(
        stored.id,
        stored.body,
        print_,
        BodyResult.PROCESSED,
        facts=len(facts) - len(strange),
        unparsed=unparsed,
        unknown=len(strange) - unparsed,
    )


def _delays_of(stored: StoredBody, facts: Sequence[Fact]) -> list[tuple[str, Millis, Millis]]:
    if stored.body.source not in (BodySource.LIVE, BodySource.COPY) or stored.body.kind is not BodyKind.WEBHOOK:
        return []
    return [
        (f.number, f.when.seen_at, max(0, f.when.seen_at - f.when.at))
        for f in facts
        if isinstance(f, StatusChanged) and f.when.is_exact and f.when.is_live and f.number
    ]
