"""Nothing is lost: the server is killed with SIGKILL at random moments under load, and the books are held to account.

    python -m bench.kill [--events 60000] [--every 3.0] [--seed 1] [--database sqlite|postgresql]

The sender posts as fast as the answers come, and what a killed server did not answer it sends again until it is
answered. Afterwards every event is in the log, each counted once, and the roll-ups are what the messages say.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from random import Random

import msgspec
from tests.support.server import COMMAND, SECRET, environment

from bench.figures import Measured
from bench.filling import Installation
from bench.sender import Plan, Sent
from bench.sending import Sending
from bench.serving import Served, installation, wabawatch
from bench.stage import SQLITE, Stage, alone
from bench.webhooks import check


def measure(
    stage: Stage, *, events: int = 60_000, every: float = 3.0, seed: int = 1, database: str = SQLITE
) -> Sequence[Measured]:
    """Send *events* webhooks while the server is killed every *every* seconds, on average."""
    where = installation(stage, database)
    plan = Plan(0, SECRET, count=events, connections=32, delivered_after=1_000, read_after=5_000, seed=seed)
    with wabawatch(where) as server:
        sent, kills = _kill(stage, server, plan, every)
        status = server.digested(stage)
        lost = check(status, sent)
        bodies = status["webhooks"]
        doubled = bodies["processed"] - bodies["duplicates"] - sent.answered
    note = f"{events:,} events, {kills} kills, {sent.again:,} sent again, {bodies['duplicates']:,} of them were kept"
    differences = _differences(stage, where)
    return [
        Measured("kill.lost", lost + sent.unanswered, database, note),
        Measured(
            "kill.doubled", max(0, doubled), database, f"{sent.truth['attempted']:,} messages, each as it was told"
        ),
        Measured("kill.differences", differences, database, "wabawatch rebuild --verify"),
    ]


def _kill(stage: Stage, server: Served, plan: Plan, every: float) -> tuple[Sent, int]:
    chance, kills = Random(plan.seed), 0
    with Sending(msgspec.structs.replace(plan, port=server.port)) as sending, stage.task("kill -9", plan.count) as show:
        kill_at = time.monotonic() + every * chance.uniform(0.1, 1.0)
        while sending.is_running:
            sending.wait(min(0.1, max(0.0, kill_at - time.monotonic())))
            show(sending.answered, f"{sending.answered:,} answered, {kills} kills")
            if time.monotonic() >= kill_at and sending.is_running:
                server.kill()
                server.start()
                kills += 1
                kill_at = time.monotonic() + every * chance.uniform(0.0, 2.0)
        return sending.result(), kills


def _differences(stage: Stage, where: Installation) -> int:
    """How many roll-up rows are not what the messages say."""
    command = [COMMAND, "rebuild", "--verify", "--json"]
    with stage.task("rebuild --verify"):
        env = environment(where.folder, where.settings)
        done = subprocess.run(command, env=env, cwd=where.folder, stdout=subprocess.PIPE, timeout=1_200)
    return len(msgspec.json.decode(done.stdout)["differences"])


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
