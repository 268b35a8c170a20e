"""How long exports are kept, and where: the section `exports`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wabawatch import kinds
from wabawatch.kinds import whole
from wabawatch.sources import setting


@dataclass(frozen=True, slots=True)
class Exports:
    """Files that are made of searches."""

    keep_days: int = setting(
        "WABAWATCH_EXPORTS_KEEP_DAYS",
        whole(1, 365, unit="days"),
        7,
        "So long after it was made an export is deleted, with its file.",
    )
    most: int = setting(
        "WABAWATCH_EXPORTS_MOST",
        whole(1, 100),
        3,
        "So many exports of one user or token may wait or be made at a time.",
    )
    folder: Path | None = setting(
        "WABAWATCH_EXPORTS_DIR",
        kinds.PATH,
        None,
        "Folder of their files, shared where several servers run; not set: `exports` in the data folder.",
    )
