"""`wabawatch alerts why|silence|unsilence|silences|maintain|maintenance|notices`: who is told, and who is not."""

from __future__ import annotations

import re
from typing import Annotated

from cyclopts import Parameter, validators
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import HERE, Where, opened, out, print_json, who
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis
from wabawatch.domain.outbox import NoticeState
from wabawatch.domain.silences import Matcher, Silence, Window
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows.silencing import Quiet
from wabawatch.flows.telling import Why
from wabawatch.web.api_silences import notice_json, silence_json, why_json, window_json
from wabawatch.wire import iso, moment

Key = Annotated[str, Parameter(help="The key of the alert.")]
Reason = Annotated[str, Parameter(help="Why: for whoever finds it later.")]
Until = Annotated[str | None, Parameter(name="--until", help="When it ends (ISO 8601 with offset).")]
For = Annotated[str | None, Parameter(name="--for", help="How long it lasts, such as 90m, 4h or 2d.")]
Number = Annotated[int, Parameter(help="Its number, as the list shows it.")]
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": DAY_MS}


def why(key: Key, *, json: bool = False, where: Where = HERE) -> None:
    """Say who was told of an alert, who was not, and why."""
    with opened(where) as system:
        found = system.notices.telling.why(key)
    if json:
        print_json([why_json(each) for each in found])
        return
    show_why(found)


def show_why(found: list[Why]) -> None:
    """Print what each channel was told of an alert, and why not."""
    if not found:
        out.print("nobody: no channel is set; docs/channels.md says how")
    for each in found:
        word = "was told" if each.is_told else "was not told"
        out.print(Text(f"{each.channel} {word}: {each.sentence}"))
        for told in each.decisions:
            became = f" [{told.sent.state}, {told.sent.tries} attempts]" if told.sent else ""
            until = f" until {iso(told.decision.until)}" if told.decision.until else ""
            mark = "told" if told.decision.is_told else "held"
            out.print(Text(f"  {iso(told.decision.at)} {mark}: {told.decision.because}{until}{became}"))


def silence(
    *,
    reason: Reason,
    for_: For = None,
    until: Until = None,
    alert: Annotated[str, Parameter(help="One alert, by its key.")] = "",
    type: Annotated[str, Parameter(help="Alerts of this type, such as DELIVERY_RATE_LOW.")] = "",
    scope: Annotated[str, Parameter(help="Alerts about this, such as number:106540352242922.")] = "",
    waba: Annotated[str, Parameter(help="Alerts of this WABA.")] = "",
    json: bool = False,
    where: Where = HERE,
) -> None:
    """Have nobody told of some alerts for a while: those that fit everything that is given."""
    with opened(where) as system:
        now = system.clock.now()
        made = system.notices.silencing.silence(
            Matcher(alert, type, scope, waba), reason, who(), _end(for_, until, now, now)
        )
    if json:
        print_json(silence_json(Quiet(made, 0, True)))
        return
    out.print(Text(f"silence {made.id}: {made.matcher} until {iso(made.ends_at)}"))


def unsilence(number: Number, *, where: Where = HERE) -> None:
    """End a silence now: what it held and still fires is told."""
    with opened(where) as system:
        system.notices.silencing.unsilence(number, who())
    out.print(f"silence {number} has ended")


