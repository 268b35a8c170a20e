"""`wabawatch violations`: sends that broke the template rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.domain.violations import SendEvidence, Violations
from wabawatch.web.answers_limits import violations_answer
from wabawatch.wire import iso

app = Command()


@app.default
def violations(
    *,
    hours: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 24,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """A send violates the rule if Meta refused its template, if it was accepted 10 minutes or more after we were told
    that the template is not sendable, or if it is marketing after an opt-out. What nobody can judge is unverified.

    Parameters
    ----------
    hours
        How far to look back; 0 is everything.
    json
        Print JSON, with the names of `GET /api/v1/violations`.
    """
    with opened(where) as system:
        found = system.limits.proving.violations(hours)
    if json:
        print_json(violations_answer(found))
    else:
        show(found)


def show(found: Violations) -> None:
    """Print *found* for a person."""
    for heading, n, sends in (
        ("violating sends", found.violations, found.violating),
        ("unverified sends", found.unverified, found.unproven),
    ):
        more = f", the newest {len(sends)}" if len(sends) < n else ""
        out.print(f"{heading}: {n}{more}")
        if sends:
            out.print(_table(sends))
    out.print(f"{len(found.opt_outs)} opt-outs from marketing, the newest first" if found.opt_outs else "no opt-outs")
    for each in found.opt_outs[:20]:
        out.print(f"  {iso(each.at)}  contact {each.contact_id}{f'  WABA {each.waba}' if each.waba else ''}")


def _table(sends: Sequence[SendEvidence]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("at", "message", "template", "why", "known since", "told by"):
        table.add_column(heading, overflow="fold")
    for each in sends:
        template = f"{each.template.name}/{each.template.language}" if each.template else "-"
        told_by = each.told_by.name.lower() if each.told_by is not None else "-"
        since = iso(each.told_at or each.opted_out_at) or "-"
        table.add_row(iso(each.at), str(each.message_id), template, each.sentence, since, told_by)
    return table
