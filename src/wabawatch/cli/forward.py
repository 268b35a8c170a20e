"""`wabawatch forward list|dead|replay|drop|pause|resume`: forward targets, and what they have not taken."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter, validators
from rich.table import Table

from wabawatch.cli.common import HERE, Where, opened, out, print_json, who
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.forwarding import Delivery, TargetState
from wabawatch.flows.forwarding import Pick, Resent
from wabawatch.wire import instant, iso

app = App(name="forward")

Name = Annotated[str, Parameter(help="The target, as in `[forward.NAME]`.")]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1), help="How many to show at most.")]
Ids = Annotated[list[int] | None, Parameter(name="--body", help="The number of a body; may be given several times.")]
Since = Annotated[
    str | None, Parameter(name="--from", help="Only bodies received from then on: ISO 8601 with offset, 24h or 7d.")
]
SHOWN = 20


@app.command(name="list")
def list_(*, json: bool = False, where: Where = HERE) -> None:
    """Show every target: whether it takes webhooks, what waits for it, and what it never took."""
    with opened(where) as system:
        states = system.forwards.flow.states()
    if json:
        print_json([state_json(state) for state in states])
        return
    if not states:
        out.print("no target yet: docs/forwarding.md says how to set one; the server then begins with what comes")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("target", "state", "waiting", "since", "tried again", "dead", "last delivery", "trouble"):
        table.add_column(heading)
    for state in states:
        since = iso(state.oldest_waiting_at) or ""
        counts = str(state.retrying), str(state.dead)
        delivered = iso(state.delivered_at) or "never"
        table.add_row(state.name, word_of(state), str(state.waiting), since, *counts, delivered, state.trouble)
    out.print(table)


@app.command
def dead(name: Name, *, limit: Limit = 100, json: bool = False, where: Where = HERE) -> None:
    """List the dead letters of a target: what it did not take for 7 days. They are kept for 30 days."""
    _show_undelivered(name, limit, json, where, is_dead=True)


@app.command
def retrying(name: Name, *, limit: Limit = 100, json: bool = False, where: Where = HERE) -> None:
    """List what a target did not take and is tried with again."""
    _show_undelivered(name, limit, json, where, is_dead=False)


def _show_undelivered(name: str, limit: int, json: bool, where: Where, *, is_dead: bool) -> None:
    with opened(where) as system:
        found = system.forwards.flow.undelivered(name, is_dead=is_dead, limit=limit)
    if json:
        print_json([delivery_json(each) for each in found])
        return
    if not found:
        out.print(f"{name} has {'no dead letter' if is_dead else 'nothing that is tried again'}")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("body", "received", "tries", "next try", "outcome", ""):
        table.add_column(heading)
    for each in found:
        again = iso(each.next_try_at) or "-"
        table.add_row(str(each.body_id), iso(each.received_at), str(each.tries), again, each.outcome, each.detail)
    out.print(table)


@app.command
def replay(
    name: Name,
    *,
    body: Annotated[int | None, Parameter(help="One body, by its number, delivered or not.")] = None,
    since: Annotated[
        str | None, Parameter(name="--from", help="Only bodies received from then on: ISO 8601, 24h or 7d.")
    ] = None,
    until: Annotated[str | None, Parameter(name="--to", help="Only bodies received before then.")] = None,
    all: Annotated[bool, Parameter(negative="", help="Also what was delivered, while it is still kept.")] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Only say what would be sent.")] = False,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Send bodies to a target again: its dead letters, or those that are picked out. A running server does it."""
    with opened(where) as system:
        now = system.clock.now()
        from_at, to_at = instant("from", since, now), instant("to", until, now)
        pick = Pick(body, from_at, to_at, only_dead=body is None and not all)
        found, is_cut = system.forwards.flow.replay(name, pick, who(), dry_run=dry_run)
    if json:
        shown = [resent_json(each) for each in found]
        print_json({"target": name, "dry_run": dry_run, "is_cut": is_cut, "bodies": shown})
        return
    if not found:
        out.print(f"nothing to send to {name}: {'nothing of that time is kept' if all else 'no dead letter fits'}")
        return
    for each in found[:SHOWN]:
        what = "split out, signed with the target's secret" if each.is_split else "unchanged"
        was = f", {each.was}" if each.was else ""
        out.print(f"body {each.body_id}, received {iso(each.received_at)}: {each.size:,} bytes, {what}{was}")
    if len(found) > SHOWN:
        out.print(f"... and {len(found) - SHOWN:,} more")
    bodies, are, them = ("body", "is", "it") if len(found) == 1 else ("bodies", "are", "them")
    verb = "would be sent" if dry_run else f"{are} sent as soon as the server runs and takes {them} up,"
    out.print(f"{len(found):,} {bodies} {verb} to {name}")
    if is_cut:
        rest = f"go on with --from {iso(found[-1].received_at)}" if all else "say it again for the rest"
        out.print(f"these are the oldest, as many as go at once: {rest}")


