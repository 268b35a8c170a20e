"""`/reports`: compliance reports that were made, to fetch as a file of any kind, and the form that makes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.compliance_report import utc
from wabawatch.domain.errors import BadRequest, NotFound, Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.report_formats import ReportFile, ReportFormat
from wabawatch.domain.report_periods import period, slice_of
from wabawatch.flows.reporting import Reporting
from wabawatch.ports import Clock
from wabawatch.report_ports import Kept, Revision
from wabawatch.web.forms import form_of
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.views import SECURE, Views
from wabawatch.web.report_files import file_answer, signature_answer
from wabawatch.web.visitors import Visitor

FORMATS = {
    ReportFormat.PDF: "PDF",
    ReportFormat.HTML: "Page",
    ReportFormat.XLSX: "Excel",
    ReportFormat.CSV: "CSV",
    ReportFormat.JSON: "JSON",
}
MONTHS = 12


class Listed(NamedTuple):
    """A report with its revisions, the newest first."""

    newest: Revision
    older: tuple[Revision, ...]
    span: str
    of: str


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """The list of reports, and what can be done with one."""

    reporting: Reporting
    render: Callable[[Kept, ReportFormat], ReportFile]
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its routes."""
        one = "/reports/{id}/{revision:int}"
        return [
            desk.page("/reports", Right.VIEW, self.page),
            desk.page("/reports/new", Right.OPERATE, self.make, "POST"),
            desk.page(f"{one}/file/{{format}}", Right.VIEW, self.file),
            desk.page(f"{one}/signature/{{format}}", Right.VIEW, self.signature),
        ]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The list, and the form."""
        return self._list(request, visitor)

    def make(self, request: Request, visitor: Visitor) -> Response:
        """Make the report of the period and scope in the form."""
        form = form_of(request)
        month, start, end = (form.one(name).strip() for name in ("month", "from", "to"))
        try:
            if month and not (start or end):
                start = month
            if not start:
                raise BadRequest("from: choose a month, or a first day")
            span = period(start, end or None, self.clock.now())
            self.reporting.make(*span, slice_of(form.one("scope") or "all"), visitor.actor)
        except Refusal as error:
            return self._list(request, visitor, str(error), 422)
        return RedirectResponse("/reports", 303, headers=SECURE)

    def file(self, request: Request, visitor: Visitor) -> Response:
        """A file of one."""
        kept, format = self._asked(request)
        found = self.render(kept, format)
        self.reporting.fetched(kept, format.value, visitor.actor)
        return file_answer(kept.about, format, found)

    def signature(self, request: Request, visitor: Visitor) -> Response:
        """What belongs beside a file of one."""
        kept, format = self._asked(request)
        found = self.render(kept, format)
        if not found.beside:
            raise NotFound("JSON has its signature in itself")
        return signature_answer(kept.about, format, found)

    def _asked(self, request: Request) -> tuple[Kept, ReportFormat]:
        asked = request.path_params
        if asked["format"] not in list(ReportFormat):
            raise NotFound(f"no report is a file of this kind; choose one of {', '.join(ReportFormat)}")
        return self.reporting.one(asked["id"], asked["revision"]), ReportFormat(asked["format"])

    def _list(self, request: Request, visitor: Visitor, trouble: str = "", status: int = 200) -> Response:
        owners = self.reporting.templates.owners()
        form = form_of(request) if request.method == "POST" else None
        return self.views.render(
            "reports.html",
            request,
            visitor=visitor,
            status=status,
            trouble=trouble,
            listed=list(listed(self.reporting.all())),
            formats=FORMATS,
            months=months(utc(self.clock.now())),
            clients=sorted(set(owners.values()) - {""}),
            numbers=sorted(owners),
            typed={name: form.one(name) if form else "" for name in ("month", "from", "to", "scope")},
            may_make=visitor.may(Right.OPERATE),
        )


def listed(found: Sequence[Revision]) -> Iterator[Listed]:
    """The reports, by when their newest revision was made."""
    order = {each.id: position for position, each in reversed(list(enumerate(found)))}
    for _, some in groupby(sorted(found, key=lambda x: (order[x.id], -x.revision)), key=lambda x: x.id):
        newest, *older = some
        yield Listed(newest, tuple(older), _span(newest.start, newest.end), _of(newest.scope))


def months(now: datetime) -> list[tuple[str, str]]:
    """The last months, each as the form sends it and as people say it, the newest first: the one before this leads."""
    found = []
    year, month = now.year, now.month
    for _ in range(MONTHS + 1):
        found.append((f"{year:04}-{month:02}", f"{datetime(year, month, 1):%B %Y}"))  # a name only
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return [*found[1:], (found[0][0], f"{found[0][1]}, so far")]


def _span(start: Millis, end: Millis) -> str:
    first, last = utc(start), utc(end)
    if first.day == last.day == 1 and (last - first).days <= 31 and _is_midnight(first) and _is_midnight(last):
        return f"{first:%B %Y}"
    said = [f"{at.day} {at:%B %Y}" + ("" if _is_midnight(at) else f" {at:%H:%M}") for at in (first, last)]
    return " – ".join(said)


def _is_midnight(at: datetime) -> bool:
    return at.hour == at.minute == 0


def _of(scope: str) -> str:
    kind, _, id = scope.partition(":")
    return {"waba": f"Client {id}", "number": f"Number {id}"}.get(kind, "Everything")
