"""What template sends were judged by, read for people: `limits_ports.Evidence` on one `Database`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, select

from wabawatch.domain.facts import Millis, TemplateRef
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.standing import Role, TemplateUse
from wabawatch.domain.templates import ConsentEvent, TemplateEvent
from wabawatch.domain.violations import OptOut
from wabawatch.ports import Held
from wabawatch.storage import history
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_rows import ROLE_SHIFT, ROLES
from wabawatch.storage.messages import read_rows
from wabawatch.storage.schema import consents, messages, numbers, profiles, wabas

ATTEMPTED = ROLES.index(Role.ATTEMPTED) << ROLE_SHIFT
ROLE_BITS = 3 << ROLE_SHIFT


class SqlEvidence:
    """`limits_ports.Evidence`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judged(self, use: TemplateUse, start: Millis | None, end: Millis, most: int) -> list[Held]:
        with self._database.reading() as connection:
            found = select(profiles.c.id).where(profiles.c.template_use == use.value)
            wanted = list(connection.execute(found).scalars())
            rows = sorted(_newest(connection, wanted, start or 0, end, most), reverse=True)[:most]
            ids = [message_id for _, message_id in rows]
            whole = [
                row
                for some in chunks(ids)
                for row in connection.execute(select(messages).where(messages.c.id.in_(some)))
            ]
            held = {h.id: h for h in read_rows(connection, Dictionary(lambda _: ""), whole)}
        return [held[message_id] for message_id in ids]

    def template_histories(
        self, refs: Collection[TemplateRef]
    ) -> Mapping[TemplateRef, Mapping[str, list[TemplateEvent]]]:
        with self._database.reading() as connection:
            return history.template_histories(connection, Dictionary(lambda _: ""), refs)

    def consents(self, contacts: Collection[ContactKey]) -> Mapping[ContactKey, Mapping[str, list[ConsentEvent]]]:
        with self._database.reading() as connection:
            return history.consent_histories(connection, Dictionary(lambda _: ""), contacts)

    def opt_outs(self, start: Millis | None, end: Millis, most: int) -> list[OptOut]:
        c = consents.c
        query = select(c.at, c.contact_id, wabas.c.waba_id).outerjoin(wabas, wabas.c.id == c.waba_id)
        query = query.where(c.category == history.MARKETING, c.value == "stop", c.at >= (start or 0), c.at < end)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(c.at.desc(), c.contact_id).limit(most)).all()
        return [OptOut(row.at, row.contact_id, row.waba_id or "") for row in rows]


def _newest(
    connection: Connection, profile_ids: list[int], start: Millis, end: Millis, most: int
) -> Iterator[tuple[Millis, int]]:
    """When and which: the newest messages of these profiles, by number, for that is how the index goes."""
    if not profile_ids:
        return
    m = messages.c
    for number_id in (0, *connection.execute(select(numbers.c.id)).scalars()):
        inside = (m.number_id == number_id, m.cohort_at >= start, m.cohort_at < end)
        for some in chunks(profile_ids):
            query = select(m.cohort_at, m.id).where(*inside, m.profile_id.in_(some))
            query = query.where(m.state.op("&")(ROLE_BITS) == ATTEMPTED)
            yield from connection.execute(query.order_by(m.cohort_at.desc(), m.id.desc()).limit(most))
