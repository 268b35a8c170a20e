"""What is asked of Meta, how often, and what comes next: at an even pace, and slower the nearer a limit is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, inf

from wabawatch.domain.error_codes import RATE_LIMIT_CODES
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS

SLOW_AT = 80.0
STOP_AT = 95.0
"""Percent of a limit from which calls become rarer, and from which there are none."""
SLOWER = 4
STOPPED_MS = 10 * MINUTE_MS
"""How long calls rest at a limit when Meta does not say how long it takes; then one call finds out."""
THROTTLED_MS = 15 * MINUTE_MS
"""The same after a call that was refused: calling on would make it longer."""
FORGOTTEN_MS = HOUR_MS
"""Limits are counted over an hour, so what was used before it says nothing any more."""
FORGOTTEN_ERROR_MS = 24 * HOUR_MS
"""What was not asked for so long is asked no more: nobody needs to see why it failed."""
MOST_PAUSES = 8
"""What goes wrong again and again is asked for this many times more seldom."""
NUMBERS_PER_PACE = 50
"""The pace is meant for so many numbers; twice as many have twice of it (SPEC.md 2.8)."""


class Ask(StrEnum):
    """What is asked. In the order in which a new installation asks it."""

    TOKEN = "token"
    APP = "app"
    """An app's subscription to webhooks"""
    NUMBERS = "numbers"
    ACCOUNT = "account"
    SUBSCRIBED = "subscribed"
    """Which apps get an account's webhooks, and where"""
    TEMPLATES = "templates"
    """All templates of an account, in all languages"""
    ANALYTICS = "analytics"
    """What Meta counted; the subject is the WABA, or `WABA/phone_number_id/number as dialled` for one of its numbers"""
    NEW_TEMPLATES = "new_templates"
    """Those that changed since they were listed last"""
    ONE_TEMPLATE = "one_template"
    """A template that Meta took although we believe it not sendable; the subject is `WABA/name/language`"""


EVERY_MS: Mapping[Ask, Millis] = {
    Ask.TOKEN: 6 * HOUR_MS,
    Ask.APP: 5 * MINUTE_MS,
    Ask.NUMBERS: 5 * MINUTE_MS,
    Ask.ACCOUNT: 30 * MINUTE_MS,
    Ask.SUBSCRIBED: 5 * MINUTE_MS,
    Ask.TEMPLATES: 60 * MINUTE_MS,
    Ask.NEW_TEMPLATES: 15 * MINUTE_MS,
    Ask.ANALYTICS: 12 * HOUR_MS,
    Ask.ONE_TEMPLATE: 10 * MINUTE_MS,
}
"""What raises alerts and comes by no webhook (a number's rating, who gets webhooks, and where) is known within a cycle;
the rest as META.md 8.4 has it. Where the pace does not allow it, everything becomes rarer alike."""

OF_A_WABA = (Ask.NUMBERS, Ask.ACCOUNT, Ask.SUBSCRIBED, Ask.TEMPLATES, Ask.NEW_TEMPLATES, Ask.ANALYTICS)
MOST_TEMPLATES = 20
"""So many single templates are asked about at a time: more would keep everything else waiting."""
TOKEN_RECHECK_MS = 5 * MINUTE_MS
"""While the token does not work, so often it is looked at, and nothing else."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One thing that is asked again and again, and how that went."""

    ask: Ask
    subject: str = ""
    """The WABA or app; "" for the token"""
    due_at: Millis = 0
    asked_at: Millis = 0
    """When it was last asked; 0: never"""
    ok_at: Millis = 0
    """When the last answer that was good and whole had been asked for; 0: there was none"""
    failures: int = 0
    """In a row"""
    error: str = ""
    """Why the last one failed"""
    error_code: int = 0

    @property
    def account(self) -> str:
        """On whose limit the call counts: the WABA's; an app's id or "" where there is none."""
        return self.subject.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a limit is used, as the newest answer told."""

    scope: str
    """The WABA; "" the whole app"""
    percent: float
    at: Millis
    until: Millis = 0
    """No call before this"""

    def is_stopped(self, now: Millis) -> bool:
        """Whether calls must wait."""
        return now < self.until

    def is_slow(self, now: Millis) -> bool:
        """Whether calls should be rarer."""
        return self.percent >= SLOW_AT and now - self.at < FORGOTTEN_MS


@dataclass(frozen=True, slots=True)
class Load:
    """What one answer told of a limit."""

    percent: float
    regain_ms: Millis = 0
    """How long until calls are possible again; 0: not told"""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there was no good answer."""

    code: int
    """Meta's; 0: no answer at all, or none that could be read"""
    sentence: str
    subcode: int = 0


