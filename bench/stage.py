"""Where a measurement takes place: a temporary folder, a progress bar, and an end that leaves nothing behind."""

from __future__ import annotations

import argparse
import inspect
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.figures import BY_KEY, Measured

T = TypeVar("T")

SQLITE, POSTGRESQL = "sqlite", "postgresql"


class Show(Protocol):
    """How far something is."""

    def __call__(self, done: float, said: str = "") -> None:
        """*done* of the total; *said* stands behind the bar."""


class Stage:
    """The folder and the bar. Leaving it ends every server that was entered into it, also after Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folders = 0
        self._made: dict[Hashable, Any] = {}
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )

    def __enter__(self) -> Stage:
        signal.signal(signal.SIGTERM, _interrupt)
        self._root = Path(tempfile.mkdtemp(prefix="wabawatch-bench-"))
        self._stack.callback(shutil.rmtree, self._root, ignore_errors=True)
        self._stack.enter_context(self.progress)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def enter(self, context: AbstractContextManager[T]) -> T:
        """Enter *context*; it is left with the stage."""
        return self._stack.enter_context(context)

    def once(self, key: Hashable, make: Callable[[Stage], T]) -> T:
        """What *make* gives; it is called once for each *key*."""
        if key not in self._made:
            self._made[key] = make(self)
        found: T = self._made[key]
        return found

    def folder(self) -> Path:
        """A new empty folder."""
        self._folders += 1
        made = self._root / str(self._folders)
        made.mkdir()
        return made

    @contextmanager
    def task(self, what: str, total: float | None = None) -> Iterator[Show]:
        """A bar for *what*; call the value with how much is done of *total*, and something to say."""
        bar = self.progress.add_task(what, total=total, said="")

        def show(done: float, said: str = "") -> None:
            self.progress.update(bar, completed=done, said=said)

        try:
            yield show
        finally:
            self.progress.remove_task(bar)

    def pause(self, what: str, seconds: float) -> None:
        """Wait, visibly."""
        until = time.monotonic() + seconds
        with self.task(what, seconds) as show:
            while (left := until - time.monotonic()) > 0:
                show(seconds - left, "")
                time.sleep(min(left, 0.5))

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self.progress.console.print(line, highlight=False)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def alone(measure: Callable[..., Sequence[Measured]], doc: str | None) -> int:
    """Run one measurement as a command: its keyword arguments are the options. 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, given in inspect.signature(measure).parameters.items():
        if given.kind is given.KEYWORD_ONLY:
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(given.default), default=given.default)
    asked: dict[str, Any] = vars(parser.parse_args())
    try:
        with Stage() as stage:
            found = measure(stage, **asked)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    for each in found:
        figure = BY_KEY[each.key]
        verdict = figure.verdict(each.value) or "-"
        print(f"{figure.what}: {figure.show(each.value)}  [{figure.aim or 'for information'}: {verdict}]  {each.note}")
    return int(any(BY_KEY[each.key].verdict(each.value).startswith("missed") for each in found))
