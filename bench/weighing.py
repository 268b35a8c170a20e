"""Database growth by `bench.growth`, in a process of its own beside other measurements: bytes do not depend on time.

python -m bench.weighing [--messages 100000] [--days 3] [--database sqlite|postgresql]
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from bench.figures import Measured
from bench.serving import installation
from bench.stage import SQLITE, Stage, alone

MESSAGES, DAYS = 1_000_000, 30.0
"""What the figure is about. Anything smaller is shown for information: a day weighs the same, however few share it."""


class Weighing:
    """A `bench.growth` that runs. It goes out of the way of what is timed, and ends with the stage."""

    def __init__(self, stage: Stage, messages: int, days: float, database: str) -> None:
        self._messages, self._days, self._database = messages, days, database
        self._is_whole = messages >= MESSAGES and days >= DAYS
        self._folder = stage.folder()
        self._file = self._folder / "growth.json"
        command = ["nice", "-n", "15", sys.executable, "-m", "bench.growth", "--json", str(self._file)]
        command += ["--messages", str(messages), "--days", str(days)]
        if database != SQLITE:
            command += ["--database", installation(stage, database).settings["DATABASE_URL"]]
        env = {**os.environ, "TMPDIR": str(self._folder)}
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        stage.enter(_Ending(self._process))

    def result(self, stage: Stage) -> list[Measured]:
        """What it weighed, once it is done. Raises RuntimeError."""
        with stage.task(f"growth, {self._database}"):
            if self._process.wait():
                raise RuntimeError(f"bench.growth failed:\n{(self._folder / 'log').read_text('utf-8', 'replace')}")
        found: dict[str, Any] = msgspec.json.decode(self._file.read_bytes())
        note = f"{self._messages:,} messages in {self._days:g} days; {_heaviest(found['tables'])}"
        key = f"growth.{self._database}" if self._is_whole else "growth.few"
        goes = "goes after days: log of bodies, fine roll-ups"
        rows = [
            Measured(key, found["permanent"], self._database, note),
            Measured("growth.temporary", found["temporary"], self._database, goes),
        ]
        if self._database == SQLITE:
            packed = found["packed"]
            of = f"of {packed['plain']:.0f} bytes; a webhook by itself {packed['webhooks']:.1f}"
            rows.append(Measured("growth.raw", packed["sealed"], self._database, of))
        return rows


def measure(stage: Stage, *, messages: int = 100_000, days: float = 3.0, database: str = SQLITE) -> Sequence[Measured]:
    """Fill and weigh."""
    return Weighing(stage, messages, days, database).result(stage)


def _heaviest(tables: dict[str, Any]) -> str:
    """The five tables and indexes that weigh most, with the bytes of each per message."""
    weights = sorted(((each["permanent"], name) for name, each in tables.items()), reverse=True)[:5]
    return ", ".join(f"{name} {size:.1f}" for size, name in weights)


class _Ending:
    """Ends a process when it is left."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
