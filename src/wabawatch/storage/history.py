"""What Meta tells besides messages, on disk: events, template and consent history, and who belongs to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, tuple_, update

from wabawatch.domain.erasure import MOST_IDS
from wabawatch.domain.facts import (
    DAY_MS,
    AccountChanged,
    ConsentChanged,
    MessageFact,
    Millis,
    NumberChanged,
    OtherFact,
    Person,
    PersonChanged,
    SendRecorded,
    Source,
    TemplateChanged,
    TemplateRef,
)
from wabawatch.domain.messages import ContactKey, person_key, person_keys
from wabawatch.domain.templates import ConsentEvent, TemplateEvent, bears_on_since
from wabawatch.storage.bulk import Lookup, insert_missing, row_type, widen
from wabawatch.storage.dialect import insert, smaller
from wabawatch.storage.dictionary import Acquaintance, Dictionary, Display, Link, unknown
from wabawatch.storage.event_rows import event_row, told_at
from wabawatch.storage.kin import linked
from wabawatch.storage.platform import note_ratings
from wabawatch.storage.schema import (
    consents,
    contact_links,
    events,
    number_wabas,
    numbers,
    rechecks,
    template_events,
    waba_portfolios,
)
from wabawatch.storage.sealed import Keyring

MARKETING = "marketing_messages"
"""The category of consent that the template rule asks for."""


_TemplateRow = row_type(template_events)
_template_events = Lookup(lambda some: select(template_events).where(template_events.c.template_id.in_(some)))
_consents = Lookup(
    lambda some: select(consents.c.contact_id, consents.c.waba_id, consents.c.at, consents.c.value).where(
        consents.c.contact_id.in_(some), consents.c.category == MARKETING
    )
)
_links = Lookup(lambda some: select(*contact_links.columns).where(contact_links.c.contact_id.in_(some)))
_first_consents = Lookup(
    lambda some: (
        select(consents.c.contact_id, func.min(consents.c.at))
        .where(consents.c.contact_id.in_(some))
        .group_by(consents.c.contact_id)
    )
)


def note(connection: Connection, words: Dictionary, keyring: Keyring, facts: Sequence[OtherFact]) -> None:
    """Write down *facts*. Repeats only make the time of being told earlier."""
    if not facts:
        return
    _note_events(connection, words, keyring, facts)
    _note_templates(connection, words, [f for f in facts if isinstance(f, TemplateChanged)])
    _note_consents(connection, words, [f for f in facts if isinstance(f, ConsentChanged)])
    of_numbers = [f for f in facts if isinstance(f, NumberChanged)]
    _queue_rechecks(connection, "number", note_ratings(connection, words, of_numbers))
    displays = [(f.number, f.display_number, f.when.at) for f in of_numbers]
    _note_displays(connection, words, displays)
    pairs = [(f.waba, f.portfolio, f.when.at) for f in facts if isinstance(f, AccountChanged)]
    _note_portfolios(connection, words, pairs)
    persons = [(p, f.waba, f.when.at) for f in facts for p in _persons_of(f)]
    _note_links(connection, words, persons)
    changed = [f for f in facts if isinstance(f, PersonChanged) and f.previous and f.current]
    _link(connection, words, [(person_key(f.previous), person_key(f.current), f.waba, f.when.at) for f in changed])


def note_people(connection: Connection, words: Dictionary, facts: Sequence[MessageFact]) -> None:
    """Write down which number belongs to which WABA and which ids to one person, as seen in *facts*."""
    seen: dict[tuple[str, str], tuple[Millis, Millis]] = {}
    displays: set[Display] = set()
    people: set[Acquaintance] = set()
    for fact in facts:
        waba, display = ("", "") if isinstance(fact, SendRecorded) else (fact.waba, fact.display_number)
        number, at = fact.number, fact.when.at
        # Whole days, so that what is seen with every message is neither looked up nor written again with each.
        day = at - at % DAY_MS
        if number and waba:
            first, last = seen.get((number, waba), (at, at))
            seen[number, waba] = (min(first, at), max(last, at))
        if display:
            displays.add((number, display, day))
        people.add((fact.person, waba, day))
    number_ids = words.numbers.ids(connection, {number for number, _ in seen})
    waba_ids = words.wabas.ids(connection, {waba for _, waba in seen})
    rows = [
        {"number_id": number_ids[number], "waba_id": waba_ids[waba], "first_at": first, "last_at": last}
        for (number, waba), (first, last) in seen.items()
    ]
    widen(connection, number_wabas, rows)
    displays = unknown(displays, words.displays)
    _note_displays(connection, words, displays)
    words.remember_displays(displays)
    strangers = unknown(people, words.people)
    _note_links(connection, words, strangers)
    words.remember_people(strangers)


def template_histories(
    connection: Connection, words: Dictionary, refs: Collection[TemplateRef]
) -> Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]:
    """The history of each of *refs*, by WABA."""
    ids = words.templates.known(connection, refs)
    by_id = {number: ref for ref, number in ids.items()}
    found: dict[TemplateRef, dict[str, list[TemplateEvent]]] = {}
    rows = [_TemplateRow._make(row) for row in _template_events(connection, by_id)]
    wabas = words.wabas.words(connection, {row.waba_id for row in rows if row.waba_id})
    for row in rows:
        history = found.setdefault(by_id[row.template_id], {})
        history.setdefault(wabas.get(row.waba_id, ""), []).append(_event(row))
    return found


def note_same(
    connection: Connection, words: Dictionary, seen: Sequence[tuple[Collection[ContactKey], str, Millis]]
) -> None:
    """Write down ids that mean one person, with WABA and time."""
    pairs = []
    for contacts, waba, at in seen:
        first, *others = sorted(contacts)
        pairs += [(first, other, waba, at) for other in others]
    _link(connection, words, pairs)


def consent_histories(
    connection: Connection, words: Dictionary, contacts: Collection[ContactKey]
) -> Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]:
    """The marketing consent history of each of *contacts* that has one, by WABA: also that of the ids linked to it."""
    ids = words.contacts.known(connection, contacts)
    same = linked(connection, ids.values())
    said: defaultdict[int, list[tuple[int, ConsentEvent]]] = defaultdict(list)
    for contact_id, waba_id, at, value in _consents(connection, {i for others in same.values() for i in others}):
        said[contact_id].append((waba_id, ConsentEvent(at, value)))
    wabas = words.wabas.words(connection, {waba for some in said.values() for waba, _ in some if waba})
    found: dict[ContactKey, dict[str, list[ConsentEvent]]] = {}
    for contact, number in ids.items():
        for waba, event in (one for i in _person(number, same) for one in said.get(i, ())):
            found.setdefault(contact, {}).setdefault(wabas.get(waba, ""), []).append(event)
    return found


def _person(contact_id: int, same: Mapping[int, Collection[int]]) -> Collection[int]:
    ids = same[contact_id]
    return ids if len(ids) <= MOST_IDS else (contact_id,)


def _note_events(connection: Connection, words: Dictionary, keyring: Keyring, facts: Sequence[OtherFact]) -> None:
    number_ids = words.numbers.ids(connection, {n for f in facts if (n := getattr(f, "number", ""))})
    waba_ids = words.wabas.ids(connection, {w for f in facts if (w := getattr(f, "waba", ""))})
    dialled = _dialled(connection, facts)
    rows = []
    for fact in facts:
        number, waba = getattr(fact, "number", ""), getattr(fact, "waba", "")
        number_id = number_ids.get(number, 0) or dialled.get(getattr(fact, "display_number", ""), 0)
        ids = {"number_id": number_id, "waba_id": waba_ids.get(waba, 0)}
        rows.append(event_row(fact, keyring) | ids)
    new = insert(connection, events)
    told = {name: smaller(connection, events.c[name], new.excluded[name]) for name in ("at", "seen_at")}
    connection.execute(new.on_conflict_do_update(index_elements=["fingerprint"], set_=told), rows)


def _dialled(connection: Connection, facts: Sequence[OtherFact]) -> dict[str, int]:
    """The ids of numbers that *facts* name only as people dial them, of those that just one number was seen with."""
    lacking = {f.display_number for f in facts if isinstance(f, NumberChanged | AccountChanged) and f.display_number}
    if not lacking:
        return {}
    query = select(numbers.c.display_number, func.min(numbers.c.id)).where(numbers.c.display_number.in_(lacking))
    found = connection.execute(query.group_by(numbers.c.display_number).having(func.count() == 1))
    return {row[0]: int(row[1]) for row in found}


def _note_templates(connection: Connection, words: Dictionary, facts: Sequence[TemplateChanged]) -> None:
    named = [f for f in facts if f.name and f.aspect in ("status", "quality", "category")]
    if not named:
        return
    ids = words.templates.ids(connection, {TemplateRef(f.name, f.language) for f in named})
    waba_ids = words.wabas.ids(connection, {f.waba for f in named if f.waba})
    rows: list[dict[str, Any]] = [
        {
            "waba_id": waba_ids.get(f.waba, 0),
            "template_id": ids[TemplateRef(f.name, f.language)],
            "aspect": f.aspect,
            "at": f.when.at,
            "value": f.after,
            "reason": f.reason,
            "told_at": told_at(f.when),
            "told_by": int(f.source),
        }
        for f in named
    ]
    new = insert(connection, template_events)
    # Who told first: together with when, so that the order in which they are learnt does not matter.
    known = tuple_(template_events.c.told_at, template_events.c.told_by)
    is_earlier = tuple_(new.excluded.told_at, new.excluded.told_by) < known
    told = {
        name: case((is_earlier, new.excluded[name]), else_=template_events.c[name]) for name in ("told_at", "told_by")
    }
    keys = list(template_events.primary_key)
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=told), rows)
    _queue_rechecks(connection, "template", _borne_on(connection, rows))


def _borne_on(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, Millis]]:
    """The templates of new lines of history, with the time from which on they can change a verdict."""
    histories: defaultdict[tuple[int, int], list[TemplateEvent]] = defaultdict(list)
    for known in map(_TemplateRow._make, _template_events(connection, {row["template_id"] for row in rows})):
        histories[known.waba_id, known.template_id].append(_event(known))
    return [
        (new.template_id, bears_on_since(_event(new), histories[new.waba_id, new.template_id]))
        for new in (_TemplateRow(**row) for row in rows)
    ]


def _event(row: Any) -> TemplateEvent:
    return TemplateEvent(row.at, row.told_at, row.aspect, row.value, row.reason, Source(row.told_by))


def _note_consents(connection: Connection, words: Dictionary, facts: Sequence[ConsentChanged]) -> None:
    known = [f for f in facts if f.person]
    if not known:
        return
    ids = words.contacts.ids(connection, {person_key(f.person) for f in known})
    waba_ids = words.wabas.ids(connection, {f.waba for f in known if f.waba})
    rows: list[dict[str, Any]] = [
        {
            "contact_id": ids[person_key(f.person)],
            "waba_id": waba_ids.get(f.waba, 0),
            "category": f.category,
            "at": f.when.at,
            "value": f.value,
        }
        for f in known
    ]
    insert_missing(connection, consents, rows)
    same = linked(connection, ids.values())
    touched = [(i, row["at"]) for row in rows for i in same[row["contact_id"]]]
    _queue_rechecks(connection, "contact", touched)


def _note_displays(connection: Connection, words: Dictionary, seen: Collection[Display]) -> None:
    """Keep how people dial each number: the newest; of two at the same time, the smaller text."""
    known = [(number, text, at) for number, text, at in seen if number and text]
    if not known:
        return
    words.numbers.ids(connection, {number for number, _, _ in known})
    older = numbers.c.display_at < bindparam("_at")
    as_old = and_(numbers.c.display_at == bindparam("_at"), numbers.c.display_number > bindparam("_text"))
    statement = update(numbers).where(
        numbers.c.phone_number_id == bindparam("_id"), or_(numbers.c.display_number == "", older, as_old)
    )
    news = statement.values(display_number=bindparam("_text"), display_at=bindparam("_at"))
    connection.execute(news, [{"_id": number, "_text": text, "_at": at} for number, text, at in known])
    # What named the number only so, before we knew whose it is, is its now.
    its = select(numbers.c.id).where(numbers.c.phone_number_id == bindparam("_id")).scalar_subquery()
    nameless = and_(events.c.kind == "number", events.c.number_id == 0, events.c.subject == bindparam("_text"))
    rows = [{"_id": number, "_text": text} for number, text, _ in known]
    connection.execute(update(events).where(nameless).values(number_id=its), rows)


def _note_portfolios(connection: Connection, words: Dictionary, pairs: Sequence[tuple[str, str, Millis]]) -> None:
    known = [(waba, portfolio, at) for waba, portfolio, at in pairs if waba and portfolio]
    waba_ids = words.wabas.ids(connection, {waba for waba, _, _ in known})
    portfolio_ids = words.portfolios.ids(connection, {portfolio for _, portfolio, _ in known})
    rows = [
        {"waba_id": waba_ids[waba], "portfolio_id": portfolio_ids[portfolio], "first_at": at, "last_at": at}
        for waba, portfolio, at in known
    ]
    widen(connection, waba_portfolios, rows)


def _persons_of(fact: OtherFact) -> tuple[Person, ...]:
    if isinstance(fact, ConsentChanged):
        return (fact.person,)
    return (fact.previous, fact.current) if isinstance(fact, PersonChanged) else ()


def _note_links(connection: Connection, words: Dictionary, persons: Iterable[Acquaintance]) -> None:
    pairs: list[Link] = []
    for person, waba, at in persons:
        keys = person_keys(person)
        pairs += [(keys[0], other, waba, at) for other in keys[1:]]
    _write_links(connection, words, pairs)


def _link(connection: Connection, words: Dictionary, seen: Iterable[Link]) -> None:
    # Whole days, so that a link in daily use is neither looked up nor written again with every message.
    pairs = unknown({(a, b, waba, at - at % DAY_MS) for a, b, waba, at in seen}, words.links)
    words.remember_links(pairs)
    _write_links(connection, words, pairs)


def _write_links(connection: Connection, words: Dictionary, pairs: Collection[Link]) -> None:
    if not pairs:
        return
    ids = words.contacts.ids(connection, {key for a, b, _, _ in pairs for key in (a, b)})
    waba_ids = words.wabas.ids(connection, {waba for _, _, waba, _ in pairs if waba})
    days: dict[tuple[int, int, int], tuple[int, int]] = {}
    for a, b, waba, at in pairs:
        key, day = (ids[a], ids[b], waba_ids.get(waba, 0)), at // DAY_MS
        first, last = days.get(key, (day, day))
        days[key] = (min(first, day), max(last, day))
    known = {(a, b, waba): (first, last) for a, b, waba, first, last in _links(connection, {a for a, _, _ in days})}
    # A link that holds the day already is not written again: with a known contact, nothing is.
    rows = [
        {"contact_id": a, "other_id": b, "waba_id": waba, "first_day": first, "last_day": last}
        for (a, b, waba), (first, last) in days.items()
        if not _holds(known.get((a, b, waba)), first, last)
    ]
    widen(connection, contact_links, rows, "first_day", "last_day")
    _recheck_linked(connection, {(a, b) for a, b, _ in days}.difference((a, b) for a, b, _ in known))


def _holds(span: tuple[int, int] | None, first: int, last: int) -> bool:
    return span is not None and span[0] <= first and last <= span[1]


def _recheck_linked(connection: Connection, new: Collection[tuple[int, int]]) -> None:
    if not new:
        return
    same = linked(connection, {a for a, _ in new})
    for contact_id, at in _first_consents(connection, {i for ids in same.values() for i in ids}):
        touched = {i for ids in same.values() if contact_id in ids for i in ids}
        _queue_rechecks(connection, "contact", [(i, at) for i in touched])


def _queue_rechecks(connection: Connection, kind: str, subjects: Sequence[tuple[int, Millis]]) -> None:
    if subjects:
        new = insert(connection, rechecks)
        again = {"from_at": smaller(connection, rechecks.c.from_at, new.excluded.from_at), "cursor": 0}
        rows = [{"kind": kind, "ref": ref, "from_at": at, "cursor": 0} for ref, at in subjects]
        connection.execute(new.on_conflict_do_update(index_elements=["kind", "ref"], set_=again), rows)