def polls_of(
    wabas: Collection[str],
    apps: Collection[str],
    kept: Iterable[Poll],
    templates: Collection[str] = (),
    lines: Collection[str] = (),
    *,
    has_token: bool = True,
) -> list[Poll]:
    """Everything that is asked of *wabas* and *apps*: as it is *kept*, else as new. Others rest.

    Of *templates*, named as the subjects of `Ask.ONE_TEMPLATE`, those first that were not asked about for longest.
    *lines* are numbers, named as the subjects of `Ask.ANALYTICS`.
    """
    known = {(poll.ask, poll.subject): poll for poll in kept}
    keys = [(Ask.TOKEN, "")] if has_token else []
    keys += [(Ask.APP, app) for app in sorted(apps)]
    keys += [(ask, waba) for ask in OF_A_WABA for waba in sorted(wabas)]
    keys += [(Ask.ANALYTICS, line) for line in sorted(lines) if line.partition("/")[0] in wabas]
    singly = [known.get(key, Poll(*key)) for key in ((Ask.ONE_TEMPLATE, each) for each in sorted(templates))]
    singly.sort(key=lambda poll: poll.asked_at)
    return [*(known.get(key, Poll(*key)) for key in keys), *singly[:MOST_TEMPLATES]]


def gap_ms(calls_per_hour: int, numbers: int, usages: Iterable[Usage] = (), now: Millis = 0) -> Millis:
    """The time between two calls at *calls_per_hour* for each 50 numbers begun; longer near the limit of the app."""
    is_slow = any(not usage.scope and usage.is_slow(now) for usage in usages)
    return HOUR_MS * (SLOWER if is_slow else 1) // (calls_per_hour * max(1, ceil(numbers / NUMBERS_PER_PACE)))


def next_poll(
    polls: Sequence[Poll], usages: Iterable[Usage], now: Millis, gap: Millis = 0, *, is_token_bad: bool = False
) -> Poll | None:
    """What to ask now, *gap* after the last call or later; None: nothing yet.

    Of what is due, that which is late by the most of its intervals.
    """
    limits = {usage.scope: usage for usage in usages}
    whole = limits.get("")
    if whole is not None and whole.is_stopped(now):
        return None
    if now < max((poll.asked_at for poll in polls), default=0) + gap:
        return None
    if is_token_bad:
        polls = [replace(p, due_at=min(p.due_at, p.asked_at + TOKEN_RECHECK_MS)) for p in polls if p.ask is Ask.TOKEN]
    waiting = [(_lateness(poll, limits, now), poll) for poll in polls]
    due = [(late, poll) for late, poll in waiting if late is not None]
    return max(due, key=lambda each: each[0])[1] if due else None


def _lateness(poll: Poll, limits: Mapping[str, Usage], now: Millis) -> float | None:
    """By how many of its intervals *poll* is late; None: it is not due. What was never asked comes before all else."""
    limit = limits.get(poll.account)
    if limit is not None and limit.is_stopped(now):
        return None
    every = EVERY_MS[poll.ask]
    rest = (SLOWER - 1) * every if limit is not None and limit.is_slow(now) else 0
    late = now - poll.due_at - rest
    return None if late < 0 else late / every if poll.asked_at else inf


def claimed(poll: Poll, now: Millis) -> Poll:
    """*poll* while it is asked: should that never end, it is due again in its time."""
    return replace(poll, asked_at=now, due_at=now + EVERY_MS[poll.ask])


