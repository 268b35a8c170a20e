"""An installation as it should be, and the same with something else in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wabawatch.domain.histograms import index_of
from wabawatch.domain.premises import (
    AppAnswers,
    BooksState,
    FileState,
    Folder,
    InboxState,
    KeyFile,
    Premises,
    ServerLook,
    Sqlite,
    Traffic,
)
from wabawatch.ports import ALIVE, MONITORING, RUNNING

NOW = 1_795_219_200_000  # 2026-11-21
MIB = 1 << 20
SET_UP = {
    "WABAWATCH_APP_SECRET": "secret",
    "WEBHOOK_VERIFY_TOKEN": "verify",
    "WABAWATCH_API_TOKEN": "0123456789abcdef0123",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0",
}
ANSWERS = AppAnswers("", handshake=200, echoes=True, wrong_signature=401, accepted=1_000)
SERVER = ServerLook("http://127.0.0.1:8080", True, True, apps=(ANSWERS,), release="1.0")
TRAFFIC = Traffic(
    last_at={"": NOW - 60_000},
    processed=1_000,
    duplicates=10,
    answers={index_of(20): 990},
    delays={index_of(900): 50},
)
WELL_KEPT = Premises(
    release="1.0",
    folder=Folder("data", exists=True, is_writable=True, free_bytes=4096 * MIB, file_system="ext4"),
    key_file=KeyFile("data/keys.json", exists=True, mode=0o600),
    books=BooksState(
        "data/wabawatch.db",
        exists=True,
        schema=3,
        schema_needed=3,
        marks={MONITORING: RUNNING, ALIVE: NOW - 1000},
        last_cycle_at=NOW,
        file=FileState(),
        traffic=TRAFFIC,
    ),
    inbox=InboxState("data/inbox.db", exists=True, file=FileState()),
    sqlite=Sqlite("3.50.0", has_math=True),
    server=SERVER,
)
NOTHING = Premises(
    release="1.0",
    folder=Folder("data", exists=False, is_writable=True, free_bytes=4096 * MIB),
    key_file=KeyFile("data/keys.json", exists=False),
    books=BooksState("data/wabawatch.db", exists=False),
    inbox=InboxState("data/inbox.db", exists=False),
    sqlite=Sqlite("3.50.0", has_math=True),
    server=None,
)


def folder(**changes: Any) -> Premises:
    return replace(WELL_KEPT, folder=replace(WELL_KEPT.folder, **changes))


def keys(**changes: Any) -> Premises:
    return replace(WELL_KEPT, key_file=replace(WELL_KEPT.key_file, **changes))


def books(**changes: Any) -> Premises:
    return replace(WELL_KEPT, books=replace(WELL_KEPT.books, **changes))


def traffic(**changes: Any) -> Premises:
    return books(traffic=replace(TRAFFIC, **changes))


def inbox(**changes: Any) -> Premises:
    return replace(WELL_KEPT, inbox=replace(WELL_KEPT.inbox, **changes))


def server(**changes: Any) -> Premises:
    return replace(WELL_KEPT, server=replace(SERVER, **changes))


def answers(**changes: Any) -> Premises:
    return server(apps=(replace(ANSWERS, **changes),))
