"""What the books hold of numbers and accounts, read for people: `ports_numbers.NumberBooks` on one `Database`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, case, func, or_, select

from wabawatch.domain.calls import VERSION
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import RatingEvent
from wabawatch.domain.rollups import Scope, Span, Tier, bucket_of
from wabawatch.domain.standing import Role
from wabawatch.domain.told import Told
from wabawatch.ports import Window
from wabawatch.ports_numbers import Heard, Seen
from wabawatch.storage.counts import read_counters
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.evidence import ROLE_BITS
from wabawatch.storage.known_standings import KnownStandings
from wabawatch.storage.message_rows import ROLE_SHIFT, ROLES
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.place_counts import series_of
from wabawatch.storage.platform import ratings
from wabawatch.storage.schema import events, messages, number_wabas, numbers, wabas
from wabawatch.storage.told_lines import told_lines

NEWEST = 100
"""Among so many of a number's messages it is looked for when we last heard of it."""
INBOUND = ROLES.index(Role.INBOUND) << ROLE_SHIFT
STAGES = ("sent", "delivered", "read", "played", "failed")


class SqlNumberBooks:
    """`ports_numbers.NumberBooks`. Any thread may ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._standings = KnownStandings()

    def seen(self) -> list[Seen]:
        n, w = numbers.c, number_wabas.c
        last = select(n.phone_number_id, n.display_number, func.max(w.last_at)).outerjoin(
            number_wabas, w.number_id == n.id
        )
        with self._database.reading() as connection:
            places = NumberPlaces(connection).all()
            rows = connection.execute(last.group_by(n.id, n.phone_number_id, n.display_number))
            told = {number: (display, at) for number, display, at in rows}
        return [Seen(place, *told.get(place.number, ("", None))) for place in places]

    def heard(self, wanted: Collection[str]) -> Mapping[str, Heard]:
        c = numbers.c
        with self._database.reading() as connection:
            ids = connection.execute(select(c.phone_number_id, c.id).where(c.phone_number_id.in_(wanted))).all()
            return {number: _heard(connection, number_id) for number, number_id in ids}

    def history(self, number: str, most: int) -> list[Told]:
        with self._database.reading() as connection:
            number_id = _id(connection, number)
            its = or_(events.c.number_id == number_id, events.c.subject == number) if number_id else None
            its = events.c.subject == number if its is None else its
            return told_lines(connection, and_(events.c.kind == "number", its), most)

    def account_history(self, waba: str, most: int) -> list[Told]:
        c = events.c
        with self._database.reading() as connection:
            waba_id = connection.execute(select(wabas.c.id).where(wabas.c.waba_id == waba)).scalar()
            if waba_id is None:
                return []
            return told_lines(connection, and_(c.kind.in_(("account", "payment")), c.waba_id == waba_id), most)

    def ratings(self, number: str) -> list[RatingEvent]:
        with self._database.reading() as connection:
            return ratings(connection, Dictionary(lambda _: ""), [number]).get(number, [])

    def minutes(self, number: str, window: Window) -> Mapping[Millis, Tally]:
        with self._database.reading() as connection:
            number_id = _id(connection, number)
            if number_id is None:
                return {}
            counted = series_of(connection, window, Tier.MINUTE, Scope.NUMBER, 0, [number_id])
            words = self._standings.words(connection, {i for each in counted.values() for i in each})
        return {at: {words[i]: n for i, n in each.items() if n} for at, each in counted.items()}

    def versions(self, now: Millis) -> Mapping[str, int]:
        today = bucket_of(Tier.DAY, now)
        with self._database.reading() as connection:
            counted = read_counters(connection, [Span(Tier.DAY, today - 1, today + 1)])
        return {name.removeprefix(VERSION): n for name, n in counted.items() if name.startswith(VERSION)}


def _id(connection: Connection, number: str) -> int | None:
    return connection.execute(select(numbers.c.id).where(numbers.c.phone_number_id == number)).scalar()


def _heard(connection: Connection, number_id: int) -> Heard:
    inbound, *told = connection.execute(_HEARD, {"number": number_id}).one()
    return Heard(inbound, max((at for at in told if at is not None), default=None))


def _newest() -> Select[Any]:
    """When a number's newest messages tell that it wrote, and that each stage of its sends was reached."""
    m = messages.c
    some = select(m.cohort_at, m.state, *(m[f"{stage}_after"] for stage in STAGES))
    newest = some.where(m.number_id == bindparam("number")).order_by(m.cohort_at.desc()).limit(NEWEST).subquery().c
    is_inbound = newest.state.op("&")(ROLE_BITS) == INBOUND
    return select(
        func.max(case((is_inbound, newest.cohort_at))),
        *(func.max(case((~is_inbound, newest.cohort_at + newest[f"{stage}_after"]))) for stage in STAGES),
    )


_HEARD: Final = _newest()
