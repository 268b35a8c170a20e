"""How fast webhooks are accepted durably, beside a bare ASGI app and beside the receiver that one would write first.

    python -m bench.acceptance [--seconds 10] [--connections 64] [--rounds 2]

Each is one uvicorn process (uvloop, httptools); they take turns, so that all see the same machine. The load is a closed
loop over keep-alive connections, made by a process of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import median

from bench.figures import Measured
from bench.machine import memory_of
from bench.receivers import KINDS, SECRET, opened_inbox
from bench.sender import Plan, Sent
from bench.sending import Sending
from bench.serving import receiver
from bench.stage import Stage, alone

WARM_UP_S = 1.0
RING = 20_000


def measure(stage: Stage, *, seconds: float = 8.0, connections: int = 64, rounds: int = 2) -> Sequence[Measured]:
    """Each kind *rounds* times for *seconds*; medians."""
    folder, ports = stage.folder(), count(1)
    runs: dict[str, list[Sent]] = {kind: [] for kind in KINDS}
    with stage.task("acceptance", rounds * len(KINDS)) as show:
        for kind in list(KINDS) * rounds:
            show(next(ports) - 1, kind)
            runs[kind].append(_run(stage, kind, folder, Plan(0, SECRET, seconds, connections=connections)))
    answered, kept = sum(sent.answered for sent in runs["ours"]), _kept(folder)
    if kept < answered:
        raise RuntimeError(f"{answered:,} were answered with 200, and only {kept:,} are kept")
    bare, ours, plain = (median(sent.per_second for sent in runs[kind]) for kind in KINDS)
    return [
        Measured("acceptance.to_bare", ours / bare),
        Measured("acceptance.to_plain", ours / plain),
        Measured("acceptance.ours", ours, note=f"{_times(runs['ours'])}; {kept:,} kept of {answered:,} answered"),
        Measured("acceptance.bare", bare, note=_times(runs["bare"])),
        Measured("acceptance.plain", plain, note=_times(runs["plain"])),
    ]


def _run(stage: Stage, kind: str, folder: Path, plan: Plan) -> Sent:
    with receiver(kind, folder) as (pid, port):
        planned = Plan(port, plan.secret, plan.seconds, connections=plan.connections, ring=RING, warm_up_s=WARM_UP_S)
        with Sending(planned) as sending:
            sent = sending.result()
        resident = memory_of(pid).resident
    stage.say(
        f"  {kind}: {sent.per_second:,.0f}/s, p50 {sent.quantile_ms(0.5):.1f} ms, p99 {sent.quantile_ms(0.99):.1f} ms, "
        f"{resident:.0f} MB; sender {sent.cores:.0%} of a core"
    )
    if sent.unanswered or sent.refused:
        raise RuntimeError(f"{kind}: {sent.unanswered} without an answer, refused {sent.refused}")
    return sent


def _times(runs: Sequence[Sent]) -> str:
    p50, p99 = (median(sent.quantile_ms(share) for sent in runs) for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def _kept(folder: Path) -> int:
    with opened_inbox(folder) as inbox:
        return inbox.waiting(0)


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
