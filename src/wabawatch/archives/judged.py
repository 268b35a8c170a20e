"""Archived sends by how they stand to the template rule: `report_ports.ArchivedSends`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.archives.parquet import Some
from wabawatch.archives.searching import Parts
from wabawatch.domain.archives import ArchivedMessage
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey, Evidence
from wabawatch.domain.search import MessageFilter
from wabawatch.domain.standing import TemplateUse
from wabawatch.ports import Held
from wabawatch.report_ports import JudgedSend
from wabawatch.storage.scratch import Scratch

EXAMINED = 2_000_000
"""So many messages are looked through: some seconds"""


class Files(Protocol):
    """Where the archive's files are."""

    def read_some(self, name: str, sha256: str, wanted: Some) -> Iterator[tuple[int, ArchivedMessage]]:
        """The messages of a file that are *wanted*, each with its place in it. Raises ArchiveDamaged,
        StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class ArchivedJudgedSends:
    """The archive, for those who make reports."""

    parts: Parts
    files: Files
    country_of: Callable[[ContactKey], str]
    examined: int = EXAMINED

    def of_days(
        self, use: TemplateUse, days: Collection[int], inside: tuple[Millis, Millis], most: int
    ) -> Iterator[JudgedSend | None]:
        """The sends of these *days* and *inside* that time that stand so, day by day from the newest, and of each
        thousand messages the newest *most*. None: of the days before none is looked through."""
        left = self.examined
        for part in self.parts.parts(min(days), max(days) + 1):
            if part.day not in days or not part.held:
                continue
            if part.rows > left:
                yield None
                return
            left -= part.rows
            for place, each in self.files.read_some(part.name, part.sha256, Some(use.value, *inside, most)):
                if part.holds(place, each.id) and _is_linked(each):
                    yield JudgedSend(each.at, each.id, each.phone_number_id, each.use_reason, each)

    def whole(self, sends: Sequence[JudgedSend]) -> list[Held]:
        """Their messages, in any order."""
        scratch = Scratch(self.country_of)
        try:
            return scratch.matching([each.archived for each in sends if each.archived is not None], MessageFilter())
        finally:
            scratch.close()


def _is_linked(each: ArchivedMessage) -> bool:
    """Whether it is in the figures: of an unlinked send nobody knows what became of it."""
    return each.wamid is not None or each.failed_after is not None or each.state & Evidence.REJECTED != 0
