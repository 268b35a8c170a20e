"""`/webhooks`: what came in, the newest first, what was in it, how we answered, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.compliance import SLOW_MEDIAN_MS, SLOW_MS, TOLERATED_SHARE
from wabawatch.domain.connection import Connection, Judged
from wabawatch.domain.errors import BadRequest, NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram, above, percentile
from wabawatch.domain.uptime import CheckView
from wabawatch.domain.webhook_bodies import Result
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.webhook_desk import Page, Search, WebhookDesk
from wabawatch.ports import Clock
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.pages.webhook_body import written
from wabawatch.web.pages.webhook_query import ANSWERS, DEFAULT_APP, SOURCES, WebhookQuery, webhook_query
from wabawatch.web.pages.webhook_words import FATES, MEANT, OUTCOMES, REFUSALS, RESULTS
from wabawatch.web.visitors import Visitor

PAGE = 50
"""Bodies that are shown at once"""
MOST_TROUBLED = 20
"""Numbers whose way from Meta is not as it should be"""
WAYS: Mapping[Connection, tuple[str, str]] = {
    Connection.WORKING: ("good", "working"),
    Connection.QUIET: ("none", "quiet"),
    Connection.SUSPICIOUS: ("bad", "suspicious"),
    Connection.REFUSED: ("bad", "refused"),
    Connection.UNREACHABLE: ("bad", "unreachable"),
}
"""How the way from Meta to a number stands: colour and word"""


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """The list of webhooks, and what it is made of."""

    desk: WebhookDesk
    browsing: Browsing
    connections: Callable[[Millis], Mapping[str, Judged]]
    """`StateLooks.connections`"""
    test_events: Callable[[], Sequence[CheckView]]
    """The checks that send an event of our own through everything"""
    owners: Callable[[], Mapping[str, str]]
    """`AlertFigures.owners`: the client of every number"""
    fields: Sequence[str]
    """The names of those that are known"""
    apps: Sequence[str]
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes: the page, and the rows that come after those it shows."""
        return [
            desk.page("/webhooks", Right.VIEW, self.page),
            desk.page("/parts/webhooks", Right.VIEW, self.rows),
            desk.page("/parts/webhooks/summary", Right.VIEW, self.summary),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page. The number of a body leads to it."""
        at, query = self._asked(request)
        if query.body is not None and not query.wrong:
            return RedirectResponse(at.link(f"/webhooks/{query.body}"), 303, headers=SECURE)
        owners = self.owners()
        values: dict[str, Any] = {
            "clients": sorted({waba for waba in owners.values() if waba}),
            "numbers": sorted(n for n, waba in owners.items() if not at.client or waba == at.client),
            "fields": [(name, name) for name in self.fields],
            "apps": [(name or DEFAULT_APP, name or "without a name") for name in self.apps],
            "answers": list(ANSWERS.items()),
            "result_choices": [(each.value, RESULTS[each][1]) for each in Result],
            "sources": [(name, words) for name, (words, _) in SOURCES.items()],
            "is_first": not request.query_params.get("before"),
            "search": None,
            "written": partial(written, is_masked=True),
        }
        if query.message and not query.wrong:
            values |= {"search": self._of_message(query.message)}
        status = 422 if query.wrong else 200
        values |= self._summary(at, owners) | self._rows(request, at, query)
        return self.views.render("webhooks.html", request, visitor=visitor, at=at, status=status, **values)

    def rows(self, request: Request, visitor: Visitor) -> Response:
        """The rows of one page of the table, and the way to the next."""
        at, query = self._asked(request)
        values = self._rows(request, at, query)
        return self.views.render("parts/webhook_rows.html", request, visitor=visitor, at=at, **values)

    def summary(self, request: Request, visitor: Visitor) -> Response:
        """The figures on top, which change."""
        at, _ = self._asked(request)
        values = self._summary(at, self.owners())
        return self.views.render("parts/webhook_summary.html", request, visitor=visitor, at=at, **values)

    def _asked(self, request: Request) -> tuple[Whereabouts, WebhookQuery]:
        at = whereabouts(request.query_params, self.clock.now())
        return at, webhook_query(request.query_params, at)

    def _of_message(self, id_: str) -> tuple[int, Search] | None:
        """Our number of a message, and the bodies that told of it; None: there is no such message."""
        try:
            held, _ = self.browsing.find(id_)
        except NotFound:
            return None
        return held.id, self.desk.telling_of(held.message)

    def _summary(self, at: Whereabouts, owners: Mapping[str, str]) -> dict[str, Any]:
        seen = self.desk.summary(at.start, at.end)
        ways = self.connections(self.clock.now())
        here = {
            number: judged
            for number, judged in ways.items()
            if at.number in ("", number) and at.client in ("", owners.get(number, ""))
        }
        counted = Counter(judged.state for judged in here.values())
        bad = [(n, j) for n, j in sorted(here.items()) if j.state not in (Connection.WORKING, Connection.QUIET)]
        return {
            "seen": seen,
            "turned_away": sum(seen.refused_by.values()),
            "refusals": REFUSALS,
            "answered": _answered(seen.answers),
            "ways": [(WAYS[state], counted[state]) for state in Connection if counted[state]],
            "troubled": bad[:MOST_TROUBLED],
            "more_troubled": max(0, len(bad) - MOST_TROUBLED),
            "way_words": WAYS,
            "test_events": [view for view in self.test_events() if view.at is not None],
        }

    def _rows(self, request: Request, at: Whereabouts, query: WebhookQuery) -> dict[str, Any]:
        before = _before(request.query_params.get("before", ""))
        is_list = not query.wrong and not query.is_refused and not query.message
        found = self.desk.page(query.wanted, before, PAGE) if is_list else Page([], None, False)
        # From the second page on it is a range from a moment to a moment, which does not move while one reads.
        fixed = replace(at, range="")
        following = {**query.given, "before": str(found.following)} if found.following else None
        return {
            "query": query,
            "here": query.given,
            "entries": found.entries,
            "is_cut": found.is_cut,
            "older": fixed.link("/webhooks", **following) if following else "",
            "older_part": fixed.link("/parts/webhooks", **following) if following else "",
            "results": RESULTS,
            "meant": MEANT,
            "fates": FATES,
            "outcomes": OUTCOMES,
        }


def _before(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= 18):
        raise BadRequest("before: this is no place in the list; begin with the newest webhooks again")
    return int(given)


def _answered(answers: Histogram) -> dict[str, Any]:
    """Our answer times: usual, slow, and whether Meta is content with them."""
    n, p50 = sum(answers.values()), percentile(answers, 0.5)
    slow = above(answers, SLOW_MS)
    is_bad = p50 is not None and (p50 > SLOW_MEDIAN_MS or slow > TOLERATED_SHARE * n)
    return {"n": n, "p50": p50, "p99": percentile(answers, 0.99), "slow": slow, "is_bad": is_bad}
