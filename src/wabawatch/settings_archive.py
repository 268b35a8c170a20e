"""How long messages are kept, and where they go then: the section `archive`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wabawatch import kinds
from wabawatch.kinds import Kind, Secret, whole
from wabawatch.sources import setting


def _bucket(raw: object) -> str:
    found = re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?", str(raw))
    if found is None:
        raise ValueError("give s3://BUCKET or s3://BUCKET/PREFIX")
    return str(raw)


BUCKET = Kind("s3://BUCKET/PREFIX", _bucket)


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
    bucket: str | None = setting(
        "WABAWATCH_ARCHIVE_BUCKET",
        BUCKET,
        None,
        "Instead of a folder, a bucket of an S3-compatible store: `s3://BUCKET/PREFIX`. Needs the extra `s3`.",
    )
    bucket_endpoint: str | None = setting(
        "WABAWATCH_ARCHIVE_BUCKET_ENDPOINT", kinds.WEB_ADDRESS, None, "Where that store is; not set: AWS."
    )
    bucket_region: str | None = setting("WABAWATCH_ARCHIVE_BUCKET_REGION", kinds.TEXT, None, "The bucket's region.")
    bucket_access_key: str | None = setting(
        "WABAWATCH_ARCHIVE_BUCKET_ACCESS_KEY",
        kinds.TEXT,
        None,
        "The id of the key to it; not set: the machine says who we are, as an instance's role.",
    )
    bucket_secret_key: Secret | None = setting(
        "WABAWATCH_ARCHIVE_BUCKET_SECRET_KEY", kinds.SECRET, None, "The key to it."
    )
