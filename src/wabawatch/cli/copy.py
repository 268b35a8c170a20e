"""`wabawatch copy`: a whole installation from one database to another, such as from SQLite to PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress, TaskID
from rich.table import Table

from wabawatch.app import System
from wabawatch.app_places import places_of
from wabawatch.cli.common import HERE, Command, Where, err, note, out, print_json, progress_bar
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.errors import BadRequest
from wabawatch.ports import DIGESTED, BodyId
from wabawatch.storage.copying import Copied, copy_tables, must_be_empty
from wabawatch.storage.sealed import add_keys

app = Command()

INBOX = "inbox"
BODIES = 1_000
"""Bodies of the inbox that are copied at a time"""


@app.default
def copy(
    *,
    to: Annotated[
        str,
        Parameter(
            help="Database to copy to, such as postgresql://USER@HOST/NAME: its password belongs into ~/.pgpass, "
            "for everybody on this machine may see what a command was called with."
        ),
    ],
    from_: Annotated[
        str | None, Parameter(name="--from", help="Database to copy (default: that of the settings).")
    ] = None,
    json: Annotated[bool, Parameter(help="Print how many rows each table had and has, as JSON.")] = False,
    where: Where = HERE,
) -> int:
    """Copy everything to a database that is still empty, then count both sides. Stop the server first.

    What was copied stays as it is. If it is interrupted, empty the new database and start again.
    """
    old = replace(where, database_url=from_) if from_ else where
    new = replace(where, database_url=to)
    if places_of(old.settings()).database_url == places_of(new.settings()).database_url:
        raise BadRequest("--from and --to name the same database")
    source = System(old.settings())
    try:
        # What is sealed stays sealed with its key: the new installation needs that too, and before it makes its own.
        if new.settings().storage.keys is None:
            add_keys(places_of(new.settings()).key_file, source.keyring)
        target = System(new.settings())
        try:
            with progress_bar() as bar:
                copied = copy_all(source, target, bar)
            rows = sum(each.copied for each in copied)
            told: dict[str, Plain] = {"from": _kind_of(source), "to": _kind_of(target), "rows": rows}
            for each in (source, target):
                note(each, "installation_copied", "installation", **told)
        finally:
            target.close()
    finally:
        source.close()
    return _tell(copied, json)


def _kind_of(system: System) -> str:
    return "PostgreSQL" if system.is_on_postgres else "SQLite"


def copy_all(source: System, target: System, bar: Progress) -> list[Copied]:
    """Copy everything to *target*, whose key file has the keys of *source*. Raises BadRequest when it is not empty."""
    must_be_empty(target.database)
    if target.inbox.waiting(0):
        raise BadRequest("bodies wait in the new database, as after a copy that was interrupted: empty it first")
    done = source.figures.mark(DIGESTED)
    while source.raw.pack(source.inbox, done, source.clock.now(), max_wait_ms=0):
        pass
    newest = source.inbox.newest()
    inbox = _copy_inbox(source, target, done, bar)
    tables: dict[str, TaskID] = {}

    def show(table: str, n: int, total: int) -> None:
        if table not in tables:
            tables[table] = bar.add_task(table, total=total)
        bar.update(tables[table], completed=n)

    copied = copy_tables(source.database, target.database, show)
    if source.inbox.newest() != newest or source.figures.mark(DIGESTED) != done:
        raise BadRequest(
            "the server was running meanwhile, and has taken in more: stop it, empty the new database, and copy again"
        )
    return [*copied, inbox]


def _copy_inbox(source: System, target: System, done: BodyId, bar: Progress) -> Copied:
    """Copy the bodies that wait to be digested. They go first: without tables nobody takes the copy for complete."""
    waiting = source.inbox.waiting(done)
    task = bar.add_task(INBOX, total=waiting)
    target.inbox.number_above(source.inbox.newest())
    after = done
    while bodies := source.inbox.read(after, BODIES):
        target.inbox.append_all([stored.body for stored in bodies])
        after = bodies[-1].id
        bar.advance(task, len(bodies))
    return Copied(INBOX, waiting, target.inbox.waiting(0))


def _tell(copied: Sequence[Copied], json: bool) -> int:
    wrong = [each for each in copied if each.rows != each.copied]
    if json:
        print_json({"ok": not wrong, "tables": copied})
    else:
        table = Table("table", "rows", "copied", box=None)
        for each in copied:
            if each.rows or each.copied:
                table.add_row(each.table, f"{each.rows:,}", f"{each.copied:,}", style="red" if each in wrong else "")
        out.print(table)
        out.print(f"{sum(each.copied for each in copied):,} rows copied and counted.")
        out.print("Now let DATABASE_URL name the new database.", style="bold")
    if wrong:
        err.print(f"wabawatch: {', '.join(each.table for each in wrong)}: not all rows arrived", style="red")
    return FAILED if wrong else WELL
