"""What the books hold of templates, read for people: `ports_templates.TemplateBooks` on one `Database`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, and_, select

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import Kind, States, Subject, template_key
from wabawatch.domain.rollups import Scope, Tier
from wabawatch.domain.standing import TemplateUse
from wabawatch.domain.told import Told
from wabawatch.ports import Held, Window
from wabawatch.ports_templates import Part
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.event_rows import DETAIL
from wabawatch.storage.known_standings import KnownStandings
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.place_counts import by_place, series_of, spans_in
from wabawatch.storage.platform import states_of, states_where, templates_of
from wabawatch.storage.schema import events, platform_states, templates, wabas
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.template_parts import judged, parts
from wabawatch.storage.told_lines import told_lines


class SqlTemplateBooks:
    """`ports_templates.TemplateBooks`. Any thread may ask."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._standings = KnownStandings()

    def owners(self) -> Mapping[str, str]:
        with self._database.reading() as connection:
            return {place.number: place.waba for place in NumberPlaces(connection).all()}

    def states(self, waba: str) -> States:
        with self._database.reading() as connection:
            if waba:
                return templates_of(connection, waba)
            return states_where(connection, platform_states.c.kind == str(Kind.TEMPLATE))

    def counts(self, window: Window, numbers: Collection[str] | None) -> Mapping[tuple[str, TemplateRef], Tally]:
        with self._database.reading() as connection:
            names, words = NumberPlaces(connection), Dictionary(lambda _: "")
            ids = None if numbers is None else _ids(names, numbers)
            spans = spans_in(connection, window, Scope.TEMPLATE)
            counted = by_place(connection, spans, Scope.TEMPLATE, ids)
            refs = words.templates.words(connection, {ref for _, ref in counted})
            tallies = {key: self._tally(connection, each) for key, each in counted.items()}
        return {(names.of(number_id)[0], refs[ref]): tally for (number_id, ref), tally in tallies.items() if tally}

    def series(self, window: Window, ref: TemplateRef, numbers: Collection[str], tier: Tier) -> Mapping[Millis, Tally]:
        with self._database.reading() as connection:
            template_id = _template_id(connection, ref)
            if template_id is None:
                return {}
            ids = _ids(NumberPlaces(connection), numbers)
            counted = series_of(connection, window, tier, Scope.TEMPLATE, template_id, ids)
            found = {at: self._tally(connection, each) for at, each in sorted(counted.items())}
        return {at: tally for at, tally in found.items() if tally}

    def _tally(self, connection: Connection, counted: Counter[int]) -> Tally:
        words = self._standings.words(connection, counted)
        return {words[i]: n for i, n in counted.items() if n}

    def is_known(self, ref: TemplateRef) -> bool:
        with self._database.reading() as connection:
            return _template_id(connection, ref) is not None

    def history(self, waba: str, ref: TemplateRef, most: int) -> list[Told]:
        with self._database.reading() as connection:
            return told_lines(connection, _of(connection, waba, ref), most)

    def languages(self, waba: str, name: str) -> States:
        query = select(templates.c.language).where(templates.c.name == name)
        with self._database.reading() as connection:
            found = connection.execute(query).scalars().all()
            subjects = [Subject(Kind.TEMPLATE, template_key(name, language), waba) for language in found]
            return states_of(connection, subjects)

    def content(self, waba: str, ref: TemplateRef) -> str:
        c = events.c
        with self._database.reading() as connection:
            its = and_(_of(connection, waba, ref), c.event == "components", c.detail.is_not(None))
            sealed = connection.execute(
                select(c.detail).where(its).order_by(c.at.desc(), c.id.desc()).limit(1)
            ).scalar()
        return "" if sealed is None else self._keyring.open(bytes(sealed), context=DETAIL).decode("utf-8", "replace")

    def parts(self, window: Window, ref: TemplateRef, numbers: Collection[str], most: int) -> tuple[list[Part], bool]:
        with self._database.reading() as connection:
            template_id, names = _template_id(connection, ref), NumberPlaces(connection)
            if template_id is None:
                return [], True
            return parts(connection, window, template_id, _ids(names, numbers), names, most)

    def judged(
        self, use: TemplateUse, window: Window, ref: TemplateRef, numbers: Collection[str], most: int
    ) -> list[Held]:
        with self._database.reading() as connection:
            template_id = _template_id(connection, ref)
            if template_id is None:
                return []
            return judged(connection, use, window, template_id, _ids(NumberPlaces(connection), numbers), most)


def _ids(names: NumberPlaces, numbers: Collection[str]) -> set[int]:
    known = names.ids()
    return {known[number] for number in numbers if number in known}


def _template_id(connection: Connection, ref: TemplateRef) -> int | None:
    return Dictionary(lambda _: "").templates.known(connection, [ref]).get(ref)


def _of(connection: Connection, waba: str, ref: TemplateRef) -> ColumnElement[bool]:
    """The events of a template of an account."""
    waba_id = 0
    if waba:
        waba_id = connection.execute(select(wabas.c.id).where(wabas.c.waba_id == waba)).scalar() or -1
    c = events.c
    return and_(c.kind == "template", c.waba_id == waba_id, c.subject == template_key(ref.name, ref.language))
