"""A program for strace: keeps webhooks, digests them and packs them into small blocks, one after the other.

`python -m tests.support.packing FOLDER`. Each webhook that is kept it writes to its output, as it is.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

from tests.support.power import usual_settings, webhook
from wabawatch.app import System
from wabawatch.ports import DIGESTED, Body, BodyKind
from wabawatch.storage.raw_bodies import RawBodies

ROUNDS = 20
BODIES = 4


def main(folder: Path) -> None:
    with closing(System(usual_settings(folder))) as system:
        small = RawBodies(system.database, system.keyring, block_bodies=BODIES - 1)
        for round_ in range(ROUNDS):
            now = system.clock.now()
            for number in range(BODIES):
                body = webhook(f"wamid.{round_}-{number}", now // 1000)
                system.inbox.append_all([Body(BodyKind.WEBHOOK, now, body)])
                os.write(1, body)
            system.drain()
            if round_ % 3:
                small.pack(system.inbox, system.figures.mark(DIGESTED), now)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
