"""How long messages are kept, and where they go then: the section `archive`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wabawatch import kinds
from wabawatch.kinds import whole
from wabawatch.sources import setting


@dataclass(frozen=True, slots=True)
class Archive:
    """What becomes of old messages."""

    enabled: bool = setting(
        "WABAWATCH_ARCHIVE_ENABLED",
        kinds.SWITCH,
        True,
        "Whether the server archives closed days and deletes old archives; else all messages stay live.",
    )
    message_days: int = setting(
        "WABAWATCH_MESSAGE_RETENTION_DAYS",
        whole(45, 36_500, unit="days"),
        90,
        "So long messages are live; the days before are archived.",
    )
    keep_days: int = setting(
        "WABAWATCH_ARCHIVE_KEEP_DAYS",
        whole(0, 36_500, unit="days"),
        396,
        "So long after that they stay in the archive, which is then deleted day by day.",
    )
    folder: Path | None = setting(
        "WABAWATCH_ARCHIVE_DIR",
        kinds.PATH,
        None,
        "Folder of the archive, shared where several servers run; not set: `archive` in the data folder.",
    )
