"""Disks that are full, fail or go: 503 or waiting, said at `/healthz`, nothing lost, and all is well afterwards."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.support import strace
from tests.support.children import ending
from tests.support.disks import MIB, failing_disk, fill, make_fail, small_disk
from tests.support.health import check_of, eventually, is_well
from tests.support.power import webhook
from tests.support.server import COMMAND, PATIENCE_S, Server, environment

from wabawatch.storage.views import wamid_of


class Post:
    """Posts webhooks, each with a message of its own, and knows which were answered with 200."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.posted = 0
        self.kept: list[str] = []

    def __call__(self) -> int:
        """Post one; gives the HTTP status."""
        wamid = f"wamid.{self.posted}"
        self.posted += 1
        answer = self.server.post(webhook(wamid, int(time.time())))
        if answer.status_code == 200:
            self.kept.append(wamid)
        elif answer.status_code == 503:
            assert answer.headers["retry-after"] == "30"
        return answer.status_code

    def until(self, status: int) -> None:
        """Post until one is answered with *status*."""
        eventually(lambda: self() == status)

    def check(self) -> None:
        """Everything answered with 200 is in the books, once, and nothing that was not posted."""
        counted = self.server.settled()["messages"]["attempted"]
        rows = self.server.sql("SELECT wamid FROM whatsapp_message_queue")
        found = sorted(wamid_of(packed) for (packed,) in rows)
        assert found == sorted(set(found))
        assert set(self.kept) <= set(found)
        assert len(self.kept) <= len(found) == counted <= self.posted


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[tuple[Server, Post]]:
    """A server that has kept some webhooks. It must not stumble over a bug, whatever happens to it."""
    server = Server(folder, settings)
    try:
        server.start()
        post = Post(server)
        assert [post() for _ in range(5)] == [200] * 5
        yield server, post
        assert "Traceback" not in server.log, server.log
    finally:
        server.close()


def test_a_full_disk_is_503_until_there_is_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 16) as disk, serving(tmp_path) as (server, post):
        ballast = fill(disk)
        post.until(503)

        eventually(lambda: check_of(server, "inbox")["status"] == "failing")
        detail = check_of(server, "inbox")["detail"]
        assert "full" in detail or "No space left" in detail
        assert server.get("/readyz").status_code == 503

        ballast.unlink()
        eventually(lambda: is_well(server))
        assert server.get("/readyz").status_code == 200
        assert post() == 200
        post.check()


def test_below_the_reserve_nothing_is_accepted_and_what_was_is_still_digested(tmp_path: Path) -> None:
    reserve = {"WABAWATCH_FREE_SPACE_RESERVE": f"{8 * MIB}"}
    with small_disk(tmp_path / "data", 32) as disk, serving(tmp_path, **reserve) as (server, post):
        ballast = fill(disk, leave=7 * MIB)
        post.until(503)

        detail = check_of(server, "inbox")["detail"]
        assert "less than the reserve of 8 MiB (WABAWATCH_FREE_SPACE_RESERVE): free space on it" in detail
        assert check_of(server, "database")["status"] == "ok"
        post.check()

        ballast.unlink()
        eventually(lambda: is_well(server))
        assert post() == 200
        post.check()


def test_without_its_inbox_file_nothing_is_accepted_until_it_is_back(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, post):
        inbox = tmp_path / "data" / "inbox.db"
        inbox.rename(tmp_path / "elsewhere")
        assert post() == 503  # at once: what went into a file without a name would be lost

        assert "put it back, or restart wabawatch" in check_of(server, "inbox")["detail"]
        assert not inbox.exists()

        (tmp_path / "elsewhere").rename(inbox)
        eventually(lambda: is_well(server))
        assert post() == 200
        post.check()


def test_without_its_books_file_webhooks_wait_in_the_inbox(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, post):
        post.check()
        books = tmp_path / "data" / "wabawatch.db"
        books.rename(tmp_path / "elsewhere")
        assert [post() for _ in range(5)] == [200] * 5

        eventually(lambda: "put it back" in check_of(server, "database")["detail"])
        assert not books.exists()

        (tmp_path / "elsewhere").rename(books)
        eventually(lambda: is_well(server))
        post.check()


def test_with_the_disk_of_the_books_full_webhooks_wait_in_the_inbox(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with small_disk(tmp_path / "books", 8) as disk:
        (tmp_path / "data" / "wabawatch.db").symlink_to(disk / "wabawatch.db")
        with serving(tmp_path) as (server, post):
            ballast = fill(disk)
            eventually(lambda: post() == 200 and check_of(server, "database")["status"] == "degraded")
            assert "Free space on its disk" in check_of(server, "database")["detail"]
            assert check_of(server, "inbox")["status"] == "ok"

            ballast.unlink()
            eventually(lambda: is_well(server))
            post.check()


def test_while_another_process_keeps_the_books_locked_webhooks_wait_in_the_inbox(tmp_path: Path) -> None:
    with (
        serving(tmp_path) as (server, post),
        closing(sqlite3.connect(tmp_path / "data" / "wabawatch.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert [post() for _ in range(5)] == [200] * 5
        eventually(lambda: check_of(server, "database")["status"] == "degraded")
        assert "another process keeps the database locked" in check_of(server, "database")["detail"]

        other.execute("ROLLBACK")
        eventually(lambda: is_well(server))
        post.check()


@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EROFS"])
def test_when_syncs_fail_nothing_is_accepted_until_they_work_again(error: str, tmp_path: Path) -> None:
    strace.must_be_there()
    with serving(tmp_path) as (server, post):
        with failing_syncs(server, error):
            post.until(503)
            assert {post() for _ in range(5)} == {503}
            assert check_of(server, "inbox")["status"] == "failing"

        eventually(lambda: is_well(server))
        assert post() == 200
        post.check()


@contextmanager
def failing_syncs(server: Server, error: str) -> Iterator[None]:
    """Every fsync and fdatasync of *server* fails with *error*."""
    inject = f"inject=fsync,fdatasync:error={error}"
    command = ["strace", "-f", "-q", "-o", os.devnull, "-e", inject, "-p", f"{server.pid}"]
    with ending(subprocess.Popen(command)) as faults:
        strace.wait_until_traced(server.pid, faults)
        yield
        faults.terminate()  # not killed: it lets go of the server
        faults.wait(PATIENCE_S)


def test_what_was_answered_survives_a_disk_that_fails_and_turns_read_only(tmp_path: Path) -> None:
    image, data = tmp_path / "image", tmp_path / "data"
    with failing_disk(image, data) as disk, serving(tmp_path) as (server, post):
        make_fail(disk)
        post.until(503)
        eventually(lambda: check_of(server, "inbox")["status"] == "failing")
        server.kill()
    subprocess.run(["e2fsck", "-fy", image], capture_output=True, timeout=60)

    with failing_disk(image, data):
        server.start()
        try:
            post.check()
            assert post() == 200
        finally:
            server.close()


def test_on_a_full_disk_it_does_not_start_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 1) as disk:
        ballast = fill(disk)
        env = environment(tmp_path, {})
        refused = subprocess.run([COMMAND, "serve", "--port", "0"], env=env, capture_output=True, text=True, timeout=60)
        assert refused.returncode == 1
        assert "free space" in refused.stderr.lower()
        assert "Traceback" not in refused.stderr

        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True, timeout=60)
        with serving(tmp_path) as (_, post):
            post.check()
