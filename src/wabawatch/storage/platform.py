"""What Meta tells when it is asked, on disk: states of its objects, ratings over time, and how the asking goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, distinct, func, select

from wabawatch.domain.facts import Millis, NumberChanged, Source
from wabawatch.domain.platform import Kind, Known, RatingEvent, States, Subject, listed
from wabawatch.domain.polls import Ask, Poll, Usage
from wabawatch.polling_ports import Board
from wabawatch.storage import doubts
from wabawatch.storage.bulk import Lookup
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert, smaller
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.event_rows import told_at
from wabawatch.storage.schema import graph_usage, number_ratings, number_wabas, numbers, platform_states, polls, wabas

_ratings = Lookup(
    lambda some: select(
        number_ratings.c.number_id, number_ratings.c.at, number_ratings.c.told_at, number_ratings.c.value
    ).where(number_ratings.c.number_id.in_(some))
)
SOME = 100
"""So many subjects are looked up at a time."""


class SqlPlatform:
    """`polling_ports.Boards` and `polling_ports.Platform` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def board(self, since: Millis) -> Board:
        """Where polling stands; of the WABAs that had messages *since* then."""
        with self._database.reading() as connection:
            token = states_where(connection, platform_states.c.kind == Kind.TOKEN).get(Subject(Kind.TOKEN, ""), {})
            known = select(func.count(distinct(platform_states.c.subject))).where(platform_states.c.kind == Kind.NUMBER)
            return Board(
                tuple(read_polls(connection)),
                tuple(read_usages(connection)),
                wabas_seen(connection, since),
                frozenset(listed(token["wabas"].value) if "wabas" in token else ()),
                int(connection.execute(known).scalar() or 0),
                "valid" in token and token["valid"].value == "false",
                lines_of(connection),
            )

    def doubted(self, now: Millis) -> Collection[str]:
        """The templates that Meta took of late although they are known not to be sendable."""
        with self._database.reading() as connection:
            return doubts.doubted(connection, now)

    def claim(self, before: Poll, after: Poll) -> bool:
        """Put *after* in the place of *before*. False: somebody else was faster, and nothing changed."""
        with self._database.writing() as connection:  # only one writes at a time, of all processes
            mine = and_(polls.c.ask == str(before.ask), polls.c.subject == before.subject)
            if (connection.execute(select(polls.c.asked_at).where(mine)).scalar() or 0) != before.asked_at:
                return False
            save_poll(connection, after)
            return True

    def states(self) -> States:
        """Everything but templates."""
        with self._database.reading() as connection:
            return read_states(connection)

    def usages(self) -> list[Usage]:
        """What is known of Meta's limits."""
        with self._database.reading() as connection:
            return read_usages(connection)

    def templates(self, waba: str) -> States:
        """The templates of an account."""
        with self._database.reading() as connection:
            return templates_of(connection, waba)


def _row(poll: Poll) -> dict[str, Any]:
    return asdict(poll) | {"ask": str(poll.ask)}


def read_states(connection: Connection) -> States:
    """Everything but templates."""
    return states_where(connection, platform_states.c.kind != str(Kind.TEMPLATE))


def wabas_seen(connection: Connection, since: Millis) -> frozenset[str]:
    """The WABAs that had messages *since* then."""
    seen = select(wabas.c.waba_id).join(number_wabas, number_wabas.c.waba_id == wabas.c.id)
    return frozenset(connection.execute(seen.where(number_wabas.c.last_at >= since)).scalars())


def lines_of(connection: Connection) -> frozenset[str]:
    """The numbers of accounts that have several, as subjects of `Ask.ANALYTICS`."""
    c = platform_states.c
    query = select(c.value, c.subject, numbers.c.display_number).join(numbers, numbers.c.phone_number_id == c.subject)
    query = query.where(c.kind == str(Kind.NUMBER), c.aspect == "waba", numbers.c.display_number != "")
    of_wabas: defaultdict[str, list[str]] = defaultdict(list)
    for waba, number, dialled in connection.execute(query):
        of_wabas[waba].append(f"{waba}/{number}/{dialled}")
    return frozenset(line for lines in of_wabas.values() if len(lines) > 1 for line in lines)


def accounts_of(connection: Connection, number_ids: Collection[int]) -> dict[int, str]:
    """The WABA that each of these numbers was last seen in."""
    found: dict[int, str] = {}
    for some in chunks(number_ids):
        query = select(number_wabas.c.number_id, wabas.c.waba_id).join(wabas, wabas.c.id == number_wabas.c.waba_id)
        query = query.where(number_wabas.c.number_id.in_(some)).order_by(number_wabas.c.last_at, wabas.c.waba_id)
        found.update((row.number_id, row.waba_id) for row in connection.execute(query))  # the last one stays
    return found


def read_polls(connection: Connection) -> list[Poll]:
    """Everything that was ever asked, as far as this release knows the question."""
    known = set(Ask)
    rows = connection.execute(select(polls)).all()
    return [Poll(Ask(row.ask), *row[1:]) for row in rows if row.ask in known]


def save_poll(connection: Connection, poll: Poll) -> None:
    """Keep how *poll* goes."""
    new = insert(connection, polls).values(**_row(poll))
    told = {column.name: new.excluded[column.name] for column in polls.columns if not column.primary_key}
    connection.execute(new.on_conflict_do_update(index_elements=["ask", "subject"], set_=told))


def read_usages(connection: Connection) -> list[Usage]:
    """What is known of Meta's limits."""
    return [Usage(*row) for row in connection.execute(select(graph_usage))]


