"""What every process says of its loops."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy import delete, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.watchman import LoopTrouble, Pulse
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_monitoring import process_pulses as pulses


class SqlPulses:
    """`monitoring_ports.Pulses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, pulse: Pulse, forget_before: Millis) -> None:
        troubles = json.dumps([asdict(trouble) for trouble in pulse.troubles])
        values = {"at": pulse.at, "is_leading": int(pulse.is_leading), "troubles": troubles}
        with self._database.writing() as connection:
            new = insert(connection, pulses).values(process=pulse.process, started_at=pulse.started_at, **values)
            connection.execute(new.on_conflict_do_update(index_elements=["process"], set_=values))
            connection.execute(delete(pulses).where(pulses.c.at < forget_before))

    def all(self) -> list[Pulse]:
        with self._database.reading() as connection:
            rows = connection.execute(select(*pulses.c).order_by(pulses.c.process)).all()
        return [
            Pulse(
                row.process,
                row.started_at,
                row.at,
                bool(row.is_leading),
                tuple(LoopTrouble(**trouble) for trouble in json.loads(row.troubles)),
            )
            for row in rows
        ]

    def remove(self, process: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(pulses).where(pulses.c.process == process))
