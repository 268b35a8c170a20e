"""Processes that tests start: whatever happens in a test, they end with it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import AnyStr

END_S = 30.0
"""Who is killed and has not ended by then waits for a disk that does not answer"""


@contextmanager
def ending(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """*process*, killed at the end if it still runs.

    `with process` would wait for its end without a limit, and a test that fails would never be told of.
    """
    try:
        yield process
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was to be written: nobody reads it any more
                    pipe.close()
        process.wait(END_S)
