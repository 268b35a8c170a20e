"""Backups of a whole installation, a folder each: made while it works, read, and put back where nothing is yet.

What is copied when matters. Records in spools first: they go from there into the inbox, so later they might be in
neither. Checkpoints before the audit trail: one of an entry that the copy has not got would make it look cut off. Then
the database, all of it at one moment. Keys before and after: a key that came or went meanwhile opens part of the copy.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from wabawatch.domain.backups import VERSION, KeptFile, Manifest
from wabawatch.domain.errors import BadRequest, Conflict
from wabawatch.domain.facts import Millis
from wabawatch.storage import audit, inbox_reseal, spool
from wabawatch.storage.copying import copy_to_files
from wabawatch.storage.database import Database
from wabawatch.storage.folders import make_private_folder, sync_folder
from wabawatch.storage.migrations import STEPS, migrate, schema_place
from wabawatch.storage.resealing import PLACES, in_use
from wabawatch.storage.sealed import Keyring, load_or_create
from wabawatch.storage.snapshots import Tell, close_file, copy_files, sync_file

BOOKS: Final = "wabawatch.db"
INBOX: Final = "inbox.db"
KEYS: Final = "keys.json"
CHECKPOINTS: Final = "wabawatch-audit-checkpoints.jsonl"
MANIFEST: Final = "backup.json"
"""The names of its files: those of a data folder, so that a backup can be looked into as one"""

_CHUNK = 1 << 20
_SPARE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the parts of an installation are."""

    folder: Path
    books: Path | None
    """The file of an SQLite database; None: it is PostgreSQL, which holds the inbox too"""
    inbox: Path | None
    checkpoints: Path
    key_file: Path


@contextmanager
def new_folder(to: Path) -> Iterator[Path]:
    """A private folder that becomes *to* when the block ends well, and goes when it does not: what is there is whole.

    Raises Conflict when there is something at *to*, BadRequest when none can be made there.
    """
    _must_be_free(to)
    draft = None
    try:
        make_private_folder(to.absolute().parent)
        draft = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.absolute().parent))
        yield draft
        sync_folder(draft)
        draft.rename(to)
        sync_folder(to.absolute().parent)
    except OSError as error:
        raise BadRequest(f"{to} cannot be written: {error.strerror or error}") from error
    finally:
        if draft is not None and draft.exists():
            shutil.rmtree(draft, ignore_errors=True)


