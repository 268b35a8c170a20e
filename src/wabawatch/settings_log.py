"""Where wabawatch's own log goes: the section `log`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wabawatch import kinds
from wabawatch.kinds import whole
from wabawatch.sources import setting

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Log:
    """What wabawatch says of itself."""

    file: Path | None = setting(
        "WABAWATCH_LOG_FILE",
        kinds.PATH,
        None,
        "File that the server writes its own log to, besides stderr; not set: stderr only.",
    )
    max_bytes: int = setting(
        "WABAWATCH_LOG_MAX_BYTES",
        whole(64 * 1024, unit="bytes"),
        10 * MIB,
        "When that file is so long it is compressed, and a new one begun.",
    )
    keep: int = setting(
        "WABAWATCH_LOG_KEEP", whole(0, 1_000), 10, "So many compressed files are kept; older ones are deleted."
    )
