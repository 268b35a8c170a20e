"""`wabawatch checks run|list`: look at a check now, whether monitoring runs or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from cyclopts import App, Parameter, validators

from wabawatch.cli.common import HERE, Where, opened, out, print_json
from wabawatch.domain.checks import Outcome, Seen
from wabawatch.domain.errors import NotFound
from wabawatch.web.answers_uptime import look_answer
from wabawatch.wire import iso

app = App(name="checks")

Name = Annotated[str, Parameter(help="The check, as `wabawatch checks list` names it.")]


@app.command(name="list")
def list_(*, json: bool = False, where: Where = HERE) -> None:
    """Show what is checked, and how often."""
    with opened(where) as system:
        plans = system.uptime.probing.plans
    if json:
        print_json([{"name": p.name, "kind": str(p.kind), "every_seconds": p.every_ms / 1000} for p in plans])
        return
    for plan in plans:
        essential = ", essential" if plan.is_essential else ""
        out.print(f"{plan.name}: {plan.kind}, every {plan.every_ms // 1000} s{essential}", markup=False)


@app.command
def run(name: Name, *, json: bool = False, where: Where = HERE) -> int:
    """Look at one check now. What it gives is kept, and counts. Exits with 1 when it fails."""
    with opened(where) as system:
        seen = system.uptime.probing.look_now(name)
        names = [plan.name for plan in system.uptime.probing.plans]
        system.uptime.close()
    if seen is None:
        raise _unknown(name, names)
    if json:
        print_json(look_answer(seen))
    else:
        out.print(line(seen), markup=False)
    return int(seen.outcome is Outcome.FAILED)


@app.command
def results(
    name: Name,
    *,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=5000))] = 20,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Show the newest looks at a check; they are kept for three days."""
    with opened(where) as system:
        found = system.uptime.store.results(name, limit)
        names = [plan.name for plan in system.uptime.probing.plans]
    if not found and name not in names:  # one that the settings no longer name may still have some
        raise _unknown(name, names)
    if json:
        print_json([look_answer(each) for each in found])
        return
    for each in found:
        out.print(f"{iso(each.at)} {line(each)}", markup=False)
    if not found:
        out.print(f"{name} was not looked at in the last three days; `wabawatch checks run {name}` looks", markup=False)


def _unknown(name: str, names: Iterable[str]) -> NotFound:
    return NotFound(f"there is no check {name}; there are: {', '.join(names)}")


def line(seen: Seen) -> str:
    """What a look gave, in a line."""
    took = "" if seen.latency_ms is None else f" in {seen.latency_ms:.0f} ms"
    return f"{seen.check}: {seen.outcome}{took}" + (f" ({seen.words})" if seen.words else "")
