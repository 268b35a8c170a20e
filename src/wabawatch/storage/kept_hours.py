"""When bodies were kept, told by their numbers, which grow: once in an hour the newest number is noted."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import HOUR_MS
from wabawatch.ports import BodyId
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema import kept_hours


class KeptHours:
    """Numbers of bodies by the hour in which they were kept. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, at: Millis, newest: BodyId) -> None:
        """Note that the bodies numbered up to *newest*, and perhaps more, were kept until *at*.

        A time before one that was noted already is of a clock that went wrong: what was kept just now would seem old.
        """
        with self._database.writing() as connection:
            if at // HOUR_MS < (connection.execute(select(func.max(kept_hours.c.hour))).scalar() or 0):
                return
            new = insert(connection, kept_hours).values(hour=at // HOUR_MS, newest=newest)
            connection.execute(new.on_conflict_do_update(index_elements=["hour"], set_={"newest": new.excluded.newest}))

    def up_to(self, before: Millis) -> BodyId:
        """A number up to which all bodies were kept before *before*; those of the last hour before it may be above."""
        query = select(func.max(kept_hours.c.newest)).where(kept_hours.c.hour < before // HOUR_MS)
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or 0

    def forget(self, before: Millis) -> None:
        """Forget what is of no use to those who only ask for *before* or later."""
        latest = select(func.max(kept_hours.c.hour)).where(kept_hours.c.hour < before // HOUR_MS).scalar_subquery()
        with self._database.writing() as connection:
            connection.execute(delete(kept_hours).where(kept_hours.c.hour < latest))
