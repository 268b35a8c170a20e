"""`wabawatch export person`: everything that is kept of one person, in one file for them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wabawatch.app import System
from wabawatch.app_person import counts_of, document_of, packed
from wabawatch.cli.common import HERE, Where, opened, out, print_json, progress_bar, who
from wabawatch.domain.erasure import Plan
from wabawatch.domain.errors import BadRequest, StoreUnavailable
from wabawatch.ports import Deed

PART = ".part"


def person(
    *,
    contact: Annotated[str, Parameter(help="Phone number with country code, BSUID or username.")],
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="The file.")],
    alone: Annotated[bool, Parameter(negative="", help="This id alone, without those that are linked.")] = False,
    json: Annotated[bool, Parameter(negative="", help="Print what was written as JSON.")] = False,
    where: Where = HERE,
) -> None:
    """Write everything that is kept of one person to a JSON file, in clear: hand it to nobody else.

    Ids and how they are linked, messages, opt-outs, conversations, what agents did, and what the webhooks that are
    still kept said. That it was done is written into the audit trail.
    """
    with opened(where) as system:
        system.drain()
        plan = system.erasure.flow.plan(contact, is_alone=alone)
        counts = written(system, plan, output, who())
    if json:
        print_json({"file": str(output), **counts})
    else:
        out.print(f"{output}: " + ", ".join(f"{n:,} {name}" for name, n in counts.items()), markup=False)


def written(system: System, plan: Plan, path: Path, actor: str) -> dict[str, int]:
    """Write what is kept of whom *plan* is about to *path*, whole or not at all. Gives how much it is of each kind."""
    if path.exists():
        raise BadRequest(f"there is a file {path} already; give another name")
    with progress_bar() as bar:
        task = bar.add_task("sealed rows", total=None)
        erasing = system.erasure.flow
        document = document_of(system.database, erasing, system.clock, plan, lambda n: bar.advance(task, n))
    given = packed(document)
    _save(path, given.content)
    detail = {"rows": given.rows, "unopened": given.unopened}
    system.browsing.audit.note(system.clock.now(), Deed(actor, "person_exported", "", detail))
    return counts_of(document)


def _save(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + PART)
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        part.replace(path)
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be written: {error.strerror}; nothing was left of it") from error
