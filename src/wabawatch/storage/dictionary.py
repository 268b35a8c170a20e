"""All the words that rows refer to by number, in one place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection

from wabawatch.domain.facts import ErrorSeen, Millis, Person, TemplateRef
from wabawatch.domain.messages import ContactKey, Message
from wabawatch.domain.standing import SELDOM, Outcome, Pace, Role, Standing, TemplateUse, origin
from wabawatch.storage import contact_keys, schema
from wabawatch.storage.bulk import insert_missing
from wabawatch.storage.message_rows import LabelKind, Meanings, MessageRow, Profile, Words
from wabawatch.storage.names import CACHED, Names

T = TypeVar("T")

LABEL_KINDS = tuple(LabelKind)

Link: TypeAlias = tuple[ContactKey, ContactKey, str, Millis]
"""Two ids of one person, the WABA where they were seen together, and the day."""

Display: TypeAlias = tuple[str, str, Millis]
"""A phone_number_id, the number as people dial it, and when it was seen so."""


Acquaintance: TypeAlias = tuple[Person, str, Millis]
"""A person, the WABA that knows them, and the day."""


Saved: TypeAlias = tuple[Message, MessageRow]
"""A message and its row"""


class Dictionary:
    """The interned words of one user of the database (one thread at a time)."""

    def __init__(self, country_of: Callable[[ContactKey], str]) -> None:
        self.country_of = country_of
        self.links: dict[Link, None] = {}
        """Links between contacts that are known to be written, in the order of learning"""
        self.people: dict[Acquaintance, None] = {}
        """Persons whose ids are known to be linked, by WABA and day, in the order of learning"""
        self.displays: dict[Display, None] = {}
        """How numbers are known to be dialled, by day, in the order of learning"""
        self.pairs: dict[tuple[int, int], None] = {}
        """Labels and contacts that are known to be written as belonging together, in the order of learning"""
        self.numbers = Names[str](schema.numbers, ("phone_number_id",), lambda w: {"phone_number_id": w}, _first)
        self.wabas = Names[str](schema.wabas, ("waba_id",), lambda w: {"waba_id": w}, _first)
        self.portfolios = Names[str](schema.portfolios, ("portfolio_id",), lambda w: {"portfolio_id": w}, _first)
        self.templates = Names[TemplateRef](
            schema.templates,
            ("name", "language"),
            lambda w: {"name": w.name, "language": w.language},
            lambda row: TemplateRef(row.name, row.language),
        )
        self.contacts = Names[ContactKey](
            schema.contacts,
            ("packed",),
            lambda w: {"packed": contact_keys.pack(w), "country": country_of(w)},
            lambda row: contact_keys.unpack(row.packed),
            lambda w: (contact_keys.pack(w),),
        )
        self.labels = Names[tuple[LabelKind, str]](
            schema.labels,
            ("kind", "value"),
            lambda w: {"kind": LABEL_KINDS.index(w[0]), "value": w[1]},
            lambda row: (LABEL_KINDS[row.kind], row.value),
        )
        self.profiles = Names[Profile](
            schema.profiles,
            ("fingerprint",),
            lambda w: {**w._asdict(), "fingerprint": w.fingerprint()},
            lambda row: Profile._make([getattr(row, name) for name in Profile._fields]),
        )
        self.errors = Names[ErrorSeen](schema.error_texts, ("fingerprint",), _error_row, _error_word)
        self.standings = Names[Standing](schema.standings, ("fingerprint",), _standing_row, _standing_word)

    def words(self, connection: Connection, messages: Collection[Message]) -> Words:
        """The numbers of all words that *messages* use; new words are written."""
        return Words(
            numbers=self.numbers.ids(connection, {m.number for m in messages if m.number}),
            wabas=self.wabas.ids(connection, {m.waba[2] for m in messages if m.waba}),
            templates=self.templates.ids(connection, {m.template[2] for m in messages if m.template}),
            contacts=self.contacts.ids(connection, set(_contacts_of(messages))),
            labels=self.labels.ids(connection, {word for m in messages for word in _labels_of(m)}),
        )

    def meanings(self, connection: Connection, rows: Collection[Any]) -> Meanings:
        """The words of all numbers that *rows* of the table `messages` use."""
        profiles = self.profiles.words(connection, {row.profile_id for row in rows})
        some = profiles.values()
        labels = {row.user_id for row in rows if row.user_id} | {row.lead_id for row in rows if row.lead_id}
        return Meanings(
            numbers=self.numbers.words(connection, {row.number_id for row in rows if row.number_id}),
            wabas=self.wabas.words(connection, {p.waba_id for p in some if p.waba_id}),
            templates=self.templates.words(connection, {p.template_id for p in some if p.template_id}),
            contacts=self.contacts.words(connection, {row.contact_id for row in rows if row.contact_id}),
            labels=self.labels.words(connection, labels),
            profiles=profiles,
        )

    def pair_labels(
        self, connection: Connection, labels: Mapping[tuple[LabelKind, str], int], saved: Iterable[Saved]
    ) -> None:
        """Write with which contacts the users, leads, conversations and rare origins of *saved* have messages."""
        seen = {(labels[word], row.contact_id or 0) for message, row in saved for word in _labels_of(message)}
        pairs = unknown(seen, self.pairs)
        insert_missing(connection, schema.label_contacts, [{"label_id": a, "contact_id": b} for a, b in pairs])
        _remember(self.pairs, pairs)

    def remember_links(self, links: Iterable[Link]) -> None:
        """Remember links as written; the oldest half is dropped when there are too many."""
        _remember(self.links, links)

    def remember_people(self, people: Iterable[Acquaintance]) -> None:
        """Remember that the ids of persons are linked; the oldest half is dropped when there are too many."""
        _remember(self.people, people)

    def remember_displays(self, displays: Iterable[Display]) -> None:
        """Remember how numbers are dialled as written; the oldest half is dropped when there are too many."""
        _remember(self.displays, displays)

    def forget(self) -> None:
        """Drop what was learnt, after a transaction that was undone."""
        for names in vars(self).values():
            if isinstance(names, Names):
                names.forget()
        self.links.clear()
        self.people.clear()
        self.displays.clear()
        self.pairs.clear()


def unknown(some: Iterable[T], known: Mapping[T, None]) -> set[T]:
    """Those of *some* that are not *known*. Not a difference of sets: that would walk through all that is known."""
    return {one for one in some if one not in known}


def _remember(known: dict[T, None], new: Iterable[T]) -> None:
    if len(known) > CACHED:
        for one in list(known)[: CACHED // 2]:
            del known[one]
    known |= dict.fromkeys(new)


def _first(row: Any) -> str:
    return str(row[1])


def _contacts_of(messages: Iterable[Message]) -> Iterable[ContactKey]:
    for message in messages:
        if message.contact:
            yield message.contact[2]
        for contact, _ in message.participants:
            yield contact


def _labels_of(message: Message) -> Iterator[tuple[LabelKind, str]]:
    if message.user:
        yield LabelKind.USER, message.user[2]
    if message.lead:
        yield LabelKind.LEAD, message.lead[2]
    if message.conversation:
        yield LabelKind.CONVERSATION, message.conversation[2]
    if (sent_by := origin(message)) in SELDOM:
        yield LabelKind.ORIGIN, sent_by.value


def _fingerprint(*parts: object) -> bytes:
    return blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _error_row(error: ErrorSeen) -> dict[str, Any]:
    kept = {name: getattr(error, name) for name in ("code", "subcode", "title", "message", "details", "href")}
    # What most errors do not say changes no fingerprint: as it was before there was such a column.
    more = () if error.transient < 0 else (error.transient,)
    return {"fingerprint": _fingerprint(*kept.values(), *more), **kept, "transient": error.transient}


def _error_word(row: Any) -> ErrorSeen:
    return ErrorSeen(row.code, row.title, row.message, row.details, row.subcode, "", row.href, row.transient)


def _standing_row(standing: Standing) -> dict[str, Any]:
    values = {name: int(v) if isinstance(v, bool) else str(v) for name, v in standing._asdict().items()}
    return {"fingerprint": _fingerprint(*values.values()), **values}


def _standing_word(row: Any) -> Standing:
    return Standing(
        role=Role(row.role),
        status=Outcome(row.status),
        is_accepted=bool(row.is_accepted),
        is_rejected=bool(row.is_rejected),
        is_unlinked=bool(row.is_unlinked),
        is_recorded=bool(row.is_recorded),
        in_delivery=bool(row.in_delivery),
        in_failure=bool(row.in_failure),
        pace=Pace(row.pace),
        template_use=TemplateUse(row.template_use),
        template_health=row.template_health,
        fault=row.fault,
        is_billable=bool(row.is_billable),
        is_contradictory=bool(row.is_contradictory),
    )
