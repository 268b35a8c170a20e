"""What only compliance reports ask of the books: `report_ports.ReportReads` on one `Database`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import and_, func, or_, select

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.compliance_report import utc
from wabawatch.domain.facts import Millis, Source, TemplateRef
from wabawatch.domain.platform import template_key
from wabawatch.domain.report_restrictions import RESTRICTED, STATE, Word
from wabawatch.domain.report_watched import AccountEvent
from wabawatch.domain.told import Told
from wabawatch.storage.alert_rows import alert_of
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.event_rows import DETAIL
from wabawatch.storage.history import MARKETING
from wabawatch.storage.number_places import NumberPlaces
from wabawatch.storage.schema import agent_interactions, consents, events, labels, wabas
from wabawatch.storage.schema_alerts import alerts
from wabawatch.storage.sealed import Keyring

OF_NUMBERS = ("quality", "limit", "status", "throughput", "verification", "name_status")
"""What a report tells of numbers: nothing in these names anybody"""
OF_ACCOUNTS = ("account", "payment")
NAMES = ("WABA_NAME",)
"""What businesses call themselves is no matter of compliance"""
OURS = ("TOKEN_", "APP_")
"""What looks tell of our own way in"""


class SqlReportReads:
    """Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database, keyring: Keyring, terms_in: Callable[[bytes], str]) -> None:
        """*terms_in* reads the ends of restrictions from an item as Meta sent it."""
        self._database, self._keyring, self._terms_in = database, keyring, terms_in

    def alerts(self, start: Millis, end: Millis) -> list[Alert]:
        c = alerts.c
        touches = (c.fired_at < end, or_(c.ended_at.is_(None), c.ended_at > start))
        query = select(alerts).where(c.fired_at.is_not(None), *touches).order_by(c.fired_at.desc(), c.alert.desc())
        with self._database.reading() as connection:
            return [alert_of(row) for row in connection.execute(query)]

    def account_events(self, start: Millis, end: Millis, most: int) -> list[AccountEvent]:
        c = events.c
        of_accounts = and_(c.kind.in_(OF_ACCOUNTS), c.event.not_in(NAMES), *(~c.event.startswith(x) for x in OURS))
        wanted = or_(of_accounts, and_(c.kind == "number", c.event.in_(OF_NUMBERS)))
        happened = or_(c.told_by != int(Source.POLL), c.before != "")  # a first look tells only how things were
        columns = (c.at, c.kind, c.event, c.number_id, c.waba_id, c.before, c.after, c.reason)
        query = select(*columns).where(c.at >= start, c.at < end, wanted, happened).order_by(c.at.desc(), c.id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(most)).all()
            places = NumberPlaces(connection)
        found = []
        for row in rows:
            number, waba = places.of(row.number_id, row.waba_id)
            why = row.reason if row.kind == "account" else ""
            found.append(AccountEvent(utc(row.at), row.kind, row.event, waba, number, row.before, row.after, why))
        return found

    def restricting(self, end: Millis, of: Collection[str] | None) -> list[Word]:
        c = events.c
        query = select(wabas.c.waba_id, c.event, c.after, c.at, c.detail).join(wabas, wabas.c.id == c.waba_id)
        query = query.where(c.kind == "account", c.event.in_((RESTRICTED, STATE)), c.at < end).order_by(c.at, c.id)
        with self._database.reading() as connection:
            rows = [row for row in connection.execute(query) if of is None or row.waba_id in of]
        return [Word(row.waba_id, row.event, row.after, self._terms(row.detail), row.at) for row in rows]

    def _terms(self, detail: bytes | None) -> str:
        return self._terms_in(self._keyring.open(bytes(detail), context=DETAIL)) if detail else ""

    def histories(self, whose: Collection[tuple[str, TemplateRef]]) -> Mapping[tuple[str, TemplateRef], list[Told]]:
        wanted = {(waba, template_key(ref.name, ref.language)): (waba, ref) for waba, ref in whose}
        c = events.c
        columns = (c.subject, c.event, c.before, c.after, c.reason, c.at, c.seen_at, c.told_by, c.is_live)
        query = select(wabas.c.waba_id, *columns).outerjoin(wabas, wabas.c.id == c.waba_id)
        found: defaultdict[tuple[str, TemplateRef], list[Told]] = defaultdict(list)
        with self._database.reading() as connection:
            for some in chunks(sorted({subject for _, subject in wanted})):
                its = query.where(c.kind == "template", c.subject.in_(some)).order_by(c.at.desc(), c.id.desc())
                for row in connection.execute(its):
                    if (key := wanted.get((row.waba_id or "", row.subject))) is not None:
                        found[key].append(_told(row))
        return found

    def opt_outs(self, start: Millis, end: Millis, of: Collection[str] | None) -> int:
        c = consents.c
        query = select(func.count()).select_from(consents.outerjoin(wabas, wabas.c.id == c.waba_id))
        query = query.where(c.category == MARKETING, c.value == "stop", c.at >= start, c.at < end)
        if of is not None:
            query = query.where(wabas.c.waba_id.in_(sorted(of)))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def agent_actions(self, start: Millis, end: Millis) -> Mapping[str, int]:
        c = agent_interactions.c
        query = select(labels.c.value, func.count()).join(labels, labels.c.id == c.action_id)
        query = query.where(c.at >= start, c.at < end).group_by(labels.c.value)
        with self._database.reading() as connection:
            return {action: int(n) for action, n in connection.execute(query)}


def _told(row: Any) -> Told:
    return Told(
        row.event, row.before, row.after, row.reason, row.at, row.seen_at, Source(row.told_by), bool(row.is_live)
    )