def answered(poll: Poll, began_at: Millis) -> Poll:
    """*poll* after a good and whole answer that was asked for, from its first page on, at *began_at*."""
    return replace(poll, ok_at=began_at, failures=0, error="", error_code=0)


def continued(poll: Poll, before: Poll) -> Poll:
    """*poll* after a good answer that has further pages: due as *before*, so that it comes soon again."""
    return replace(poll, due_at=before.due_at)


def failed(poll: Poll, problem: Problem) -> Poll:
    """*poll* after *problem*: asked more and more seldom, but what is only throttled at the usual time."""
    failures = poll.failures + 1
    every = TOKEN_RECHECK_MS if poll.ask is Ask.TOKEN else EVERY_MS[poll.ask]
    pauses = 1 if is_throttled(problem) else min(2 ** min(failures - 1, 10), MOST_PAUSES)
    return replace(
        poll,
        due_at=poll.asked_at + every * pauses,
        failures=failures,
        error=problem.sentence,
        error_code=problem.code,
    )


OF_THE_APP = frozenset({4, 17, 32, 613})
"""Limits that are counted on the app or its user, and not on one account"""


def is_throttled(problem: Problem) -> bool:
    """Whether Meta refused a call because there were too many."""
    return problem.code in RATE_LIMIT_CODES


def usages_after(
    poll: Poll, loads: Mapping[str, Load], problem: Problem | None, before: Iterable[Usage], now: Millis
) -> list[Usage]:
    """What is known of the limits after a call; only what changed. *loads* by scope, as in `Usage`."""
    known = {usage.scope: usage for usage in before}
    after = {scope: Usage(scope, load.percent, now, _until(load, now)) for scope, load in loads.items()}
    if problem is not None and is_throttled(problem):
        scope = "" if problem.code in OF_THE_APP else poll.account
        told = loads.get(scope, Load(0.0))
        after[scope] = Usage(scope, max(100.0, told.percent), now, now + (told.regain_ms or THROTTLED_MS))
    return [usage for scope, usage in after.items() if _is_worth_keeping(usage, known.get(scope))]


def _until(load: Load, now: Millis) -> Millis:
    return now + (load.regain_ms or STOPPED_MS) if load.percent >= STOP_AT else 0


def _is_worth_keeping(usage: Usage, was: Usage | None) -> bool:
    """Low figures that only wobble are not written down again and again."""
    if was is None:
        return usage.percent >= SLOW_AT
    return usage.percent >= SLOW_AT or was.percent >= SLOW_AT or was.until > usage.at


class Pace(StrEnum):
    """How polling goes."""

    NORMAL = "normal"
    SLOW = "slow"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Progress:
    """How polling goes, in figures."""

    pace: Pace
    detail: str
    """Why it is not normal"""
    last_at: Millis | None
    """When Meta was last asked"""
    failing: tuple[Poll, ...]
    resumes_at: Millis | None = None


def progress(polls: Sequence[Poll], usages: Iterable[Usage], now: Millis) -> Progress:
    """How polling goes at the time *now*."""
    stopped = [usage for usage in usages if usage.is_stopped(now)]
    slow = [usage for usage in usages if usage.is_slow(now)]
    last_at = max((poll.asked_at for poll in polls), default=0) or None
    failing = tuple(poll for poll in polls if poll.failures and now - poll.asked_at < FORGOTTEN_ERROR_MS)
    if stopped:
        said = "; ".join(f"{_scope(usage)} at {usage.percent:.0f} % of Meta's limit" for usage in stopped)
        return Progress(Pace.STOPPED, said, last_at, failing, max(usage.until for usage in stopped))
    if slow:
        said = "; ".join(f"{_scope(usage)} at {usage.percent:.0f} % of Meta's limit" for usage in slow)
        return Progress(Pace.SLOW, said, last_at, failing)
    return Progress(Pace.NORMAL, "", last_at, failing)


def _scope(usage: Usage) -> str:
    return f"account {usage.scope}" if usage.scope else "the app"
