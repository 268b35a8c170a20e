"""Checkpoints: how the audit trail stood at a moment, signed, in the database and in a file beside it.

The chain alone does not show that its end was cut off or written anew. A checkpoint does, for everything up to it: who
can write to the database cannot make another, for the signing key is sealed.
"""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from wabawatch.domain.audit_trail import SERVER_STARTED
from wabawatch.domain.errors import BadRequest, StoreUnavailable
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import HOUR_MS
from wabawatch.ports import Clock
from wabawatch.signatures import SIGNATURE_BYTES, PublicKey, Signature
from wabawatch.storage import audit
from wabawatch.storage.audit import Broken, Fault
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.schema_audit import audit_checkpoints, audit_entries
from wabawatch.storage.signing_keys import SigningKeys

PURPOSE = b"wabawatch-audit-checkpoint-v1"
KIND = "wabawatch audit checkpoint"

SIGNED_MS: Final = 2 * HOUR_MS
"""Whatever a server found at its start, it has signed by then"""
_LONGEST_LINE = 1_024
_NEWEST = select(audit_checkpoints).order_by(audit_checkpoints.c.entry.desc()).limit(1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Number and digest of the newest entry at a moment, and the signature of that."""

    entry: int
    digest: bytes
    at: Millis
    signature: Signature

    def is_signed_by(self, keys: Iterable[PublicKey]) -> bool:
        """Whether one of *keys* signed it."""
        message = message_of(self.entry, self.digest, self.at)
        return any(key.is_signed(PURPOSE, message, self.signature) for key in keys)

    def to_line(self) -> bytes:
        """As a line of JSON, without its end."""
        line = _Line(
            KIND,
            self.entry,
            self.digest.hex(),
            self.at,
            self.signature.key_id,
            base64.b64encode(self.signature.value).decode(),
        )
        return msgspec.json.encode(line)

    @classmethod
    def from_line(cls, line: bytes) -> Checkpoint:
        """Read what `to_line` wrote. Raises ValueError when it is no checkpoint."""
        told = msgspec.json.decode(line, type=_Line)
        digest, value = bytes.fromhex(told.digest), base64.b64decode(told.signature, validate=True)
        if told.kind != KIND or len(digest) != len(audit.EMPTY[1]) or len(value) != SIGNATURE_BYTES or told.entry < 1:
            raise ValueError("it is no checkpoint")
        return cls(told.entry, digest, told.at, Signature(told.key, value))


class _Line(msgspec.Struct, frozen=True):
    kind: str
    entry: int
    digest: str
    at: int
    key: str
    signature: str


def message_of(entry: int, digest: bytes, at: Millis) -> bytes:
    """What is signed: number, digest in hex and milliseconds since 1970, with spaces between them."""
    return f"{entry} {digest.hex()} {at}".encode()


@dataclass(frozen=True, slots=True)
class Faults:
    """What a check of the trail has found."""

    found: Sequence[Broken]
    """By entry; none: it is sound"""
    heads: int
    """By so many checkpoints and heads it was judged"""
    proven: int
    """The entry of the newest of them: what was cut off behind that does not show"""


class Checkpoints:
    """The checkpoints of one installation. Every method may be called from any thread, and raises StoreUnavailable."""

    def __init__(self, database: Database, keys: SigningKeys, clock: Clock, file: Path) -> None:
        """*file*: where each checkpoint is kept a second time, a line each."""
        self._database = database
        self._keys = keys
        self._clock = clock
        self._file = file

    def step(self) -> bool:
        """Make one if anything was written since the last. False: there is nothing more to do.

        A trail that does not hold any more what the last one says is told of in the log, each time.
        """
        with self._database.reading() as connection:
            entry = audit.head(connection)[0]
            last = connection.execute(_NEWEST).one_or_none()
            is_held = last is None or audit.digest_at(connection, last.entry) == bytes(last.digest)
        if not is_held:
            _log.error("audit.tampered: run `wabawatch audit verify`", extra={"action": "audit.tampered"})
        if entry > (0 if last is None else last.entry):
            self.make()
        return False

    def faults(self, more: Iterable[Checkpoint], heads: Mapping[int, bytes], tell: Callable[[int], None]) -> Faults:
        """What is wrong with the trail, by all checkpoints that are kept, by *more* of them and by *heads*.

        *tell* is called now and then with the number of the entry reached. Raises SealBroken, and BadRequest when the
        file of the checkpoints cannot be read.
        """
        keys, all_ = self._keys.public_keys(), {*self.kept(), *more}
        signed = {each for each in all_ if each.is_signed_by(keys)}
        forged = [Broken(each.entry, Fault.FORGED) for each in all_ - signed]
        held = {**heads_of(signed), **heads}
        proven = max(held, default=0)
        with self._database.reading() as connection:
            found = [*forged, *audit.faults(connection, held, tell), *self._unproven(connection, proven)]
        return Faults(sorted(found, key=lambda each: each.id), len(held), proven)

    def _unproven(self, connection: Connection, proven: int) -> list[Broken]:
        """A server that starts signs what is there: when none of that is kept, checkpoints were taken away."""
        c = audit_entries.c
        since = self._clock.now() - SIGNED_MS
        starts = select(func.max(c.id)).where(c.id > proven, c.action == SERVER_STARTED, c.at < since)
        last = connection.execute(starts).scalar()
        return [] if last is None else [unproven(proven, last)]

    def make(self) -> Checkpoint:
        """Sign how the trail stands now, and keep it. Raises SealBroken, and BadRequest when there is no entry."""
        with self._database.reading() as connection:
            entry = audit.head(connection)[0]
        if entry:
            self._keys.sign(PURPOSE, b"")  # so that a first key is made, and its entry written, before
        with self._database.reading() as connection:
            entry, digest = audit.head(connection)
        if not entry:
            raise BadRequest("the audit trail has no entry yet: there is nothing to prove")
        now = self._clock.now()
        made = Checkpoint(entry, digest, now, self._keys.sign(PURPOSE, message_of(entry, digest, now)))
        row = {"entry": entry, "digest": digest, "at": now, "key_id": made.signature.key_id}
        with self._database.writing() as connection:
            kept = insert(connection, audit_checkpoints).values(row | {"signature": made.signature.value})
            connection.execute(kept.on_conflict_do_nothing())
        self._note(made)
        return made

    def kept(self) -> list[Checkpoint]:
        """All of them, from the database and from the file, by entry. Raises BadRequest when a line of the file is
        none."""
        with self._database.reading() as connection:
            rows = connection.execute(select(audit_checkpoints)).all()
        found = {
            Checkpoint(row.entry, bytes(row.digest), row.at, Signature(row.key_id, bytes(row.signature)))
            for row in rows
        }
        return sorted(found | set(checkpoints_in(self._file)), key=lambda each: (each.entry, each.at))

    def _note(self, made: Checkpoint) -> None:
        """Add it to the file, in one piece: another process may do the same. A line that a crash cut off goes."""
        try:
            file = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(file).st_size
                tail = os.pread(file, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
                if tail and not tail.endswith(b"\n"):
                    os.ftruncate(file, size - len(tail) + tail.rfind(b"\n") + 1)
                os.write(file, made.to_line() + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise StoreUnavailable(f"the checkpoint cannot be added to {self._file}: {error.strerror}") from error


def unproven(proven: int, last: int) -> Broken:
    """That entries up to *last* have no proof, of which those up to *proven* have one."""
    return Broken(proven + 1, Fault.UNPROVEN, last if last > proven + 1 else None)


def checkpoints_in(path: Path) -> Sequence[Checkpoint]:
    """Those in the file at *path*, a line each; none when it is missing.

    Raises BadRequest when it cannot be read, or a line is no checkpoint. A last line that was cut off is left out.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}") from error
    whole = lines[:-1] if lines and not lines[-1].endswith(b"\n") and len(lines) > 1 else lines
    try:
        return [Checkpoint.from_line(line) for line in whole if line.strip()]
    except ValueError as error:  # msgspec's errors are such
        raise BadRequest(f"{path}: a line is no checkpoint of an audit trail, or was changed") from error


def heads_of(checkpoints: Iterable[Checkpoint]) -> dict[int, bytes]:
    """The digests they tell, by entry. Of two that differ the older one counts: it was there before what happened."""
    heads: dict[int, bytes] = {}
    for each in sorted(checkpoints, key=lambda each: each.at):
        heads.setdefault(each.entry, each.digest)
    return heads
