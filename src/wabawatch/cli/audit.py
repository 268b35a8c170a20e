"""`wabawatch audit`: has anybody tampered with the audit trail, and proof of how it stands now."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from wabawatch.cli.common import HERE, Where, note, opened, out, print_json, progress_bar
from wabawatch.cli.main import FAILED, WELL, errors
from wabawatch.domain.errors import BadRequest
from wabawatch.signatures import PublicKey
from wabawatch.storage import audit
from wabawatch.storage.audit import Broken, Fault
from wabawatch.storage.audit_files import check_file, write_trail
from wabawatch.storage.checkpoints import KIND, Checkpoint, Faults, checkpoints_in
from wabawatch.storage.database import Database
from wabawatch.wire import iso

app = App(name="audit")

SHOWN = 20
"""So many faults are told one by one on a screen"""
_END_OF_KEY = "-----END PUBLIC KEY-----"


@app.command
def verify(
    *,
    head: Annotated[
        Path | None, Parameter(help="A file of `audit head` or `audit checkpoint` that was kept elsewhere.")
    ] = None,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Check each entry of the audit trail against the ones before it. Exits with 1 when anything was tampered with.

    What was changed, deleted, put in or moved shows by itself. A trail that was cut off at its end, or whose end was
    written anew with new digests, shows by the signed checkpoints that the server makes every hour, in the database
    and in a file beside it; and, when those were taken away, too, by one that was kept elsewhere.

    Parameters
    ----------
    json
        Print the faults as JSON.
    """
    more, heads = ([], {}) if head is None else told_in(head)
    with opened(where) as system, progress_bar() as bar:
        length = _head(system.database)[0]
        checking = bar.add_task("checking entries", total=length)
        found = system.checkpoints.faults(more, heads, lambda id: bar.update(checking, completed=id))
    if json:
        print_json(
            {
                "ok": not found.found,
                "entries": length,
                "checkpoints": found.heads,
                "proven_up_to": found.proven,
                "faults": [_row(each) for each in found.found],
            }
        )
    else:
        _show(found, length)
    return FAILED if found.found else WELL


@app.command(name="head")
def head_(*, json: bool = False, where: Where = HERE) -> None:
    """Print number and digest of the newest entry. Kept elsewhere, it shows later whether entries were cut off.

    Parameters
    ----------
    json
        Print JSON. `audit verify --head FILE` reads both forms.
    """
    with opened(where) as system:
        id, digest = _head(system.database)
    if json:
        print_json({"entry": id, "digest": digest.hex()})
    else:
        out.print(f"{id} {digest.hex()}")


@app.command
def checkpoint(
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="Add it to this file, a line each.")] = None,
    all: bool = False,
    where: Where = HERE,
) -> None:
    """Sign how the audit trail stands now, and print that as a line of JSON: keep it where nobody here can change it.

    `wabawatch keys public` prints the key with which anybody can check the signature.

    Parameters
    ----------
    all
        Print all checkpoints that were made, the server's, too.
    """
    with opened(where) as system:
        made = system.checkpoints.make()
        lines = b"".join(each.to_line() + b"\n" for each in (system.checkpoints.kept() if all else [made]))
    if output is None:
        sys.stdout.write(lines.decode())
        return
    try:
        with output.open("ab") as file:
            file.write(lines)
    except OSError as error:
        raise BadRequest(f"output: {output} cannot be written: {error.strerror}") from error
    errors.print(f"{output} proves the audit trail up to entry {made.entry}, {iso(made.at)}", markup=False)


@app.command
def export(
    *,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="A file that is not there yet (default: stdout).")
    ] = None,
    after: Annotated[int, Parameter(help="Only entries with larger numbers: go on from an earlier export.")] = 0,
    where: Where = HERE,
) -> None:
    """Write the audit trail, a line of JSON each, with its checkpoints and public keys: a file that proves itself.

    `wabawatch audit check` checks it on any machine, without an installation. A checkpoint of the newest entry is made
    before, so that all of it is proven. That it was exported stands in the trail.
    """
    with opened(where) as system, progress_bar() as bar, _written(output) as write:
        made = system.checkpoints.make()
        writing = bar.add_task("writing entries", total=max(0, made.entry - after))
        kept, keys = system.checkpoints.kept(), system.signing.public_keys()
        with system.database.reading() as connection:
            n = write_trail(
                connection,
                kept,
                keys,
                after,
                system.clock.now(),
                write,
                lambda id: bar.update(writing, completed=id - after),
            )
        note(system, "audit_exported", "audit", after_entry=after, entries=n)
    if output is not None:
        errors.print(f"{n} entries, proven up to entry {made.entry}: {output}", markup=False)


