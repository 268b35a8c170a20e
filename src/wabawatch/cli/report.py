"""`wabawatch report`: compliance reports, and whether one is as it was made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from wabawatch import signed_reports
from wabawatch.app import System
from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json, progress_bar, who
from wabawatch.cli.main import FAILED, WELL, errors
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.report_formats import BESIDE, ReportFormat, format_of
from wabawatch.domain.report_periods import period, slice_of
from wabawatch.flows.report_checking import Kepts, Wrong
from wabawatch.report_ports import Kept, Revision
from wabawatch.signatures import PublicKey
from wabawatch.signed_reports import Checked, Fault
from wabawatch.wire import iso

app = Command()

Output = Annotated[Path | None, Parameter(name=["--output", "-o"])]
FAULTS = {
    Fault.UNREADABLE: "it is no report: it was cut off, or it never was one",
    Fault.CHANGED: "what stands in it is not what was signed: it was changed",
    Fault.REARRANGED: "the report in it is as it was signed, but something around it was changed or added",
    Fault.UNKNOWN_KEY: "it is signed with a key that is none of this installation's: it was forged, or is another's",
    Fault.FORGED: "its signature is not the key's: it was changed, and given a new checksum",
}
KEPT_FAULTS = {
    Wrong.CHANGED: "what is kept is not what was signed",
    Wrong.UNKNOWN_KEY: "it is signed with a key that is none of this installation's",
    Wrong.FORGED: "its signature is not the key's",
    Wrong.REPLACED: "it is signed, but the audit trail says that another one was made",
    Wrong.MISSING: "the audit trail says that it was made, and it is not there",
    Wrong.ADDED: "it is there, and the audit trail knows nothing of it",
}


@app.default
def report(
    *,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    scope: str = "all",
    format: ReportFormat | None = None,
    output: Output = None,
    where: Where = HERE,
) -> None:
    """Make the report of a period, sign it, keep it, and write it to a file.

    Asked for again after later events it becomes a new revision, which lists what changed; when nothing did, it is the
    same one, byte for byte. Files other than JSON get their signature in a file beside them (`NAME.sig`).

    Parameters
    ----------
    start
        The beginning (UTC), as in 2026-10-01 or 2026-10-01T12:00Z. A month, as in 2026-10, is the whole month if there
        is no --to. Without it, 30 days before the end.
    end
        Where to end (UTC); without it, now.
    scope
        Of what: all, waba:ID or number:ID.
    format
        Without it, as the name of the file ends, else JSON.
    output
        The file; without it, JSON is printed.
    """
    told = _asked(format, output)
    with opened(where) as system:
        system.drain()
        kept = system.reports.reporting.make(*period(start, end, system.clock.now()), slice_of(scope), who())
        _written(system, kept, told, output)


@app.command
def get(
    id: str,
    /,
    *,
    revision: int | None = None,
    format: ReportFormat | None = None,
    output: Output = None,
    where: Where = HERE,
) -> None:
    """Write a report that was made to a file, as it was made.

    Parameters
    ----------
    id
        As `report list` shows it.
    revision
        Without it, the newest.
    format
        Without it, as the name of the file ends, else JSON.
    output
        The file; without it, JSON is printed.
    """
    told = _asked(format, output)
    with opened(where) as system:
        kept = system.reports.reporting.one(id, revision)
        _written(system, kept, told, output)


@app.command(name="list")
def list_(*, json: bool = False, where: Where = HERE) -> None:
    """List the reports that were made, the newest first.

    Parameters
    ----------
    json
        Print JSON.
    """
    with opened(where) as system:
        found = system.reports.reporting.all()
    if json:
        print_json([row_of(each) for each in found])
        return
    for each in found:
        span = f"{iso(each.start)} – {iso(each.end)}"
        out.print(f"{each.id}  revision {each.revision}  {span}  {each.scope}  {each.verdict.value}", markup=False)
    if not found:
        errors.print("No report was made yet: `wabawatch report --from 2026-10 -o report.pdf` makes one.")


@app.command
def schema() -> None:
    """Print the JSON Schema of a report: that of the member `report` of its file."""
    print_json(signed_reports.schema())


@app.command
def verify(
    file: Path | None = None,
    /,
    *,
    signature: Path | None = None,
    key: Path | None = None,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Check that a report is as it was made. Exits with 1 when it is not. Without a file, check all that are kept.

    Parameters
    ----------
    file
        The file of a report.
    signature
        Of a file that is no JSON: the file with its signature, if that is not beside it (NAME.sig).
    key
        A public key (PEM) to hold the file against, in place of those of this installation: so anybody can check it.
        `wabawatch keys public` prints it.
    json
        Print what was found as JSON.
    """
    if file is None:
        return _verify_all(where, json)
    content, beside = _read("file", file), _beside(file, signature)
    if key is None:
        with opened(where) as system:
            found = system.reports.checking.file(content, beside)
    else:
        found = signed_reports.check_any(content, beside, [_key(key)])
    if json:
        print_json({"ok": found.fault is None, "fault": found.fault, "report": found.id or None,
                    "revision": found.revision or None, "key": found.key_id or None})  # fmt: skip
    elif found.fault is None:
        out.print(f"{file} is as it was made: {_named(found)}, signed with key {found.key_id}.", markup=False)
    else:
        out.print(f"{file} is not as it was made: {FAULTS[found.fault]}.", markup=False)
    return WELL if found.fault is None else FAILED


