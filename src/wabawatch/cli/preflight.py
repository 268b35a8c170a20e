"""`wabawatch preflight`: whether a campaign may well be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.campaigns import Weight
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import TemplateRef
from wabawatch.domain.preflight import Go, Preflight
from wabawatch.web.answers_limits import preflight_answer

app = Command()

STYLES = {Weight.STOP: "bold red", Weight.RISK: "yellow", Weight.UNKNOWN: "dim", Weight.FINE: "green"}
VERDICTS = {Go.STOP: "bold red", Go.RISKY: "yellow", Go.GO: "green"}


@app.default
def preflight(
    *,
    template: str,
    language: str,
    recipients: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    number: str = "",
    to: Path | None = None,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Looks at the template, the number, restrictions, limits, failures, prices, the token and webhooks; sends nothing.
    What is unknown is said to be unknown; who does not know the essentials is told `risky`. Exits with 1 for `stop`.

    Parameters
    ----------
    template
        The template's name.
    language
        Its language, such as en_US.
    recipients
        To how many people.
    number
        The phone_number_id to send from; without it, all numbers are looked at.
    to
        In place of `--recipients`: a file with a phone number in each line, to look up opt-outs, repeats and countries.
    json
        Print JSON, with the names of `POST /api/v1/preflight`.
    """
    named = _read(to) if to else []
    with opened(where) as system:
        found = system.limits.preflighting.check(TemplateRef(template, language), recipients, number, named)
    if json:
        print_json(preflight_answer(found))
    else:
        show(found)
    return FAILED if found.verdict is Go.STOP else WELL


def show(found: Preflight) -> None:
    """Print *found* for a person."""
    out.print(Text(found.verdict.upper(), VERDICTS[found.verdict]))
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for each in found.reasons:
        step = f"\n-> {each.next_step}" if each.next_step else ""
        table.add_row(Text(each.weight.value, STYLES[each.weight]), each.check, Text(f"{each.figure}{step}"))
    out.print(table)


def _read(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path}: it cannot be read as text, a phone number in each line ({error})") from error
