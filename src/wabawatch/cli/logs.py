"""`wabawatch logs`: messages found by anything that is known of them, and those that arrive while one looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Annotated

import msgspec
from cyclopts import Parameter, validators
from rich.markup import escape
from starlette.datastructures import QueryParams

from wabawatch.app import System
from wabawatch.cli.common import HERE, Command, Where, err, opened, out, who
from wabawatch.domain.error_codes import lookup
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.search import MessageFilter, State
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.export_desk import ranged
from wabawatch.flows.tailing import Tail
from wabawatch.ports import Clock
from wabawatch.web.api_messages import MAX_LIMIT, MessageQuery, filter_of
from wabawatch.web.masking import masked
from wabawatch.web.message_answers import MessageRow, row_of
from wabawatch.web.operations import read_parameters

app = Command()

POLL_S = 1.0
AT_ONCE = 1_000
"""So many arrivals are read at once"""
STYLES = {State.FAILED: "bold red", State.EXPIRED: "yellow", State.PENDING: "dim", State.READ: "green"}


def _one(help: str) -> Parameter:
    return Parameter(help=help)


def _some(help: str) -> Parameter:
    return Parameter(help=f"{help} May be given several times.", negative="", show_default=False)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Filters:
    """What is looked for: all of these must hold; of one given several times, any."""

    since: Annotated[
        str | None,
        _one("From when on: 24h, 7d, or ISO 8601 with offset (default: 24h)."),
    ] = None
    until: Annotated[str | None, _one("Up to when.")] = None
    number: Annotated[tuple[str, ...], _some("phone_number_id, or the number as it is dialled.")] = ()
    waba: Annotated[tuple[str, ...], _some("WhatsApp Business Account.")] = ()
    status: Annotated[tuple[str, ...], _some("pending, sent, delivered, read, failed, expired or received.")] = ()
    direction: Annotated[str | None, _one("outbound or inbound.")] = None
    template: Annotated[tuple[str, ...], _some("The template's name.")] = ()
    language: Annotated[tuple[str, ...], _some("The template's language.")] = ()
    category: Annotated[tuple[str, ...], _some("marketing, utility, authentication ...")] = ()
    type: Annotated[tuple[str, ...], _some("text, template, image ...")] = ()
    user: Annotated[tuple[str, ...], _some("The application's user.")] = ()
    lead: Annotated[tuple[str, ...], _some("The application's lead.")] = ()
    conversation: Annotated[tuple[str, ...], _some("The application's conversation.")] = ()
    wamid: Annotated[tuple[str, ...], _some("Meta's id of the message.")] = ()
    contact: Annotated[tuple[str, ...], _some("Phone number, BSUID, username or group.")] = ()
    country: Annotated[tuple[str, ...], _some("Two letters.")] = ()
    error_code: Annotated[tuple[str, ...], _some("The error that a message is counted under.")] = ()
    origin: Annotated[tuple[str, ...], _some("api, unknown, business_app, meta_agent, history or synthetic.")] = ()
    role: Annotated[tuple[str, ...], _some("attempted, orphan, inbound or apart.")] = ()
    compliance_status: Annotated[tuple[str, ...], _some("compliant, violation or unverified.")] = ()
    meta_compliance_purpose: Annotated[tuple[str, ...], _some("delivery, template_use, rate_limit or opt_out.")] = ()
    template_approval_status: Annotated[tuple[str, ...], _some("The template's status at that time.")] = ()
    quality_rating: Annotated[tuple[str, ...], _some("The number's rating at that time.")] = ()
    partial_failure: Annotated[str | None, _one("true: delivered and failed; false: not so.")] = None

    def given(self) -> dict[str, str | tuple[str, ...]]:
        """Those that are given."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}


ANYTHING = Filters()