@app.command
def drop(
    name: Name,
    *,
    body: Ids = None,
    retrying: Annotated[bool, Parameter(negative="", help="Not dead letters, but what is tried again.")] = False,
    waiting: Annotated[bool, Parameter(negative="", help="All that came so far and was not tried yet.")] = False,
    yes: Annotated[bool, Parameter(negative="", help="Without it nothing is dropped.")] = False,
    where: Where = HERE,
) -> None:
    """Give bodies up for good: the dead letters of a target, or others. They are not sent any more."""
    if not yes:
        raise BadRequest("what is dropped cannot be brought back: say --yes")
    if waiting and (body or retrying):
        raise BadRequest("waiting: goes neither with --body nor with --retrying; it is all that was not tried yet")
    with opened(where) as system:
        if waiting:
            system.forwards.flow.skip_waiting(name, who())
            out.print(f"{name} begins with what comes from now on")
            return
        n = system.forwards.flow.drop(name, body, who(), is_dead=not retrying)
    out.print(f"{n:,} dropped")


@app.command
def pause(name: Name, *, where: Where = HERE) -> None:
    """Begin no further attempt; what comes is kept for up to 7 days."""
    with opened(where) as system:
        system.forwards.flow.pause(name, True, who())
    out.print(f"{name} is paused, and stays so until it is resumed")


@app.command
def resume(name: Name, *, where: Where = HERE) -> None:
    """Go on where a pause began."""
    with opened(where) as system:
        system.forwards.flow.pause(name, False, who())
    out.print(f"{name} is no longer paused; a running `wabawatch serve` takes it up within seconds")


def word_of(state: TargetState) -> str:
    """How a target is doing, in a word."""
    if not state.is_wanted:
        return "not in use"
    if state.is_paused:
        return "paused"
    return "left alone" if state.open_since is not None else "open"


def state_json(state: TargetState) -> dict[str, Any]:
    """A target as JSON."""
    return {
        "target": state.name,
        "state": word_of(state).replace(" ", "_"),
        "waiting": state.waiting,
        "oldest_waiting_at": iso(state.oldest_waiting_at),
        "retrying": state.retrying,
        "dead": state.dead,
        "left_alone_since": iso(state.open_since),
        "delivered_at": iso(state.delivered_at),
        "trouble": state.trouble,
    }


def delivery_json(each: Delivery) -> dict[str, Any]:
    """A delivery as JSON."""
    return {
        "body": each.body_id,
        "received_at": iso(each.received_at),
        "tries": each.tries,
        "next_try_at": iso(each.next_try_at),
        "dead_at": iso(each.dead_at),
        "outcome": each.outcome.value,
        "detail": each.detail,
    }


def resent_json(each: Resent) -> dict[str, Any]:
    """A body that is sent again, as JSON."""
    return {
        "body": each.body_id,
        "received_at": iso(each.received_at),
        "app": each.app,
        "bytes": each.size,
        "is_split": each.is_split,
        "was": each.was,
    }
