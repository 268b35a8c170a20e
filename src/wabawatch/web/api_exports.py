"""Exports over HTTP: asked for, watched, fetched, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from wabawatch.domain.access import Scope
from wabawatch.domain.export_columns import chosen
from wabawatch.domain.exports import Export, ExportState, Format, Order, expected_rows
from wabawatch.flows.export_desk import Asker, ExportDesk
from wabawatch.ports import Clock
from wabawatch.web.answers import Share, Strict, Time
from wabawatch.web.api_messages import MessageFilters, Name, filter_of
from wabawatch.web.export_files import MEDIA_TYPES, file_answer
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import iso


class WhichExport(msgspec.Struct, forbid_unknown_fields=True):
    """An export."""

    id: Annotated[str, Meta(max_length=64, description="The id that asking for it gave.")]


class ExportIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which messages become what kind of file."""

    format: Format
    filters: MessageFilters = msgspec.field(default_factory=MessageFilters)
    """As in `GET /messages`; without a time range the last 24 hours"""
    columns: Annotated[list[Name], Meta(max_length=100, description="docs/exports.md names them; empty: all")] = []
    unmask: Annotated[bool, Meta(description="Whole phone numbers and wamids; needs the scope `admin`")] = False
    bom: Annotated[bool, Meta(description="CSV for Excel: begin with a byte order mark")] = False


class ExportAnswer(Strict):
    """An export, and how far it is."""

    id: str
    state: ExportState
    format: Format
    columns: list[str]
    masked: bool
    bom: bool
    owner: str
    rows: Annotated[int, Meta(description="Written so far; of one that is done, in the file")]
    expected_rows: Annotated[int | None, Meta(description="About; null: it cannot be told yet")]
    done: Share
    sheets: Annotated[int, Meta(description="Of a workbook: over how many the rows are spread")]
    bytes: int | None
    sha256: str
    error: Annotated[str, Meta(description="Why it failed")]
    since: Time | None
    until: Time | None
    requested_at: Time
    started_at: Time | None
    ended_at: Time | None
    expires_at: Annotated[Time | None, Meta(description="When it is deleted, with its file")]


class Deleted(Strict):
    """What is deleted."""

    id: str


@dataclass(frozen=True, slots=True)
class ExportsApi:
    """Files made of searches."""

    desk: ExportDesk
    clock: Clock

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        about = (
            "The whole result becomes a file, in the background: ask `GET /exports/{id}` until it is `done`. Phone"
            " numbers and wamids are masked unless `unmask` says otherwise. Deleted after some days."
        )
        seen = "Those that this token asked for; with the scope `admin`, all of them."
        return [
            Operation(
                "POST", "/exports", Scope.READ, self.request_export, "Export messages", ExportAnswer, body=ExportIn,
                status=202, description=about,
            ),
            Operation(
                "GET", "/exports", Scope.READ, self.list_exports, "List exports", list[ExportAnswer], description=seen,
            ),
            Operation(
                "GET", "/exports/{id}", Scope.READ, self.get_export, "Show one export", ExportAnswer,
                parameters=WhichExport, problems=(404,),
            ),
            Operation(
                "GET", "/exports/{id}/file", Scope.READ, self.get_export_file, "Fetch the file of an export", None,
                parameters=WhichExport, media_types=tuple(MEDIA_TYPES.values()), problems=(404, 409),
                description="This is written into the audit trail.",
            ),
            Operation(
                "DELETE", "/exports/{id}", Scope.READ, self.delete_export, "Delete an export and its file", Deleted,
                parameters=WhichExport, description="One that is under way ends.", problems=(404,),
            ),
        ]  # fmt: skip

    def request_export(self, call: Call) -> ExportAnswer:
        """Have a file made."""
        asked: ExportIn = call.body
        order = Order(asked.format, chosen(asked.columns), not asked.unmask, asked.bom)
        return told(self.desk.request(_asker(call), order, filter_of(asked.filters, self.clock.now())))

    def list_exports(self, call: Call) -> list[ExportAnswer]:
        """The newest first."""
        return [told(each) for each in self.desk.all(_asker(call))]

    def get_export(self, call: Call) -> ExportAnswer:
        """How far it is."""
        which: WhichExport = call.parameters
        return told(self.desk.one(_asker(call), which.id))

    def get_export_file(self, call: Call) -> Any:
        """Its file."""
        which: WhichExport = call.parameters
        return file_answer(*self.desk.file(_asker(call), which.id))

    def delete_export(self, call: Call) -> Deleted:
        """Gone, with its file."""
        which: WhichExport = call.parameters
        self.desk.delete(_asker(call), which.id)
        return Deleted(which.id)


def told(export: Export) -> ExportAnswer:
    """*export* as it is answered."""
    order, made = export.order, export.made
    return ExportAnswer(
        id=export.key,
        state=export.state,
        format=order.format,
        columns=list(order.columns),
        masked=order.is_masked,
        bom=order.has_bom,
        owner=export.owner,
        rows=export.progress.rows,
        expected_rows=expected_rows(export.progress),
        done=export.progress.share,
        sheets=made.sheets if made else 0,
        bytes=made.bytes if made else None,
        sha256=made.sha256 if made else "",
        error=export.why,
        since=iso(export.wanted.since),
        until=iso(export.wanted.until),
        requested_at=iso(export.made_at) or "",
        started_at=iso(export.started_at),
        ended_at=iso(export.ended_at),
        expires_at=iso(export.expires_at),
    )


def _asker(call: Call) -> Asker:
    is_admin = call.caller.may(Scope.ADMIN)
    return Asker(call.caller.name, may_unmask=is_admin, sees_all=is_admin)
