"""`wabawatch audit`: has anybody tampered with the audit trail, and proof of how it stands now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from wabawatch.cli.common import HERE, Where, opened, out, print_json, progress_bar
from wabawatch.cli.main import FAILED, WELL, errors
from wabawatch.domain.errors import BadRequest
from wabawatch.storage import audit
from wabawatch.storage.audit import Broken, Fault
from wabawatch.storage.database import Database

app = App(name="audit")

SHOWN = 20
"""So many faults are told one by one on a screen"""


@app.command
def verify(
    *,
    head: Annotated[
        Path | None, Parameter(help="A file that `audit head` wrote earlier and that was kept elsewhere.")
    ] = None,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Check each entry of the audit trail against the ones before it. Exits with 1 when anything was tampered with.

    What was changed, deleted, put in or moved shows by itself. A trail that was cut off at its end, or whose end was
    written anew with new digests, shows by a head that was taken before: keep heads where nobody who can write to the
    database can change them.

    Parameters
    ----------
    json
        Print the faults as JSON.
    """
    heads = {} if head is None else head_in(head)
    with opened(where) as system, progress_bar() as bar:
        checking = bar.add_task("checking entries", total=None)
        length = _head(system.database)[0]
        found = _faults(system.database, heads, lambda id: bar.update(checking, completed=id, total=max(id, length)))
    if json:
        print_json({"ok": not found, "entries": length, "heads": len(heads), "faults": [_row(each) for each in found]})
    else:
        _show(found, length, heads)
    return FAILED if found else WELL


@app.command(name="head")
def head_(*, json: bool = False, where: Where = HERE) -> None:
    """Print number and digest of the newest entry. Kept elsewhere, it shows later whether entries were cut off.

    Parameters
    ----------
    json
        Print JSON, which `audit verify --head FILE` reads.
    """
    with opened(where) as system:
        id, digest = _head(system.database)
    if json:
        print_json({"entry": id, "digest": digest.hex()})
    else:
        out.print(f"{id} {digest.hex()}")


def head_in(path: Path) -> dict[int, bytes]:
    """The digest of the entry that the file at *path* tells of, by its number. Raises BadRequest."""
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"head: {path} cannot be read: {error}") from error
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
    return {id: digest} if id else {}


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
    span = f"entries {broken.since + 1} to {id}" if broken.since + 1 < id else f"entry {id}"
    return f"entry {id} has not the digest it had when the head was taken: {span} or part of that was written anew"


def _head(database: Database) -> audit.Head:
    with database.reading() as connection:
        return audit.head(connection)


def _faults(database: Database, heads: dict[int, bytes], tell: Callable[[int], None]) -> list[Broken]:
    with database.reading() as connection:
        return list(audit.faults(connection, heads, tell))


def _row(broken: Broken) -> dict[str, Any]:
    return {
        "entry": broken.id,
        "last": broken.last or broken.id,
        "fault": broken.fault,
        "message": words_of(broken),
    }


def _show(found: list[Broken], length: int, heads: dict[int, bytes]) -> None:
    for broken in found[:SHOWN]:
        out.print(words_of(broken), markup=False)
    if found:
        more = f", {len(found) - SHOWN} of them not shown (see --json)" if len(found) > SHOWN else ""
        many = "one fault" if len(found) == 1 else f"{len(found)} faults"
        errors.print(f"The audit trail is not as it was written: {many}{more}. Hold it against an older backup.")
        return
    held = "" if heads else " Whether its end was cut off shows only by a head taken earlier: see --head."
    out.print(f"The audit trail is sound: {length} entries, each as it was written.{held}")
