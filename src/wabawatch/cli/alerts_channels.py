"""`wabawatch alerts channels|test|runbook`: where notices go, whether that works, and what to do about an alert."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from wabawatch.cli.common import HERE, Where, opened, out, print_json, who
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.notices import Outcome
from wabawatch.domain.outbox import ChannelState
from wabawatch.flows.channel_desk import Tried
from wabawatch.web.api_channels import channel_answer, runbook_answer, tried_answer
from wabawatch.wire import iso

NONE_YET = "no channel yet: set ALERT_EMAIL or SLACK_WEBHOOK_URL; docs/channels.md says what else there is"


def channels(*, json: bool = False, where: Where = HERE) -> None:
    """Show every channel: where it leads, and whether it takes notices."""
    with opened(where) as system:
        standings = system.channels.standings()
    if json:
        print_json([channel_answer(each) for each in standings])
        return
    if not standings:
        out.print(NONE_YET)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("channel", "kind", "leads to", "state", "last sent", "waiting", "trouble"):
        table.add_column(heading)
    for each in standings:
        state, sent = each.state, iso(each.state.sent_at) or "never"
        cells = (each.name, each.kind, each.place, word_of(state), sent, str(state.waiting), state.trouble)
        table.add_row(*map(Text, cells))  # what services say is no markup
    out.print(table)


def try_channel(
    channel: Annotated[str | None, Parameter(help="The channel, as in `[channels.NAME]`.")] = None,
    *,
    all: Annotated[bool, Parameter(negative="", help="Every channel.")] = False,
    json: bool = False,
    where: Where = HERE,
) -> int:
    """Send a test to a channel, or to all, and say how it went. Exits with 1 when one was not taken."""
    if (channel is None) is not all:
        raise BadRequest("name a channel, or say --all; `wabawatch alerts channels` lists them")
    with opened(where) as system:
        names = [channel] if channel is not None else sorted(system.channels.channels)
        tried = [system.channels.test(name, who()) for name in names]
    if json:
        print_json([tried_answer(each) for each in tried])
    elif not tried:
        out.print(NONE_YET)
    for each in () if json else tried:
        out.print(Text(sentence_of(each)))
    return WELL if all_taken(tried) else FAILED


def runbook(
    type: Annotated[str, Parameter(help="The type of alert, such as DELIVERY_RATE_LOW.")], *, json: bool = False
) -> None:
    """Show what a type of alert means, what to check first, and what usually fixes it."""
    page = runbook_answer(type)
    if json:
        print_json(page)
        return
    out.print(Text(f"{page.type}: {page.title}", "bold"))
    for heading, text in (("What it means", page.means), ("How it is decided", page.decided)):
        out.print(Text(f"\n{heading}", "bold"), Text(text), sep="\n")
    steps = [f"{number}. {step}" for number, step in enumerate(page.steps, 1)]
    for heading, items in (
        ("What to check first", steps),
        ("What usually fixes it", [f"- {each}" for each in page.fixes]),
        ("Facts and sources", [f"- {each}" for each in page.facts]),
    ):
        out.print(Text(f"\n{heading}", "bold"), *map(Text, items), sep="\n")


def word_of(state: ChannelState) -> str:
    """How a channel is doing, in a few words."""
    if state.failures:
        return f"failing since {iso(state.failing_since)}"
    return "well" if state.sent_at is not None else "not tried yet"


def sentence_of(tried: Tried) -> str:
    """How a test went, in a sentence."""
    detail = f": {tried.delivered.detail}" if tried.delivered.detail else ""
    match tried.delivered.outcome:
        case Outcome.SENT:
            return f"{tried.name}: sent{detail}; see that it arrived, as notice {tried.key}"
        case Outcome.RETRY:
            return f"{tried.name}: not taken now, and it may be later{detail}"
        case Outcome.REFUSED:
            return f"{tried.name}: refused{detail}"


def all_taken(tried: list[Tried]) -> bool:
    """Whether there was a channel, and each took it."""
    return bool(tried) and all(each.delivered.outcome is Outcome.SENT for each in tried)
