"""Erasures on disk: `flows.erasing.Book` on one `Database`. Every method may be called again, whoever ended when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select, update

from wabawatch.domain.erasure import Erasure, Hold, KnownId, Plan, Stage
from wabawatch.domain.errors import Conflict
from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.rollups import Tier
from wabawatch.ports import DIGESTED, Deed
from wabawatch.storage import audit, erasure_rows, legal_holds, tombstones
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.erasure_notes import notes_naming, rewrite_notes
from wabawatch.storage.erasure_rows import Person, person_of
from wabawatch.storage.erasure_texts import errors_naming, rewrite_errors
from wabawatch.storage.kin import linked
from wabawatch.storage.marks import set_marks
from wabawatch.storage.schema import contact_links, counters, numbers, wabas
from wabawatch.storage.schema_erasure import erasures
from wabawatch.storage.scrubbing import overwrite_deleted
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.tombstones import EPOCH, LATE, WATCHED, Tombstones

_c = erasures.c
_KEYS = list[tuple[int, str]]
_DAYS = int(Tier.DAY)
NOTES = "notes and saved views"


class SqlErasures:
    """Every method raises StoreUnavailable; those that open what is sealed SealBroken."""

    def __init__(self, database: Database, keyring: Keyring, country_of: Callable[[ContactKey], str]) -> None:
        self._database = database
        self._keyring = keyring
        self._country_of = country_of

    # ---------------------------------------------------------------- before

    def linked(self, given: Sequence[ContactKey]) -> list[ContactKey]:
        """The ids that mean the same person as those of *given* that are known, and all of *given*."""
        words = Dictionary(self._country_of)
        with self._database.reading() as connection:
            known = words.contacts.known(connection, given)
            ids = {i for same in linked(connection, known.values()).values() for i in same}
            found = words.contacts.words(connection, sorted(ids))
        return [*given, *sorted(set(found.values()) - set(given))]

    def plan(self, given: Sequence[ContactKey], keys: Sequence[ContactKey]) -> Plan:
        """What is known of the ids *keys*, and how many rows there are of them."""
        with self._database.reading() as connection:
            person = person_of(connection, keys)
            by_key = Dictionary(self._country_of).contacts.known(connection, keys)
            ids = [_known_id(connection, key, by_key.get(key), key in given) for key in keys]
            holds = _holds(connection, person)
            rows = erasure_rows.count(connection, person)
            rows["messages of others that hold an id"] = len(erasure_rows.strays(connection, person))
            rows[NOTES] = len(notes_naming(connection, person.traces))
            return Plan(ids, rows, holds)

    def business_numbers(self, keys: Sequence[ContactKey]) -> list[str]:
        """Those of *keys* that are numbers of our own side."""
        with self._database.reading() as connection:
            shown = connection.execute(select(numbers.c.display_number)).scalars()
            ours = {"".join(each for each in number if each.isdigit()) for number in shown}
        return [key.value for key in keys if key.value in ours]

    # ---------------------------------------------------------------- its stages

    def open(
        self, keys: Sequence[ContactKey], done: Deed, reason: str, now: Millis, *, is_left: bool = False
    ) -> Erasure:
        """Begin an erasure, or find the one that was begun and not ended. *is_left*: nobody is at it.

        Raises Conflict: a legal hold stops it.
        """
        with self._writing() as connection:
            stones = Tombstones(self._keyring)
            stones.make_secret(connection)
            if holds := _holds(connection, person_of(connection, keys)):
                raise Conflict(f"legal hold {holds[0].id} stops it: {holds[0].reason}", code="legal_hold")
            prints = sorted(stones.contact(connection, key).hex() for key in keys)
            same = select(erasures).where(_c.stage != Stage.DONE, _c.prints == " ".join(prints))
            if (row := connection.execute(same).first()) is not None:
                return self._erasure(row)
            values: dict[str, Any] = {"asked_at": now, "actor": done.actor, "reason": reason, "stage": Stage.ROWS}
            values |= {"up_to": 0, "prints": " ".join(prints), "counts": "{}", "touched_at": 0 if is_left else now}
            (id_,) = connection.execute(erasures.insert().values(values)).inserted_primary_key or (0,)
            wanted = self._keyring.seal(msgspec.json.encode([tuple(key) for key in keys]), context=context_of(id_))
            connection.execute(update(erasures).where(_c.id == id_).values(wanted=wanted))
            audit.write(connection, now, Deed(done.actor, done.action, f"erasure:{id_}", {"reason": reason}))
            return self._erasure(connection.execute(select(erasures).where(_c.id == id_)).one())

    def page(self, keys: Sequence[ContactKey]) -> list[int]:
        """The next messages that still lead to the person."""
        with self._database.reading() as connection:
            return erasure_rows.page(connection, person_of(connection, keys))

    def strays(self, keys: Sequence[ContactKey]) -> list[int]:
        """Messages with others, or with nobody known, that hold an id of the person."""
        with self._database.reading() as connection:
            return erasure_rows.strays(connection, person_of(connection, keys))

    def make_anonymous(self, erasure: Erasure, ids: Collection[int], now: Millis) -> None:
        """Take out of some messages what leads to somebody. Durable on return."""
        with self._writing() as connection:
            stones = Tombstones(self._keyring)
            person = person_of(connection, erasure.keys)
            n = erasure_rows.make_anonymous(connection, stones, person, ids, self._country_of, now)
            _add(connection, erasure.id, {"messages": n}, now)

    def close_rows(self, erasure: Erasure, now: Millis) -> bool:
        """Make the person nobody, in one transaction with all that is left of them in tables.

        False: more messages came meanwhile, and nothing was done.
        """
        with self._database.reading() as connection:  # what takes long is looked for while others write
            person = person_of(connection, erasure.keys)
            local_keys = erasure_rows.local_keys(connection, person)
            agents = erasure_rows.agents_holding(connection, person)
            words = erasure_rows.words_naming(connection, person)
            errors = errors_naming(connection, person.traces)
            notes = notes_naming(connection, person.traces)
        with self._writing() as connection:
            person = person_of(connection, erasure.keys)
            if erasure_rows.page(connection, person):
                return False
            erasure_rows.drop_locals(connection, Tombstones(self._keyring), local_keys, now)
            erasure_rows.make_agents_anonymous(connection, agents)
            dropped = erasure_rows.drop_words(connection, person, words)
            rewrite_errors(connection, person.traces, errors)
            rewrite_notes(connection, notes)
            counted = erasure_rows.count(connection, person) | {"messages": 0}
            erasure_rows.become_nobody(connection, person)
            self._forget(connection)
            more = {"ids": len(person.ids), "words of the application": dropped, "texts of errors": len(errors)}
            _add(connection, erasure.id, {**counted, **more, NOTES: len(notes)}, now)
            stage = {"stage": Stage.BODIES, "up_to": read_mark(connection, DIGESTED)}
            connection.execute(update(erasures).where(_c.id == erasure.id, _c.stage == Stage.ROWS).values(stage))
        return True

    def bury_bodies(self, fingerprints: Collection[bytes], now: Millis) -> None:
        """Remember hashes of bodies out of which a person is cut next: of one that comes again nothing is kept."""
        with self._database.writing() as connection:
            stones = Tombstones(self._keyring)
            erasure_rows.bury(connection, [stones.body(connection, each) for each in fingerprints], now)

    def forget_words(self) -> None:
        """Let everybody who writes forget what he has read before."""
        with self._writing() as connection:
            self._forget(connection)

    def add(self, erasure: Erasure, counts: Mapping[str, int], now: Millis) -> None:
        """Count what else was erased."""
        with self._writing() as connection:
            _add(connection, erasure.id, counts, now)

    def finish(self, erasure: Erasure, done: Deed, now: Millis) -> Erasure:
        """End it: from now on nobody knows who it was."""
        mine = _c.id == erasure.id
        with self._writing() as connection:
            values = {"stage": Stage.DONE, "wanted": None, "ended_at": now, "touched_at": now}
            is_first = connection.execute(update(erasures).where(mine, _c.stage != Stage.DONE).values(values)).rowcount
            ended = self._erasure(connection.execute(select(erasures).where(mine)).one())
            if is_first:
                detail = {name.replace(" ", "_"): n for name, n in ended.counts.items() if n}
                audit.write(connection, now, Deed(done.actor, done.action, f"erasure:{erasure.id}", detail))
        return ended

    def _forget(self, connection: Connection) -> None:
        set_marks(connection, {EPOCH: read_mark(connection, EPOCH) + 1})

    # ---------------------------------------------------------------- afterwards

    def find(self, id: int) -> Erasure | None:
        """The erasure of this number."""
        with self._database.reading() as connection:
            row = connection.execute(select(erasures).where(_c.id == id)).one_or_none()
            return None if row is None else self._erasure(row)

    def all(self) -> list[Erasure]:
        """All, the newest first."""
        with self._database.reading() as connection:
            return [self._erasure(row) for row in connection.execute(select(erasures).order_by(_c.id.desc()))]

    def unfinished(self, before: Millis) -> list[Erasure]:
        """Those that were begun and not ended, and of which nothing was done since *before*."""
        query = select(erasures).where(_c.stage != Stage.DONE, _c.touched_at <= before).order_by(_c.id)
        with self._database.reading() as connection:
            return [self._erasure(row) for row in connection.execute(query)]

    def about(self, keys: Sequence[ContactKey]) -> list[Erasure]:
        """The erasures that were about one of *keys*, the newest first."""
        stones = Tombstones(self._keyring)
        with self._database.reading() as connection:
            if not stones.has_secret(connection):
                return []
            prints = {stones.contact(connection, key).hex() for key in keys}
        return [each for each in self.all() if prints.intersection(each.prints)]

    def late(self) -> int:
        """How much was told of erased messages since, and dropped."""
        query = select(func.sum(counters.c.n)).where(counters.c.name == LATE, counters.c.tier == _DAYS)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def drop_old(self, now: Millis) -> int:
        """Forget some hashes of erased messages of which nothing is told any more. Gives how many; 0: none is left."""
        with self._database.reading() as connection:
            until = read_mark(connection, WATCHED)
            if not until or not tombstones.any_old(connection, now):
                return 0
        with self._database.writing() as connection:
            dropped = tombstones.drop_old(connection, now)
            if read_mark(connection, WATCHED) <= now and not tombstones.any_old(connection, now):
                set_marks(connection, {WATCHED: 0})
            return dropped

    # ---------------------------------------------------------------- legal holds

    def hold(self, key: ContactKey, reason: str, done: Deed, now: Millis) -> int:
        """Hold a person from now on. Gives the number of the hold. Raises Conflict: they are being erased."""
        begun = [each for each in self.about([key]) if each.stage is not Stage.DONE]
        if begun:
            raise Conflict(f"erasure {begun[0].id} of this person has begun, and is finished whatever happens")
        with self._database.writing() as connection:
            contact_id = Dictionary(self._country_of).contacts.ids(connection, [key])[key]
            number = legal_holds.add(connection, contact_id, reason, done.actor, now)
            audit.write(connection, now, Deed(done.actor, done.action, f"hold:{number}", {"reason": reason}))
            return number

    def release(self, id: int, done: Deed, now: Millis) -> bool:
        """End a hold. False: there is none of this number that holds."""
        with self._database.writing() as connection:
            if not legal_holds.end(connection, id, now):
                return False
            audit.write(connection, now, Deed(done.actor, done.action, f"hold:{id}"))
            return True

    def holds(self) -> Sequence[Hold]:
        """All holds that ever were, the newest first."""
        with self._database.reading() as connection:
            return legal_holds.all_of(connection)

    @contextmanager
    def _writing(self) -> Any:
        with self._database.writing() as connection:
            overwrite_deleted(connection)
            yield connection

    def _erasure(self, row: Any) -> Erasure:
        keys: tuple[ContactKey, ...] = ()
        if row.wanted is not None:
            plain = self._keyring.open(bytes(row.wanted), context=context_of(row.id))
            keys = tuple(ContactKey(*key) for key in msgspec.json.decode(plain, type=_KEYS))
        return Erasure(
            row.id,
            row.asked_at,
            row.actor,
            row.reason,
            Stage(row.stage),
            row.prints.split(),
            json.loads(row.counts),
            row.ended_at,
            row.up_to,
            keys,
        )


def _holds(connection: Connection, person: Person) -> list[Hold]:
    """Those of the person by any id, also by such as are only linked: whoever erases one id alone is stopped, too."""
    same = linked(connection, person.ids).values()
    return legal_holds.of_contacts(connection, {id_ for ids in same for id_ in ids})


def context_of(id_: int) -> bytes:
    """As what the ids of the erasure *id_* are sealed."""
    return b"erasures.wanted:%d" % id_


def _add(connection: Connection, id_: int, counts: Mapping[str, int], now: Millis) -> None:
    known = connection.execute(select(_c.counts).where(_c.id == id_)).scalar_one()
    total = Counter(json.loads(known)) + Counter(counts)
    values = {"counts": json.dumps(total, sort_keys=True), "touched_at": now}
    connection.execute(update(erasures).where(_c.id == id_).values(values))


def _known_id(connection: Connection, key: ContactKey, id_: int | None, is_given: bool) -> KnownId:
    c = contact_links.c
    query = (
        select(wabas.c.waba_id, func.min(c.first_day), func.max(c.last_day))
        .select_from(contact_links.outerjoin(wabas, wabas.c.id == c.waba_id))
        .where(or_(c.contact_id == id_, c.other_id == id_))
        .group_by(wabas.c.waba_id)
    )
    rows = connection.execute(query).all() if id_ is not None else []
    days = [day for _, first, last in rows for day in (first, last)]
    ends = (min(days) * DAY_MS, max(days) * DAY_MS) if days else (None, None)
    return KnownId(key, is_given, sorted(waba for waba, _, _ in rows if waba), *ends)
