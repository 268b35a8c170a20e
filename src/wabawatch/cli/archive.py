"""`wabawatch archive`: what retention removes, and the archive that closed days of messages go to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import App, Parameter, validators

from wabawatch.archives.crew import store_of
from wabawatch.cli.common import HERE, Where, opened, out, print_json, progress_bar, who
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.archives import KEEP_RESTORED_DAYS, Part, WouldGo, day_name, day_number
from wabawatch.domain.errors import BadRequest
from wabawatch.flows.archiving import Tell
from wabawatch.wire import iso

app = App(name="archive")

Days = Annotated[int | None, Parameter(validator=validators.Number(gte=0))]


@app.command
def preview(
    *,
    message_days: Annotated[int | None, Parameter(validator=validators.Number(gte=45))] = None,
    keep_days: Days = None,
    body_days: Days = None,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Show what retention would remove now, counted. Nothing is changed.

    The server removes what is over by itself, within the hour: so this tells what is next, or what other settings
    would do.

    Parameters
    ----------
    message_days
        As if messages were live for so long (WABAWATCH_MESSAGE_RETENTION_DAYS).
    keep_days
        As if they stayed in the archive for so long (WABAWATCH_ARCHIVE_KEEP_DAYS).
    body_days
        As if raw bodies were kept for so long (WABAWATCH_BODY_RETENTION_DAYS).
    json
        Print JSON.
    """
    with opened(where) as system:
        desk = system.archive.desk
        found = desk.preview(desk.kept.changed(message_days, keep_days, body_days))
    if json:
        print_json([_goes(each) for each in found])
        return
    for each in found:
        out.print(each.sentence, markup=False)


@app.command
def run(*, json: bool = False, where: Where = HERE) -> None:
    """Archive all closed days that are due now, and delete what is over. The server does so by itself, hourly.

    It may be stopped at any time: each message is either live or archived, and the next run goes on.

    Parameters
    ----------
    json
        Print what was archived as JSON.
    """
    with opened(where) as system:
        system.archive.books.note(system.clock.now())
        before = {part.name for part in system.archive.books.parts()}
        with _bar() as tell:
            archiving = system.archive.archiving(tell)
            while archiving.step():
                pass
        made = [part for part in system.archive.books.parts() if part.name not in before]
    if json:
        print_json([_row(part) for part in made])
    else:
        out.print(f"{sum(part.held for part in made):,} messages archived in {len(made)} files", markup=False)
        _table(made)


@app.command(name="list")
def list_(*, since: str | None = None, until: str | None = None, json: bool = False, where: Where = HERE) -> None:
    """List the archive's files, the newest day first.

    Parameters
    ----------
    since
        From this day on: 2026-05-03.
    until
        Up to and with this day.
    json
        Print JSON.
    """
    first, last = _window(since, until)
    with opened(where) as system:
        parts = system.archive.books.parts(first, last + 1)
        place = str(store_of(system.archive.work))
    if json:
        print_json({"place": place, "files": [_row(part) for part in parts]})
        return
    octets, n = sum(part.bytes for part in parts), sum(part.held for part in parts)
    out.print(f"{n:,} messages in {len(parts)} files, {octets:,} bytes, in {place}", markup=False)
    _table(parts)


@app.command
def verify(*, since: str | None = None, until: str | None = None, json: bool = False, where: Where = HERE) -> int:
    """Read all files of the archive and hold them against what was written. Exits with 1 when one is not whole.

    Parameters
    ----------
    since
        From this day on: 2026-05-03.
    until
        Up to and with this day.
    json
        Print JSON.
    """
    first, last = _window(since, until)
    with opened(where) as system, _bar() as tell:
        archiving = system.archive.archiving(tell)
        parts = system.archive.books.parts(first, last + 1)
        wrong = {part.name: trouble for part in parts if (trouble := archiving.verify(part))}
    if json:
        print_json({"ok": not wrong, "files": len(parts), "faults": wrong})
    else:
        for trouble in wrong.values():
            out.print(trouble, markup=False)
        out.print(f"{len(parts) - len(wrong)} of {len(parts)} files are whole", markup=False)
    return FAILED if wrong else WELL


@app.command
def restore(
    first: str,
    last: str | None = None,
    /,
    *,
    keep_days: Annotated[int, Parameter(validator=validators.Number(gte=1))] = KEEP_RESTORED_DAYS,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Put the messages of archived days back among the live ones, just as they were. Figures do not change by it.

    It may be stopped: the server, or the next run, goes on. It is written into the audit trail.

    Parameters
    ----------
    first
        The day: 2026-05-03.
    last
        Up to and with this day.
    keep_days
        So long these days are not archived again.
    json
        Print JSON.
    """
    start = _day("first", first)
    end = start if last is None else _day("last", last)
    if end < start:
        raise BadRequest("last: it is before first")
    with opened(where) as system, _bar() as tell:
        n = system.archive.archiving(tell).restore(start, end, keep_days, who())
    if json:
        print_json({"restored": n, "from": day_name(start), "to": day_name(end), "keep_days": keep_days})
    else:
        out.print(f"{n:,} messages are live again; they stay so for {keep_days} days", markup=False)


@app.command
def forget(
    file: str,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Give up a file of the archive that is gone or damaged, for good: there is no copy of it to be put back.

    Until then whatever needs the file waits: restoring and erasing, and archiving where it was begun. Figures do not
    change. It is written into the audit trail. A damaged file is deleted: copy it first if you want to look at it.

    Parameters
    ----------
    file
        Its name, as `wabawatch archive list` shows it.
    json
        Print JSON.
    """
    if not (yes or _is_agreed(file, json=json)):
        out.print("nothing was given up")
        return
    with opened(where) as system:
        n = system.archive.archiving().forget(file, who())
    if json:
        print_json({"file": file, "lost": n})
    else:
        out.print(f"{n:,} messages are lost with it", markup=False)


def _is_agreed(file: str, *, json: bool) -> bool:
    if json or not sys.stdin.isatty():
        raise BadRequest("what is given up cannot be brought back: `wabawatch archive verify`, then say --yes")
    return input(f"Give up the messages in {file} for good? [y/N] ").strip().lower() in ("y", "yes")


def _window(since: str | None, until: str | None) -> tuple[int, int]:
    first = 0 if since is None else _day("since", since)
    last = 2**31 - 2 if until is None else _day("until", until)
    if last < first:
        raise BadRequest("until: it is before since")
    return first, last


def _day(name: str, text: str) -> int:
    """A day as a number. Raises BadRequest."""
    number = day_number(text)
    if number is None:
        raise BadRequest(f"{name}: {text!r} is no day; give one as 2026-05-03")
    return number


@contextmanager
def _bar() -> Iterator[Tell]:
    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, visible=done < total)

        yield tell


def _goes(each: WouldGo) -> dict[str, object]:
    return {
        "kind": each.kind.name.lower(),
        "n": each.n,
        "up_to": None if each.up_to is None else iso(each.up_to),
        "bytes": each.bytes,
        "sentence": each.sentence,
    }


def _row(part: Part) -> dict[str, object]:
    return {
        "file": part.name,
        "day": day_name(part.day),
        "state": part.state,
        "messages": part.held,
        "bytes": part.bytes,
        "sha256": part.sha256,
        "first_at": iso(part.first_at),
        "last_at": iso(part.last_at),
        "made_at": iso(part.made_at),
    }


def _table(parts: list[Part]) -> None:
    for part in parts:
        line = f"{day_name(part.day)}  {part.held:>9,} messages  {part.bytes:>11,} bytes  {part.state:<9}  {part.name}"
        out.print(line, markup=False)
