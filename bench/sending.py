"""A sender that runs beside: started with a plan, watched while it sends, asked at the end what came of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import TracebackType

import msgspec

from bench.sender import Plan, Sent, Told


class Sending:
    """A `bench.sender` in a process of its own. Leaving the block ends it."""

    def __init__(self, plan: Plan) -> None:
        self.answered = 0
        """So far"""
        self.at_s = 0.0
        """... after so many seconds"""
        self._sent: Sent | None = None
        command = [sys.executable, "-m", "bench.sender"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(plan) + b"\n")
        self._process.stdin.close()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def __enter__(self) -> Sending:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def is_running(self) -> bool:
        """Whether it still sends."""
        return self._listening.is_alive()

    def wait(self, seconds: float) -> None:
        """Until it is done, at most *seconds*."""
        self._listening.join(seconds)

    def result(self) -> Sent:
        """What came of it, once it is done. Raises RuntimeError when it broke."""
        self._listening.join()
        if self._sent is None:
            raise RuntimeError(f"the sender ended with {self._process.wait()} and told nothing; see above")
        return self._sent

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            told = msgspec.json.decode(line, type=Told)
            self.answered, self.at_s, self._sent = told.answered, told.at_s, told.sent
