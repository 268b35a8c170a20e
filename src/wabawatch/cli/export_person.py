"""`wabawatch export person`: everything that is kept of one person, in one file for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from wabawatch.app import System
from wabawatch.cli.common import HERE, Where, opened, out, print_json, progress_bar, who
from wabawatch.domain.erasure import Plan
from wabawatch.domain.errors import BadRequest, StoreUnavailable
from wabawatch.domain.messages import ContactKind
from wabawatch.meta.countries import country_of
from wabawatch.ports import Deed
from wabawatch.storage.erasure_export import everything_of
from wabawatch.web.message_answers import row_of
from wabawatch.wire import iso

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
        document, unopened = _document(system, plan, lambda n: bar.advance(task, n))
    counts = {name: len(rows) for name, rows in document.items() if isinstance(rows, list)}
    _save(path, msgspec.json.format(msgspec.json.encode(document), indent=1))
    detail = {"rows": sum(counts.values()), "unopened": unopened}
    system.browsing.audit.note(system.clock.now(), Deed(actor, "person_exported", "", detail))
    return counts


def _document(system: System, plan: Plan, tell: Callable[[int], None]) -> tuple[dict[str, Any], int]:
    told = everything_of(system.database, plan.keys, country_of)
    found: dict[str, list[Any]] = {}
    swept = system.erasure.flow.look(plan, lambda what, item: found.setdefault(what, []).append(item), tell)
    ids = [
        {
            "kind": ContactKind(each.key.kind).name.lower(),
            "id": each.key.value,
            "accounts": list(each.accounts),
            "first_linked": iso(each.first_at),
            "last_linked": iso(each.last_at),
        }
        for each in plan.ids
    ]
    consents = [{**row, "at": iso(row["at"])} for row in told.consents]
    return {
        "as_of": iso(system.clock.now()),
        "ids": ids,
        "messages": [row_of(held, told.swept_until) for held in told.held],
        "consents": consents,
        "notes": told.notes,
        **told.views,
        **found,
        "not_readable": swept.unopened,
    }, swept.unopened


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
