"""What an installation was found to be like, before anybody judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import TargetState
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.reconciliation import DayCounts
from wabawatch.domain.uptime import Incident


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or the nearest one above it that is there."""

    path: str
    exists: bool
    is_writable: bool
    """Whether files can be made in it, or, while it is not there, in the nearest one above it"""
    free_bytes: int
    file_system: str = ""
    """Its kind, such as `ext4`; "" not known"""
    open_files: tuple[str, ...] = ()
    """Files in it that other users may read"""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file of keys. `trouble` says why it cannot be used, "" that it can."""

    path: str
    exists: bool
    mode: int = 0
    trouble: str = ""
    foreign: tuple[str, ...] = ()
    """Databases whose newest data is sealed with a key that is not in it"""


@dataclass(frozen=True, slots=True)
class FileState:
    """An SQLite file, looked at page by page."""

    damage: str = ""
    """The first thing that is wrong in it"""
    is_whole: bool = True
    """False: the time ran out before everything was looked at"""
    log_bytes: int = 0
    """Size of its write-ahead log"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """The PostgreSQL server that keeps the books."""

    version: str
    major: int
    unsafe: tuple[str, ...] = ()
    """Settings, such as `fsync=off`, with which a power cut loses or damages what was confirmed"""
    is_standby: bool = False
    """It only follows another server, and takes no writes"""
    encoding: str = "UTF8"
    ahead_ms: Millis = 0
    """How far its clock is ahead of ours"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the books tell about the webhooks of the last days."""

    last_at: Mapping[str, Millis] = field(default_factory=dict)
    """When the newest live webhook of each Meta app came, as far as the newest bodies tell"""
    retrying: int = 0
    """Bodies that could not be digested and are tried again"""
    parked: int = 0
    """Bodies that were given up: kept and shown"""
    parked_error: str = ""
    """Why the newest of them was"""
    processed: int = 0
    duplicates: int = 0
    """Among the processed"""
    answers: Histogram = field(default_factory=dict)
    """How long the receiver took to answer"""
    delays: Histogram = field(default_factory=dict)
    """How long after their own time the statuses came, by our clock"""
    unparsed: Mapping[str, int] = field(default_factory=dict)
    """Items of a known field that gave nothing, by field"""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """Fields that are not known, or hold values that are not, and how often"""
    versions: Mapping[str, int] = field(default_factory=dict)
    """Calls through the gateway by the version of the API that callers use, as `graph_versions.name_of` calls it"""


@dataclass(frozen=True, slots=True)
class BooksState:
    """The main database. Without `trouble`, all else is as it was found."""

    place: str
    exists: bool
    trouble: str = ""
    fix: str = ""
    """What to do about the trouble"""
    schema: int | None = None
    """The last step that it has taken; None: none at all"""
    schema_needed: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)
    last_cycle_at: Millis | None = None
    file: FileState | None = None
    """None: it is no file, or cannot be opened"""
    postgres: Postgres | None = None
    """None: it is an SQLite file, or cannot be reached"""
    traffic: Traffic | None = None
    """None: it could not be read, or there is none yet"""
    targets: Mapping[str, TargetState] = field(default_factory=dict)
    """Forward targets, by name; what waits for them in the inbox is not looked at"""
    meta: MetaLook = field(default_factory=MetaLook)
    """What polling learnt"""
    wabas: frozenset[str] = frozenset()
    """That messages came of"""
    incidents: tuple[Incident, ...] = ()
    """Those of uptime that are open"""
    tokens: int = 0
    """How many API tokens were made that open something now"""
    counted: tuple[DayCounts, ...] = ()
    """What Meta and we counted of the last days, the newest first"""


@dataclass(frozen=True, slots=True)
class InboxState:
    """The inbox, and what waits in it to be digested."""

    place: str
    exists: bool
    trouble: str = ""
    fix: str = ""
    waiting: int = 0
    oldest_waiting_at: Millis | None = None
    file: FileState | None = None


@dataclass(frozen=True, slots=True)
class Sqlite:
    """The SQLite that Python was built with."""

    version: str
    has_math: bool
    """Whether it knows mathematical functions, which the view `monitoring_metrics` needs"""


@dataclass(frozen=True, slots=True)
class AppAnswers:
    """What the receiver answered for one app, as HTTP status codes; None: not asked."""

    app: str
    handshake: int | None = None
    echoes: bool = False
    """Whether the handshake's challenge came back"""
    wrong_signature: int | None = None
    accepted: int = 0
    """Webhooks that it accepted since it was started"""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Those that it refused, by reason, without those of this look"""


@dataclass(frozen=True, slots=True)
class ServerLook:
    """What answers where the server should listen."""

    address: str
    answers: bool
    is_wabawatch: bool = False
    unwell: tuple[str, ...] = ()
    """What it says is failing"""
    uneasy: tuple[str, ...] = ()
    """What works, it says, but should be looked at"""
    apps: tuple[AppAnswers, ...] = ()
    release: str = ""
    """"" not known"""


@dataclass(frozen=True, slots=True)
class TargetLook:
    """A forward target."""

    name: str
    address: str
    """Without what may be secret in it"""
    trouble: str = ""
    """Why it cannot be reached; "" it can"""
    state: TargetState | None = None
    """What the books tell of it; None: nothing yet"""


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """A channel of alerts."""

    name: str
    kind: str
    place: str
    """Where it leads, without what may be secret in it"""
    found: str = ""
    """What works, in a few words"""
    trouble: str = ""
    """Why it cannot work; "" it can"""


@dataclass(frozen=True, slots=True)
class Premises:
    """Everything that was looked at."""

    release: str
    """The one that looks"""
    folder: Folder
    key_file: KeyFile
    books: BooksState
    inbox: InboxState
    sqlite: Sqlite | None
    """None: there is no SQLite file to look at"""
    server: ServerLook | None
    """None: the port is chosen when the server starts, so it is not known where to look"""
    targets: tuple[TargetLook, ...] = ()
    channels: tuple[ChannelLook, ...] = ()
    meta: MetaLook = field(default_factory=MetaLook)
