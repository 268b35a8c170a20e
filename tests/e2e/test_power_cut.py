"""The server under strace: no 200 leaves before its body is safe on disk, and a power cut loses nothing answered."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import packing, strace
from tests.support.children import ending
from tests.support.conversations import Answer, Commits, Conversations
from tests.support.disk import Disk
from tests.support.power import check_everything, inbox_of, webhook, what_is_left
from tests.support.server import PATIENCE_S, Sender, Server, sender
from tests.support.strace import Event, Phase

WEBHOOKS = 150
"""In each of two lives"""
AT_ONCE = 8
SLOW_SYNC = "fsync,fdatasync:delay_enter=2000"
"""Syncs take 2 ms more: an answer that did not wait for its own would be too early by that."""
TORN_CUTS = 50
PACKING_CUTS = 30
CHANGES = frozenset(strace.FILES.split(",")) - {"openat", "close"}
TRACED = f"{strace.FILES},{strace.SOCKETS},{strace.STRANGE}"
FAILING_SYNC = "fdatasync:error=EIO:when=30..40"
"""In each thread"""
WITHOUT_RINGS = {"UV_USE_IO_URING": "0"}
"""What goes through them is no system call"""


@dataclass(frozen=True)
class Lives:
    """What strace saw of lives of one server."""

    folder: Path
    events: tuple[list[Event], ...]
    accepted: int

    def replay(self, disk: Disk) -> Iterator[tuple[Event, Answer | None]]:
        """Each event, once *disk* has it, with the 200 that begins to leave then."""
        conversations = Conversations()
        for events in self.events:
            for event in events:
                disk.feed(event)
                answer = conversations.feed(event)
                is_yes = answer and answer.status == 200 and answer.target.startswith(b"POST /webhooks/")
                yield event, answer if is_yes else None
            disk.end_of_program()
            conversations.end_of_program()


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    """A life that ends in order, and one that is ended by a kill."""
    return lived(tmp_path_factory.mktemp("server"), tmp_path_factory.mktemp("strace") / "log", SLOW_SYNC, lives=2)


def lived(folder: Path, log: Path, inject: str, lives: int) -> Lives:
    strace.must_be_there()
    server = Server(folder, WITHOUT_RINGS, strace.command(log, TRACED, inject))
    accepted, events = 0, []
    try:
        for life in range(lives):
            server.start()
            pid = server.pid
            accepted += asyncio.run(_load(server, life))
            if life == lives - 1:
                server.kill()
            else:
                assert server.terminate() == 0
            events.append(list(strace.events(strace.lines(log, pid))))
    finally:
        server.close()
    return Lives(folder, tuple(events), accepted)


async def _load(server: Server, life: int) -> int:
    """Post webhooks, some of them twice; gives how many were answered with 200."""
    bodies = [webhook(f"wamid.{life}-{number}", int(time.time())) for number in range(WEBHOOKS)]
    waiting = iter(bodies + bodies[::10])
    async with sender(server.url, AT_ONCE) as post:
        return sum(await asyncio.gather(*(_keep_sending(waiting, post) for _ in range(AT_ONCE))))


async def _keep_sending(waiting: Iterator[bytes], post: Sender) -> int:
    accepted = 0
    for body in waiting:
        accepted += await post.webhook(body) == 200
        await asyncio.sleep(0.01 * random.random())
    return accepted


def a_chance() -> random.Random:
    seed = int(os.environ.get("POWER_SEED") or random.SystemRandom().randrange(2**32))
    print(f"POWER_SEED={seed} does the same to the same log")
    return random.Random(seed)


def test_no_200_begins_to_leave_before_the_sync_of_what_was_written_for_it_has_ended(lives: Lives) -> None:
    disk, commits, answers = Disk(lives.folder), Commits(), []

    for event, answer in lives.replay(disk):
        if event.call.name in Commits.CALLS and disk.has_open(event.call.fd, "inbox.db-wal"):
            commits.feed(event)
        if answer:
            answers.append(answer)
            assert commits.waited_for(answer), answer

    assert len(answers) == lives.accepted == 2 * (WEBHOOKS + WEBHOOKS // 10)


def test_a_power_cut_at_any_200_loses_nothing_that_was_answered(lives: Lives, tmp_path: Path) -> None:
    """All that was not synced is gone."""
    disk, answered, kept, version = Disk(lives.folder), set[bytes](), set[bytes](), 0

    for _, answer in lives.replay(disk):
        if not answer:
            continue
        answered.add(answer.body)
        if disk.version != version:
            version = disk.version
            with what_is_left(disk, tmp_path) as folder:
                kept = inbox_of(folder)
        assert answered <= kept


def test_after_a_power_cut_everything_answered_counts_once(lives: Lives, tmp_path: Path) -> None:
    """All that was not synced is gone, and the installation is started again on what is left."""
    disk, answered = Disk(lives.folder), set[bytes]()

    for _, answer in lives.replay(disk):
        if not answer:
            continue
        answered.add(answer.body)
        if len(answered) % 20 == 0:
            with what_is_left(disk, tmp_path) as folder:
                check_everything(folder, answered)


def test_after_a_power_cut_in_the_middle_of_writing_everything_answered_counts_once(
    lives: Lives, tmp_path: Path
) -> None:
    """Of all that was not synced any part is on disk, in any order, torn anywhere."""
    chance, disk, answered = a_chance(), Disk(lives.folder), set[bytes]()
    changes = sum(each.call.name in CHANGES for events in lives.events for each in events)

    for event, answer in lives.replay(disk):
        if answer:
            answered.add(answer.body)
        if answered and event.call.name in CHANGES and chance.random() < TORN_CUTS / changes:
            with what_is_left(disk, tmp_path, chance) as folder:
                check_everything(folder, answered)


def test_what_is_answered_before_and_after_syncs_that_failed_is_not_lost(tmp_path: Path) -> None:
    """What a failed sync was to make safe is lost for good, as on Linux, unless it is written again."""
    (tmp_path / "disk").mkdir()
    life = lived(tmp_path / "disk", tmp_path / "log", FAILING_SYNC, lives=1)
    disk, answered, failed = Disk(life.folder), set[bytes](), 0

    for event, answer in life.replay(disk):
        failed += event.call.name == "fdatasync" and event.call.result == -1
        if answer:
            answered.add(answer.body)
            if len(answered) % 10 == 0:
                with what_is_left(disk, tmp_path) as folder:
                    check_everything(folder, answered)

    assert failed
    assert 0 < life.accepted < WEBHOOKS + WEBHOOKS // 10


@pytest.mark.parametrize("is_torn", [False, True])
def test_a_power_cut_while_bodies_are_packed_loses_none_and_counts_each_once(is_torn: bool, tmp_path: Path) -> None:
    """They are in the inbox, or in the books, or in both, at every moment."""
    strace.must_be_there()
    folder, log = tmp_path / "disk", tmp_path / "log"
    folder.mkdir()
    traced = strace.command(log, f"{strace.FILES},{strace.STRANGE}")
    command = [*traced, sys.executable, "-m", packing.__name__, str(folder)]
    with ending(subprocess.Popen(command, stdout=subprocess.DEVNULL)) as program:
        assert program.wait(PATIENCE_S) == 0
    chance, disk, kept = a_chance(), Disk(folder), set[bytes]()
    events = list(strace.events(strace.lines(log, program.pid)))
    changes = sum(each.call.name in CHANGES for each in events)

    for event in events:
        disk.feed(event)
        if event.phase is Phase.BEGINS and event.call.name == "write" and event.call.fd == 1:
            kept |= set(event.call.texts)
        if kept and event.call.name in CHANGES and chance.random() < PACKING_CUTS / changes:
            with what_is_left(disk, tmp_path, chance if is_torn else None) as left:
                check_everything(left, kept)

    assert len(kept) == packing.ROUNDS * packing.BODIES
