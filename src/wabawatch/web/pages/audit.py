"""`/audit`: who did what, with whom or what, when and from where; the newest first, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.actors import number_of
from wabawatch.domain.audit_trail import ACTIONS, AuditFilter, action_words, detail_words, differences, times_in
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.auditing import Auditing
from wabawatch.flows.naming import Naming
from wabawatch.ports import Clock
from wabawatch.web.pages.desk import Desk
from wabawatch.web.visitors import Visitor
from wabawatch.wire import instant

AUDIT = "/audit"
PAGE = 50
"""So many entries stand on a page"""
LONGEST = 200
FIELDS = ("who", "action", "object", "from", "to")
RULE = re.compile(r"[A-Z][A-Z0-9_]{2,63}(:.*)?")
WORD = re.compile(r"[a-z0-9_.]{1,64}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for, and what is wrong with how they say it."""

    given: dict[str, str]
    """As it stands in the URL"""
    filter: AuditFilter
    wrong: dict[str, str] = field(default_factory=dict)
    """A sentence for each field that makes no sense"""

    def link(self, **changes: str) -> str:
        """The address of this search, with *changes*; an empty one takes a field away."""
        query = urlencode({name: value for name, value in (self.given | changes).items() if value})
        return f"{AUDIT}?{query}" if query else AUDIT


def asked(query: QueryParams, now: Millis, meant: Callable[[str], str]) -> Asked:
    """What *query* asks for; *meant* gives the actor that a name means, or raises BadRequest."""
    given = {name: value for name in FIELDS if (value := query.get(name, "").strip()[:LONGEST])}
    wrong: dict[str, str] = {}

    def taken(name: str, read: Callable[[str], object]) -> object:
        try:
            return read(given.get(name, ""))
        except BadRequest as error:
            wrong[name] = error.message.partition(": ")[2]
            return None

    def subject_of(text: str) -> str:
        try:
            return meant(text)
        except BadRequest:
            return text  # a channel, a rule, a forward target: they are called as they are kept

    wanted = AuditFilter(
        actor=str(taken("who", meant) or ""),
        action=str(taken("action", _action) or ""),
        subject=subject_of(given.get("object", "")),
        start=_moment(taken("from", lambda text: _day("from", text, now))),
        end=_moment(taken("to", lambda text: _day("to", text, now))),
        below=_moment(taken("below", lambda _: _below(query.get("below", "")))),
    )
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        wrong["from"] = "the period ends before it begins; choose an earlier beginning"
    return Asked(given, wanted, wrong)


def _action(text: str) -> str:
    if text and not WORD.fullmatch(text):
        raise BadRequest("action: there is no such action; choose one from the list")
    return text


def _day(name: str, text: str, now: Millis) -> Millis | None:
    """The beginning of the day *text* (UTC), its end for `to`; or any instant."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise BadRequest(f"{name}: there is no day {text}") from None
        begin = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
        return begin + DAY_MS if name == "to" else begin
    return instant(name, text or None, now)


def _below(text: str) -> Millis | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise BadRequest("below: this is no place in the list; begin with the newest entries again")
    return int(text)


def _moment(found: object) -> Millis | None:
    return found if isinstance(found, int) else None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The page."""

    auditing: Auditing
    naming: Naming
    desk: Desk
    clock: Clock

    def routes(self) -> list[Route]:
        """Its route."""
        return [self.desk.page(AUDIT, Right.ADMINISTER, self.show)]

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Entries that are looked for. What makes no sense is said at its field, and nothing is looked for then."""
        query = asked(request.query_params, self.clock.now(), self.naming.meant)
        page = None if query.wrong else self.auditing.page(query.filter, PAGE)
        known = sorted(ACTIONS, key=action_words)
        if query.given.get("action", known[0]) not in known:
            known.append(query.given["action"])
        return self.desk.views.render(
            "audit.html",
            request,
            visitor=visitor,
            status=422 if query.wrong else 200,
            query=query,
            page=page,
            names=self.naming.known(),
            actions=[(name, action_words(name)) for name in known],
            action_words=action_words,
            detail_words=detail_words,
            differences=differences,
            times_in=times_in,
            place_of=place_of,
        )


def place_of(subject: str) -> str:
    """The page of what something was done with; "" it has none."""
    if (user := number_of(subject, "user")) is not None:
        return f"/users/{user}"
    if (message := number_of(subject, "message")) is not None:
        return f"/messages/{message}"
    kind, _, key = subject.partition(":")
    if kind == "rule" and RULE.fullmatch(key):
        return f"/alerts/rules/{key.partition(':')[0]}"
    return f"/alerts/{key}" if kind == "alert" and key.isascii() and key.isalnum() else ""
