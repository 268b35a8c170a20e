"""A `MessageFilter` as conditions on the table `messages` (called m), with words turned into numbers once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select

from wabawatch.domain.erasure import MOST_IDS
from wabawatch.domain.error_codes import LIMIT_HIT_CODES, OPT_OUT_CODE
from wabawatch.domain.facts import TemplateRef
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.domain.search import Compliance, Direction, MessageFilter, State, outcomes
from wabawatch.domain.standing import SELDOM, Purpose, TemplateUse
from wabawatch.storage import schema
from wabawatch.storage.dialect import chunks, holds_bytes
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.kin import linked
from wabawatch.storage.message_rows import (
    CONTRADICTION_BIT,
    ERRORS_BIT,
    ORIGIN_SHIFT,
    ORIGINS,
    OUTCOME_SHIFT,
    OUTCOMES,
    ROLE_SHIFT,
    ROLES,
    LabelKind,
)
from wabawatch.storage.views_messages import IS_OUTBOUND, PURPOSE, has
from wabawatch.storage.views_spelling import any_of


@dataclass(slots=True)
class Conditions:
    """What a row must fulfil. Numbers stand in the text, words in the parameters."""

    texts: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    is_impossible: bool = False
    """A word that is looked for occurs nowhere: there is nothing to find"""

    def add(self, text: str, **parameters: Any) -> None:
        """One more condition. The names of parameters are those of one filter."""
        self.texts.append(text)
        self.parameters |= parameters

    def among(self, column: str, numbers: Collection[int]) -> None:
        """*column* must be one of *numbers*."""
        if numbers:
            self.add(f"{column} IN ({', '.join(map(str, sorted(numbers)))})")
        else:
            self.is_impossible = True


@dataclass(slots=True)
class Sought:
    """A filter with all its words turned into numbers."""

    wanted: MessageFilter
    conditions: Conditions
    numbers: list[int] | None = None
    """Of the numbers that it names, or that its WABAs had; None: any"""
    contacts: set[int] | None = None
    labels: set[int] | None = None
    templates: set[int] | None = None
    errors: set[int] | None = None
    """Of `error_texts`: a message must have one of them; None: it need not"""


def seek(connection: Connection, words: Dictionary, wanted: MessageFilter) -> Sought:
    """Turn *wanted* into conditions, but for its time range and wamids. Writes nothing."""
    sought = Sought(wanted, Conditions())
    c = sought.conditions
    if wanted.numbers:
        sought.numbers = _numbers(connection, wanted.numbers)
        c.among("m.number_id", sought.numbers)
    if wanted.contacts:
        sought.contacts = _contacts(connection, words, wanted.contacts)
        c.among("m.contact_id", sought.contacts)
    _labels(connection, words, sought)
    _states(c, wanted)
    _profiles(connection, words, sought)
    _others(connection, sought)
    return sought


def _numbers(connection: Connection, some: Sequence[str]) -> list[int]:
    t = schema.numbers
    found: set[int] = set()
    for each in chunks(some):
        query = select(t.c.id).where(or_(t.c.phone_number_id.in_(each), t.c.display_number.in_(each)))
        found |= set(connection.execute(query).scalars())
    return sorted(found)


def _labels(connection: Connection, words: Dictionary, sought: Sought) -> None:
    """What leads to messages by their contacts; of several, that which is likely to have the fewest."""
    wanted, c = sought.wanted, sought.conditions
    is_seldom = SELDOM.issuperset(wanted.origins)
    for kind, column, some in (
        (LabelKind.CONVERSATION, "", wanted.conversations),
        (LabelKind.LEAD, "lead_id", wanted.leads),
        (LabelKind.USER, "user_id", wanted.users),
        (LabelKind.ORIGIN, "", wanted.origins if is_seldom else ()),
    ):
        if some:
            found = set(words.labels.known(connection, [(kind, each) for each in some]).values())
            sought.labels = found if sought.labels is None else sought.labels
            if column:
                c.among(f"m.{column}", found)
            elif not found:
                c.is_impossible = True


def _contacts(connection: Connection, words: Dictionary, some: Sequence[str]) -> set[int]:
    """The contacts with one of these ids, of whatever kind, and those that were seen to be the same person."""
    keys = [ContactKey(int(kind), each) for each in some for kind in ContactKind]
    found = set(words.contacts.known(connection, keys).values())
    return found.union(*(same for same in linked(connection, found).values() if len(same) <= MOST_IDS))


def _states(c: Conditions, wanted: MessageFilter) -> None:
    if wanted.states:
        places = [OUTCOMES.index(each) for each in outcomes(wanted.states)]
        status = f"((m.state >> {OUTCOME_SHIFT}) & 7)"
        sent = f"({IS_OUTBOUND} AND {status} IN ({', '.join(map(str, places))}))" if places else ""
        received = f"(NOT {IS_OUTBOUND})" if State.RECEIVED in wanted.states else ""
        c.add(f"({' OR '.join(filter(None, (sent, received)))})")
    if wanted.direction is not None:
        c.add(IS_OUTBOUND if wanted.direction is Direction.OUTBOUND else f"NOT {IS_OUTBOUND}")
    if wanted.roles:
        c.among(f"((m.state >> {ROLE_SHIFT}) & 3)", [ROLES.index(each) for each in wanted.roles])
    if wanted.origins:
        c.among(f"(m.state >> {ORIGIN_SHIFT})", [ORIGINS.index(each) for each in wanted.origins])
    if wanted.partial_failure is not None:
        contradictory = has(CONTRADICTION_BIT)
        c.add(contradictory if wanted.partial_failure else f"NOT ({contradictory})")


def _profiles(connection: Connection, words: Dictionary, sought: Sought) -> None:
    """What few messages differ in stands in their profiles: those that fit are found once."""
    wanted, p = sought.wanted, schema.profiles.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.wabas:
        ids = set(words.wabas.known(connection, wanted.wabas).values())
        conditions.append(p.waba_id.in_(ids))
        if sought.numbers is None:
            sought.numbers = _numbers_of(connection, ids)
    if wanted.templates or wanted.languages:
        sought.templates = _templates(connection, words, wanted)
        conditions.append(p.template_id.in_(sought.templates))
    for column, some in (
        (p.category, wanted.categories),
        (p.type, wanted.types),
        (p.template_status, wanted.approvals),
        (p.quality_rating, wanted.ratings),
    ):
        if some:
            conditions.append(column.in_(some))
    if wanted.compliance:
        conditions.append(_compliance(wanted.compliance))
        sought.conditions.add(IS_OUTBOUND)
    if conditions:
        query = select(p.id).where(*conditions)
        sought.conditions.among("m.profile_id", set(connection.execute(query).scalars()))


def _numbers_of(connection: Connection, wabas: Collection[int]) -> list[int]:
    """The numbers that ever belonged to *wabas*, and 0: a message may know its WABA and not its number."""
    t = schema.number_wabas.c
    return [0, *connection.execute(select(t.number_id).distinct().where(t.waba_id.in_(wabas))).scalars()]


def _templates(connection: Connection, words: Dictionary, wanted: MessageFilter) -> set[int]:
    t = schema.templates.c
    if wanted.templates and wanted.languages:
        refs = [TemplateRef(name, language) for name in wanted.templates for language in wanted.languages]
        return set(words.templates.known(connection, refs).values())
    query = select(t.id)
    if wanted.templates:
        query = query.where(t.name.in_(wanted.templates))
    if wanted.languages:
        query = query.where(t.language.in_(wanted.languages))
    return set(connection.execute(query).scalars())


def _compliance(some: Iterable[Compliance]) -> ColumnElement[bool]:
    use, broken = schema.profiles.c.template_use, (TemplateUse.VIOLATION.value, TemplateUse.UNVERIFIED.value)
    kinds = [use.not_in(broken) if each is Compliance.COMPLIANT else use == each.value for each in some]
    return or_(*kinds)


_SAID_BY_ERRORS: Mapping[Purpose, frozenset[int]] = {
    Purpose.RATE_LIMIT: frozenset(LIMIT_HIT_CODES),
    Purpose.OPT_OUT: frozenset({OPT_OUT_CODE}),
}


def _errors(connection: Connection, purposes: Iterable[Purpose]) -> set[int]:
    t = schema.error_texts.c
    codes = frozenset().union(*(_SAID_BY_ERRORS[each] for each in purposes))
    return set(connection.execute(select(t.id).where(t.code.in_(codes))).scalars())


def _others(connection: Connection, sought: Sought) -> None:
    wanted, c = sought.wanted, sought.conditions
    if wanted.error_codes:
        c.among("m.error_code", wanted.error_codes)
    if wanted.countries:
        # Looked up for each message that is left: those of a country may be most of the contacts.
        names = {f"country_{i}": each for i, each in enumerate(wanted.countries)}
        some = ", ".join(f":{name}" for name in names)
        c.add(f"EXISTS (SELECT 1 FROM contacts AS c WHERE c.id = m.contact_id AND c.country IN ({some}))", **names)
    if wanted.purposes:
        if _SAID_BY_ERRORS.keys() >= set(wanted.purposes):  # few messages have any
            c.add(has(ERRORS_BIT))
            sought.errors = _errors(connection, wanted.purposes)
        profile = "SELECT 1 FROM profiles AS p WHERE p.id = m.profile_id"
        c.add(f"{IS_OUTBOUND} AND EXISTS ({profile} AND {PURPOSE} IN {any_of([p.value for p in wanted.purposes])})")
    if wanted.conversations:
        held = {f"conversation_{i}": _in_extra(each) for i, each in enumerate(wanted.conversations)}
        c.add(f"({' OR '.join(holds_bytes(connection, 'm.extra', f':{name}') for name in held)})", **held)


def _in_extra(conversation: str) -> bytes:
    """What `message_rows` writes of a conversation, name and value side by side. It can stand nowhere else: after the
    name follows a byte that no text has there."""
    return msgspec.msgpack.encode("conversation") + msgspec.msgpack.encode(conversation)
