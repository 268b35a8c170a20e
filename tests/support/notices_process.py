"""A process that plans and delivers notices until it is killed: `python -m tests.support.notices_process`.

The loops are those of the server; its settings come from the environment.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

from wabawatch.app_notifying import NoticeFlows
from wabawatch.app_places import SystemClock, places_of
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.loops import Supervisor, run_in_thread
from wabawatch.settings import load_process
from wabawatch.storage.database import Database

LEASE_MS = 1_000
"""Shorter than it is: what a killed process held is soon free"""


def main() -> None:
    """Run for ever."""
    settings = load_process()
    flows = NoticeFlows(
        Database(places_of(settings).database_url),
        SystemClock(),
        settings,
        lambda name, _: BY_NAME.get(name),
        BY_NAME,
    )
    flows.delivering = replace(flows.delivering, lease_ms=LEASE_MS)
    run_in_thread(Supervisor(flows.loops()))
    sys.stdout.write("up\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