@app.default
def logs(
    *,
    filters: Filters = ANYTHING,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 50,
    follow: Annotated[bool, Parameter(negative="")] = False,
    archived: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    unmask: Annotated[bool, Parameter(negative="")] = False,
    where: Where = HERE,
) -> None:
    """Show the newest messages that fit all filters.

    Parameters
    ----------
    limit
        How many.
    follow
        Show these, the oldest first, and then each message as it arrives or comes to fit, once, until you stop it.
    archived
        Search the archive instead (docs/archives.md): without a time range all of it.
    json
        Print JSON, a message on each line, with the names of `GET /api/v1/messages`.
    unmask
        Show whole phone numbers and wamids, which hold them; this is written into the audit trail.
    """
    if archived and follow:
        raise BadRequest("archived: nothing arrives in the archive; leave out --follow")
    given = filters.given()
    with opened(where) as system:
        wanted = wanted_by(given, system.clock.now())
        browsing = system.archive.browsing if archived else system.browsing
        if archived and wanted.since is None:
            wanted = replace(wanted, since=0)
        if unmask:
            browsing.unmasked(who(), len(given))
        # Before the first page: what comes to fit while that is read is shown by one of them.
        tail = system.tailing.begin(wanted) if follow else None
        rows = _newest(browsing, wanted, limit)
        if not archived:
            tell_of_archived(system, ranged(wanted, system.clock.now()))
        shown = _lines(reversed(rows) if follow else rows, is_json=json, is_masked=not unmask)
        _print(shown if json else (_HEADINGS, *shown) if rows or follow else (_nothing(is_archived=archived),))
        if tail is not None:
            for arrived in _arrivals(tail, system.clock, {int(row.id) for row in rows}):
                _print(_lines(arrived, is_json=json, is_masked=not unmask))


def tell_of_archived(system: System, wanted: MessageFilter) -> None:
    """Say on stderr that messages of the days of *wanted* are in the archive, where another search finds them."""
    if n := system.archive.held_in(wanted):
        err.print(f"{n:,} messages of these days are archived and not among these; --archived looks there")


def _nothing(*, is_archived: bool) -> str:
    if is_archived:
        return "no archived message fits; `wabawatch archive list` shows which days are in the archive"
    return "no message fits"


def wanted_by(given: dict[str, str | tuple[str, ...]], now: int) -> MessageFilter:
    """What the filters *given* ask for. Raises BadRequest that names the filter, and the nearest value or name."""
    pairs = [(name, text) for name, some in given.items() for text in ([some] if isinstance(some, str) else some)]
    return filter_of(read_parameters(MessageQuery, {}, QueryParams(pairs)), now)


def _newest(browsing: Browsing, wanted: MessageFilter, limit: int) -> list[MessageRow]:
    """The newest *limit* messages."""
    rows: list[MessageRow] = []
    cursor: str | None = None
    while len(rows) < limit:
        page = browsing.search(wanted, min(MAX_LIMIT, limit - len(rows)), cursor)
        rows += [row_of(held, page.found.swept_until) for held in page.found.held]
        cursor = page.following
        if cursor is None:
            break
    return rows


def _arrivals(tail: Tail, clock: Clock, shown: set[int]) -> Iterator[list[MessageRow]]:
    """What arrives, for ever, but for those that are *shown* already."""
    place = 0
    while True:
        tail.step(clock.now())
        found = tail.read(place, AT_ONCE)
        yield [row_of(each, found.swept_until) for each in found.held if each.id not in shown]
        place = found.following
        if place == found.total:
            time.sleep(POLL_S)


def _lines(rows: Iterable[MessageRow], *, is_json: bool, is_masked: bool) -> Iterator[str]:
    for row in rows:
        shown = masked(row) if is_masked else row
        yield msgspec.json.encode(shown).decode() if is_json else _line(shown)


_HEADINGS = f"{'at':<24} {'status':<9} {'id':>9} {'number':<16} {'contact':<20} {'what':<28} error"


def _line(row: MessageRow) -> str:
    what = f"{row.template.name} ({row.template.language})" if row.template else row.type or "-"
    contact = row.contact.value if row.contact else "-"
    error = _error(row.error_code, row.error_title) if row.error_code is not None else ""
    status = f"{row.status.value:<9}"
    if style := STYLES.get(row.status):
        status = f"[{style}]{status}[/]"
    arrow = "<- " if row.direction == "inbound" else ""
    rest = f"{row.id:>9} {row.phone_number_id or '-':<16} {arrow + contact:<20} {what:<28} {error}"
    return f"{row.at:<24} {status} {escape(rest.rstrip())}"


def _error(code: int, title: str) -> str:
    """An error by its code and name. Graph answers name only the kind of exception: the catalogue knows more."""
    known = lookup(code)
    is_no_name = not title or title.endswith("Exception")
    return f"{code} {known.title if known is not None and is_no_name else title}".strip()


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        if line.startswith("{"):
            sys.stdout.write(line + "\n")
        else:
            out.print(line)
    sys.stdout.flush()
