"""What an installation was found to be like, before anybody judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or the nearest one above it that is there."""

    path: str
    exists: bool
    is_writable: bool
    """Whether files can be made in it, or, while it is not there, in the nearest one above it"""
    free_bytes: int


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file of keys. `trouble` says why it cannot be used, "" that it can."""

    path: str
    exists: bool
    mode: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class BooksState:
    """The main database. Without `trouble`, all else is as it was found."""

    place: str
    exists: bool
    trouble: str = ""
    schema: int | None = None
    """The last step that it has taken; None: none at all"""
    schema_needed: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)
    last_cycle_at: Millis | None = None
    delays: Histogram = field(default_factory=dict)
    """How long after their own time the statuses of the last two days came, by our clock"""


@dataclass(frozen=True, slots=True)
class InboxState:
    """The inbox, and what waits in it to be digested."""

    place: str
    exists: bool
    trouble: str = ""
    waiting: int = 0
    oldest_waiting_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class AppAnswers:
    """What the receiver answered for one app, as HTTP status codes; None: not asked."""

    app: str
    handshake: int | None = None
    echoes: bool = False
    """Whether the handshake's challenge came back"""
    wrong_signature: int | None = None


@dataclass(frozen=True, slots=True)
class ServerLook:
    """What answers where the server should listen."""

    address: str
    answers: bool
    is_wabawatch: bool = False
    unwell: tuple[str, ...] = ()
    """What it says is not well with itself"""
    apps: tuple[AppAnswers, ...] = ()


@dataclass(frozen=True, slots=True)
class Premises:
    """Everything that was looked at."""

    folder: Folder
    key_file: KeyFile
    books: BooksState
    inbox: InboxState
    server: ServerLook | None
    """None: the port is chosen when the server starts, so it is not known where to look"""
