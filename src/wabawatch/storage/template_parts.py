"""The messages of one template, cut in ways that no roll-up has: newest first, and no more than a given number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from wabawatch.domain.billing import UNCATEGORISED, is_charge
from wabawatch.domain.standing import Outcome, TemplateUse
from wabawatch.ports import Held, Window
from wabawatch.ports_templates import Part
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.evidence import ATTEMPTED, ROLE_BITS
from wabawatch.storage.message_rows import NO_CATEGORY, OUTCOME_SHIFT, OUTCOMES
from wabawatch.storage.messages import read_rows
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.schema import contacts, messages, profiles

_OUTCOME_BITS = 7 << OUTCOME_SHIFT
FAILED, EXPIRED = (OUTCOMES.index(each) << OUTCOME_SHIFT for each in (Outcome.FAILED, Outcome.EXPIRED))


def parts(
    connection: Connection,
    window: Window,
    template_id: int,
    numbers: Collection[int],
    names: NumberPlaces,
    most: int,
) -> tuple[list[Part], bool]:
    """As `TemplateBooks.parts`. *most* is shared evenly by the numbers."""
    charged = {row.id: _category(row) for row in connection.execute(_profiles(template_id))}
    if not charged or not numbers:
        return [], True
    each_most = max(1, most // len(numbers))
    found: Counter[tuple[int, str, str, int | None]] = Counter()
    is_whole = True
    for number_id in sorted(numbers):
        newest = _newest(number_id, window)
        is_whole = is_whole and _has_no_more(connection, number_id, window, each_most)
        for profile_id, state, country, code, n in _grouped(connection, newest.limit(each_most), list(charged)):
            if state == FAILED:
                found[number_id, country or "", "", code or 0] += n
            elif state != EXPIRED and charged[profile_id]:
                found[number_id, country or "", charged[profile_id], None] += n
    return [
        Part(names.of(number_id)[0], country, category, code, n)
        for (number_id, country, category, code), n in found.items()
    ], is_whole


def _grouped(connection: Connection, newest: Select[Any], profile_ids: list[int]) -> Iterator[Any]:
    m = newest.subquery("m").c
    for some in chunks(profile_ids):
        keys = (m.profile_id, m.state.op("&")(_OUTCOME_BITS).label("outcome"), contacts.c.country, m.error_code)
        query = select(*keys, func.count()).outerjoin(contacts, contacts.c.id == m.contact_id)
        query = query.where(m.profile_id.in_(some), m.state.op("&")(ROLE_BITS) == ATTEMPTED)
        yield from connection.execute(query.group_by(*keys))


def _newest(number_id: int, window: Window) -> Select[Any]:
    m = messages.c
    query = select(m.profile_id, m.contact_id, m.error_code, m.state).where(*_inside(number_id, window))
    return query.order_by(m.cohort_at.desc())


def _has_no_more(connection: Connection, number_id: int, window: Window, most: int) -> bool:
    """Whether a number has at most so many messages in the window: only its index is read."""
    query = select(messages.c.cohort_at).where(*_inside(number_id, window)).offset(most).limit(1)
    return connection.execute(query).first() is None


def _inside(number_id: int, window: Window) -> tuple[ColumnElement[bool], ...]:
    m = messages.c
    return m.number_id == number_id, m.cohort_at >= (window.start or 0), m.cohort_at < (window.end or 0)


def _profiles(template_id: int) -> Select[Any]:
    p = profiles.c
    columns = (p.id, p.category, p.pricing_type, p.billable, p.pricing_category)
    return select(*columns).where(p.template_id == template_id)


def _category(row: Any) -> str:
    """As what messages of a profile are charged; "": they are not."""
    kept = row.pricing_category
    told = "" if kept == NO_CATEGORY else kept or row.category
    return told or row.category or UNCATEGORISED if is_charge(row.pricing_type, row.billable, told) else ""


def judged(
    connection: Connection,
    use: TemplateUse,
    window: Window,
    template_id: int,
    numbers: Collection[int],
    most: int,
) -> list[Held]:
    """As `TemplateBooks.judged`."""
    p, m = profiles.c, messages.c
    its = select(p.id).where(p.template_id == template_id, p.template_use == use.value)
    wanted = list(connection.execute(its).scalars())
    rows: list[Any] = []
    for number_id in sorted(numbers):
        for some in chunks(wanted):
            query = select(messages).where(*_inside(number_id, window), m.profile_id.in_(some))
            query = query.where(m.state.op("&")(ROLE_BITS) == ATTEMPTED)
            rows += connection.execute(query.order_by(m.cohort_at.desc(), m.id.desc()).limit(most)).all()
    newest = sorted(rows, key=lambda row: (row.cohort_at, row.id), reverse=True)[:most]
    held = {each.id: each for each in read_rows(connection, Dictionary(lambda _: ""), newest)}
    return [held[row.id] for row in newest]
