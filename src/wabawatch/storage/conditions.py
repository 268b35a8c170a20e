"""What preflight looks at, read at once: `limits_ports.Conditions` on one `Database`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select

from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.facts import DAY_MS, Millis, TemplateRef
from wabawatch.domain.metrics import Tally
from wabawatch.domain.rollups import Scope, Tier
from wabawatch.domain.standing import MINUTE_MS, Standing
from wabawatch.ports import Window
from wabawatch.storage import counts
from wabawatch.storage.counts import Place
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.figures import spans_of
from wabawatch.storage.limit_hits import failures
from wabawatch.storage.premises_traffic import last_webhooks
from wabawatch.storage.schema import events, rollups, standings, wabas

RESTRICTING = (
    *("ACCOUNT_RESTRICTION", "DISABLED_UPDATE", "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED"),
    *("PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED"),
)
LIFTED = ("REINSTATE",)
RESTRICTED_DAYS = 30
"""No restriction that Meta documents lasts longer, but for a ban."""


class SqlConditions:
    """`limits_ports.Conditions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tally(self, numbers: Collection[str], template: TemplateRef | None, start: Millis, end: Millis) -> Tally:
        scope = Scope.NUMBER if template is None else Scope.TEMPLATE
        counted: Counter[Standing] = Counter()
        with self._database.reading() as connection:
            words = Dictionary(lambda _: "")
            ref = 0 if template is None else words.templates.known(connection, [template]).get(template)
            ids = words.numbers.known(connection, numbers)
            if ref is not None:
                spans = spans_of(connection, Window(start, end), scope)
                for number_id in ids.values():
                    counted.update(counts.tally(connection, words, Place(scope, number_id, ref), spans))
        return counted

    def failures(
        self, numbers: Collection[str], codes: Collection[int], start: Millis, end: Millis
    ) -> Mapping[int, int]:
        found: Counter[int] = Counter()
        with self._database.reading() as connection:
            ids = set(Dictionary(lambda _: "").numbers.known(connection, numbers).values())
            spans = spans_of(connection, Window(start, end), Scope.ERROR)
            for (number_id, code), n in failures(connection, spans, codes).items():
                if number_id in ids:
                    found[code] += n
        return found

    def restrictions(self, waba: str, now: Millis) -> list[Restriction]:
        c = events.c
        query = (
            select(c.event, c.after, c.at)
            .join(wabas, wabas.c.id == c.waba_id)
            .where(c.kind == "account", c.event.in_(RESTRICTING), wabas.c.waba_id == waba)
            .order_by(c.at)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found: list[Restriction] = []
        for event, after, at in rows:
            if event == "DISABLED_UPDATE" and after in LIFTED:
                found = []
            # A restriction that names none is a warning, or lifts one.
            elif event != "ACCOUNT_RESTRICTION" or (after and at > now - RESTRICTED_DAYS * DAY_MS):
                found.append(Restriction(event, after, at))
        return found

    def last_webhook_at(self) -> Millis | None:
        with self._database.reading() as connection:
            return max(last_webhooks(connection).values(), default=None)

    def last_accepted_at(self) -> Millis | None:
        with self._database.reading() as connection:
            return _last_accepted_at(connection)


def _last_accepted_at(connection: Connection) -> Millis | None:
    """The newest minute in which a send that was recorded was accepted; None: none of the last 48 hours."""
    r, s = rollups.c, standings.c
    wanted = select(s.id).where(s.is_accepted == 1, s.is_recorded == 1)
    query = select(func.max(r.bucket)).where(r.tier == int(Tier.MINUTE), r.scope == int(Scope.ALL), r.n > 0)
    minute = connection.execute(query.where(r.standing_id.in_(wanted))).scalar()
    return None if minute is None else int(minute) * MINUTE_MS