@app.command
def check(
    file: Annotated[Path, Parameter(help="What `wabawatch audit export` wrote.")],
    *,
    key: Annotated[
        Path | None,
        Parameter(help="Public keys (PEM, as `wabawatch keys public` prints them) to trust instead of the file's own."),
    ] = None,
    json: bool = False,
) -> int:
    """Check an exported audit trail by itself, on any machine. Exits with 1 when anything in it was tampered with.

    Who changed the file could have signed it anew with keys of their own: hold the ids of its keys against those that
    you know, or name your own copy with --key.

    Parameters
    ----------
    json
        Print the faults as JSON.
    """
    with progress_bar() as bar:
        checking = bar.add_task("checking entries", total=None)
        found = check_file(file, _keys_in(key), lambda id: bar.update(checking, completed=id))
    faults, length = found.faults, found.last - found.first + 1
    if json:
        print_json(
            {
                "ok": not faults.found,
                "first": found.first,
                "last": found.last,
                "keys": found.keys,
                "checkpoints": faults.heads,
                "proven_up_to": faults.proven,
                "faults": [_row(each) for each in faults.found],
            }
        )
    else:
        out.print(f"entries {found.first} to {found.last}; keys: {', '.join(found.keys) or 'none'}", markup=False)
        _show(faults, length)
    return FAILED if faults.found else WELL


@contextmanager
def _written(output: Path | None) -> Iterator[Callable[[bytes], object]]:
    """What writes to *output*, or to stdout. What could not be written to its end goes. Raises BadRequest."""
    if output is None:
        yield lambda line: sys.stdout.write(line.decode())
        return
    try:
        with output.open("xb") as file:
            try:
                yield file.write
            except BaseException:
                output.unlink()
                raise
    except FileExistsError as error:
        raise BadRequest(f"output: {output} is there already, and nothing is overwritten") from error
    except OSError as error:
        raise BadRequest(f"output: {output} cannot be written: {error.strerror}") from error


def _keys_in(path: Path | None) -> list[PublicKey]:
    """The public keys in the file at *path*, one after the other. Raises BadRequest."""
    if path is None:
        return []
    try:
        text = path.read_text("ascii")
        return [PublicKey.from_pem(f"{part}{_END_OF_KEY}") for part in text.split(_END_OF_KEY)[:-1]]
    except (OSError, ValueError) as error:
        raise BadRequest(f"key: {path} holds no public keys as `wabawatch keys public` prints them: {error}") from error


def told_in(path: Path) -> tuple[list[Checkpoint], dict[int, bytes]]:
    """The checkpoints in the file at *path*, or the digest by entry if it is a bare head. Raises BadRequest."""
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"head: {path} cannot be read: {error}") from error
    if f'"{KIND}"' in text:
        return list(checkpoints_in(path)), {}
    try:
        if text.startswith("{"):
            told = msgspec.json.decode(text)
            id, digest = told["entry"], bytes.fromhex(told["digest"])
        else:
            number, words = text.split()
            id, digest = int(number), bytes.fromhex(words)
        if not isinstance(id, int) or id < 0 or len(digest) != len(audit.EMPTY[1]):
            raise ValueError
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"head: {path} is no head of an audit trail; `wabawatch audit head` writes one") from error
    return [], {id: digest} if id else {}


def words_of(broken: Broken) -> str:
    """What is wrong there, in a sentence."""
    id, last = broken.id, broken.last
    those = f"entries {id} to {last} are" if last else f"entry {id} is"
    if broken.fault is Fault.CHANGED:
        before = f", or entry {id - 1} was changed and given a new digest" if id > 1 else ""
        return f"entry {id} is not what was written there: it was changed or moved{before}"
    if broken.fault is Fault.MISSING:
        return f"{those} missing: deleted, though later ones are there"
    if broken.fault is Fault.ADDED:
        return f"entry {id} was put in: the trail begins with entry 1"
    if broken.fault is Fault.TRUNCATED:
        return f"{those} missing: the trail was cut off at its end, or an older backup was restored"
    if broken.fault is Fault.FORGED:
        return f"a checkpoint of entry {id} is not signed by a key of this database: it was changed, or is another's"
    if broken.fault is Fault.UNPROVEN:
        return f"{those} proven by no checkpoint, though one was made since: it was taken away"
    span = f"entries {broken.since + 1} to {id}" if broken.since + 1 < id else f"entry {id}"
    return f"entry {id} has not the digest it had when the checkpoint was made: {span} or part of that was written anew"


def _head(database: Database) -> audit.Head:
    with database.reading() as connection:
        return audit.head(connection)


def _row(broken: Broken) -> dict[str, Any]:
    return {
        "entry": broken.id,
        "last": broken.last or broken.id,
        "fault": broken.fault,
        "message": words_of(broken),
    }


def _show(faults: Faults, length: int) -> None:
    found = faults.found
    for broken in found[:SHOWN]:
        out.print(words_of(broken), markup=False)
    if found:
        more = f", {len(found) - SHOWN} of them not shown (see --json)" if len(found) > SHOWN else ""
        many = "one fault" if len(found) == 1 else f"{len(found)} faults"
        errors.print(
            f"The audit trail is not as it was written: {many}{more}. Hold it against an older backup, and against a "
            "checkpoint that was kept elsewhere (--head)."
        )
        return
    by_what = f"checkpoints prove it up to entry {faults.proven}"
    proven = by_what if faults.heads else "there is no checkpoint, so a cut off end would not show"
    out.print(f"The audit trail is sound: {length} entries, each as it was written; {proven}.")