def copy_installation(database: Database, origin: Installation, to: Path, now: Millis, tell: Tell) -> None:
    """Copy *origin*, whose main database is *database*, into the empty folder *to*, without its keys.

    Raises StoreUnavailable; OSError, and BadRequest when there is too little room, where *to* is.
    """
    for path in sorted(origin.folder.glob(f"{spool.PREFIX}*")):
        with suppress(FileNotFoundError):  # its records are in the inbox by now
            _copy(path, to / path.name)
    with suppress(FileNotFoundError):
        _copy(origin.checkpoints, to / CHECKPOINTS)
    if origin.books is not None and origin.inbox is not None:
        _must_have_room(to, origin.books, origin.inbox)
        copy_files(origin.books, origin.inbox, to / BOOKS, to / INBOX, tell)
        return
    for name in (BOOKS, INBOX):
        os.close(os.open(to / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    books = Database(f"sqlite:///{to / BOOKS}")
    try:
        migrate(books, now)
        copy_to_files(database, books, to / INBOX, tell)
    finally:
        books.close()
    close_file(to / INBOX)


def copy_keys(before: Keyring, origin: Installation, to: Path) -> None:
    """Put the keys there are now, and those of *before*, into the backup at *to*. Raises as `load_or_create` does."""
    # Where the settings give the keys, there is no file.
    has_file = origin.key_file.exists()
    ring = load_or_create(origin.key_file, lambda: True).with_keys_of(before) if has_file else before
    file = os.open(to / KEYS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, ring.to_json().encode())
        os.fsync(file)
    finally:
        os.close(file)


def write_manifest(folder: Path, now: Millis, release: str, tell: Tell) -> Manifest:
    """Say what the files in *folder* are, in a file beside them: the last that is written. Raises OSError."""
    books = Database(f"sqlite:///{folder / BOOKS}")
    try:
        schema, _ = schema_place(books)
        with books.reading() as connection:
            entry, digest = audit.head(connection)
        keys = in_use(books, PLACES)
    finally:
        books.close()
    close_file(folder / BOOKS)
    keys += inbox_reseal.in_use(folder / INBOX)
    keys += _keys_of_spools(folder)
    close_file(folder / INBOX)
    manifest = Manifest(
        VERSION, now, release, schema or 0, {}, sorted(keys), (folder / KEYS).exists(), entry, digest.hex()
    )
    manifest = replace(manifest, files=read_files(folder, sorted(each.name for each in folder.iterdir()), tell))
    path = folder / MANIFEST
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    path.chmod(0o600)
    sync_file(path)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What the backup in *folder* says of itself. Raises BadRequest when there is none that is whole."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise BadRequest(f"{folder} is no backup: there is no {MANIFEST} in it") from error
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"{path} is damaged: {error}") from error
    if manifest.version != VERSION or manifest.schema > STEPS[-1].number:
        raise BadRequest(f"the backup in {folder} was made by a newer release ({manifest.release}): use that one")
    if wrong := [name for name in manifest.files if Path(name).name != name or name.startswith(".")]:
        raise BadRequest(f"{path} is damaged: {wrong[0]!r} is no name of a file in it")
    return manifest


def read_files(folder: Path, names: list[str], tell: Tell) -> dict[str, KeptFile]:
    """The size and digest of those files of *names* that are in *folder*. Raises BadRequest when one is unreadable."""
    found = {}
    try:
        for name in names:
            with suppress(FileNotFoundError):
                found[name] = _read(folder / name, tell)
    except OSError as error:
        raise BadRequest(f"{folder}: a file cannot be read: {error.strerror or error}") from error
    return found


def must_be_empty(to: Installation) -> None:
    """Raise Conflict when an SQLite installation is there already."""
    for path in (to.books, to.inbox):
        if path is not None and path.exists():
            raise Conflict(
                f"{path} is there already, and nothing is overwritten: stop the server, move the files of "
                f"{to.folder} away, and restore again"
            )


def put_back(backup: Path, manifest: Manifest, to: Installation) -> None:
    """Copy the files of *backup*, but for its keys, to where *to* has them. Nothing may be there yet: see above.

    The main database comes last: it is there when all of it is. Raises BadRequest when something cannot be written.
    """
    assert to.books is not None
    assert to.inbox is not None
    places = {CHECKPOINTS: to.checkpoints, INBOX: to.inbox, BOOKS: to.books}
    spools = [name for name in manifest.files if name.startswith(spool.PREFIX)]
    order = [(name, to.folder / name) for name in spools] + list(places.items())
    drafts: list[tuple[Path, Path]] = []
    try:
        make_private_folder(to.folder)
        for name, place in order:
            # Checkpoints that were left there may prove more than those of the backup.
            if name in manifest.files and not place.exists():
                drafts.append((place.with_name(f".{place.name}.restoring"), place))
                drafts[-1][0].unlink(missing_ok=True)
                _copy(backup / name, drafts[-1][0])
        for draft, place in drafts:
            draft.rename(place)
            sync_folder(place.parent)
    except OSError as error:
        raise BadRequest(f"{to.folder} cannot be written: {error.strerror or error}") from error
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)


def keys_in(backup: Path) -> Keyring:
    """The keys that were put into *backup*. Raises SealBroken."""
    return load_or_create(backup / KEYS, lambda: True)


def _must_be_free(to: Path) -> None:
    try:
        is_taken = to.exists() and (not to.is_dir() or any(to.iterdir()))
    except OSError as error:
        raise BadRequest(f"{to} cannot be looked at: {error.strerror}") from error
    if is_taken:
        raise Conflict(f"{to} is there already, and nothing is overwritten: name a folder that is not there yet")


def _must_have_room(to: Path, *files: Path) -> None:
    needed = sum(each.stat().st_size for each in files) + _SPARE_BYTES
    if (free := shutil.disk_usage(to).free) < needed:
        raise BadRequest(f"{to.parent}: {free >> 20:,} MiB are free there, and the backup needs {needed >> 20:,} MiB")


def _copy(source: Path, to: Path) -> None:
    with source.open("rb") as reading:
        file = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as writing:
            shutil.copyfileobj(reading, writing, _CHUNK)
            writing.flush()
            os.fsync(writing.fileno())


def _read(path: Path, tell: Tell) -> KeptFile:
    digest, size, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            tell(f"checking {path.name}", size, total)
    return KeptFile(size, digest.hexdigest())


def _keys_of_spools(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in folder.glob(f"{spool.PREFIX}*"):
        found.update(spool.keys_of(path.read_bytes()))
    return found
