"""Compliance reports over HTTP: made, listed, fetched as a file with its signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from wabawatch.domain.access import Scope
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.errors import NotFound
from wabawatch.domain.report_formats import MEDIA_TYPES, ReportFile, ReportFormat
from wabawatch.domain.report_periods import period, slice_of
from wabawatch.flows.reporting import Reporting
from wabawatch.ports import Clock
from wabawatch.report_ports import Kept, Revision
from wabawatch.web.answers import Strict, Time
from wabawatch.web.operations import Call, Operation
from wabawatch.web.report_files import file_answer, signature_answer
from wabawatch.wire import iso

Moment = Annotated[
    str, Meta(max_length=40, description="A day (`2026-10-01`), a month (`2026-10`) or ISO 8601 with offset; UTC")
]


class ReportIn(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Of what a report is made."""

    start: Moment | None = None
    """Without it, 30 days before the end; a month without an end is the whole month"""
    end: Moment | None = None
    """Without it, now"""
    scope: Annotated[str, Meta(max_length=60, description="`all`, `waba:ID` or `number:ID`")] = "all"


class WhichReport(msgspec.Struct, forbid_unknown_fields=True):
    """A report."""

    id: Annotated[str, Meta(max_length=40, description="The id that making it gave")]
    revision: Annotated[int, Meta(ge=1, le=2**31 - 1, description="Without it, the newest")] | None = None


class WhichFile(WhichReport, forbid_unknown_fields=True):
    """A file of a report."""

    format: ReportFormat = ReportFormat.JSON


class ReportAnswer(Strict, rename={"start": "from", "end": "to"}):
    """A revision of a report."""

    id: Annotated[str, Meta(description="The same for every revision of one period and scope")]
    revision: int
    scope: str
    start: Time
    end: Time
    as_of: Time
    verdict: Verdict
    made_by: str
    sha256: Annotated[str, Meta(description="Of its JSON")]
    key: Annotated[str, Meta(description="The key that signed it")]


@dataclass(frozen=True, slots=True)
class ReportsApi:
    """Compliance reports."""

    reporting: Reporting
    file: Callable[[Kept, ReportFormat], ReportFile]
    clock: Clock

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        about = (
            "Signed and kept. While nothing is otherwise it stays the same revision, byte for byte; late events make a"
            " new one, which lists what changed."
        )
        kinds = "As JSON with its signature inside, a page, PDF/A, CSV or a workbook. Written into the audit trail."
        beside = "What belongs into the file beside it (`.sig`), for `wabawatch report verify`; of JSON, nothing."
        return [
            Operation(
                "POST", "/reports", Scope.READ, self.make_report, "Make a compliance report", ReportAnswer,
                body=ReportIn, description=about, problems=(404,),
            ),
            Operation("GET", "/reports", Scope.READ, self.list_reports, "List compliance reports", list[ReportAnswer],
                      description="The newest first."),
            Operation(
                "GET", "/reports/{id}", Scope.READ, self.get_report, "Show a compliance report", ReportAnswer,
                parameters=WhichReport, problems=(404,),
            ),
            Operation(
                "GET", "/reports/{id}/file", Scope.READ, self.get_report_file, "Fetch a compliance report", None,
                parameters=WhichFile, media_types=tuple(MEDIA_TYPES.values()), problems=(404, 409), description=kinds,
            ),
            Operation(
                "GET", "/reports/{id}/signature", Scope.READ, self.get_report_signature,
                "Fetch the signature of a report's file", None, parameters=WhichFile, media_types=("application/json",),
                problems=(404, 409), description=beside,
            ),
        ]  # fmt: skip

    def make_report(self, call: Call) -> ReportAnswer:
        """Make one."""
        asked: ReportIn = call.body
        start, end = period(asked.start, asked.end, self.clock.now())
        return told(self.reporting.make(start, end, slice_of(asked.scope), call.caller.name).about)

    def list_reports(self, _call: Call) -> list[ReportAnswer]:
        """The newest first."""
        return [told(each) for each in self.reporting.all()]

    def get_report(self, call: Call) -> ReportAnswer:
        """What it is of, and its verdict."""
        which: WhichReport = call.parameters
        return told(self.reporting.one(which.id, which.revision).about)

    def get_report_file(self, call: Call) -> Any:
        """The whole of it."""
        which: WhichFile = call.parameters
        kept = self.reporting.one(which.id, which.revision)
        file = self.file(kept, which.format)
        self.reporting.fetched(kept, which.format.value, call.caller.name)
        return file_answer(kept.about, which.format, file)

    def get_report_signature(self, call: Call) -> Any:
        """The signature of a file of it."""
        which: WhichFile = call.parameters
        kept = self.reporting.one(which.id, which.revision)
        file = self.file(kept, which.format)
        if not file.beside:
            raise NotFound("format: JSON has its signature in itself")
        return signature_answer(kept.about, which.format, file)


def told(about: Revision) -> ReportAnswer:
    """*about* as it is answered."""
    return ReportAnswer(
        id=about.id,
        revision=about.revision,
        scope=about.scope,
        start=iso(about.start) or "",
        end=iso(about.end) or "",
        as_of=iso(about.as_of) or "",
        verdict=about.verdict,
        made_by=about.made_by,
        sha256=about.sha256,
        key=about.signature.key_id,
    )
