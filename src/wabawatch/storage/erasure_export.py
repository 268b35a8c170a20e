"""Everything that tables tell of one person, to be given to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.ports import SWEPT, Held
from wabawatch.storage import messages
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.erasure_notes import notes_naming
from wabawatch.storage.erasure_rows import Person, person_of, strays
from wabawatch.storage.message_rows import COLUMNS
from wabawatch.storage.schema import consents, participants, wabas
from wabawatch.storage.schema import messages as table

VIEWS = ("conversations", "agent_interaction_logs")
"""Views that know the contact of each row"""


class Told(NamedTuple):
    """What the tables tell of a person."""

    held: list[Held]
    swept_until: Millis
    """How far the expiry sweep had come"""
    consents: list[dict[str, Any]]
    views: dict[str, list[dict[str, Any]]]
    notes: list[str]
    """What people wrote by hand that names them"""


def everything_of(database: Database, keys: Sequence[ContactKey], country_of: Callable[[ContactKey], str]) -> Told:
    """What there is of the person with *keys*, as of one moment. Raises StoreUnavailable."""
    with database.reading() as connection:
        person = person_of(connection, keys)
        c = table.c
        theirs = list(connection.execute(select(c.id).where(c.contact_id.in_(person.ids))).scalars())
        of_groups = select(participants.c.message_id).where(participants.c.contact_id.in_(person.ids))
        ids = sorted({*theirs, *connection.execute(of_groups).scalars(), *strays(connection, person)})
        words = Dictionary(country_of)
        held: list[Held] = []
        for some in chunks(ids):
            rows = connection.execute(select(*COLUMNS).where(c.id.in_(some)).order_by(c.id)).all()
            held += messages.read_rows(connection, words, rows)
        views = {view: _view(connection, view, keys) for view in VIEWS}
        notes = [each.text for each in notes_naming(connection, person.traces)]
        return Told(held, read_mark(connection, SWEPT), _consents(connection, person), views, notes)


def _consents(connection: Any, person: Person) -> list[dict[str, Any]]:
    c = consents.c
    query = select(c.at, wabas.c.waba_id, c.category, c.value).outerjoin(wabas, wabas.c.id == c.waba_id)
    rows = connection.execute(query.where(c.contact_id.in_(person.ids)).order_by(c.at))
    return [dict(row._mapping) for row in rows]


def _view(connection: Any, view: str, keys: Sequence[ContactKey]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = text(f"SELECT * FROM {view} WHERE contact_kind = :kind AND contact_id = :value").bindparams(
        bindparam("kind"), bindparam("value")
    )
    for key in keys:
        rows = connection.execute(asked, {"kind": ContactKind(key.kind).name.lower(), "value": key.value})
        found += [dict(row._mapping) for row in rows]
    return found
