"""The figures: what is to be reached (SPEC.md section 12), and whether a measured value does."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    key: str
    what: str
    unit: str = ""
    limit: float | None = None
    """None: shown for information"""
    is_floor: bool = False
    """Whether the value must be at least the limit; else at most"""
    decimals: int = 0

    @property
    def aim(self) -> str:
        """The figure to reach, as text; "" for information."""
        return "" if self.limit is None else f"{'≥' if self.is_floor else '≤'} {self.show(self.limit)}"

    def show(self, value: float) -> str:
        """*value* as text, with its unit."""
        return f"{value:,.{self.decimals}f} {self.unit}".strip()

    def verdict(self, value: float) -> str:
        """`met`, or by how much it was missed; "" for information."""
        if self.limit is None:
            return ""
        if (value >= self.limit) if self.is_floor else (value <= self.limit):
            return "met"
        if not self.limit:
            return f"missed by {self.show(abs(value))}"
        return f"missed by {abs(value - self.limit) / self.limit:.0%}"


class Measured(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value, and how it came about."""

    key: str
    """Of the figure"""
    value: float
    database: str = "sqlite"
    note: str = ""
    """Under what load, for how long; what else was seen"""


def at_least(key: str, what: str, limit: float, unit: str = "", decimals: int = 0) -> Figure:
    """A figure that must not fall below *limit*."""
    return Figure(key, what, unit, limit, True, decimals)


def at_most(key: str, what: str, limit: float, unit: str = "", decimals: int = 0) -> Figure:
    """A figure that must not exceed *limit*."""
    return Figure(key, what, unit, limit, False, decimals)


