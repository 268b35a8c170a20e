"""`wabawatch demo`: the whole system with a simulated Meta in front of it, live or as a proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from cyclopts import Parameter, validators

from wabawatch.cli.common import Command, err
from wabawatch.cli.demo_live import Breakage, Scene, live
from wabawatch.cli.demo_once import once
from wabawatch.cli.demo_stage import Venue
from wabawatch.cli.main import INTERRUPTED, WELL
from wabawatch.cli.serving import Stopped, run_until_stopped
from wabawatch.simulator.incidents import IncidentKind

app = Command()

A_DAY, ONCE = 600, 2_000
"""So many messages in a day of history, and with --once"""


@Parameter(name="*")
@dataclass(frozen=True)
class Breaks:
    """What shall break while somebody looks."""

    incident: Annotated[IncidentKind | None, Parameter(help="What shall break, for three minutes.")] = None
    incident_after: Annotated[
        int, Parameter(validator=validators.Number(gte=0), help="After how many seconds of real time it breaks.")
    ] = 60


NOTHING = Breaks()


def _is_sound(**given: Any) -> None:
    """Raises ValueError when options contradict each other."""
    if given.get("once") and given.get("breakage", NOTHING).incident:
        raise ValueError("--incident belongs to the live demo; leave out --once")
    if given.get("once") and given.get("days") is not None:
        raise ValueError("--days belongs to the live demo; leave out --once")


def _is_fresh(_type: Any, folder: Path | None) -> None:
    """Raises ValueError when *folder* holds something: the demo's figures must be of the demo alone."""
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty; name a new folder")


@app.default(validator=_is_sound)
def demo(
    *,
    messages: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    days: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=60))] = 14,
    once: bool = False,
    seed: int = 1,
    nasty: bool = False,
    numbers: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1_000))] = 5,
    rate: Annotated[float, Parameter(validator=validators.Number(gt=0, lte=100))] = 0.1,
    json: bool = False,
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65_535))] = 0,
    data_dir: Annotated[Path | None, Parameter(validator=_is_fresh)] = None,
    database_url: str | None = None,
    breakage: Breaks = NOTHING,
) -> int:
    """Tell two weeks of history, with some incidents in it, then go on in real time until Ctrl-C.

    Parameters
    ----------
    messages
        How many messages are sent in the history; without it 600 a day. With --once it is 2,000.
    days
        How many days of history; 0: two hours, with nothing in them but traffic.
    once
        Send so many messages within some hours, nothing else: wait until all is processed, print the status as JSON,
        and exit with 1 if any count differs from what the simulator knows to be true.
    seed
        Another seed, another play.
    nasty
        Everything unpleasant that Meta's platform is known for, far more often than in life.
    numbers
        How many business phone numbers send.
    rate
        Messages a second in real time.
    json
        Print the status as one line of JSON every ten seconds. With --once it is JSON in any case.
    port
        Port to listen on; 0 takes a free one.
    data_dir
        A new folder to keep everything in; without it a temporary one.
    database_url
        A database that is still empty, such as postgresql://USER:PASSWORD@HOST/NAME, instead of SQLite files.
    """
    breaks = Breakage(breakage.incident, breakage.incident_after) if breakage.incident else None
    with _folder(data_dir) as folder:
        venue = Venue(folder, port, database_url)
        if once:
            return _once(messages or ONCE, seed, numbers, nasty, venue)
        scene = Scene(days, messages or A_DAY * max(1, days), rate, seed, numbers, nasty, breaks, json)
        return _live(scene, venue)


def _once(messages: int, seed: int, numbers: int, is_nasty: bool, venue: Venue) -> int:
    try:
        return run_until_stopped(once(messages, seed, numbers, is_nasty, venue))
    except Stopped:
        err.print("stopped before everything was compared", style="yellow")
        return INTERRUPTED


def _live(scene: Scene, venue: Venue) -> int:
    try:
        run_until_stopped(live(scene, venue))
    except Stopped:
        err.print("the demo has been stopped")
    return WELL


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
        return
    with TemporaryDirectory(prefix="wabawatch-demo-") as made:
        yield Path(made)
