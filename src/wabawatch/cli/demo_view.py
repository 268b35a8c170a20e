"""What the live demo shows: a view that stays in place on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import out
from wabawatch.cli.demo_stage import Stage
from wabawatch.cli.status import STYLES, requirements_table
from wabawatch.domain.facts import Millis
from wabawatch.domain.report import Requirement, SystemStatus
from wabawatch.domain.standing import MINUTE_MS
from wabawatch.ports import Window
from wabawatch.wire import iso, status_json

MINUTES = 30
HOURS = 24
BLOCKS = "▁▂▃▄▅▆▇█"


class View(Protocol):
    """Something that shows how the stage is doing."""

    every_s: float
    """Seconds between two calls of `show`"""

    def show(self) -> None:
        """Show how it is now. From any thread."""
        ...


@contextmanager
def view_of(stage: Stage, *, as_json: bool) -> Iterator[View]:
    """The view that suits where stdout goes."""
    if as_json or not out.is_terminal:
        yield _Lines(stage, as_json)
        return
    with Live(console=out, auto_refresh=False) as live:
        yield _Board(stage, live)


@dataclass(slots=True)
class _Lines:
    stage: Stage
    as_json: bool
    every_s: float = 10.0

    def show(self) -> None:
        status = self.stage.system.status.status(HOURS)
        line = msgspec.json.encode(status_json(status)).decode() if self.as_json else in_a_line(status)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dataclass(slots=True)
class _Board:
    stage: Stage
    live: Live
    every_s: float = 1.0
    minutes: dict[Millis, int] = field(default_factory=dict)
    """Webhooks of the minutes that are over"""

    def show(self) -> None:
        status = self.stage.system.status.status(HOURS)
        self.live.update(board(status, self._webhooks(status.as_of), self.stage.url), refresh=True)

    def _webhooks(self, now: Millis) -> list[int]:
        """Webhooks in each of the last minutes; the newest one still runs."""
        newest = now - now % MINUTE_MS
        wanted = range(newest - (MINUTES - 1) * MINUTE_MS, newest + 1, MINUTE_MS)
        counts = {at: self.minutes[at] if at in self.minutes else self._in_minute(at) for at in wanted}
        # The last minute but one is over, and all of it digested.
        self.minutes = {at: n for at, n in counts.items() if at < newest - MINUTE_MS}
        return list(counts.values())

    def _in_minute(self, at: Millis) -> int:
        return self.stage.system.figures.bodies(Window(at, at + MINUTE_MS)).processed


def board(status: SystemStatus, webhooks: list[int], url: str) -> Panel:
    """Everything at a glance. *webhooks*: how many in each of the last minutes."""
    verdict = status.assessment.verdict
    title = Text.assemble("wabawatch demo  ", (verdict.value.upper(), STYLES[verdict]))
    where = Text(f"{url}/api/v1/status   {url}/healthz   {url}/metrics", style="dim")
    body = Group(requirements_table(status.assessment), "", _counts(status, webhooks), "", where)
    return Panel(body, title=title, subtitle=f"{iso(status.as_of)}  Ctrl-C stops", expand=False)


def _counts(status: SystemStatus, webhooks: list[int]) -> Table:
    table = Table.grid(padding=(0, 2))
    m, b = status.assessment.messages, status.bodies
    table.add_row(
        "messages",
        f"{m.attempted:,} attempted: {m.read:,} read, {m.delivered:,} delivered, {m.sent:,} sent, "
        f"{m.failed:,} failed, {m.expired:,} expired, {m.pending:,} pending",
    )
    table.add_row("", f"{m.inbound:,} inbound, {m.orphan:,} orphan, {m.rejected:,} rejected, {m.unlinked:,} unlinked")
    table.add_row(
        "webhooks",
        f"{b.received:,} received, {b.processed:,} processed, {b.backlog:,} backlog, {b.duplicates:,} duplicates, "
        f"{b.parked:,} parked",
    )
    table.add_row("per minute", Text.assemble((sparkline(webhooks), "cyan"), f"  {webhooks[-1]:,} in this one"))
    cycle = iso(status.last_cycle_at) or "never"
    table.add_row("monitoring", f"{'running' if status.is_running else 'not running'}, last cycle {cycle}")
    return table


def sparkline(values: list[int]) -> str:
    """*values* as a row of bars, the highest in full height, 0 as a space."""
    highest = max(values, default=0)
    return "".join(" " if not n else BLOCKS[(n * len(BLOCKS) - 1) // highest] for n in values)


def in_a_line(status: SystemStatus) -> str:
    """*status* in one line."""
    found, bodies = status.assessment, status.bodies
    return (
        f"{iso(status.as_of)} {found.verdict}  delivery {_share(found.delivery_rate)}  "
        f"failures {_share(found.failure_rate)}  quality {_share(found.quality_score)}  "
        f"messages {found.messages.attempted}  webhooks {bodies.received} (backlog {bodies.backlog})"
    )


def _share(requirement: Requirement) -> str:
    return "-" if requirement.value is None else f"{requirement.value:.1%} of {requirement.n}"
