"""`wabawatch monitor start|stop|restart`: monitoring is wanted or not, for every process and beyond a restart."""

from __future__ import annotations

from cyclopts import App

from wabawatch.cli.common import HERE, Where, opened, out, who
from wabawatch.flows.cycle import Wanted

app = App(name="monitor")


@app.command
def start(*, where: Where = HERE) -> None:
    """Start monitoring, also for the time after a restart."""
    _control(Wanted.START, where)


@app.command
def stop(*, where: Where = HERE) -> None:
    """Stop monitoring until it is started again."""
    _control(Wanted.STOP, where)


@app.command
def restart(*, where: Where = HERE) -> None:
    """Begin monitoring anew: what was missed meanwhile stays unknown."""
    _control(Wanted.RESTART, where)


def _control(wanted: Wanted, where: Where) -> None:
    with opened(where) as system:
        is_wanted = system.cycle.control(wanted, who())
        is_running = system.status.status(1).is_running
    if not is_wanted:
        out.print("monitoring is stopped, and stays so until it is started again")
    elif is_running:
        out.print("monitoring is running")
    else:
        out.print("monitoring is wanted; a running `wabawatch serve` takes it up within seconds")