def silences(
    *,
    ended: Annotated[bool, Parameter(negative="", help="Also those that ended within 30 days.")] = False,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """List silences: what they mean, who set them and why, until when, and how many alerts they held."""
    with opened(where) as system:
        found = system.notices.silencing.silences(with_ended=ended)
        names = {actor: system.console.naming.who(actor) for each in found for actor in _actors(each.silence)}
    if json:
        print_json([silence_json(each) for each in found])
        return
    if not found:
        out.print("no silence")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("number", "alerts", "from", "until", "held", "by", "reason"):
        table.add_column(heading)
    for each in found:
        one = each.silence
        end = f"{iso(one.ends_at)}" + (f" (ended by {names[one.ended_by]})" if one.ended_by else "")
        cells = (str(one.id), str(one.matcher), iso(one.starts_at) or "", end, str(each.held), names[one.by])
        table.add_row(*map(Text, (*cells, one.reason)))
    out.print(table)


def _actors(silence: Silence) -> tuple[str, str]:
    return silence.by, silence.ended_by


def maintain(
    *,
    reason: Reason,
    for_: For = None,
    until: Until = None,
    start: Annotated[str | None, Parameter(name="--from", help="When it begins (ISO 8601); not given: now.")] = None,
    name: Annotated[str, Parameter(help="What it is called.")] = "maintenance",
    waba: Annotated[list[str] | None, Parameter(help="Only alerts of this WABA; may be given several times.")] = None,
    type: Annotated[list[str] | None, Parameter(help="Only alerts of this type; may be given several times.")] = None,
    where: Where = HERE,
) -> None:
    """Enter a maintenance window: nobody is told meanwhile, and uptime leaves it out if it is about everything."""
    with opened(where) as system:
        now = system.clock.now()
        begin = moment(start, now)
        end = _end(for_, until, begin, now)
        wanted = Window(name, begin, end, reason, frozenset(waba or ()), frozenset(type or ()))
        made = system.notices.silencing.maintain(wanted, who())
    out.print(Text(f"maintenance {made.id}: {made.name} from {iso(made.starts_at)} until {iso(made.ends_at)}"))


def maintenance(
    *,
    end: Annotated[int | None, Parameter(help="End the window of this number now.")] = None,
    days: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=366), help="So many days from now.")] = 30,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """List maintenance windows from now on, entered and recurring; or end one."""
    with opened(where) as system:
        if end is not None:
            system.notices.silencing.end_maintenance(end, who())
            out.print(f"maintenance {end} has ended")
            return
        now = system.clock.now()
        found = system.notices.silencing.windows(now, now + days * DAY_MS)
        names = {each.by: system.console.naming.who(each.by) for each in found}
    if json:
        print_json([window_json(each) for each in found])
        return
    if not found:
        out.print(f"no maintenance within {days} days")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("number", "name", "from", "until", "holds", "by", "reason"):
        table.add_column(heading)
    for each in found:
        holds = " ".join((*sorted(each.types), *(f"waba={waba}" for waba in sorted(each.wabas)))) or "everything"
        times = iso(each.starts_at) or "", iso(each.ends_at) or ""
        number, by = (str(each.id), names[each.by]) if each.id else ("-", "settings")
        table.add_row(*map(Text, (number, each.name, *times, holds, by, each.reason)))
    out.print(table)


def notices(
    *,
    channel: Annotated[str, Parameter(help="Only those of this channel.")] = "",
    state: Annotated[NoticeState | None, Parameter(help="Only those that are so.")] = None,
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1), help="How many to show at most.")] = 50,
    json: bool = False,
    where: Where = HERE,
) -> None:
    """List the newest notices, and what became of them."""
    with opened(where) as system:
        found = system.notices.telling.notices(channel, state, limit)
    if json:
        print_json([notice_json(each) for each in found])
        return
    if not found:
        out.print("no notice")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("made", "channel", "kind", "alerts", "state", "attempts", "next", "trouble"):
        table.add_column(heading)
    for each in found:
        again = iso(each.next_try_at) or "-" if each.state is NoticeState.WAITING else "-"
        counts = str(each.total), str(each.state), str(each.tries)
        table.add_row(*map(Text, (iso(each.at) or "", each.channel, str(each.kind), *counts, again, each.detail)))
    out.print(table)


def _end(for_: str | None, until: str | None, begin: Millis, now: Millis) -> Millis:
    if (for_ is None) == (until is None):
        raise BadRequest("say when it ends: either --for (such as 4h) or --until")
    if for_ is None:
        return moment(until, now)
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", for_, re.ASCII)
    if found is None:
        raise BadRequest(f"--for: {for_[:40]!r} is no time such as 90m, 4h or 2d")
    return begin + int(found[1]) * _UNITS[found[2]]
