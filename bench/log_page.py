"""The log page in a real browser, of a real server: its live tail under load, and how it scrolls through 100,000 rows.

    python -m bench.log_page [--seconds 60] [--rate 500] [--rows 100000] [--only tail|scroll]

The tail: `rate` messages a second are told by webhooks (three for each, in all) while the page is live; every row that
passed through the page must be in the books and the other way round. A long task is one that holds the page up for
more than 50 ms, as the browser itself counts them. Scrolling: the wheel turns until `rows` rows have passed; how long
each page of them took to come, what the document and the script's heap hold at its beginning and at its end.

It needs Debian's Chromium, and `make assets`.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
from tests.support.server import SECRET

from bench.figures import Measured
from bench.filling import Installation, opened
from bench.sender import Plan
from bench.sending import Sending
from bench.serving import Served, filled, installation, wabawatch
from bench.stage import SQLITE, Stage, alone
from wabawatch.access_ports import NewSession, Origin
from wabawatch.domain.access import Role
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.users import Stage as SignedIn

if TYPE_CHECKING:
    from playwright.sync_api import Page

PER_MESSAGE = 3
"""Webhooks that tell of one message"""
DAY_MS = 86_400_000
SETTLE_S = 60.0
SUMS = {
    "nothing chosen": "",
    "failed": "&status=failed",
    "a kind and two countries": "&type=text&country=BR&country=IN",
}
"""What bars and filters are asked for, over thirty days"""
_WATCH = """() => {
  window.bench = { ids: new Set(), long: [], frames: [], last: performance.now() }
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) bench.long.push(task.duration)
  }).observe({ type: 'longtask', buffered: false })
  const frame = (at) => { bench.frames.push(at - bench.last); bench.last = at; requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) {
      const id = node.querySelector?.('[data-open]')?.dataset.open
      if (id && node.closest('.tail')) bench.ids.add(id)
    }
  }).observe(document.body, { childList: true, subtree: true })
}"""
_SEEN = """() => {
  const bench = window.bench, sorted = [...bench.frames].sort((a, b) => a - b)
  return {
    ids: [...bench.ids], long: bench.long.length, longest: Math.max(0, ...bench.long),
    busy: bench.long.reduce((a, b) => a + b, 0), frames: sorted.length,
    p50: sorted[Math.floor(sorted.length / 2)], p95: sorted[Math.floor(sorted.length * 0.95)],
    p99: sorted[Math.floor(sorted.length * 0.99)], nodes: document.getElementsByTagName('*').length,
  }
}"""


def measure(
    stage: Stage,
    *,
    seconds: float = 60.0,
    rate: float = 500.0,
    rows: int = 100_000,
    only: str = "",
    database: str = SQLITE,
) -> Sequence[Measured]:
    """Both, or *only* one of them."""
    found: list[Measured] = []
    if only != "scroll":
        found += _tail(stage, seconds, rate, database)
    if only != "tail":
        found += _scroll(stage, rows, database)
    return found


def _tail(stage: Stage, seconds: float, rate: float, database: str) -> list[Measured]:
    where = installation(stage, database)
    with wabawatch(where) as server, _page(where, server) as page:
        with Sending(Plan(server.port, SECRET, 2.0, rate=30.0)) as before:
            before.result()
        server.digested(stage)
        page.goto(f"{server.url}/logs?live=1", wait_until="load")
        page.locator("tbody.tail").wait_for(state="attached")
        page.evaluate(_WATCH)
        began = server.status()["messages"]["attempted"]
        pace = {"delivered_after": int(rate * 2), "read_after": int(rate * 10)}
        plan = msgspec.structs.replace(Plan(server.port, SECRET, seconds), rate=rate * PER_MESSAGE, seed=2, **pace)
        with stage.task("live tail", seconds) as show, Sending(plan) as sending:
            while sending.is_running:
                show(sending.at_s, f"{sending.answered:,} webhooks")
                page.wait_for_timeout(500)
            sent = sending.result()
        stored = server.digested(stage)["messages"]["attempted"] - began
        seen = _wait_for(page, stored)
    note = (
        f"{stored:,} messages in {sent.wall_s:.0f} s ({stored / sent.wall_s:,.0f}/s), {len(seen['ids']):,} passed"
        f" through the page; frames p50 {seen['p50']:.0f} ms, p95 {seen['p95']:.0f} ms, p99 {seen['p99']:.0f} ms; "
        f"{seen['long']} long tasks, {seen['busy']:.0f} ms in all, {seen['longest']:.0f} ms the longest; "
        f"{seen['nodes']:,} elements"
    )
    return [
        Measured("tail.lost", abs(stored - len(seen["ids"])), database, note),
        Measured("tail.long_task", seen["longest"], database),
        Measured("tail.frame_p95", seen["p95"], database),
    ]


def _wait_for(page: Page, stored: int) -> dict[str, Any]:
    """What the page has seen, once it has seen as much as there is, or a minute has passed."""
    give_up_at = time.monotonic() + SETTLE_S
    while True:
        seen: dict[str, Any] = page.evaluate(_SEEN)
        if len(seen["ids"]) >= stored or time.monotonic() > give_up_at:
            return seen
        page.wait_for_timeout(500)


def _scroll(stage: Stage, rows: int, database: str) -> list[Measured]:
    where = filled(stage, 1_000_000, database)
    with wabawatch(where) as server, _page(where, server) as page:
        page.goto(f"{server.url}/logs?range=30d", wait_until="load")
        page.locator("tbody.gap").first.wait_for(state="attached")
        took: list[float] = []
        page.on(
            "requestfinished", lambda request: took.append(_took(request)) if "/parts/logs?" in request.url else None
        )
        page.wait_for_timeout(500)
        at_first = _weight(page)
        with stage.task("scrolling", rows) as show:
            while (done := int(page.locator("table.log-rows").get_attribute("data-pages") or 0) * 100) < rows:
                show(done, f"{done:,} rows")
                page.mouse.move(800, 600)
                page.mouse.wheel(0, 20_000)
                page.wait_for_timeout(20)
        page.wait_for_timeout(500)
        at_last = _weight(page)
        sums = {name: _sums_ms(page, f"{server.url}/parts/logs/sums?range=30d{more}") for name, more in SUMS.items()}
    early, late = took[5:105], took[-100:]
    note = (
        f"{len(took):,} pages of 100 rows; elements {at_first['nodes']:,} and {at_last['nodes']:,}, heap"
        f" {at_first['heap']:.1f} and {at_last['heap']:.1f} MB at the first and the last; a page took"
        f" {median(early):.0f} ms among the first hundred, {median(late):.0f} ms among the last (medians)"
    )
    return [
        Measured("scroll.slower", median(late) / median(early), database, note),
        Measured("scroll.nodes", at_last["nodes"], database),
        Measured("scroll.heap", at_last["heap"], database),
        Measured(
            "log_sums", max(sums.values()), database, ", ".join(f"{name} {ms:.0f} ms" for name, ms in sums.items())
        ),
    ]


def _sums_ms(page: Page, url: str) -> float:
    """How long the bars and filters took: the median of five."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        answer = page.context.request.get(url, headers={"hx-request": "true"})
        times.append((time.perf_counter() - began) * 1000)
        assert answer.ok, answer.status
    return median(times)


def _took(request: Any) -> float:
    return float(request.timing["responseEnd"])


def _weight(page: Page) -> dict[str, float]:
    """Elements of the document, and megabytes of the script's heap after what is not used any more has gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    session.detach()
    return {"nodes": page.evaluate("() => document.getElementsByTagName('*').length"), "heap": heap}


@contextmanager
def _page(where: Installation, server: Served) -> Iterator[Page]:
    """A window in which an administrator is signed in."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium on the PATH: install Debian's package chromium")
    cookie = {"name": "wabawatch", "value": _sign_in(where), "url": server.url}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([cookie])  # type: ignore[list-item]
        yield context.new_page()
        browser.close()


def _sign_in(where: Installation) -> str:
    """Open a session in the installation's books, as signing in would; gives what its cookie holds."""
    secret = secrets.token_urlsafe(24)
    with opened(where) as system:
        now = system.clock.now()
        user = system.access.desk.add(f"bench-{secret[:6].lower()}", Role.ADMIN, "bench")[0]
        new = NewSession(digest_of(secret), user.id, SignedIn.WHOLE, now + DAY_MS, Origin(""))
        system.access.door.sessions.open(new, now, b"", None)
    return secret


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
