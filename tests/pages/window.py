"""A window of the browser that notes what a visitor should never cause: errors, CSP reports, requests to others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
_REPORTS = """addEventListener('securitypolicyviolation',
    e => console.error(`CSP: ${e.violatedDirective} refuses ${e.blockedURI} ${e.sample}`))"""
ABORTED = ("htmx:sendAbort,", "htmx:afterRequest,")
"""Who leaves a page ends what it was asking just then; a request that failed says `htmx:sendError` or has a status"""
SERIOUS = {"serious", "critical"}


@dataclass
class Window:
    """One page, and what it complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    """What was loaded, in bytes as they came over the wire, by path"""

    @classmethod
    @contextmanager
    def at(cls, browser: Browser, url: str, width: int, theme: str) -> Iterator[Window]:
        """A fresh window. At its end nothing may have been complained of."""
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=cast(Any, theme),
            locale="en-GB",
            timezone_id="Europe/Zurich",
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        context.add_init_script(_REPORTS)
        found = cls(context.new_page(), url)
        found._listen()
        try:
            yield found
        finally:
            context.close()
        assert not found.complaints, found.complaints

    def _listen(self) -> None:
        def said(message: Any) -> None:
            if message.type in ("error", "warning") and not message.text.startswith(ABORTED):
                self.complaints.append(f"{message.type}: {message.text}")

        def asked(request: Any) -> None:
            if not request.url.startswith((self.url, "data:")):
                self.complaints.append(f"asked {request.url}")

        def came(response: Any) -> None:
            path = response.url.removeprefix(self.url).partition("?")[0]
            self.weights[path] = int(response.headers.get("content-length", 0))
            if response.status >= 400:
                self.complaints.append(f"{response.status} {path}")

        self.page.on("console", said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", asked)
        self.page.on("response", came)

    def open(self, path: str) -> Page:
        """Go there, and wait until it is live and its charts are drawn."""
        self.page.goto(self.url + path, wait_until="load")
        self.page.wait_for_selector("[data-live=on]")
        # Not `wait_for_function`: it evaluates, which the policy forbids.
        self.page.wait_for_selector(".chart:not(:has(canvas))", state="detached")
        return self.page

    def faults(self, axe: str) -> list[str]:
        """What axe-core finds seriously wrong with the page as it is."""
        self.page.evaluate(axe)
        found: list[dict[str, Any]] = self.page.evaluate("axe.run(document).then(found => found.violations)")
        return [
            f"{fault['id']}: {fault['help']}: {[node['html'][:160] for node in fault['nodes'][:4]]}"
            for fault in found
            if fault["impact"] in SERIOUS
        ]

    def is_too_wide(self) -> bool:
        """Whether one must scroll sideways to read it."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
