"""How much numbers send, and to how many people: `limits_ports.Reach` on one `Database`.

The people are counted from the messages of the last 24 hours and the service windows when they are asked for. So the
order in which sends and answers become known plays no part, and no message costs anything for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, func, select

from wabawatch.domain.conversations import WINDOW_MS
from wabawatch.domain.erasure import MOST_IDS
from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import NumberPlace, Pace, Send, reached
from wabawatch.domain.rollups import Scope, Tier
from wabawatch.domain.standing import MINUTE_MS, Role
from wabawatch.ports import Window
from wabawatch.storage.bulk import Lookup
from wabawatch.storage.counts import accepted_by_number
from wabawatch.storage.database import Database
from wabawatch.storage.evidence import ATTEMPTED, ROLE_BITS
from wabawatch.storage.figures import spans_of
from wabawatch.storage.kin import ties
from wabawatch.storage.message_rows import PARTICIPANTS_BIT
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.schema import messages, rollups, service_windows, standings

MOST_SENDS = 200_000
"""So many of the newest messages are looked at."""
BUSIEST = 5
"""In so many of a number's busiest minutes the busiest second is looked for."""

_windows = Lookup(
    lambda some: select(
        service_windows.c.contact_id,
        service_windows.c.number_id,
        service_windows.c.opened_at,
        service_windows.c.last_after,
    ).where(service_windows.c.contact_id.in_(some))
)


class SqlReach:
    """`limits_ports.Reach`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def places(self) -> list[NumberPlace]:
        with self._database.reading() as connection:
            return NumberPlaces(connection).all()

    def paces(self, numbers: Sequence[str], start: Millis, end: Millis) -> Mapping[str, Pace]:
        with self._database.reading() as connection:
            ids = NumberPlaces(connection).ids()
            wanted = {ids[number]: number for number in numbers if number in ids}
            minutes = _minutes(connection, wanted, start // MINUTE_MS, -(-end // MINUTE_MS))
            return {number: _pace(connection, number_id, minutes[number_id]) for number_id, number in wanted.items()}

    def people(self, numbers: Sequence[str], start: Millis, end: Millis) -> tuple[int, bool]:
        last_at, is_whole = self.last_reached(numbers, start, end)
        return len(last_at), is_whole

    def accepted(self, start: Millis, end: Millis) -> Mapping[str, int]:
        with self._database.reading() as connection:
            names = {number_id: number for number, number_id in NumberPlaces(connection).ids().items()}
            counted = accepted_by_number(connection, spans_of(connection, Window(start, end), Scope.NUMBER))
            return {names[number_id]: n for number_id, n in counted.items() if number_id in names}

    def last_reached(self, numbers: Sequence[str], start: Millis, end: Millis) -> tuple[list[Millis], bool]:
        with self._database.reading() as connection:
            ids = NumberPlaces(connection).ids()
            sends = _sends(connection, [ids[number] for number in numbers if number in ids], start, end)
            person = _persons(_links(connection, {send.person for send in sends}))
            everybody = {send.person for send in sends} | person.keys()
            windows: defaultdict[tuple[int, int], list[tuple[Millis, Millis]]] = defaultdict(list)
            for contact_id, number_id, opened_at, last_after in _windows(connection, everybody):
                until = opened_at + last_after + WINDOW_MS
                windows[person.get(contact_id, contact_id), number_id].append((opened_at, until))
        found = reached((send._replace(person=person.get(send.person, send.person)) for send in sends), windows)
        return list(found.values()), len(sends) < MOST_SENDS


def _links(connection: Connection, contacts: Collection[int]) -> Iterator[tuple[int, int]]:
    """Which two ids are one person, where at least one of them is in *contacts*: chains of two links are whole."""
    for lookup in ties:
        yield from lookup(connection, contacts)


def _persons(links: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The ids that are linked, each with the id that stands for the person."""
    mates: dict[int, set[int]] = {}
    for a, b in links:
        small, large = sorted((mates.get(a, {a}), mates.get(b, {b})), key=len)
        if small is not large:
            large |= small
            mates.update(dict.fromkeys(large if len(large) == 2 else small, large))
    return {i: min(same) for i, same in mates.items() if len(same) <= MOST_IDS}


def _sends(connection: Connection, number_ids: Collection[int], start: Millis, end: Millis) -> list[Send]:
    """The newest accepted messages to people; those to groups are left out once their members are known."""
    m = messages.c
    found: list[Send] = []
    for number_id in number_ids:
        query = select(m.contact_id, m.number_id, m.cohort_at).where(
            m.number_id == number_id,
            m.cohort_at >= start,
            m.cohort_at < end,
            m.contact_id.is_not(None),
            m.wamid.is_not(None),
            m.state.op("&")(ROLE_BITS | PARTICIPANTS_BIT) == ATTEMPTED,
        )
        newest = query.order_by(m.cohort_at.desc()).limit(MOST_SENDS - len(found))
        found += [Send(*row) for row in connection.execute(newest)]
        if len(found) >= MOST_SENDS:
            break
    return found


def _minutes(
    connection: Connection, number_ids: Collection[int], first: int, end: int
) -> defaultdict[int, Counter[int]]:
    """How many messages, in and out, each number had in each minute."""
    s, r = standings.c, rollups.c
    counts = s.role.in_((Role.ATTEMPTED.value, Role.INBOUND.value)) & (s.is_rejected == 0) & (s.is_unlinked == 0)
    moving = select(s.id).where(counts)
    query = (
        select(r.number_id, r.bucket, func.sum(r.n))
        .where(r.tier == int(Tier.MINUTE), r.bucket >= first, r.bucket < end, r.scope == int(Scope.NUMBER))
        .where(r.standing_id.in_(moving))
        .group_by(r.number_id, r.bucket)
    )
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for number_id, minute, n in connection.execute(query):
        if number_id in number_ids:
            found[number_id][minute] = int(n)
    return found


def _pace(connection: Connection, number_id: int, minutes: Counter[int]) -> Pace:
    busiest = minutes.most_common(BUSIEST)
    if not busiest or busiest[0][1] <= 0:
        return Pace(None, 0, 0)
    peak = max(_busiest_second(connection, number_id, minute) for minute, _ in busiest)
    return Pace(busiest[0][0] * MINUTE_MS, busiest[0][1], peak)


def _busiest_second(connection: Connection, number_id: int, minute: int) -> int:
    m = messages.c
    start = minute * MINUTE_MS
    query = select(m.cohort_at).where(m.number_id == number_id, m.cohort_at >= start, m.cohort_at < start + MINUTE_MS)
    seconds = Counter(at // 1_000 for at in connection.execute(query.limit(MOST_SENDS)).scalars())
    return max(seconds.values(), default=0)