FIGURES = (
    at_least("webhooks.digested", "webhooks accepted durably and digested", 4_000, "/s"),
    at_most("webhooks.backlog_age", "age of the backlog at the end of that", 1, "s", 2),
    at_most("webhooks.ack_p50", "answer time under that load, median", 25, "ms", 1),
    at_most("webhooks.ack_p99", "answer time under that load, p99", 100, "ms", 1),
    at_most("webhooks.lost", "answered with 200 and not in the log", 0),
    Figure("webhooks.drain", "backlog digested while nothing comes in", "/s"),
    at_least("acceptance.to_bare", "acceptance alone : a bare ASGI app that answers 200", 0.2, "", 2),
    at_least("acceptance.to_plain", "acceptance alone : FastAPI + ORM + a commit per webhook", 5, "", 1),
    Figure("acceptance.ours", "acceptance alone, nothing digested", "/s"),
    Figure("acceptance.bare", "bare ASGI app", "/s"),
    Figure("acceptance.plain", "FastAPI + ORM + a commit per webhook", "/s"),
    at_least("acceptance.sender", "the sender itself, each request new and signed, against the bare app", 10_000, "/s"),
    at_most("gateway.added_1", "the gateway adds to a send, median, one at a time", 2, "ms", 2),
    at_most("gateway.added_16", "the gateway adds to a send, median, 16 at once", 2, "ms", 2),
    at_least("gateway.sends", "sends through the gateway, recorded and digested", 1_000, "/s"),
    Figure(
        "gateway.added_saturated", "... added at 16 at once where nothing but the gateway takes time", "ms", decimals=2
    ),
    at_least("forwarding.rate", "bodies forwarded to a fast target", 2_000, "/s"),
    at_most("forwarding.p99", "receiver's p99 while it forwards : without", 1.2, "", 2),
    at_most("forwarding.p99_all", "... with a dead and a slow target besides", 1.2, "", 2),
    at_most("kill.lost", "lost through kill -9 at random moments", 0),
    at_most("kill.doubled", "counted twice through kill -9", 0),
    at_most("kill.differences", "roll-ups that differ from the messages after it", 0),
    at_most("growth.sqlite", "bytes per message of the reference mix, everything permanent", 150, "bytes", 1),
    at_most("growth.postgresql", "bytes per message of the reference mix, everything permanent", 260, "bytes", 1),
    Figure("growth.few", "bytes per message in fewer days, where roll-ups weigh more", "bytes", decimals=1),
    Figure("growth.temporary", "... and what goes again", "bytes", decimals=1),
    at_most("growth.raw", "a sealed raw body", 110, "bytes", 1),
    at_most("memory.resident", "resident at 50 messages/s, 1 million stored", 80, "MB", 1),
    at_most("memory.peak", "peak at 4,000 webhooks/s, 1 million stored", 160, "MB", 1),
    at_most("cpu.idle", "CPU idle, of a core", 0.5, "%", 2),
    at_most("cpu.one_per_second", "CPU at 1 message/s, of a core", 1, "%", 2),
    at_most("cycle.10k", "a cycle with 50 numbers, 10 thousand messages stored", 100, "ms", 1),
    at_most("cycle.1m", "a cycle with 50 numbers, 1 million", 100, "ms", 1),
    at_most("cycle.10m", "a cycle with 50 numbers, 10 million", 100, "ms", 1),
    at_most("cycle_alerts.10k", "a cycle in which every rule looks, 10 thousand messages stored", 100, "ms", 1),
    at_most("cycle_alerts.1m", "a cycle in which every rule looks, 1 million", 100, "ms", 1),
    at_most("cycle_alerts.10m", "a cycle in which every rule looks, 10 million", 100, "ms", 1),
    at_most("alerts.latency", "from the end of the cycle that finds a breach to the notice leaving, p99", 5, "s", 2),
    at_most("search.1m", "first page of any search, p95, 1 million messages stored", 100, "ms", 1),
    at_most("search.10m", "first page of any search, p95, 10 million", 300, "ms", 1),
    at_most("report.1m", "the compliance report of 30 days, 1 million messages stored", 3, "s", 2),
    at_most("report.10m", "the compliance report of 30 days, 10 million messages stored", 3, "s", 2),
    at_most("report.scattered", "... 1 million, some 3,400 sends against the template rule among them", 3, "s", 2),
    at_most("pages.slowest", "the slowest page of the console, median, 1 million messages stored", 200, "ms", 1),
    at_most("pages.overview", "the overview with 1,000 numbers, median", 300, "ms", 1),
    at_most("pages.weight", "the heaviest page with everything it loads, compressed", 500, "KB", 0),
    at_most("tail.lost", "live tail at 500 messages/s : rows stored and not shown, or the other way round", 0),
    Figure("tail.long_task", "... the longest time for which the page did not answer", "ms"),
    Figure("tail.frame_p95", "... time between two frames, p95", "ms", decimals=1),
    at_most("scroll.slower", "log page, time per 100 rows : the first pages, after 100,000 rows", 1.5, "", 2),
    Figure("scroll.nodes", "... elements of the document then"),
    Figure("scroll.heap", "... heap of its script then", "MB", decimals=1),
    Figure("log_sums", "bars and counts of the log over thirty days, 1 million messages stored, the slowest", "ms"),
    Figure("exports.csv", "export of 1 million messages, all columns, as CSV", "/s"),
    Figure("exports.xlsx", "... as XLSX", "/s"),
    Figure("exports.jsonl", "... as JSON lines", "/s"),
    Figure("exports.parquet", "... as Parquet", "/s"),
    at_most("archive.bytes", "Parquet archive of the reference mix, a message", 35, "bytes", 1),
    Figure("archive.rate", "... archived, of its own CPU", "messages/s"),
    Figure("archive.restored", "... restored, of its own CPU", "messages/s"),
    Figure("archive.search.any", "... the newest 50 of 100,000, of its own CPU", "ms"),
    Figure("archive.search.user", "... 100,000 looked through for a user, of its own CPU", "ms"),
    at_most("start.first", "start to the first accepted webhook, nothing there yet", 1.5, "s", 2),
    at_most("start.again", "start to the first accepted webhook, 1 million messages stored", 1.5, "s", 2),
)

BY_KEY = {figure.key: figure for figure in FIGURES}
