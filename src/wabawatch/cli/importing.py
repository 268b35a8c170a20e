"""`wabawatch import webhooks`: bring in webhook bodies that something else has kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from wabawatch.app_parts import translate
from wabawatch.app_places import SystemClock, places_of
from wabawatch.cli.common import HERE, Where, err, note, opened, out, print_json
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.facts import Why
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.importing import Findings, Importing, Unknown, UnparsedItem, survey
from wabawatch.storage.dumps import STDIN, FileDump, dumps_at
from wabawatch.storage.imports import SqlImports

app = App(name="import")

SHOWN = 50
"""Findings of a kind that are printed; `--json` has more of them."""


def _no_options(_kind: object, names: Sequence[str]) -> None:
    # A lone hyphen is to pass, and with it everything that begins with one.
    for name in names:
        if name.startswith("-") and name != STDIN:
            raise ValueError(f"unknown option {name}; write a file of that name as ./{name}")


@app.command
def webhooks(
    files: Annotated[list[str], Parameter(negative="", allow_leading_hyphen=True, validator=_no_options)],
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Import webhook bodies from JSON or JSON lines: plain, gzip or zstd. Nothing is imported twice.

    It can be stopped at any time; the same command goes on where it was. Bodies are kept and counted, but raise no
    alert and enter no latency figure. What tells of archived messages is not imported before these are restored.

    Parameters
    ----------
    files
        Files, folders (every .json, .jsonl and .ndjson file below them, also .gz and .zst), or - for standard input.
        A body is Meta's JSON as it came, or {"body": JSON or text, "received_at": time, "app": name}.
    dry_run
        Read only, and say what would be found.
    json
        Print the summary as JSON.
    """
    findings = _survey(files) if dry_run else _import(files, where)
    if json:
        print_json(_as_json(findings, dry_run))
    else:
        _show(findings, dry_run)
    return FAILED if findings.unreadable else WELL


def _survey(names: list[str]) -> Findings:
    with _reading(names) as dumps:
        return survey(dumps, translate, SystemClock())


def _import(names: list[str], where: Where) -> Findings:
    with opened(where) as system, _reading(names, places_of(system.settings).folder) as dumps:
        imports = SqlImports(system.database)
        archived = {part.day for part in system.archive.books.parts() if part.held}
        importing = Importing(system.inbox, imports, translate, fingerprint, system.drain, system.clock, archived)
        try:
            findings = importing.run(dumps)
        except KeyboardInterrupt:
            err.print("wabawatch: stopped; run the same command again to go on from here", style="yellow")
            raise
        told = {"files": findings.files, "webhooks": findings.bodies, "known_before": findings.bodies_before}
        note(system, "webhooks_imported", "import", **told)
        return findings


@contextmanager
def _reading(names: list[str], spool: Path | None = None) -> Iterator[list[FileDump]]:
    """The dumps that *names* mean, with a bar that shows how much of their bytes was read."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal) as bar:
        reading = bar.add_task("reading", total=None)
        dumps = dumps_at(names, spool, lambda read: bar.advance(reading, read))
        bar.update(reading, total=sum(dump.size for dump in dumps) or None)
        yield dumps


def _as_json(found: Findings, is_dry_run: bool) -> dict[str, Any]:
    fields = {known.path: n for known, n in found.unknown.items() if known.why is Why.UNKNOWN_FIELD}
    values = [
        {"path": known.path, "value": known.value, "count": n}
        for known, n in sorted(found.unknown.items())
        if known.why is Why.UNKNOWN_VALUE
    ]
    return {
        "dry_run": is_dry_run,
        "files": {"read": found.files - found.files_before, "imported_before": found.files_before},
        "unreadable": [{"file": each.name, "reason": each.reason} for each in found.unreadable],
        "bodies": {
            "imported": 0 if is_dry_run else found.bodies,
            "found": found.bodies,
            "duplicates": found.duplicates,
            "set_aside": found.set_aside,
            "imported_before": found.bodies_before,
        },
        "messages": found.messages.count,
        "unparsed_items": {
            "count": found.unparsed,
            "items": [
                {"file": each.name, "line": each.line, "path": each.path, "reason": each.reason}
                for each in found.unparsed_items
            ],
        },
        "unknown": {"count": found.unknown.total(), "fields": fields, "values": values},
    }


def _show(found: Findings, is_dry_run: bool) -> None:
    done = "found" if is_dry_run else "imported"
    before = f", {found.files_before} imported before" if found.files_before else ""
    _print(f"{found.files - found.files_before - len(found.unreadable)} files read{before}")
    before = f"; {found.bodies_before} imported before" if found.bodies_before else ""
    set_aside = f", {found.set_aside} set aside to be tried again" if found.set_aside else ""
    _print(f"{found.bodies} bodies {done}, {found.duplicates} of them duplicates{set_aside}{before}")
    _print(f"{found.messages.count} messages touched")
    _list("items not understood", found.unparsed, found.unparsed, map(_unparsed, found.unparsed_items))
    unknown = map(_unknown, found.unknown.most_common())
    _list("unknown fields and values", found.unknown.total(), len(found.unknown), unknown)
    for each in found.unreadable:
        err.print(f"wabawatch: {each.name}: {each.reason}", style="red", markup=False)


def _list(what: str, n: int, listed: int, lines: Iterable[str]) -> None:
    """Say that there are *n* of something, kept as they came, and print the first of the *listed* lines about them."""
    _print(f"{n} {what}" + (", kept as they came:" if n else ""))
    for line in islice(lines, SHOWN):
        _print(f"  {line}")
    if listed > SHOWN:
        _print(f"  ... and {listed - SHOWN} more")


def _unparsed(item: UnparsedItem) -> str:
    return f"{item.name}:{item.line} {item.path or 'the whole body'}: {item.reason}"


def _unknown(counted: tuple[Unknown, int]) -> str:
    known, n = counted
    what = f"field {known.path}" if known.why is Why.UNKNOWN_FIELD else f"{known.path} = {known.value!r}"
    return f"{n} x {what}"


def _print(line: str) -> None:
    out.print(line, markup=False)
