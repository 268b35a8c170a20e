"""The process that tends the archive (`archives.crew`): reads what to do from stdin, does all that is due, and ends."""

from __future__ import annotations

import os
import sys
import threading
import time

import msgspec

from wabawatch.app_archive import archiving_of
from wabawatch.archives.crew import Said, Work
from wabawatch.domain.errors import WabawatchError
from wabawatch.domain.facts import Millis
from wabawatch.storage.database import Database

NICE = 15
"""Of the processor it takes what nobody else wants"""
REST_S = 0.02
"""Between two transactions, so that others may write"""


class ClockFrom:
    """A clock that goes on from the time it was given."""

    def __init__(self, now: Millis) -> None:
        self._ahead = now - time.monotonic_ns() // 1_000_000

    def now(self) -> Millis:
        """Milliseconds since 1970 UTC."""
        return self._ahead + time.monotonic_ns() // 1_000_000


def main() -> None:
    """Do what stdin asks for; end when it is closed."""
    work = msgspec.json.decode(sys.stdin.buffer.readline(), type=Work)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    os.nice(NICE)
    sys.stdout.buffer.write(msgspec.json.encode(_outcome(work)) + b"\n")
    sys.stdout.buffer.flush()


def _outcome(work: Work) -> Said:
    database = Database(work.database_url)
    try:
        archiving = archiving_of(database, work, ClockFrom(work.now), _rest)
        while archiving.step():
            pass
    except WabawatchError as error:
        return Said(str(error))
    finally:
        database.close()
    return Said()


def _rest(_name: str, _done: int, _total: int) -> None:
    time.sleep(REST_S)


def _end_with_stdin() -> None:
    """Whoever started us is gone."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
