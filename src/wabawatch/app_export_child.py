"""The process that makes one file of an export (`exports.crew`): reads what to do from stdin, and only the database."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from wabawatch.domain.errors import Trouble
from wabawatch.domain.exports import Broken, Made, Order, Outline, Progress
from wabawatch.domain.search import MessageFilter, Place
from wabawatch.exports.crew import Said, Work
from wabawatch.exports.making import make
from wabawatch.exports_ports import FoundMessages
from wabawatch.meta.countries import country_of
from wabawatch.storage.database import Database
from wabawatch.storage.message_outline import outline
from wabawatch.storage.message_search import LIMITS, SqlMessages

NICE = 15
"""Of the processor it takes what nobody else wants"""
EXAMINED = 200_000
"""A page may look at so many messages: few are wanted of many, and nobody waits for a page"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SqlSource:
    """`exports_ports.Source` on one `Database`."""

    database: Database
    messages: SqlMessages

    @classmethod
    def of(cls, database: Database) -> SqlSource:
        """All messages in *database*."""
        return cls(database, SqlMessages(database, country_of, LIMITS._replace(examined=EXAMINED)))

    def search(self, wanted: MessageFilter, after: Place | None, limit: int) -> FoundMessages:
        """The newest *limit* messages that are *wanted*, of those that come after *after*."""
        return self.messages.search(wanted, after, limit)

    def outline(self, wanted: MessageFilter) -> Outline:
        """In which hours the messages are among which those that are *wanted* may be."""
        return outline(self.database, country_of, wanted)


def written(
    database: Database, order: Order, wanted: MessageFilter, path: Path, tell: Callable[[Progress], None]
) -> Made:
    """Write all messages of *database* that are *wanted* to *path*. Raises as `exports.making.make`."""
    return make(SqlSource.of(database), order, wanted, path, tell)


def main() -> None:
    """Do what stdin asks for; end when it is closed."""
    work = msgspec.json.decode(sys.stdin.buffer.readline(), type=Work)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    os.nice(NICE)
    _say(_outcome(work))


def _outcome(work: Work) -> Said:
    database = Database(work.database_url)
    try:
        made = written(database, work.order, work.wanted, Path(work.path), lambda so_far: _say(Said(progress=so_far)))
    except Trouble as error:
        return Said(broken=Broken(str(error)))
    except OSError as error:
        return Said(broken=Broken(f"the file cannot be written: {error.strerror}; see that its disk has room"))
    finally:
        database.close()
    return Said(made=made)


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_stdin() -> None:
    """Whoever started us is gone, or wants no file any more."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
