"""The audit trail as a file that proves itself: entries as they are chained, checkpoints, and the keys that check them.

Each line is a JSON object that says its kind. The first one tells to which entry the file goes on from; then come the
entries in order, with their details as the text that their digests cover; then checkpoints, public keys and an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Connection

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.signatures import PublicKey
from wabawatch.storage import audit
from wabawatch.storage.audit import Broken, Fault
from wabawatch.storage.checkpoints import KIND as CHECKPOINT
from wabawatch.storage.checkpoints import Checkpoint, Faults, heads_of, unproven

TRAIL: Final = "wabawatch audit trail"
ENTRY: Final = "entry"
KEY: Final = "public key"
END: Final = "end"
VERSION: Final = 1
_PAGE = 2_000

Write: TypeAlias = Callable[[bytes], object]


class _Opening(msgspec.Struct, frozen=True):
    kind: str
    version: int
    made_at: int
    after: int
    digest: str
    """That of the entry *after*; of none, zeros"""


class _Entry(msgspec.Struct, frozen=True):
    kind: str
    id: int
    at: int
    actor: str
    action: str
    subject: str
    detail: str
    digest: str


class _Key(msgspec.Struct, frozen=True):
    kind: str
    id: str
    pem: str


class _End(msgspec.Struct, frozen=True):
    kind: str
    entries: int


class _Kind(msgspec.Struct, frozen=True):
    kind: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a file has found."""

    faults: Faults
    first: int
    last: int
    keys: Sequence[str]
    """The ids of the keys in the file with which its checkpoints were checked"""


def write_trail(
    connection: Connection,
    checkpoints: Sequence[Checkpoint],
    keys: Iterable[PublicKey],
    after: int,
    now: Millis,
    write: Write,
    tell: Callable[[int], None],
) -> int:
    """Give *write* the entries with numbers above *after*, up to the newest of *checkpoints*, line by line, and what
    proves them. Gives how many they are.

    Raises BadRequest when there is no entry *after*, StoreUnavailable.
    """
    digest = audit.EMPTY[1] if after == 0 else audit.digest_at(connection, after)
    if digest is None:
        raise BadRequest(f"after: the audit trail has no entry {after}; `wabawatch audit head` says where it ends")
    last, n = after, 0
    write(_line(_Opening(TRAIL, VERSION, now, after, digest.hex())))
    for page in audit.pages(connection, after, max(each.entry for each in checkpoints)):
        for id, at, actor, action, subject, detail, kept in page:
            write(_line(_Entry(ENTRY, id, at, actor, action, subject, detail, bytes(kept).hex())))
        last, n = page[-1][0], n + len(page)
        tell(last)
    for each in checkpoints:
        if after < each.entry <= last:
            write(each.to_line() + b"\n")
    for key in keys:
        write(_line(_Key(KEY, key.key_id, key.to_pem())))
    write(_line(_End(END, n)))
    return n


def check_file(path: Path, trusted: Sequence[PublicKey], tell: Callable[[int], None]) -> Checked:
    """Check the trail in the file at *path* by itself: its chain, and its checkpoints by *trusted* keys, else by those
    that it brings. Raises BadRequest when it is no such file."""
    with _telling(path):
        return _checked(path, trusted, tell)


def _checked(path: Path, trusted: Sequence[PublicKey], tell: Callable[[int], None]) -> Checked:
    opening, checkpoints, brought = _ends_of(path)
    keys = trusted or brought
    signed = [each for each in checkpoints if each.is_signed_by(keys)]
    forged = [Broken(each.entry, Fault.FORGED) for each in checkpoints if each not in signed]
    heads, before = heads_of(signed), (opening.after, bytes.fromhex(opening.digest))
    last = opening.after

    def reached(id: int) -> None:
        nonlocal last
        last = id
        tell(id)

    found = [*forged, *audit.faults_in(_pages(path, reached), heads, lambda _: None, before)]
    proven = max(heads, default=opening.after)
    if proven < last:  # an export ends with an entry that it has signed
        found.append(unproven(proven, last))
    faults = Faults(sorted(found, key=lambda each: each.id), len(heads), proven)
    return Checked(faults, opening.after + 1, last, [key.key_id for key in keys])


def _ends_of(path: Path) -> tuple[_Opening, list[Checkpoint], list[PublicKey]]:
    """What stands in it before and after the entries."""
    opening, checkpoints, keys, is_whole = None, [], [], False
    for kind, line in _lines(path):
        if kind == TRAIL:
            opening = opening or msgspec.json.decode(line, type=_Opening)
        elif kind == CHECKPOINT:
            checkpoints.append(Checkpoint.from_line(line))
        elif kind == KEY:
            keys.append(PublicKey.from_pem(msgspec.json.decode(line, type=_Key).pem))
        elif kind == END:
            is_whole = True
        elif kind != ENTRY:
            raise ValueError(f"a line is of the unknown kind {kind[:40]!r}")
    if opening is None or opening.version != VERSION:
        raise ValueError("it does not say that it is one")
    if not is_whole:
        raise ValueError("its last line is missing")
    return opening, checkpoints, keys


def _pages(path: Path, tell: Callable[[int], None]) -> Iterator[Sequence[Sequence[Any]]]:
    page: list[Sequence[Any]] = []
    for kind, line in _lines(path):
        if kind != ENTRY:
            continue
        e = msgspec.json.decode(line, type=_Entry)
        page.append((e.id, e.at, e.actor, e.action, e.subject, e.detail, bytes.fromhex(e.digest)))
        if len(page) == _PAGE:
            tell(page[-1][0])
            yield page
            page = []
    if page:
        tell(page[-1][0])
        yield page


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield msgspec.json.decode(line, type=_Kind).kind, line


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # msgspec's errors are such
        raise BadRequest(
            f"{path} is no audit trail that `wabawatch audit export` wrote, or is cut off: {error}"
        ) from error


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
