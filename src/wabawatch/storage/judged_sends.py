"""Which sends stand how to the template rule, without looking at all there are: `report_ports.JudgedSends`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, or_, select

from wabawatch.domain.error_codes import TEMPLATE_VIOLATION_CODES
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import Evidence
from wabawatch.domain.standing import TemplateUse
from wabawatch.domain.templates import OPTED_OUT
from wabawatch.ports import Held
from wabawatch.report_ports import JudgedSend
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.evidence import ATTEMPTED, ROLE_BITS
from wabawatch.storage.history import MARKETING
from wabawatch.storage.messages import read_rows
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.schema import consents, messages, numbers, profiles

_m, _p = messages.c, profiles.c


def _query(*way: ColumnElement[bool]) -> Select[Any]:
    """The newest sends that stand so and to which *way* leads."""
    # An unlinked send is in no figure: nobody knows what became of it.
    is_linked = or_(_m.wamid.is_not(None), _m.failed_after.is_not(None), _m.state.op("&")(int(Evidence.REJECTED)) != 0)
    return (
        select(_m.cohort_at, _m.id, _m.number_id, _p.use_reason)
        .join(profiles, _p.id == _m.profile_id)
        .where(*way, _m.cohort_at >= bindparam("start"), _m.cohort_at < bindparam("end"))
        .where(_p.template_use == bindparam("use"), _m.state.op("&")(ROLE_BITS) == ATTEMPTED, is_linked)
        .order_by(_m.cohort_at.desc(), _m.id.desc())
        .limit(bindparam("most"))
    )


_stopped = select(consents.c.contact_id).where(consents.c.category == MARKETING, consents.c.value == "stop")
_NEAREST = (
    _query(_m.error_code.in_(sorted(TEMPLATE_VIOLATION_CODES))),
    _query(_m.contact_id.in_(_stopped), _p.use_reason == OPTED_OUT),
)
_OF_NUMBER = _query(_m.number_id == bindparam("number"))


class SqlJudgedSends:
    """The live messages. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def nearest(self, start: Millis, end: Millis, most: int) -> list[JudgedSend]:
        """The violating sends of *start* up to *end* to which an error code or an opt-out leads: most there are, and
        quickly, however many messages there are. The newest *most* of each kind."""
        asked = {"start": start, "end": end, "use": TemplateUse.VIOLATION.value, "most": most}
        with self._database.reading() as connection:
            return _named(connection, [row for query in _NEAREST for row in connection.execute(query, asked)])

    def between(self, use: TemplateUse, start: Millis, end: Millis, most: int) -> list[JudgedSend]:
        """The sends of *start* up to *end* that stand so, the newest *most* of each number. Looks at each message."""
        asked = {"start": start, "end": end, "use": use.value, "most": most}
        with self._database.reading() as connection:
            every = (0, *connection.execute(select(numbers.c.id)).scalars())
            rows = [row for number in every for row in connection.execute(_OF_NUMBER, asked | {"number": number})]
            return _named(connection, rows)

    def whole(self, sends: Sequence[JudgedSend]) -> list[Held]:
        """Their messages, in any order; of those that are gone, nothing."""
        with self._database.reading() as connection:
            rows = [
                row
                for some in chunks([each.id for each in sends])
                for row in connection.execute(select(messages).where(_m.id.in_(some)))
            ]
            return list(read_rows(connection, Dictionary(lambda _: ""), rows))


def _named(connection: Connection, rows: Sequence[Row[Any]]) -> list[JudgedSend]:
    if not rows:
        return []
    places = NumberPlaces(connection)
    return [JudgedSend(row.cohort_at, row.id, places.of(row.number_id)[0], row.use_reason) for row in rows]
