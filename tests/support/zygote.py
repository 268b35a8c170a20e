"""`wabawatch` processes that are forks of one that has imported everything: each starts more than a second sooner.

From the fork on they are as any other: their own process, environment, folder and log, and the same `main`. How a
process starts from nothing is seen where `tests.support.server.run`, or a command in front of the server, starts one.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

READY_S = 60.0


class Fork:
    """What `subprocess.Popen` is for other processes."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        line.settimeout(READY_S)
        self.pid = int.from_bytes(_whole(line, 4), "big")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended: the exit code, or less than 0 by a signal; None while it runs."""
        if self.returncode is None:
            self._look(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """How it ended, once it has. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._look(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("wabawatch", timeout)
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, selectors.EVENT_READ)
            if not selector.select(seconds):
                return
        self.returncode = int.from_bytes(_whole(self._line, 4), "big", signed=True)
        self._line.close()


def start(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> Fork:
    """Start `wabawatch` with *arguments* in *folder*; it writes to the end of *log*."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.connect(str(_zygote().door))
    told = {"arguments": [*arguments], "environment": {**environment}, "folder": str(folder), "log": str(log)}
    content = json.dumps(told).encode()
    line.sendall(len(content).to_bytes(4, "big") + content)
    return Fork(line)


class _Zygote:
    """The process that has imported everything. It ends, with all its forks, when we do."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="wabawatch-zygote-")
        self.door = Path(self._folder.name) / "door"
        usual = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "LANG") if name in os.environ}
        command = [sys.executable, __file__, str(self.door)]
        self._process = subprocess.Popen(command, env=usual, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)
        self._folder.cleanup()


@cache
def _zygote() -> _Zygote:
    return _Zygote()


def stop_zygote() -> None:
    """Stop that of this test process, if it was ever started."""
    if _zygote.cache_info().currsize:
        _zygote().close()
        _zygote.cache_clear()


def _whole(line: socket.socket, size: int) -> bytes:
    found = line.recv(size, socket.MSG_WAITALL)
    assert len(found) == size, "the process that starts others has gone"
    return found


# ---------------------------------------------------------------- in the process that is forked


def serve(door: str) -> tuple[dict[str, Any], socket.socket]:
    """Fork for each who asks, and tell them when their fork has ended. Comes back in a fork, with what was asked."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(door)
    listener.listen(64)
    wake, bell = socket.socketpair()
    bell.setblocking(False)
    before = signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bell.fileno())
    forks: dict[int, socket.socket] = {}
    print("ready", flush=True)
    with selectors.DefaultSelector() as selector:
        for each in (listener, wake, sys.stdin):
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    _end(forks)
                elif key.fileobj is wake:
                    wake.recv(4_096)
                else:
                    line = listener.accept()[0]
                    told = json.loads(_whole(line, int.from_bytes(_whole(line, 4), "big")))
                    if (pid := os.fork()) == 0:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, before)
                        for other in (listener, wake, bell, line, *forks.values()):
                            other.close()
                        return told, line
                    forks[pid] = line
                    line.sendall(pid.to_bytes(4, "big"))
            _tell_who_ended(forks)


def _tell_who_ended(forks: dict[int, socket.socket]) -> None:
    while forks:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        line = forks.pop(pid)
        with suppress(OSError):  # nobody wants to know any more
            line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
        line.close()


def _end(forks: dict[int, socket.socket]) -> None:
    """Whoever started us has gone."""
    for pid in forks:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os._exit(0)


def become(arguments: Sequence[str], environment: Mapping[str, str], folder: str, log: str) -> None:
    """From here on this process is `wabawatch` with *arguments*."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    nothing, to = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for fd, standard in ((nothing, 0), (to, 1), (to, 2)):
        os.dup2(fd, standard)
    os.close(nothing)
    os.close(to)
    random.seed()  # or every fork would throw the same dice
    sys.argv = ["wabawatch", *arguments]


if __name__ == "__main__":
    import gc
    from importlib import import_module

    from sqlalchemy import create_engine

    from wabawatch.cli.main import main
    from wabawatch.storage.schema_postgres import create_tables

    for module in (
        "wabawatch.cli.serve",
        "wabawatch.cli.simulate",
        "uvicorn.main",
        "uvloop",
        "httptools",
        "websockets",
        "argon2",
    ):
        import_module(module)
    with create_engine("sqlite://").begin() as connection:
        create_tables(connection)  # what makes them is spelled out by then
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    asked, _ = serve(sys.argv[1])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.unfreeze()
    become(**asked)
    main()
