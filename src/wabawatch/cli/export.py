"""`wabawatch export`: every message that fits, as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wabawatch.app import System
from wabawatch.app_export_child import written
from wabawatch.archives.searching import AT_ONCE_IN_BULK
from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json, progress_bar, who
from wabawatch.cli.export_person import person
from wabawatch.cli.logs import ANYTHING, Filters, tell_of_archived, wanted_by
from wabawatch.domain.errors import BadRequest, StoreUnavailable
from wabawatch.domain.export_columns import chosen
from wabawatch.domain.exports import Format, Made, Order, Progress, expected_rows
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.making import make
from wabawatch.flows.export_desk import ranged
from wabawatch.ports import Deed

app = Command()
app.command(person, name="person")


@app.default
def export(
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    format: Format | None = None,
    column: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    bom: Annotated[bool, Parameter(negative="")] = False,
    unmask: Annotated[bool, Parameter(negative="")] = False,
    force: Annotated[bool, Parameter(negative="")] = False,
    archived: Annotated[bool, Parameter(negative="")] = False,
    filters: Filters = ANYTHING,
    json: Annotated[bool, Parameter(negative="")] = False,
    where: Where = HERE,
) -> None:
    """Write every message that fits all filters to a file, the newest first. The file is whole, or it is not there.

    Parameters
    ----------
    output
        The file. How its name ends says its format, unless --format does.
    format
        csv, xlsx, jsonl or parquet.
    column
        Only this column; may be given several times (default: all; docs/exports.md names them).
    bom
        CSV for Excel: begin with a byte order mark.
    unmask
        Whole phone numbers and wamids, which hold them; this is written into the audit trail.
    force
        Write over a file that is there.
    archived
        Messages in the archive instead (docs/archives.md).
    json
        Print what was written as JSON.
    """
    order = Order(format or _format_of(output), chosen(column), not unmask, bom)
    if output.exists() and not force:
        raise BadRequest(f"output: there is a file {output} already; give another name, or --force to write over it")
    given = filters.given()
    with opened(where) as system:
        wanted = ranged(wanted_by(given, system.clock.now()), system.clock.now())
        if unmask:
            system.browsing.unmasked(who(), len(given))
        made = _made(system, order, wanted, output, is_archived=archived)
        if not archived:
            tell_of_archived(system, wanted)
        done = Deed(who(), "export_written", f"format:{order.format} masked:{str(order.is_masked).lower()}")
        system.browsing.audit.note(system.clock.now(), done)
    _print(made, order, output, json=json)


def _print(made: Made, order: Order, path: Path, *, json: bool) -> None:
    if json:
        print_json({"file": str(path), "format": order.format, "masked": order.is_masked, **made._asdict()})
        return
    sheets = f" on {made.sheets} sheets" if made.sheets > 1 else ""
    out.print(f"{made.rows:,} messages{sheets}, {made.bytes:,} bytes: {path}", markup=False)
    out.print(f"SHA-256 {made.sha256}", markup=False)


def _format_of(path: Path) -> Format:
    ending = path.suffix.removeprefix(".").lower()
    if ending not in list(Format):
        raise BadRequest(
            f"output: its name ends with none of {', '.join(f'.{each}' for each in Format)}; give --format"
        )
    return Format(ending)


def _made(system: System, order: Order, wanted: MessageFilter, path: Path, *, is_archived: bool) -> Made:
    with _bar() as tell:
        try:
            if is_archived:
                return make(system.archive.messages.in_bulk(), order, wanted, path, tell, AT_ONCE_IN_BULK)
            return written(system.database, order, wanted, path, tell)
        except OSError as error:
            raise StoreUnavailable(f"{path} cannot be written: {error.strerror}; nothing was left of it") from error


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    with progress_bar() as bar:
        task = bar.add_task("messages", total=None)
        yield lambda so_far: bar.update(task, completed=so_far.rows, total=expected_rows(so_far))