def row_of(about: Revision) -> dict[str, Any]:
    """A kept revision in plain values."""
    return {
        "id": about.id,
        "revision": about.revision,
        "scope": about.scope,
        "from": iso(about.start),
        "to": iso(about.end),
        "as_of": iso(about.as_of),
        "verdict": about.verdict.value,
        "made_by": about.made_by,
        "sha256": about.sha256,
        "key": about.signature.key_id,
    }


def _verify_all(where: Where, json: bool) -> int:
    with opened(where) as system, progress_bar() as bar:
        checking = bar.add_task("checking reports", total=None)
        found: Kepts = system.reports.checking.all(
            lambda done, whole: bar.update(checking, completed=done, total=whole)
        )
    if json:
        faults = [{"report": one.id, "revision": one.revision, "fault": one.wrong} for one in found.found]
        print_json({"ok": not faults, "revisions": found.revisions, "faults": faults})
    else:
        for one in found.found:
            out.print(f"report {one.id} revision {one.revision}: {KEPT_FAULTS[one.wrong]}", markup=False)
        if not found.found:
            out.print(f"All {found.revisions} kept revisions are as they were made.")
    return FAILED if found.found else WELL


def _asked(format: ReportFormat | None, output: Path | None) -> ReportFormat:
    """The kind of file that is wanted. Raises BadRequest, before anything is made, when it cannot go there."""
    told = format_of(format, output.suffix if output else "")
    if output is None and told is not ReportFormat.JSON:
        raise BadRequest(f"output: {told.value} has its signature in a file beside it; say where to with -o FILE")
    if output is not None and not output.absolute().parent.is_dir():
        raise BadRequest(f"output: there is no folder {output.absolute().parent}; make it, or choose another")
    return told


def _written(system: System, kept: Kept, format: ReportFormat, output: Path | None) -> None:
    file = system.reports.file(kept, format)
    if output is None:
        sys.stdout.write(file.content.decode())
        return
    try:
        output.write_bytes(file.content)
        if file.beside:
            output.with_name(output.name + BESIDE).write_bytes(file.beside)
    except OSError as error:
        raise BadRequest(
            f"output: {output} cannot be written: {error.strerror}; the report is kept: `wabawatch report get"
            f" {kept.about.id} -o FILE`"
        ) from error
    system.reports.reporting.fetched(kept, format.value, who())
    about = kept.about
    errors.print(f"{output}: report {about.id}, revision {about.revision}: {about.verdict.value}", markup=False)


def _named(found: Checked) -> str:
    named = f"report {found.id}, revision {found.revision}"
    if found.report is None:
        return named
    span = f"{found.report.start:%Y-%m-%d %H:%M} to {found.report.end:%Y-%m-%d %H:%M} UTC"
    return f"{named}, {span}, {found.report.verdict.value}"


def _beside(file: Path, signature: Path | None) -> bytes | None:
    if signature is not None:
        return _read("signature", signature)
    beside = file.with_name(file.name + BESIDE)
    if file.suffix.lower() == ".json" and not beside.exists():
        return None
    if not beside.exists():
        raise BadRequest(f"file: its signature should be in {beside}; say where it is with --signature")
    return _read("signature", beside)


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{name}: {path} cannot be read: {error.strerror}") from error


def _key(path: Path) -> PublicKey:
    try:
        return PublicKey.from_pem(_read("key", path).decode())
    except ValueError as error:
        raise BadRequest(f"key: {path} is no public key of Ed25519 in PEM: {error}") from error
