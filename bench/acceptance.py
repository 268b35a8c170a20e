"""How fast webhooks are accepted durably, beside a bare ASGI app and beside the receiver that one would write first.

    python -m bench.acceptance [--seconds 8] [--connections 64] [--rounds 2] [--database sqlite|postgresql]

Each is one uvicorn process (uvloop, httptools); they take turns, so that all see the same machine. The load is a closed
loop over keep-alive connections, made by a process of its own; its requests are made beforehand and sent round and
round. At the end it shows what it can do itself, with every request new and signed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import median

import msgspec

from bench.figures import Measured
from bench.machine import memory_of
from bench.receivers import KINDS, SECRET, Where, opened_system
from bench.sender import Plan, Sent
from bench.sending import Sending
from bench.serving import installation, receiver
from bench.stage import SQLITE, Stage, alone

WARM_UP_S = 1.0
RING = 20_000


def measure(
    stage: Stage, *, seconds: float = 8.0, connections: int = 64, rounds: int = 2, database: str = SQLITE
) -> Sequence[Measured]:
    """Each kind *rounds* times for *seconds*; medians."""
    new = installation(stage, database)
    where = Where(new.folder, new.settings.get("DATABASE_URL", ""))
    plan = Plan(0, SECRET, seconds, connections=connections, ring=RING, warm_up_s=WARM_UP_S)
    runs: dict[str, list[Sent]] = {kind: [] for kind in KINDS}
    with stage.task(f"acceptance, {database}", rounds * len(KINDS) + 1) as show:
        for done, kind in enumerate(list(KINDS) * rounds):
            show(done, kind)
            runs[kind].append(_run(stage, kind, where, plan))
        show(rounds * len(KINDS), "the sender")
        fresh = _run(stage, "bare", where, msgspec.structs.replace(plan, ring=0))
    answered, kept = sum(sent.answered for sent in runs["ours"]), _kept(where)
    if kept < answered:
        raise RuntimeError(f"{answered:,} were answered with 200, and only {kept:,} are kept")
    bare, ours, plain = (median(sent.per_second for sent in runs[kind]) for kind in KINDS)
    return [
        Measured("acceptance.to_bare", ours / bare, database),
        Measured("acceptance.to_plain", ours / plain, database),
        Measured("acceptance.ours", ours, database, f"{_times(runs['ours'])}; {kept:,} kept of {answered:,} answered"),
        Measured("acceptance.bare", bare, database, _times(runs["bare"])),
        Measured("acceptance.plain", plain, database, _times(runs["plain"])),
        Measured("acceptance.sender", fresh.per_second, database, f"{fresh.cores:.2f} cores"),
    ]


def _run(stage: Stage, kind: str, where: Where, plan: Plan) -> Sent:
    with receiver(kind, where) as (pid, port):
        with Sending(msgspec.structs.replace(plan, port=port)) as sending:
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


def _kept(where: Where) -> int:
    with opened_system(where) as system:
        return system.inbox.waiting(0)


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
