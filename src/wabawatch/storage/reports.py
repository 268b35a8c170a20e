"""Compliance reports on disk: `report_ports.ReportBook` on one `Database`."""

from __future__ import annotations

import json
from typing import Any

import zstandard
from sqlalchemy import ColumnElement, select

from wabawatch.domain.audit_trail import Plain
from wabawatch.domain.compliance import Verdict
from wabawatch.domain.facts import Millis
from wabawatch.ports import Deed
from wabawatch.report_ports import MADE, SUBJECT, Kept, Revision
from wabawatch.signatures import Signature
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert, is_inserted
from wabawatch.storage.schema_audit import audit_entries
from wabawatch.storage.schema_reports import reports as table

MOST_BYTES = 256 << 20
"""No document is larger when it is unpacked"""
_c = table.c
_ABOUT = [column for column in _c if column.name != "document"]


class SqlReports:
    """Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, id: str) -> Kept | None:
        return self._one(_c.id == id)

    def find(self, id: str, revision: int) -> Kept | None:
        return self._one(_c.id == id, _c.revision == revision)

    def all(self, limit: int) -> list[Revision]:
        query = select(*_ABOUT).order_by(_c.as_of.desc(), _c.id, _c.revision.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_revision(row) for row in connection.execute(query)]

    def keep(self, kept: Kept, at: Millis, done: Deed) -> bool:
        about = kept.about
        row = {
            "id": about.id,
            "revision": about.revision,
            "scope": about.scope,
            "start_at": about.start,
            "end_at": about.end,
            "as_of": about.as_of,
            "verdict": about.verdict.value,
            "made_by": about.made_by,
            "sha256": about.sha256,
            "key_id": about.signature.key_id,
            "signature": about.signature.value,
            "document": zstandard.compress(kept.document, 9),
        }
        with self._database.writing() as connection:
            if not is_inserted(connection, insert(connection, table).values(row).on_conflict_do_nothing()):
                return False
            told: dict[str, Plain] = {"revision": about.revision, "sha256": about.sha256}
            audit.write(connection, at, done, told | {"verdict": about.verdict.value})
        return True

    def note(self, at: Millis, done: Deed) -> None:
        with self._database.writing() as connection:
            audit.write(connection, at, done)

    def noted(self) -> dict[tuple[str, int], str]:
        c = audit_entries.c
        query = select(c.subject, c.detail).where(c.action == MADE).order_by(c.id)
        found: dict[tuple[str, int], str] = {}
        with self._database.reading() as connection:
            for subject, detail in connection.execute(query):
                told = json.loads(detail)
                found[subject.removeprefix(SUBJECT), told["revision"]] = told["sha256"]
        return found

    def _one(self, *where: ColumnElement[bool]) -> Kept | None:
        query = select(table).where(*where).order_by(_c.revision.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Kept(_revision(row), _unpacked(bytes(row.document)))


def _revision(row: Any) -> Revision:
    return Revision(
        row.id, row.revision, row.scope, row.start_at, row.end_at, row.as_of, Verdict(row.verdict), row.made_by,
        row.sha256, Signature(row.key_id, bytes(row.signature)),
    )  # fmt: skip


def _unpacked(packed: bytes) -> bytes:
    """The document; of one that cannot be unpacked, what there is: it is then not what was signed."""
    try:
        return zstandard.decompress(packed, max_output_size=MOST_BYTES)
    except zstandard.ZstdError:
        return packed
