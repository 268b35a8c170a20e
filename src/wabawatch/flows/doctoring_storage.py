"""Doctoring, of what is kept: folder, keys, databases, backlog. Pure judgements on what was found."""

from __future__ import annotations

from collections.abc import Iterator

from wabawatch.domain.facts import Millis
from wabawatch.domain.findings import Finding, failed, ok, warning
from wabawatch.domain.premises import BooksState, FileState, Folder, InboxState, KeyFile, Postgres, Sqlite, Traffic

BACKLOG_S = 60
EARLY_BYTES = 1 << 30
"""Space is called short so long before the reserve is touched, or at twice the reserve."""
LONG_LOG_BYTES = 256 << 20
"""A write-ahead log is cut back to 64 MiB when nobody reads: a longer one has a reader that stays."""

LEAST_POSTGRES = 15
CLOCKS_APART_MS = 5_000

FOREIGN_LOCKS = frozenset({"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "fuse.sshfs", "ceph"})
"""File systems of other machines, on which SQLite's locks and shared memory cannot be relied on."""
MEMORY = frozenset({"tmpfs", "ramfs"})


def folder(found: Folder) -> Finding:
    """Whether the data folder can be used, or made."""
    check = "data folder"
    if not found.is_writable:
        fix = "let the user that runs wabawatch write there, or name another folder with WABAWATCH_DATA_DIR"
        return failed(check, f"{found.path} cannot be {'written to' if found.exists else 'made'}", fix)
    if found.file_system in FOREIGN_LOCKS:
        where = (
            f"{found.path} is on a file system of another machine ({found.file_system}): SQLite may damage files there"
        )
        return warning(check, where, "move it to a disk of this machine, and name it with WABAWATCH_DATA_DIR")
    if found.file_system in MEMORY:
        where = f"{found.path} is in memory ({found.file_system}): everything is lost when this machine stops"
        return warning(check, where, "name a folder on a disk with WABAWATCH_DATA_DIR")
    if found.open_files:
        open_files = f"other users can read {', '.join(found.open_files)} in {found.path}"
        return warning(check, open_files, f"chmod 700 {found.path}")
    return ok(check, found.path if found.exists else f"{found.path} is made at the first start")


def free_space(found: Folder, reserve: int) -> Finding:
    """Whether webhooks can be kept for a while."""
    check, free = "free space", f"{_size(found.free_bytes)} free, {_size(reserve)} of it in reserve"
    fix = "free some space on that disk, or lower WABAWATCH_FREE_SPACE_RESERVE (bytes)"
    if found.free_bytes < reserve:
        return failed(check, f"{free}: webhooks are answered with 503", fix)
    is_short = found.free_bytes < reserve + max(reserve, EARLY_BYTES)
    return warning(check, f"{free}: below it webhooks are answered with 503", fix) if is_short else ok(check, free)


def key_file(found: KeyFile, *, is_needed: bool) -> Finding:
    """Whether what is sealed can be opened, by us and by nobody else. *is_needed*: something is sealed already."""
    check = "key file"
    if found.trouble:
        return failed(check, f"{found.path}: {found.trouble}", "let wabawatch read it, or put back a copy of it")
    if not found.exists and is_needed:
        return failed(check, f"{found.path} is missing", "put back a copy of it: nothing else opens what was sealed")
    if not found.exists:
        return ok(check, f"{found.path} is made at the first start")
    if found.foreign:
        foreign = f"{found.path} has not the keys with which {' and '.join(found.foreign)} was sealed"
        return failed(check, foreign, "put back the key file that belongs to this data")
    if found.mode & 0o077:
        return warning(check, f"{found.path} is open to others (mode {found.mode:o})", f"chmod 600 {found.path}")
    return ok(check, found.path)


def database(found: BooksState, *, has_inbox: bool) -> Finding:
    """Whether the books can be opened and have the tables of this release."""
    check = "database"
    if found.trouble:
        return failed(check, f"{found.place}: {found.trouble}", _as_fix(found.fix))
    if not found.exists and has_inbox:
        lost = f"{found.place} is missing or empty, though there is an inbox: at the next start figures begin anew"
        return failed(check, lost, "restore a backup, or start without one (docs/install.md)")
    if not found.exists:
        return ok(check, f"{found.place} is made at the first start")
    if (found.schema or 0) < found.schema_needed:
        steps = f"{found.place} is at step {found.schema or 0} of {found.schema_needed}"
        return warning(check, steps, "wabawatch migrate (`serve` does so by itself)")
    if (found.schema or 0) > found.schema_needed:
        steps = f"{found.place} is at step {found.schema}, this release knows {found.schema_needed}"
        return failed(check, steps, "run the newer release, or restore a backup from before it")
    return ok(check, f"{found.place}, at step {found.schema}")


def inbox(found: InboxState) -> Finding:
    """Whether webhooks can be kept."""
    check = "inbox"
    if found.trouble:
        return failed(check, f"{found.place}: {found.trouble}; webhooks are answered with 503", _as_fix(found.fix))
    return ok(check, found.place if found.exists else f"{found.place} is made at the first start")


def file(check: str, found: FileState | None) -> Iterator[Finding]:
    """Whether an SQLite file is whole, and its write-ahead log of a usual length."""
    if found is None:
        return
    if found.damage:
        fix = "stop the server, keep a copy of the folder, then restore a backup (docs/install.md)"
        yield failed(check, f"damaged: {found.damage}", fix)
    elif found.log_bytes > LONG_LOG_BYTES:
        fix = "end programs that keep the file open to read (an SQL shell, a backup), or restart the server"
        yield warning(check, f"its write-ahead log has grown to {_size(found.log_bytes)}: somebody keeps reading", fix)
    else:
        yield ok(check, "whole" if found.is_whole else "no damage found in the first seconds of looking; it is large")


def postgres(found: Postgres | None) -> Iterator[Finding]:
    """Whether a PostgreSQL server keeps what it has confirmed, and fits us otherwise."""
    check = "database server"
    if found is None:
        return
    said = f"PostgreSQL {found.version}"
    if found.major < LEAST_POSTGRES:
        yield failed(check, f"{said} is too old", f"upgrade it to {LEAST_POSTGRES} or later")
    elif found.is_standby:
        yield failed(check, f"{said} is a standby and takes no writes", "name the primary in DATABASE_URL")
    elif found.unsafe:
        lost = f"{said} with {', '.join(found.unsafe)}: a power cut loses or damages what was confirmed"
        yield failed(check, lost, "set them on in postgresql.conf (or for the role or the database) and reload it")
    elif found.encoding != "UTF8":
        fix = "make the database anew with ENCODING 'UTF8' and TEMPLATE template0"
        yield failed(check, f"{said}: the encoding of the database is {found.encoding}", fix)
    elif abs(found.ahead_ms) > CLOCKS_APART_MS:
        apart = f"{said}: its clock is {abs(found.ahead_ms) / 1000:.0f} s {'ahead' if found.ahead_ms > 0 else 'behind'}"
        yield warning(check, apart, "let the clocks of both machines be set over the network (NTP)")
    else:
        yield ok(check, said)


def sqlite(found: Sqlite | None) -> Iterator[Finding]:
    """Whether this SQLite has what is needed of it."""
    if found and not found.has_math:
        fix = "run wabawatch with a Python whose SQLite has them, if you query that view"
        yield warning("SQLite", f"{found.version}, without mathematical functions: no view monitoring_metrics", fix)
    elif found:
        yield ok("SQLite", found.version)


def backlog(found: InboxState, now: Millis, *, is_serving: bool) -> Finding:
    """Whether what was received is digested."""
    check = "backlog"
    if found.oldest_waiting_at is None:
        return ok(check, "nothing waits")
    age_s = max(0, now - found.oldest_waiting_at) // 1000
    waits = f"{found.waiting} bodies wait, the oldest for {age_s} s"
    if not is_serving:
        return warning(check, waits, "start the server: it digests what waits")
    if age_s > BACKLOG_S:
        return failed(check, waits, "see the server's log: the digest does not keep up, or hangs; restart it")
    return ok(check, waits)


def set_aside(found: Traffic) -> Finding:
    """Whether bodies had to be given up."""
    check = "set aside"
    if found.parked:
        parked = f"{found.parked} bodies could not be digested and are kept sealed, the newest for {found.parked_error}"
        return warning(
            check, parked, "nothing is lost: report the error, and keep the data folder (docs/health.md#set-aside)"
        )
    if found.retrying:
        return ok(check, f"{found.retrying} bodies are tried again")
    return ok(check, "nothing")


def _as_fix(sentence: str) -> str:
    """A sentence as one of our fixes, which are none."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _size(n: int) -> str:
    return f"{n / (1 << 30):.1f} GiB" if n >= 1 << 30 else f"{n >> 20} MiB"
