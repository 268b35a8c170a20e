"""What makes files of exports, for tests that decide themselves how far it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.books import HandClock
from wabawatch.app_export_child import written
from wabawatch.domain.exports import Broken, Made, Order, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.making import PART
from wabawatch.storage.database import Database

News = Progress | Made | Broken | None


@dataclass
class Scripted:
    """`exports_ports.Making`: what is new is what the test says."""

    path: Path
    news: deque[News]
    is_ended: bool = False

    def look(self, wait_s: float) -> News:
        return self.news.popleft() if self.news else None

    def end(self) -> None:
        self.is_ended = True
        self.path.with_name(self.path.name + PART).unlink(missing_ok=True)


@dataclass
class ScriptedMaker:
    """`exports_ports.Maker`: each file has begun, and gets as far as the test says."""

    news: deque[News] = field(default_factory=deque)
    begun: list[Scripted] = field(default_factory=list)

    def begin(self, order: Order, wanted: MessageFilter, path: Path) -> Scripted:
        path.with_name(path.name + PART).write_text("half")
        if any(isinstance(each, Made) for each in self.news):
            path.write_text("whole")
        self.begun.append(Scripted(path, self.news))
        return self.begun[-1]

    def will(self, *news: News) -> None:
        self.news.extend(news)


@dataclass(frozen=True)
class Here:
    """`exports_ports.Maker`: makes the file in this process, at once."""

    database: Database

    def begin(self, order: Order, wanted: MessageFilter, path: Path) -> Scripted:
        told: list[News] = []
        told.append(written(self.database, order, wanted, path, told.append))
        return Scripted(path, deque(told))


def clock(now: int) -> HandClock:
    """A clock that is turned by hand."""
    return HandClock(now)


def names_in(folder: Path) -> Sequence[str]:
    """The files in *folder*, if there is one."""
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
