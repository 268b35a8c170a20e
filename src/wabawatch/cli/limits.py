"""`wabawatch limits`: limits of Meta's, hit and left."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table

from wabawatch.cli.common import HERE, Command, Where, opened, out, print_json
from wabawatch.domain.headroom import MessagingLimit
from wabawatch.domain.limit_hits import LimitHits, explained, scope_of
from wabawatch.flows.limiting import HeadRoom
from wabawatch.web.answers_limits import head_room_answer, hits_answer
from wabawatch.wire import iso

app = Command()


@app.default
def limits(
    *,
    hours: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 24,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """People who were reached are counted for finite messaging limits only. No API tells how many Meta has counted, so
    what is used is "at least".

    Parameters
    ----------
    hours
        How far to look back for hits; 0 is everything.
    json
        Print JSON, with the names of `GET /api/v1/rate-limits` and `GET /api/v1/limits`.
    """
    with opened(where) as system:
        hits, room = system.limits.limiting.hits(hours), system.limits.limiting.head_room(hours or 24)
    if json:
        print_json({"rate_limits": hits_answer(hits), "limits": head_room_answer(room)})
        return
    show_hits(hits)
    show_room(room)


def show_hits(hits: LimitHits) -> None:
    """Print which limits were hit."""
    out.print(f"{hits.hits} hits since {iso(hits.start) if hits.start else 'the beginning'}")
    if not hits.counts:
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("code", "limit", "counted on", "number", "hits", "next step"):
        table.add_column(heading, overflow="fold")
    for each in hits.counts:
        known = explained(each.code)
        table.add_row(
            str(each.code), known.title, str(scope_of(each.code)), each.number or each.waba or "-", str(each.n),
            known.next_step,
        )  # fmt: skip
    out.print(table)


def show_room(room: HeadRoom) -> None:
    """Print how much more may be sent."""
    table = Table(box=None, pad_edge=False)
    for heading in ("number", "level", "limit/s", "busiest minute", "mean/s", "peak/s", "head-room/s"):
        table.add_column(heading, overflow="fold")
    for each in room.throughput:
        level = f"{each.level} (assumed)" if each.is_assumed else each.level
        table.add_row(
            each.number, level, str(each.limit_mps), iso(each.pace.at) or "-", f"{each.mean_mps:.1f}",
            str(each.pace.per_second), f"{each.head_room_mps:.1f}",
        )  # fmt: skip
    out.print(table if room.throughput else "no number had a message in this time")
    for limit in room.limits:
        out.print(f"messaging limit of {limit.owner}: {limit_sentence(limit)}")
    for usage in room.usages:
        whose = f"to account {usage.scope}" if usage.scope else "of the app"
        rests = f"; Meta is asked nothing until {iso(usage.until)}" if usage.is_stopped(room.as_of) else ""
        out.print(f"calls {whose}: {usage.percent:g} % of Meta's limit at {iso(usage.at)}{rests}")


def limit_sentence(limit: MessagingLimit) -> str:
    """What is known of a messaging limit."""
    if not limit.is_known:
        return f"unknown ({limit.tier or 'nobody told us'})"
    if limit.limit is None:
        return "unlimited"
    more = "" if limit.is_whole else ", and more than were looked at"
    return f"{limit.limit} people in 24 h, at least {limit.used} reached{more}: at most {limit.head_room} more"
