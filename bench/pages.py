"""How long the pages of the console take to be made, and what they weigh.

    python -m bench.pages [--messages 1000000] [--numbers 1000] [--rounds 5]

Every page of the navigation, and some of each kind they lead to, is asked for in this process, *rounds* times, over
the last 24 hours, seven days and thirty; the time goes from the request to the whole answer. A page counts with the
slowest median of the three. The overview is measured again in an installation with many numbers. What a page weighs is
its HTML with everything that it loads, as a browser that takes Brotli is sent it.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median
from urllib.parse import urlsplit

import httpx
from assets.build import build
from starlette.requests import Request
from starlette.types import ASGIApp

from bench.figures import Measured
from bench.filling import Installation, opened
from bench.serving import filled, installation
from bench.stage import SQLITE, Stage, alone
from wabawatch.app import System
from wabawatch.cli.turned import brought
from wabawatch.domain.access import Right
from wabawatch.simulator.mix import Mix
from wabawatch.simulator.simulation import Simulation
from wabawatch.web.pages.views import NAVIGATION
from wabawatch.web.visitors import Visitor

RANGES = ("24h", "7d", "30d")
MOST_OF_A_KIND = 2
"""Pages of one kind, such as that of one message, that are asked for"""
NOT_MEASURED = ("/static", "/api", "/docs", "/account")
"""No pages of figures; the account needs a session."""
CROWD_MESSAGES, HOUR_MS = 20_000, 3_600_000
_LINK = re.compile(r'href="(/[^"#]*)"')
_LOADED = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_IMPORTED = re.compile(r'"\./([\w.]+\.js)"')
_ID = re.compile(r"/(?=[^/]*\d)[^/]+")


class Everybody:
    """`Visitors`: whoever asks may do everything."""

    def of(self, _request: Request) -> Visitor | None:
        """An administrator."""
        return Visitor("bench", frozenset(Right), "csrf", 1)


class Reader:
    """Asks for pages, one at a time."""

    def __init__(self, site: ASGIApp) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://bench")

    def get(self, path: str, **headers: str) -> tuple[httpx.Response, float]:
        """The answer, and the milliseconds it took. Raises RuntimeError when it is not 200."""
        began = time.perf_counter()
        answer = self._runner.run(self._client.get(path, headers=headers))
        took_ms = (time.perf_counter() - began) * 1_000
        if answer.status_code != 200:
            raise RuntimeError(f"{path} was answered with {answer.status_code}")
        return answer, took_ms

    def close(self) -> None:
        """Give everything back."""
        self._runner.run(self._client.aclose())
        self._runner.close()


def measure(
    stage: Stage, *, messages: int = 1_000_000, numbers: int = 1_000, rounds: int = 5, database: str = SQLITE
) -> Sequence[Measured]:
    """Pages at so many messages, the overview with so many numbers, and the weight of the heaviest page."""
    build()
    found: list[Measured] = []
    with opened(filled(stage, messages, database)) as system:
        reader = _reader(system)
        took = {path: _slowest(reader, path, rounds) for path in _paths(reader)}
        worst = max(took, key=lambda path: took[path][0])
        ranked = sorted(took, key=lambda path: -took[path][0])[:4]
        note = f"{len(took)} pages over {', '.join(RANGES)}; slowest, in ms: "
        note += ", ".join(f"{_kind(path)} {took[path][0]:.0f} ({took[path][1]})" for path in ranked)
        found.append(Measured("pages.slowest", took[worst][0], database, note))
        heaviest = max(took, key=lambda path: _weight(reader, path))
        found.append(Measured("pages.weight", _weight(reader, heaviest), database, f"{_kind(heaviest)}, Brotli"))
        reader.close()
    with opened(_crowd(stage, numbers, database)) as system:
        reader = _reader(system)
        overview, over = _slowest(reader, "/", rounds)
        listed, _ = _slowest(reader, "/numbers", rounds)
        note = f"{numbers:,} numbers, {CROWD_MESSAGES:,} messages, over {over}; the list of numbers {listed:.0f} ms"
        found.append(Measured("pages.overview", overview, database, note))
        reader.close()
    return found


def _reader(system: System) -> Reader:
    system.console.visitors = Everybody()
    return Reader(system.site(system.supervisor()))


def _slowest(reader: Reader, path: str, rounds: int) -> tuple[float, str]:
    """The slowest median of the ranges, and which range it was."""
    reader.get(_over(path, RANGES[0]))  # what is loaded with the first page is not the page's
    times = {each: median(reader.get(_over(path, each))[1] for _ in range(rounds)) for each in RANGES}
    worst = max(times, key=lambda each: times[each])
    return times[worst], worst


def _over(path: str, range_: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}range={range_}"


def _paths(reader: Reader) -> Iterator[str]:
    """The pages of the navigation, and some of each kind that they lead to."""
    seen: dict[str, int] = {}
    lists = [path for path, _, _ in NAVIGATION]
    yield from lists
    for path in lists:
        for link in _LINK.findall(reader.get(_over(path, RANGES[-1]))[0].text):
            place = urlsplit(link.replace("&amp;", "&")).path
            kind = _kind(place)
            if place in lists or place.startswith(NOT_MEASURED) or seen.get(kind, 0) >= MOST_OF_A_KIND:
                continue
            seen[kind] = seen.get(kind, 0) + 1
            yield place


def _kind(path: str) -> str:
    """Such as `/messages/…` for one message."""
    return _ID.sub("/…", path)


def _weight(reader: Reader, path: str) -> float:
    """Kilobytes of the page with everything that it loads."""
    page = reader.get(_over(path, RANGES[0]))[0]
    waiting, loaded = {*_LOADED.findall(page.text)}, dict[str, int]()
    while waiting:
        url = waiting.pop()
        if url not in loaded:
            answer = reader.get(url, **{"accept-encoding": "br"})[0]
            loaded[url] = int(answer.headers["content-length"])
            folder = url.rpartition("/")[0]
            waiting |= {f"{folder}/{name}" for name in _IMPORTED.findall(answer.text)} if url.endswith(".js") else set()
    return (len(page.content) + sum(loaded.values())) / 1_000


def _crowd(stage: Stage, numbers: int, database: str) -> Installation:
    """An installation of many numbers, each of which sent something today."""
    made = installation(stage, database)
    now = time.time_ns() // 1_000_000
    start = now - 20 * HOUR_MS
    simulation = Simulation(3, CROWD_MESSAGES, start, now - start, Mix.plain(), numbers, wabas=max(2, numbers // 20))
    with opened(made) as system, stage.task(f"filling in {numbers:,} numbers"):
        bodies = [body for step in simulation.due(now) if (body := brought(step, step.at)) is not None]
        system.inbox.append_all(bodies)
        system.drain()
    return made


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
