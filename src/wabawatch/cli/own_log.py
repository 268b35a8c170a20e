"""wabawatch's own log: on stderr, and in a file that is begun anew when it is long; old ones are packed, then go."""

from __future__ import annotations

import gzip
import io
import logging
import os
import shutil
from logging.handlers import RotatingFileHandler
from pathlib import Path

from wabawatch.domain.errors import BadRequest
from wabawatch.settings_log import Log

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
PACKED = ".gz"
_PRIVATE = 0o600


class OwnLog(RotatingFileHandler):
    """The file and the compressed ones before it, `NAME.1.gz` the newest. Nobody but our user can read them."""

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        """Go on with the file at *path*. Raises OSError when it cannot be written."""
        # Without one that is kept, the library would never begin anew.
        super().__init__(path, maxBytes=max_bytes, backupCount=max(1, keep), encoding="utf-8")
        self._keeps_none = keep == 0
        self.namer = _name
        self.rotator = self._put_away

    def _open(self) -> io.TextIOWrapper:
        described = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE)
        return io.TextIOWrapper(os.fdopen(described, "ab"), self.encoding, errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say nothing of what this file does not take, as on a full disk: it stands on stderr all the same."""

    def _put_away(self, source: str, target: str) -> None:
        if self._keeps_none:
            Path(source).unlink()
            return
        part = Path(target).with_suffix(".part")
        try:
            described = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
            with Path(source).open("rb") as whole, os.fdopen(described, "wb") as raw, gzip.open(raw, "wb") as file:
                shutil.copyfileobj(whole, file)
            part.replace(target)
            Path(source).unlink()
        except OSError:  # the disk is full: the file grows on, and nothing that is said is lost
            part.unlink(missing_ok=True)


def _name(usual: str) -> str:
    return usual + PACKED


def begin(settings: Log) -> None:
    """Log to stderr, and to the file that *settings* name. Raises BadRequest when that cannot be written."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if settings.file is not None:
        try:
            handlers.append(OwnLog(settings.file, settings.max_bytes, settings.keep))
        except OSError as error:
            raise BadRequest(
                f"WABAWATCH_LOG_FILE: {settings.file} cannot be written: {error.strerror}; make its folder"
            ) from error
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=handlers)
