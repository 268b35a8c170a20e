"""The schema's numbered steps: how a database made by an earlier release becomes one of this release.

A new database is made as it should be today and all steps are noted as done; an older one takes the steps it lacks.
So whoever changes `schema` or a view adds a step at the end: one that changes the tables, or one that does nothing but
have the views made again. No step is ever changed or taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, inspect, select

from wabawatch.domain.errors import Conflict
from wabawatch.domain.facts import Millis
from wabawatch.storage.database import Database
from wabawatch.storage.schema import schema_steps
from wabawatch.storage.schema_postgres import create_tables
from wabawatch.storage.step_0002 import shorten_keys
from wabawatch.storage.step_0003 import add_packed_counts
from wabawatch.storage.step_0004 import pack_contacts
from wabawatch.storage.step_0005 import join_indexes
from wabawatch.storage.step_0006 import add_access
from wabawatch.storage.step_0007 import add_conversations
from wabawatch.storage.step_0008 import add_sources
from wabawatch.storage.step_0009 import add_platform
from wabawatch.storage.step_0011 import add_forwarding
from wabawatch.storage.step_0013 import add_forward_answers
from wabawatch.storage.step_0014 import add_uptime
from wabawatch.storage.step_0015 import add_alerts
from wabawatch.storage.step_0016 import add_error_paths
from wabawatch.storage.step_0017 import add_notices
from wabawatch.storage.step_0018 import add_monitoring
from wabawatch.storage.step_0019 import add_meta_days
from wabawatch.storage.step_0020 import add_users
from wabawatch.storage.step_0021 import name_by_thing
from wabawatch.storage.step_0022 import add_deeds
from wabawatch.storage.step_0023 import add_exports
from wabawatch.storage.step_0024 import add_log_views
from wabawatch.storage.step_0025 import add_signing
from wabawatch.storage.step_0026 import add_reports
from wabawatch.storage.step_0027 import add_archive
from wabawatch.storage.step_0028 import add_erasure
from wabawatch.storage.views import create_views, drop_views


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema. `apply` finds no views, and works while the release before is still running."""

    number: int
    name: str
    apply: Callable[[Connection], None]


def views_only(connection: Connection) -> None:
    """Change no table: the views are made again."""


STEPS: tuple[Step, ...] = (
    Step(1, "initial schema", create_tables),
    Step(2, "shorter keys", shorten_keys),
    Step(3, "packed counts", add_packed_counts),
    Step(4, "packed contacts", pack_contacts),
    Step(5, "one index for contacts and wamids", join_indexes),
    Step(6, "API tokens", add_access),
    Step(7, "conversations", add_conversations),
    Step(8, "who told of templates, and as what messages are charged", add_sources),
    Step(9, "what Meta tells when it is asked", add_platform),
    Step(10, "copies of webhooks in the log", views_only),
    Step(11, "forwarding", add_forwarding),
    Step(12, "which errors are hits of a limit", views_only),
    Step(13, "answers to bodies that several targets get", add_forward_answers),
    Step(14, "uptime", add_uptime),
    Step(15, "alerts", add_alerts),
    Step(16, "which messages have an error, and ways to conversations and origins", add_error_paths),
    Step(17, "who is told of alerts", add_notices),
    Step(18, "when monitoring ran", add_monitoring),
    Step(19, "what Meta counted", add_meta_days),
    Step(20, "people who sign in", add_users),
    Step(21, "alerts by what they are about, and by when they ended", name_by_thing),
    Step(22, "what people do about alerts, and rules that they change", add_deeds),
    Step(23, "exports", add_exports),
    Step(24, "saved views of the log", add_log_views),
    Step(25, "keys that sign, and checkpoints of the audit trail", add_signing),
    Step(26, "compliance reports", add_reports),
    Step(27, "the archive", add_archive),
    Step(28, "erasure of persons", add_erasure),
)
"""In order. The first makes the tables as they should be today: it is for new databases only."""


def migrate(database: Database, now_ms: Millis, steps: Sequence[Step] = STEPS) -> list[str]:
    """Bring *database* up to date, each step in a transaction of its own. Gives the names of the steps it took.

    Repeatable, and safe when several processes start at once: the later ones wait, and find it done.
    Raises Conflict when a newer release made the database, StoreUnavailable when it does not answer.
    """
    taken: list[str] = []
    while names := _advance(database, now_ms, steps):
        taken += names
    return taken


def pending(database: Database, steps: Sequence[Step] = STEPS) -> list[str]:
    """The names of the steps that *database* lacks. Raises Conflict when a newer release made it."""
    with database.reading() as connection:
        return [step.name for step in _missing(connection, steps)]


def schema_place(database: Database, steps: Sequence[Step] = STEPS) -> tuple[int | None, int]:
    """The last step that *database* has taken (None: none at all), and the last that this release knows."""
    with database.reading() as connection:
        return max(_taken(connection), default=None), steps[-1].number


def _advance(database: Database, now_ms: Millis, steps: Sequence[Step]) -> list[str]:
    with database.writing() as connection:
        missing = _missing(connection, steps)
        if not missing:
            return []
        # In a new database the first step stands for all of them.
        done = missing if missing[0] is steps[0] else missing[:1]
        drop_views(connection)
        done[0].apply(connection)
        if done[-1] is missing[-1]:  # before, columns that the views show may be missing
            create_views(connection)
        rows = [{"number": step.number, "name": step.name, "applied_at": now_ms} for step in done]
        connection.execute(insert(schema_steps), rows)
        return [step.name for step in done]


def _missing(connection: Connection, steps: Sequence[Step]) -> list[Step]:
    taken = _taken(connection)
    if unknown := taken - {step.number for step in steps}:
        raise Conflict(
            f"the database was made by a newer release: it is at step {max(unknown)} of its schema,"
            f" and this release knows {steps[-1].number}; use that release, or restore a backup from before it",
            code="newer_database",
        )
    return [step for step in steps if step.number not in taken]


def _taken(connection: Connection) -> set[int]:
    if not inspect(connection).has_table(schema_steps.name):
        return set()
    return set(connection.execute(select(schema_steps.c.number)).scalars())
