"""The main database as the writing flows see it: `ports.Books` on one `Database`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, bindparam, delete, exists, or_, select, update

from wabawatch.domain.conversations import Parties, ServiceWindow
from wabawatch.domain.facts import (
    AgentActed,
    CallAnswered,
    MessageFact,
    Millis,
    OtherFact,
    TemplateRef,
    WebhookAnswered,
)
from wabawatch.domain.histograms import index_of
from wabawatch.domain.messages import ContactKey, Message
from wabawatch.domain.platform import Known, RatingEvent, States, Subject
from wabawatch.domain.polls import Poll, Usage
from wabawatch.domain.reconciliation import MetaDay
from wabawatch.domain.rollups import Floors, Tier
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS
from wabawatch.domain.templates import ConsentEvent, TemplateEvent
from wabawatch.ports import SWEPT, BodyId, BodyNote, Failing, Held, Moves, Recheck
from wabawatch.storage import (
    application_answers,
    body_log,
    calls_log,
    conversations,
    counts,
    history,
    messages,
    platform,
    reconciliation,
)
from wabawatch.storage.bulk import Lookup
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_rows import MessageRow
from wabawatch.storage.schema import marks, parked, profiles, rechecks
from wabawatch.storage.schema import messages as table
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tombstones import EPOCH, LATE, WATCHED, Tombstones

MEMORY_S = 60.0
"""Words learnt are forgotten after so long: a message's statuses come within seconds, and what was not used since is
only in the way."""


class SqlBooks:
    """`ports.Books`. Each instance is used by one thread at a time (its dictionary remembers)."""

    def __init__(self, database: Database, keyring: Keyring, country_of: Callable[[ContactKey], str]) -> None:
        self._database = database
        self._keyring = keyring
        self._words = Dictionary(country_of)
        self._fresh_until = 0.0
        self._epoch = 0
        self._tombstones = Tombstones(keyring)

    def mark(self, name: str) -> int:
        """A cursor or watermark (0: never set), read by itself."""
        with self._database.reading() as connection:
            return read_mark(connection, name)

    def has_work(self, due_at: Millis) -> bool:
        """Whether anything waits to be judged again, or set-aside bodies to be tried again by *due_at*."""
        with self._database.reading() as connection:
            return bool(connection.execute(_work, {"due_at": due_at}).scalar())

    @contextmanager
    def writing(self) -> Iterator[SqlLedger]:
        """A transaction. Durable when the block ends, undone if it raises. Raises StoreUnavailable."""
        if time.monotonic() > self._fresh_until:
            self._words.forget()
            self._fresh_until = time.monotonic() + MEMORY_S
        try:
            with self._database.writing() as connection:
                ledger = SqlLedger(connection, self._words, self._keyring, self._tombstones)
                if (epoch := ledger.mark(EPOCH)) != self._epoch:  # words may mean nobody now, whoever erased them
                    self._words.forget()
                    self._epoch = epoch
                yield ledger
        except BaseException:
            self._words.forget()
            raise


class SqlLedger:
    """`ports.Ledger` on one connection: each method is one call of the module that knows."""

    def __init__(self, connection: Connection, words: Dictionary, keyring: Keyring, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        self._connection = connection
        self._words = words
        self._keyring = keyring
        self._seen: dict[int, MessageRow] = {}
        """Rows of messages as they were read in this transaction"""
        # Nobody else changes them while this transaction writes.
        self._marks: dict[str, int] = {row.name: row.value for row in connection.execute(select(marks))}
        self._floors: Floors = floors_of(self._marks)

    def mark(self, name: str) -> int:
        return self._marks.get(name, 0)

    def set_mark(self, name: str, value: int) -> None:
        self._marks[name] = value
        new = insert(self._connection, marks).values(name=name, value=value)
        self._connection.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}))

    def swept_until(self) -> Millis:
        return self.mark(SWEPT)

    def find(self, wamids: Collection[str], local_ids: Collection[str]) -> tuple[list[Held], dict[str, int]]:
        return messages.find(self._connection, self._words, wamids, local_ids, self._seen)

    def save(self, held: Sequence[Held]) -> list[Held]:
        saved = messages.save(self._connection, self._words, held, self.swept_until(), self._seen)
        self._seen.clear()  # they are other rows now
        return saved

    def remove(self, became: Mapping[int, int]) -> None:
        messages.remove(self._connection, became.keys())
        messages.note_merged(self._connection, became)

    def save_locals(self, meant: Mapping[str, int]) -> None:
        messages.save_locals(self._connection, meant)

    def move(self, moves: Moves) -> None:
        counts.move(self._connection, self._words, moves, self._floors)

    def country(self, message: Message) -> str:
        return self._words.country_of(message.contact[2]) if message.contact else ""

    def template_histories(
        self, refs: Collection[TemplateRef]
    ) -> Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]:
        return history.template_histories(self._connection, self._words, refs)

    def consents(self, contacts: Collection[ContactKey]) -> Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]:
        return history.consent_histories(self._connection, self._words, contacts)

    def ratings(self, numbers: Collection[str]) -> Mapping[str, Sequence[RatingEvent]]:
        return platform.ratings(self._connection, self._words, numbers)

    def states(self, subjects: Collection[Subject]) -> States:
        return platform.states_of(self._connection, subjects)

    def templates(self, waba: str) -> States:
        return platform.templates_of(self._connection, waba)

    def save_states(self, states: Mapping[tuple[Subject, str], Known]) -> None:
        platform.save_states(self._connection, states)

    def listed_at(self, wabas: Collection[str]) -> Mapping[str, Millis]:
        return platform.listed_at(self._connection, wabas)

    def save_poll(self, poll: Poll, usages: Sequence[Usage]) -> None:
        platform.save_poll(self._connection, poll)
        platform.save_usages(self._connection, usages)

    def has_tombstones(self) -> bool:
        return self.mark(WATCHED) != 0

    def erased(self, wamids: Collection[str], local_ids: Collection[str]) -> tuple[set[str], set[str]]:
        return self._tombstones.erased(self._connection, wamids, local_ids)

    def note_late(self, late: Mapping[Millis, int]) -> None:
        counted: Counter[tuple[Millis, str]] = Counter()
        for at, n in late.items():
            counted[at - at % MINUTE_MS, LATE] += n
        counts.add_counters(self._connection, counted, self._floors)

    def note_days(self, waba: str, number: str, days: Sequence[MetaDay], asked_at: Millis) -> None:
        reconciliation.note_days(self._connection, self._words, (waba, number), days, asked_at)

    def note(self, facts: Sequence[OtherFact]) -> None:
        history.note(self._connection, self._words, self._keyring, facts)

    def note_people(self, facts: Sequence[MessageFact]) -> None:
        history.note_people(self._connection, self._words, facts)

    def note_same(self, seen: Sequence[tuple[Collection[ContactKey], str, Millis]]) -> None:
        history.note_same(self._connection, self._words, seen)

    def note_windows(self, opened: Mapping[Parties, Sequence[ServiceWindow]]) -> None:
        conversations.note_windows(self._connection, self._words, opened)

    def note_agents(self, acted: Sequence[AgentActed]) -> None:
        conversations.note_agents(self._connection, self._words, acted)

    def note_answers(self, answered: Sequence[WebhookAnswered]) -> None:
        application_answers.note(self._connection, answered, self._floors)

    def seen(self, fingerprints: Collection[bytes]) -> set[bytes]:
        return body_log.seen(self._connection, fingerprints)

    def note_bodies(self, notes: Sequence[BodyNote]) -> None:
        body_log.note(self._connection, self._words, notes, self._floors)

    def note_delays(self, delays: Sequence[tuple[str, Millis, Millis]]) -> None:
        numbers = self._words.numbers.ids(self._connection, {number for number, _, _ in delays})
        added = Counter((at - at % HOUR_MS, numbers[number], index_of(delay)) for number, at, delay in delays)
        counts.add_histogram(self._connection, "meta_delay", added, self._floors)

    def known_numbers(self, numbers: Collection[str]) -> set[str]:
        return set(self._words.numbers.known(self._connection, numbers))

    def note_calls(self, calls: Sequence[tuple[CallAnswered, str]]) -> None:
        calls_log.note(self._connection, self._words, calls, self._floors)

    def fail(self, failing: Failing) -> None:
        body_log.fail(self._connection, failing, self._keyring)

    def heal(self, body_id: BodyId) -> bool:
        return body_log.heal(self._connection, body_id)

    def failing(self, due_at: Millis, limit: int) -> list[Failing]:
        return body_log.failing(self._connection, due_at, limit, self._keyring)

    def expiring(self, until: Millis, limit: int) -> tuple[list[Held], Millis]:
        due = select(table.c.expires_at).where(table.c.expires_at <= until).order_by(table.c.expires_at)
        beyond = self._connection.execute(due.offset(limit).limit(1)).scalar()
        reach = until if beyond is None else int(beyond)
        rows = self._connection.execute(select(table).where(table.c.expires_at <= reach)).all()
        return messages.read_rows(self._connection, self._words, rows), reach

    def recheck(self) -> Recheck | None:
        row = self._connection.execute(select(rechecks).order_by(rechecks.c.id).limit(1)).first()
        return Recheck(row.id, row.kind, row.ref, row.from_at, row.cursor) if row else None

    def recheck_page(self, recheck: Recheck, limit: int) -> list[Held]:
        query = select(table).where(table.c.id > recheck.cursor, table.c.cohort_at >= recheck.from_at)
        if recheck.kind == "number":
            query = query.where(table.c.number_id == recheck.ref)
        elif recheck.kind == "template":
            some = select(profiles.c.id).where(profiles.c.template_id == recheck.ref)
            query = query.where(table.c.profile_id.in_(some))
        else:
            query = query.where(table.c.contact_id == recheck.ref)
        rows = self._connection.execute(query.order_by(table.c.id).limit(limit)).all()
        return messages.read_rows(self._connection, self._words, rows)

    def close_recheck(self, recheck: Recheck, cursor: int | None) -> None:
        mine = rechecks.c.id == recheck.id
        if cursor is None:
            self._connection.execute(delete(rechecks).where(mine))
        else:
            self._connection.execute(update(rechecks).where(mine).values(cursor=cursor))


_marks = Lookup(lambda some: select(marks.c.name, marks.c.value).where(marks.c.name.in_(some)), 50)
_FLOORS = [f"floor_{tier.name.lower()}" for tier in Tier]
_work = select(
    or_(
        exists(select(parked.c.body_id).where(parked.c.next_try_at <= bindparam("due_at"))),
        exists(select(rechecks.c.id)),
    )
)


def read_mark(connection: Connection, name: str) -> int:
    """A cursor or watermark (0: never set)."""
    return sum(int(value) for _, value in _marks(connection, [name]))


def read_floors(connection: Connection) -> Floors:
    """The first bucket of each tier that is still kept."""
    return floors_of(dict(_marks(connection, _FLOORS)))


def floors_of(set_: Mapping[str, int]) -> Floors:
    """The first bucket of each tier that is still kept, by the marks."""
    return {tier: set_.get(f"floor_{tier.name.lower()}", 0) for tier in Tier}
