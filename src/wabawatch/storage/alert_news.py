"""News of alerts on disk: `alert_news_ports.AlertNewsBook` on one `Database`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, func, select

from wabawatch.domain.alert_news import AlertDeed, DeedKind, Told
from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import AlertScope, Phase, Transition
from wabawatch.domain.facts import Millis
from wabawatch.domain.silences import Silence
from wabawatch.storage import audit
from wabawatch.storage.alert_deeds import add_deed, deed_of
from wabawatch.storage.alert_rows import alert_of, scope_of, transition_of
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert
from wabawatch.storage.schema_alerts import alert_deeds, alert_looks, alert_transitions, alerts
from wabawatch.storage.silences import read_silences


class SqlAlertNews:
    """Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sign(self, now: Millis) -> str:
        """Another one whenever something about alerts is not as it was."""
        with self._database.reading() as connection:
            told, quiet = _told(connection), [silence.id for silence in read_silences(connection, now)]
        return f"{told.transition}.{told.deed}.{len(quiet)}.{sum(quiet)}"

    def looks(self) -> Mapping[int, int]:
        """By user, the newest transition when they last looked at the list."""
        with self._database.reading() as connection:
            return {int(row.user_id): int(row.seen) for row in connection.execute(select(alert_looks))}

    def told(self) -> Told:
        """The newest transition and deed."""
        with self._database.reading() as connection:
            return _told(connection)

    def transitions_since(self, number: int, limit: int) -> Sequence[tuple[int, Transition]]:
        """The newest *limit* transitions numbered above *number*, the oldest first."""
        c = alert_transitions.c
        query = select(alert_transitions).where(c.id > number).order_by(c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [(row.id, transition_of(row)) for row in connection.execute(query)][::-1]

    def begun_since(self, number: int, limit: int) -> Mapping[str, tuple[str, AlertScope]]:
        """Rule and scope of alerts that began to fire since then, or fired again, by key."""
        c, firing = alert_transitions.c, str(Phase.FIRING)
        query = select(c.alert, c.rule, c.scope, c.scope_id, c.waba_id)
        query = query.where(c.id > number, c.became == firing, c.was != firing).order_by(c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return {row.alert: (row.rule, scope_of(row)) for row in connection.execute(query)}

    def some_transitions(self, numbers: Collection[int]) -> Sequence[tuple[int, Transition]]:
        """Those of *numbers* that there are, in order."""
        found: list[tuple[int, Transition]] = []
        with self._database.reading() as connection:
            for some in chunks(sorted(numbers)):
                query = select(alert_transitions).where(alert_transitions.c.id.in_(some))
                found += [(row.id, transition_of(row)) for row in connection.execute(query)]
        return sorted(found, key=lambda each: each[0])

    def deeds_since(self, number: int, limit: int) -> Sequence[AlertDeed]:
        """The newest *limit* deeds numbered above *number*, the oldest first."""
        c = alert_deeds.c
        query = select(alert_deeds).where(c.id > number).order_by(c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [deed_of(row) for row in connection.execute(query)][::-1]

    def deeds_of(self, alert: str) -> Sequence[AlertDeed]:
        """What people did about one alert, the first one first."""
        query = select(alert_deeds).where(alert_deeds.c.alert == alert).order_by(alert_deeds.c.id)
        with self._database.reading() as connection:
            return [deed_of(row) for row in connection.execute(query)]

    def alerts(self, keys: Collection[str]) -> Mapping[str, Alert]:
        """Those of *keys* that there are."""
        found: dict[str, Alert] = {}
        with self._database.reading() as connection:
            for some in chunks(sorted(keys)):
                rows = connection.execute(select(alerts).where(alerts.c.alert.in_(some)))
                found |= {row.alert: alert_of(row) for row in rows}
        return found

    def firing(self) -> Mapping[str, tuple[str, AlertScope]]:
        """Rule and scope of every alert that fires now, by its key."""
        c = alerts.c
        query = select(c.alert, c.rule, c.scope, c.scope_id, c.waba_id)
        query = query.where(c.ended_at.is_(None), c.phase == str(Phase.FIRING))
        with self._database.reading() as connection:
            return {row.alert: (row.rule, scope_of(row)) for row in connection.execute(query)}

    def active_silences(self, now: Millis) -> Sequence[Silence]:
        """Those that hold now."""
        with self._database.reading() as connection:
            return read_silences(connection, now)

    def seen(self, user: int) -> int | None:
        """The newest transition when *user* last looked; None: they never did."""
        with self._database.reading() as connection:
            return connection.execute(select(alert_looks.c.seen).where(alert_looks.c.user_id == user)).scalar()

    def look(self, user: int, number: int) -> None:
        """Note that *user* has seen everything up to the transition *number*; never less than before."""
        with self._database.writing() as connection:
            row = insert(connection, alert_looks).values(user_id=user, seen=number)
            newer = row.excluded.seen > alert_looks.c.seen
            connection.execute(
                row.on_conflict_do_update(index_elements=["user_id"], set_={"seen": row.excluded.seen}, where=newer)
            )

    def note(self, alert: str, by: str, words: str, now: Millis) -> None:
        """Keep what *by* wrote about an alert."""
        with self._database.writing() as connection:
            add_deed(connection, now, by, DeedKind.NOTED, alert=alert, words=words)
            audit.append(connection, now, by, "alert_noted", f"alert:{alert}")


def _told(connection: Connection) -> Told:
    newest = (select(func.max(table.c.id)).scalar_subquery() for table in (alert_transitions, alert_deeds))
    row = connection.execute(select(*newest)).one()
    return Told(int(row[0] or 0), int(row[1] or 0))