def save_usages(connection: Connection, usages: Iterable[Usage]) -> None:
    """Keep what is known of Meta's limits."""
    rows = [{"scope": u.scope, "percent": u.percent, "at": u.at, "until": u.until} for u in usages]
    if rows:
        new = insert(connection, graph_usage)
        told = {name: new.excluded[name] for name in ("percent", "at", "until")}
        connection.execute(new.on_conflict_do_update(index_elements=["scope"], set_=told), rows)


def states_where(connection: Connection, which: ColumnElement[bool]) -> dict[Subject, dict[str, Known]]:
    """The aspects that *which* chooses, by subject."""
    found: defaultdict[Subject, dict[str, Known]] = defaultdict(dict)
    # There are a dozen rows for each number: what a row means is looked up, not made.
    for kind, waba, subject, aspect, value, note, at, told, source, is_live in connection.execute(
        select(*(platform_states.c[name] for name in _STATE)).where(which)
    ):
        if kind in _KINDS:
            whose = Subject(_KINDS[kind], subject, waba)
            found[whose][aspect] = Known(value, note, at, told, _SOURCES[source], bool(is_live))
    return dict(found)


_STATE = ("kind", "waba_id", "subject", "aspect", "value", "note", "at", "told_at", "source", "is_live")
_KINDS = {str(kind): kind for kind in Kind}
_SOURCES = {int(source): source for source in Source}


def states_of(connection: Connection, subjects: Collection[Subject]) -> dict[Subject, dict[str, Known]]:
    """Every known aspect of *subjects*."""
    found: dict[Subject, dict[str, Known]] = {}
    by_kind: defaultdict[tuple[Kind, str], list[str]] = defaultdict(list)
    for subject in subjects:
        by_kind[subject.kind, subject.waba].append(subject.id)
    c = platform_states.c
    for (kind, waba), ids in by_kind.items():
        for some in chunks(sorted(set(ids)), SOME):
            found |= states_where(connection, and_(c.kind == str(kind), c.waba_id == waba, c.subject.in_(some)))
    return found


def templates_of(connection: Connection, waba: str) -> dict[Subject, dict[str, Known]]:
    """Every known aspect of the templates of an account."""
    c = platform_states.c
    return states_where(connection, and_(c.kind == str(Kind.TEMPLATE), c.waba_id == waba))


def save_states(connection: Connection, states: Mapping[tuple[Subject, str], Known]) -> None:
    """Keep the newest of each aspect: nothing takes the place of what is newer."""
    rows = [
        {
            "kind": str(subject.kind),
            "waba_id": subject.waba,
            "subject": subject.id,
            "aspect": aspect,
            "value": known.value,
            "note": known.note,
            "at": known.at,
            "told_at": known.told_at,
            "source": int(known.source),
            "is_live": int(known.is_live),
        }
        for (subject, aspect), known in states.items()
    ]
    if rows:
        new = insert(connection, platform_states)
        told = {name: new.excluded[name] for name in ("value", "note", "at", "told_at", "source", "is_live")}
        newer = new.excluded.at >= platform_states.c.at
        keys = list(platform_states.primary_key)
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=told, where=newer), rows)


def listed_at(connection: Connection, accounts: Collection[str]) -> dict[str, Millis]:
    """When the newest whole list of the templates of each of *accounts* was begun."""
    found: dict[str, Millis] = {}
    for some in chunks(sorted(accounts), SOME):
        query = select(polls.c.subject, polls.c.ok_at).where(
            polls.c.ask == str(Ask.TEMPLATES), polls.c.subject.in_(some), polls.c.ok_at > 0
        )
        found |= {row[0]: int(row[1]) for row in connection.execute(query)}
    return found


def note_ratings(connection: Connection, words: Dictionary, facts: Sequence[NumberChanged]) -> list[tuple[int, Millis]]:
    """Write down quality ratings of numbers. Gives the numbers with the time from which they may have been known."""
    rated = [fact for fact in facts if fact.aspect == "quality" and fact.number and fact.after]
    if not rated:
        return []
    ids = words.numbers.ids(connection, {fact.number for fact in rated})
    rows: list[dict[str, Any]] = [
        {"number_id": ids[f.number], "at": f.when.at, "value": f.after, "told_at": told_at(f.when)} for f in rated
    ]
    new = insert(connection, number_ratings)
    told = {"told_at": smaller(connection, number_ratings.c.told_at, new.excluded.told_at)}
    keys = list(number_ratings.primary_key)
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=told), rows)
    return [(row["number_id"], row["told_at"]) for row in rows]


def ratings(connection: Connection, words: Dictionary, some: Collection[str]) -> dict[str, list[RatingEvent]]:
    """The history of the quality rating of each of *some* numbers that has one."""
    ids = {number_id: number for number, number_id in words.numbers.known(connection, some).items()}
    found: defaultdict[str, list[RatingEvent]] = defaultdict(list)
    for number_id, at, told, value in _ratings(connection, ids) if ids else ():
        found[ids[number_id]].append(RatingEvent(at, told, value))
    return dict(found)


def all_ratings(connection: Connection, until: Millis) -> dict[int, list[RatingEvent]]:
    """The history of every number's quality rating, as it was known at *until*, by the number's id."""
    found: defaultdict[int, list[RatingEvent]] = defaultdict(list)
    c = number_ratings.c
    for row in connection.execute(select(c.number_id, c.at, c.told_at, c.value).where(c.told_at <= until)):
        found[row.number_id].append(RatingEvent(row.at, row.told_at, row.value))
    return dict(found)
