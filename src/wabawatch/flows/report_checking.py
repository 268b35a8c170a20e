"""Has anybody tampered with a report: a file, or the revisions that are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import msgspec

from wabawatch import signed_reports
from wabawatch.domain.compliance_report import millis
from wabawatch.report_ports import Kept, ReportBook, Revision
from wabawatch.signatures import PublicKey

EVERY = 1 << 40


class Wrong(StrEnum):
    """What is wrong with a kept revision."""

    CHANGED = "changed"
    """What is kept is not what was signed."""
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"
    REPLACED = "replaced"
    """It is signed, and is not what was made: the audit trail has another SHA-256."""
    MISSING = "missing"
    """It was made, and is not there any more."""
    ADDED = "added"
    """It is there, and nobody made it: the audit trail knows nothing of it."""


class Finding(NamedTuple):
    """One kept revision that is not as it was made."""

    id: str
    revision: int
    wrong: Wrong


class Kepts(NamedTuple):
    """What a look at all of them showed."""

    revisions: int
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReportChecking:
    """Holds reports against keys and the audit trail."""

    kept: ReportBook
    keys: Callable[[], list[PublicKey]]

    def file(self, content: bytes, beside: bytes | None) -> signed_reports.Checked:
        """A file of JSON, or one of another kind with what stands *beside* it."""
        return signed_reports.check_any(content, beside, self.keys())

    def all(self, tell: Callable[[int, int], None] = lambda _done, _whole: None) -> Kepts:
        """Every kept revision. *tell* is called with how many are done, of how many."""
        listed, noted, keys = self.kept.all(EVERY), self.kept.noted(), self.keys()
        found: list[Finding] = []
        for done, about in enumerate(listed, 1):
            found += self._wrong(about, noted.get((about.id, about.revision)), keys)
            tell(done, len(listed))
        there = {(about.id, about.revision) for about in listed}
        found += [Finding(id, revision, Wrong.MISSING) for id, revision in noted if (id, revision) not in there]
        return Kepts(len(listed), tuple(sorted(found)))

    def _wrong(self, about: Revision, noted: str | None, keys: list[PublicKey]) -> Iterator[Finding]:
        kept = self.kept.find(about.id, about.revision)
        if kept is None:
            return
        fault = signed_reports.check_kept(kept.document, about.sha256, about.signature, keys)
        if fault is not None:
            yield Finding(about.id, about.revision, Wrong(fault.value))
        elif not _is_labelled_right(kept):
            yield Finding(about.id, about.revision, Wrong.CHANGED)
        elif noted is None:
            yield Finding(about.id, about.revision, Wrong.ADDED)
        elif noted != about.sha256:
            yield Finding(about.id, about.revision, Wrong.REPLACED)


def _is_labelled_right(kept: Kept) -> bool:
    """Whether what stands beside the document is what stands in it."""
    about = kept.about
    try:
        report = signed_reports.decode(kept.document)
    except msgspec.MsgspecError:
        return False
    told = (report.id, report.revision, report.scope, millis(report.start), millis(report.end), millis(report.as_of))
    return told == about[:6] and report.verdict is about.verdict
