"""`wabawatch demo`: the whole system with a simulated Meta in front of it, live or as a proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from cyclopts import Parameter, validators

from wabawatch.cli.common import Command, err
from wabawatch.cli.demo_live import Breakage, Scene, live
from wabawatch.cli.demo_once import once
from wabawatch.cli.main import INTERRUPTED, WELL
from wabawatch.cli.serving import Stopped, run_until_stopped
from wabawatch.simulator.incidents import IncidentKind

app = Command()


def _is_sound(**given: Any) -> None:
    """Raises ValueError when options contradict each other."""
    if given.get("once") and given.get("incident"):
        raise ValueError("--incident belongs to the live demo; leave out --once")


def _is_fresh(_type: Any, folder: Path | None) -> None:
    """Raises ValueError when *folder* holds something: the demo's figures must be of the demo alone."""
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty; name a new folder")


@app.default(validator=_is_sound)
def demo(
    *,
    messages: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 2_000,
    once: bool = False,
    seed: int = 1,
    nasty: bool = False,
    numbers: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1_000))] = 5,
    rate: Annotated[float, Parameter(validator=validators.Number(gt=0, lte=100))] = 2.0,
    json: bool = False,
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65_535))] = 0,
    data_dir: Annotated[Path | None, Parameter(validator=_is_fresh)] = None,
    incident: IncidentKind | None = None,
    incident_after: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 60,
) -> int:
    """Play two hours of traffic at once, then go on in real time until Ctrl-C.

    Parameters
    ----------
    messages
        How many messages are sent in those two hours.
    once
        Stop after them: wait until all is processed, print the status as JSON, compare every count with what the
        simulator knows to be true, and exit with 1 on any difference.
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
        A new folder to keep everything in. Without it a temporary one is used and removed.
    incident
        What shall break, for three minutes.
    incident_after
        After how many seconds of real time it breaks.
    """
    with _folder(data_dir) as folder:
        if once:
            return _once(messages, seed, numbers, nasty, folder, port)
        breakage = Breakage(incident, incident_after) if incident else None
        return _live(Scene(messages, rate, seed, numbers, nasty, breakage, json), folder, port)


def _once(messages: int, seed: int, numbers: int, is_nasty: bool, folder: Path, port: int) -> int:
    try:
        return run_until_stopped(once(messages, seed, numbers, is_nasty, folder, port))
    except Stopped:
        err.print("stopped before everything was compared", style="yellow")
        return INTERRUPTED


def _live(scene: Scene, folder: Path, port: int) -> int:
    try:
        run_until_stopped(live(scene, folder, port))
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
