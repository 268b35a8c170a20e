"""A disk that forgets: what is left of a folder after a power cut, by the system calls that wrote to it.

It is as strict as POSIX allows. The content of a file is safe once an fsync or fdatasync that began after the write has
ended; its name (also a rename, an unlink, a new folder) once its folder was synced. What a sync that failed was to make
safe is lost, and no later one brings it back. Of everything else nothing survives (`survivors`), or any part of it in
any order (`ravaged`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests.support.strace import STRANGE, Call, Event, Phase

SECTOR = 512
PAGE = 4096


@dataclass(slots=True, eq=False)
class Change:
    """One write to a file (or its new length, when there is no data), or one new meaning of a name in a folder."""

    offset: int = 0
    data: bytes | None = None
    name: str = ""
    means: Node | None = None
    done: bool = False


@dataclass(slots=True, eq=False)
class File:
    """What a file holds on disk, and what was changed since, in order."""

    safe: bytearray = field(default_factory=bytearray)
    unsafe: list[Change] = field(default_factory=list)
    size: int = 0

    def apply(self, change: Change) -> None:
        _write(self.safe, change)


@dataclass(slots=True, eq=False)
class Folder:
    """The names in a folder: as programs see them, and those on disk."""

    seen: dict[str, Node] = field(default_factory=dict)
    safe: dict[str, Node] = field(default_factory=dict)
    unsafe: list[Change] = field(default_factory=list)

    def apply(self, change: Change) -> None:
        _name(self.safe, change)


Node: TypeAlias = File | Folder


class Disk:
    """The disk below the folder *root*, which was empty when the program began. Feed it every event of the log."""

    def __init__(self, root: Path) -> None:
        self.root = Folder()
        self.version = 0
        """Grows whenever more became safe."""
        self._place = root
        self._open: dict[int, tuple[Node, Path]] = {}
        self._covered: dict[Call, list[Change]] = {}
        self._writing: dict[Call, Change] = {}

    def feed(self, event: Event) -> None:
        """Take in one event. Events of other files change nothing."""
        call = event.call
        assert call.name not in STRANGE.split(",") or (call.result is not None and call.result < 0), call
        if event.phase is Phase.BEGINS:
            self._begin(call)
        elif call.result is not None and call.result >= 0:
            self._end(call)
        else:
            self._give_up(call)

    def end_of_program(self) -> None:
        """The program has ended, and the power is still there: what it wrote is as safe or unsafe as before."""
        self._open.clear()

    def has_open(self, fd: int, name: str) -> bool:
        """Whether *fd* is a file below the root that was opened by this *name*."""
        return fd in self._open and self._open[fd][1].name == name

    def survivors(self, into: Path) -> None:
        """Write what is safe to the new folder *into*."""
        _lay_out(self.root, into, None)

    def ravaged(self, into: Path, chance: random.Random) -> None:
        """Write what is safe to the new folder *into*, and of all else any part: whole sectors of any write."""
        _lay_out(self.root, into, chance)

    def _begin(self, call: Call) -> None:
        match call.name:
            case "write" | "pwrite64" | "writev" | "pwritev" if call.fd in self._open:
                self._begin_write(call)
            case "fsync" | "fdatasync" if call.fd in self._open:
                self._covered[call] = [each for each in self._open[call.fd][0].unsafe if each.done]
            case "close":
                # Here, for another thread may be given the number before this call is seen to end.
                self._open.pop(call.fd, None)

    def _begin_write(self, call: Call) -> None:
        file = self._open[call.fd][0]
        assert isinstance(file, File)
        assert call.name in {"write", "pwrite64"}, f"{call.name} is not known here"
        [data] = call.texts
        offset = call.last_number if call.name == "pwrite64" else file.size
        self._writing[call] = change = Change(offset, data)
        file.size = max(file.size, offset + len(data))
        file.unsafe.append(change)

    def _end(self, call: Call) -> None:
        match call.name:
            case "write" | "pwrite64" if call in self._writing:
                change = self._writing.pop(call)
                change.data, change.done = (change.data or b"")[: call.result], True
            case "fsync" | "fdatasync" if call in self._covered:
                self._make_safe(call)
            case "ftruncate" if call.fd in self._open:
                self._truncate(call.fd, call.last_number)
            case "dup" | "dup2" | "dup3" if call.fd in self._open:
                self._open[call.result or 0] = self._open[call.fd]
            case "openat":
                self._opened(call)
            case "mkdir" | "mkdirat" | "unlink" | "unlinkat" | "rmdir" | "rename" | "renameat" | "renameat2":
                self._names_changed(call)

    def _give_up(self, call: Call) -> None:
        """It failed, or the program ended first."""
        self._writing.pop(call, None)  # any part may have been written
        covered = self._covered.pop(call, [])
        if covered and call.result is not None:
            node = self._open[call.fd][0]
            node.unsafe = [change for change in node.unsafe if change not in covered]

    def _make_safe(self, call: Call) -> None:
        covered = set(self._covered.pop(call))
        node, _ = self._open[call.fd]
        for change in node.unsafe:
            if change in covered:
                node.apply(change)
                self.version += 1
        node.unsafe = [change for change in node.unsafe if change not in covered]

    def _truncate(self, fd: int, length: int) -> None:
        file = self._open[fd][0]
        assert isinstance(file, File)
        file.size = length
        file.unsafe.append(Change(length, done=True))

    def _opened(self, call: Call) -> None:
        fd, path = call.result or 0, call.paths[0]
        self._open.pop(fd, None)
        if not self._is_below(path):
            return
        folder, name = self._look_up(path)
        if name and name not in folder.seen:
            assert "O_CREAT" in call.arguments, f"{path} was there before the program began"
            self._rename(folder, name, File())
        self._open[fd] = (folder.seen[name] if name else folder), path
        if "O_TRUNC" in call.arguments:
            self._truncate(fd, 0)

    def _names_changed(self, call: Call) -> None:
        paths = call.paths
        if not all(map(self._is_below, paths)):
            return
        folder, name = self._look_up(paths[-1])
        if call.name.startswith("mkdir"):
            self._rename(folder, name, Folder())
        elif call.name.startswith("rename"):
            old, old_name = self._look_up(paths[0])
            assert old is folder, "only within a folder"
            # One change: a file system makes a rename whole or not at all.
            folder.seen[name] = folder.seen.pop(old_name)
            folder.unsafe.append(Change(name=f"{old_name}/{name}", means=folder.seen[name], done=True))
        else:
            self._rename(folder, name, None)

    def _rename(self, folder: Folder, name: str, means: Node | None) -> None:
        change = Change(name=name, means=means, done=True)
        _name(folder.seen, change)
        folder.unsafe.append(change)

    def _is_below(self, path: Path) -> bool:
        return path.is_absolute() and path.is_relative_to(self._place)

    def _look_up(self, path: Path) -> tuple[Folder, str]:
        """The folder that *path* is in, and its name there ("": it is the root itself)."""
        *folders, name = path.relative_to(self._place).parts or ("",)
        at = self.root
        for each in folders:
            found = at.seen[each]
            assert isinstance(found, Folder)
            at = found
        return at, name


def _write(content: bytearray, change: Change) -> None:
    if change.data is None:
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def _name(names: dict[str, Node], change: Change) -> None:
    if "/" in change.name:
        old, new = change.name.split("/")
        names.pop(old, None)
        assert change.means is not None
        names[new] = change.means
    elif change.means is None:
        names.pop(change.name, None)
    else:
        names[change.name] = change.means


def _lay_out(node: Node, at: Path, chance: random.Random | None) -> None:
    if isinstance(node, File):
        content = node.safe
        if chance:
            content = bytearray(content)
            for change in _surviving(node.unsafe, chance):
                for piece in _torn(change, chance):
                    _write(content, piece)
            if at.name.endswith("-shm"):  # SQLite writes to it through memory, which no call tells of
                content = bytearray(chance.randbytes(len(content)))
        at.write_bytes(content)
        return
    names = node.safe
    if chance:
        names = dict(names)
        for change in _surviving(node.unsafe, chance):
            _name(names, change)
    at.mkdir(mode=0o700)
    for name, each in names.items():
        _lay_out(each, at / name, chance)


def _surviving(changes: list[Change], chance: random.Random) -> Iterator[Change]:
    # Not always the same share: that all or nearly all survive must come up too.
    share = chance.choice((0.1, 0.5, 0.9, 1.0))
    return (change for change in changes if chance.random() < share)


def _torn(change: Change, chance: random.Random) -> Iterator[Change]:
    """The parts of a write that got to the disk: sectors or pages of it, or all."""
    size = chance.choice((SECTOR, PAGE, 0))
    if change.data is None or not size:
        yield change
        return
    end = change.offset + len(change.data)
    start = change.offset
    while start < end:
        stop = min(end, start - start % size + size)
        if chance.random() < 0.7:
            yield Change(start, change.data[start - change.offset : stop - change.offset])
        start = stop
