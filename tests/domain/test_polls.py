"""What is asked next: at an even pace, what is latest first, slower near a limit and not at all at it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from wabawatch.domain.polls import (
    EVERY_MS,
    FORGOTTEN_MS,
    MOST_TEMPLATES,
    SLOWER,
    STOPPED_MS,
    THROTTLED_MS,
    Ask,
    Load,
    Pace,
    Poll,
    Problem,
    Usage,
    answered,
    claimed,
    failed,
    gap_ms,
    next_poll,
    polls_of,
    progress,
    usages_after,
)
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS

T0 = 1_790_000_000_000
ASKED = Poll(Ask.NUMBERS, "waba", due_at=T0, asked_at=T0 - 600_000)


def calls(accounts: int, hours: int, *, numbers: int = 50, usages: tuple[Usage, ...] = ()) -> Counter[Ask]:
    """How often each thing is asked of so many accounts."""
    polls = polls_of([f"{n}" for n in range(accounts)], ["app"], ())
    counted: Counter[Ask] = Counter()
    for now in range(T0, T0 + hours * HOUR_MS, 6_000):
        poll = next_poll(polls, usages, now, gap_ms(300, numbers, usages, now))
        if poll is not None:
            counted[poll.ask] += 1
            polls[polls.index(poll)] = answered(claimed(poll, now), now)
    return counted


def test_fifty_accounts_of_one_number_are_asked_at_most_300_times_an_hour() -> None:
    assert calls(50, 6).total() <= 6 * 300


def test_where_the_pace_allows_it_everything_is_asked_in_its_time() -> None:
    counted = calls(5, 24)

    for ask in (Ask.NUMBERS, Ask.ACCOUNT, Ask.TEMPLATES):
        assert counted[ask] == pytest.approx(5 * 24 * HOUR_MS / EVERY_MS[ask], rel=0.05)


def test_where_it_does_not_everything_becomes_rarer_alike() -> None:
    counted = calls(50, 24)

    shares = [counted[ask] * EVERY_MS[ask] for ask in (Ask.NUMBERS, Ask.ACCOUNT, Ask.SUBSCRIBED, Ask.TEMPLATES)]
    assert max(shares) < 1.5 * min(shares)
    assert counted[Ask.NUMBERS] > counted[Ask.ACCOUNT] > 0


def test_more_numbers_have_a_quicker_pace() -> None:
    assert [gap_ms(300, numbers) for numbers in (0, 50, 51, 1_000)] == [12_000, 12_000, 6_000, 600]


def test_a_new_installation_asks_about_its_token_first() -> None:
    first = next_poll(polls_of(["1"], ["2"], ()), (), T0)

    assert first is not None
    assert first.ask is Ask.TOKEN


def test_nothing_is_asked_before_the_gap_is_over() -> None:
    polls = [ASKED, Poll(Ask.ACCOUNT, "waba", asked_at=T0 - 5_000)]

    assert next_poll(polls, (), T0, 12_000) is None
    assert next_poll(polls, (), T0 + 7_000, 12_000) is not None


@pytest.mark.parametrize(("percent", "expected"), [(79.9, True), (80, False)])
def test_from_80_percent_on_an_account_is_asked_more_seldom(percent: float, expected: bool) -> None:
    usage = Usage("waba", percent, T0)

    assert (next_poll([ASKED], [usage], T0) is not None) is expected
    assert next_poll([ASKED], [usage], T0 + (SLOWER - 1) * EVERY_MS[Ask.NUMBERS]) is not None


def test_the_app_near_its_limit_slows_everything() -> None:
    assert gap_ms(300, 1, [Usage("", 85, T0)], T0) == SLOWER * 12_000
    assert gap_ms(300, 1, [Usage("", 85, T0)], T0 + FORGOTTEN_MS) == 12_000


def test_at_95_percent_there_are_no_calls_until_it_regains() -> None:
    (usage,) = usages_after(ASKED, {"waba": Load(95, 20 * MINUTE_MS)}, None, (), T0)

    assert next_poll([ASKED], [usage], T0 + 20 * MINUTE_MS - 1) is None
    assert next_poll([replace(ASKED, due_at=0)], [usage], T0 + 60 * MINUTE_MS) is not None


def test_an_app_at_its_limit_stops_everything_and_an_account_only_itself() -> None:
    other = replace(ASKED, subject="other")
    account, app = (Usage(scope, 99, T0, until=T0 + STOPPED_MS) for scope in ("waba", ""))

    assert next_poll([ASKED, other], [account], T0) == other
    assert next_poll([ASKED, other], [app], T0) is None


@pytest.mark.parametrize(("code", "scope"), [(4, ""), (17, ""), (80007, "waba"), (80008, "waba")])
def test_a_call_refused_as_one_too_many_rests_what_its_limit_is_counted_on(code: int, scope: str) -> None:
    (usage,) = usages_after(ASKED, {}, Problem(code, "too many"), (), T0)

    assert (usage.scope, usage.until) == (scope, T0 + THROTTLED_MS)


def test_other_refusals_rest_nothing() -> None:
    assert usages_after(ASKED, {}, Problem(100, "unsupported"), (), T0) == []


def test_a_single_template_counts_on_the_limit_of_its_account() -> None:
    one = Poll(Ask.ONE_TEMPLATE, "waba/hello/en", asked_at=T0 - HOUR_MS)
    (usage,) = usages_after(one, {}, Problem(80008, "too many"), (), T0)

    assert usage.scope == "waba"
    assert next_poll([one], [usage], T0) is None


def test_of_many_single_templates_those_that_waited_longest_are_asked_about() -> None:
    names = [f"waba/{n:02}/en" for n in range(30)]
    kept = [Poll(Ask.ONE_TEMPLATE, name, asked_at=T0) for name in names[:MOST_TEMPLATES]]
    singly = [each for each in polls_of((), (), kept, names) if each.ask is Ask.ONE_TEMPLATE]

    assert len(singly) == MOST_TEMPLATES
    assert [each.subject for each in singly[:10]] == names[MOST_TEMPLATES:]


def test_low_usage_is_not_written_down() -> None:
    assert usages_after(ASKED, {"waba": Load(12)}, None, (), T0) == []


def test_usage_that_falls_is_written_down_once() -> None:
    before = Usage("waba", 99, T0, until=T0 + 1)

    (after,) = usages_after(ASKED, {"waba": Load(12)}, None, [before], T0 + 2)
    assert not after.is_stopped(T0 + 2)
    assert usages_after(ASKED, {"waba": Load(13)}, None, [after], T0 + 3) == []


def test_what_fails_again_and_again_is_asked_ever_more_seldom() -> None:
    poll, pauses = claimed(ASKED, T0), []
    for _ in range(6):
        poll = failed(poll, Problem(100, "no"))
        pauses.append((poll.due_at - T0) // EVERY_MS[Ask.NUMBERS])

    assert pauses == [1, 2, 4, 8, 8, 8]


def test_while_the_token_is_bad_only_it_is_looked_at() -> None:
    polls = [ASKED, Poll(Ask.TOKEN, due_at=T0 + HOUR_MS, asked_at=T0 - 4 * MINUTE_MS)]

    assert next_poll(polls, (), T0, is_token_bad=True) is None
    later = next_poll(polls, (), T0 + MINUTE_MS, is_token_bad=True)
    assert later is not None
    assert later.ask is Ask.TOKEN


def test_progress_says_what_is_wrong_and_until_when() -> None:
    stopped = progress([ASKED], [Usage("waba", 97, T0, until=T0 + 5)], T0)

    assert (stopped.pace, stopped.resumes_at) == (Pace.STOPPED, T0 + 5)
    assert "account waba at 97 %" in stopped.detail
    assert progress([ASKED], [Usage("", 81, T0)], T0).pace is Pace.SLOW
    assert progress([ASKED], (), T0).pace is Pace.NORMAL
