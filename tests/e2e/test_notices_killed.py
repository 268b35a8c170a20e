"""The process that tells people is killed at random moments between firing and sending: every notice arrives.

A few times here, 50 times by `make notices-proof`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import select
from tests.support.alert_books import RATE, bad, good, look
from tests.support.children import ending
from tests.support.notifying import scope
from tests.support.server import PATIENCE_S, environment

from wabawatch.domain.alert_records import AlertFilter
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import migrate
from wabawatch.storage.notice_book import SqlNotices
from wabawatch.storage.schema_notices import alert_decisions, notices

KILLS = int(os.environ.get("NOTICE_KILLS") or 4)


class Receiver:
    """A service that notices are posted to: it notes each key and body before it answers, which takes its time."""

    def __init__(self, dice: random.Random) -> None:
        self.got: list[tuple[str, bytes]] = []
        receiver, gate = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with gate:
                    receiver.got.append((self.headers["webhook-id"], body))
                    pause = dice.choice((0, 0, 0.05, 0.3))
                time.sleep(pause)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @contextmanager
    def open(self) -> Iterator[str]:
        """It answers; gives its address."""
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{self.server.server_port}/hook"
        self.server.shutdown()
        thread.join(30)
        self.server.server_close()


class Process:
    """The process that plans and delivers, in one life after another."""

    def __init__(self, folder: Path, hook: str) -> None:
        given = {"WABAWATCH_CHANNELS_OPS_KIND": "webhook", "WABAWATCH_CHANNELS_OPS_URL": hook}
        given |= {"WABAWATCH_ALLOW_PRIVATE_URLS": "127.0.0.1", "WABAWATCH_GROUP_WAIT": "0"}
        given |= {"WABAWATCH_GROUP_INTERVAL": "0"}
        self._env = environment(folder, given)
        self._log = folder / "process.log"

    @contextmanager
    def life(self) -> Iterator[IO[bytes]]:
        """One life, which SIGKILL ends; gives what it prints."""
        command, root = [sys.executable, "-m", "tests.support.notices_process"], Path(__file__).resolve().parents[2]
        with (
            self._log.open("ab") as log,
            ending(subprocess.Popen(command, env=self._env, cwd=root, stdout=subprocess.PIPE, stderr=log)) as running,
        ):
            assert running.stdout is not None
            yield running.stdout

    @property
    def log(self) -> str:
        """What it complained about in all its lives."""
        return self._log.read_text("utf-8", "replace")


def settled(database: Database) -> bool:
    """Whether every transition is planned and every notice sent."""
    with database.reading() as connection:
        waits = connection.execute(select(notices.c.id).where(notices.c.state != "sent")).first()
    return waits is None and not SqlNotices(database).pulse().has_unplanned


@pytest.mark.timeout(60 + 10 * KILLS)
def test_every_notice_arrives_and_repeats_carry_the_same_key(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
    print(f"KILL_SEED={seed} throws the same dice again")
    dice = random.Random(seed)
    (tmp_path / "data").mkdir()
    database = Database(f"sqlite:///{tmp_path}/data/wabawatch.db")
    migrate(database, 0)
    book, receiver = SqlAlerts(database), Receiver(random.Random(seed))
    with receiver.open() as hook:
        process = Process(tmp_path, hook)
        for life in range(KILLS + 1):
            with process.life() as stdout:
                assert stdout.readline() == b"up\n", process.log
                for i in range(dice.randint(1, 3)):
                    time.sleep(dice.uniform(0, 0.1))
                    look(book, RATE, bad(life, scope(10 * life + i)))
                if life:
                    look(book, RATE, good(life, scope(10 * life - 10)))
                if life == KILLS:
                    _wait(database, process)
                time.sleep(dice.uniform(0, 0.4))
    assert "Traceback" not in process.log, process.log
    _check(database, book, receiver)
    database.close()
    repeated = len(receiver.got) - len({key for key, _ in receiver.got})
    print(f"{len(receiver.got)} arrived, {repeated} of them again, in {KILLS + 1} lives")


def _wait(database: Database, process: Process) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not settled(database):
        assert time.monotonic() < give_up_at, process.log
        time.sleep(0.05)


def _check(database: Database, book: SqlAlerts, receiver: Receiver) -> None:
    with database.reading() as connection:
        made = {row.key: row for row in connection.execute(select(notices))}
        told = connection.execute(select(alert_decisions).where(alert_decisions.c.decision == "tell")).all()
    bodies: dict[str, set[bytes]] = {}
    for key, body in receiver.got:
        bodies.setdefault(key, set()).add(body)
    assert bodies.keys() == made.keys()
    # What is repeated is the same to the last byte.
    assert {key: len(some) for key, some in bodies.items()} == dict.fromkeys(made, 1)
    firing = {row.alert: row.notice for row in told if row.reason == "first_notice"}
    assert len(firing) == len([row for row in told if row.reason == "first_notice"]), "told once"
    fired = {alert.key: alert for alert in book.find(AlertFilter(), 1_000)}
    untold = {key for key, alert in fired.items() if alert.is_open} - firing.keys()
    assert not untold
    for key, notice in firing.items():
        assert key in json.dumps(json.loads(next(iter(bodies[notice]))))
    ended = {row.alert for row in told if row.reason == "ended"}
    assert ended == {key for key, alert in fired.items() if not alert.is_open} & firing.keys()
