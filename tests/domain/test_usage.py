"""What calls through the gateway tell of the limits on calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.facts import T0, WABA, at
from wabawatch.domain.facts import CallAnswered, CallKind, ErrorSeen, LoadSeen, Source
from wabawatch.domain.polls import STOPPED_MS, THROTTLED_MS, Usage
from wabawatch.domain.usage import REPEATED_MS, newest_first, usages_seen


def call(offset_ms: int = 0, *loads: LoadSeen, code: int = 0, is_ours: bool = True) -> CallAnswered:
    errors = (ErrorSeen(code),) if code else ()
    return CallAnswered(
        at(offset_ms),
        Source.GATEWAY,
        CallKind.SEND,
        "POST",
        "1",
        "messages",
        loads=loads,
        errors=errors,
        is_ours=is_ours,
    )


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (call(0, LoadSeen("", 12.0)), [Usage("", 12.0, T0)]),
        (call(0, LoadSeen("", 95.0)), [Usage("", 95.0, T0, T0 + STOPPED_MS)]),
        (call(0, LoadSeen("", 99.0, 60_000)), [Usage("", 99.0, T0, T0 + 60_000)]),
        (call(0, LoadSeen("portfolio", 40.0), LoadSeen("account", 81.0)), [Usage(WABA, 81.0, T0)]),
        (call(0, code=4), [Usage("", 100.0, T0, T0 + THROTTLED_MS)]),
        (call(0, LoadSeen("x", 120.0, 7_000), code=80007), [Usage(WABA, 120.0, T0, T0 + 7_000)]),
        (call(0, code=130429), []),
        (call(0, code=131056), []),
        (call(0, LoadSeen("", 99.0), code=4, is_ours=False), []),
    ],
)
def test_what_a_call_tells(told: CallAnswered, kept: list[Usage]) -> None:
    assert usages_seen([(told, WABA)], []) == kept


def test_what_an_unknown_account_has_used_is_nobodys() -> None:
    assert usages_seen([(call(0, LoadSeen("x", 99.0)), "")], []) == []


def test_of_several_calls_the_newest_counts_in_whatever_order_they_come() -> None:
    calls = [(call(i, LoadSeen("", float(i))), WABA) for i in (2, 3, 1)]

    assert usages_seen(calls, []) == [Usage("", 3.0, T0 + 3)]


def test_a_call_that_took_long_tells_what_was_so_at_its_end() -> None:
    slow = replace(call(0, LoadSeen("", 5.0)), latency_ms=900.4)

    assert usages_seen([(slow, WABA), (call(100, LoadSeen("", 4.0)), WABA)], []) == [Usage("", 5.0, T0 + 900)]


@pytest.mark.parametrize(
    ("was", "is_kept"),
    [
        (Usage("", 11.0, T0 - REPEATED_MS), True),
        (Usage("", 11.0, T0 - REPEATED_MS + 1), False),
        (Usage("", 85.0, T0 - 1), True),
        (Usage("", 85.0, T0), False),
        (Usage("", 85.0, T0 + 1), False),
    ],
)
def test_low_figures_are_written_once_a_minute_and_never_over_newer_ones(was: Usage, is_kept: bool) -> None:
    assert bool(usages_seen([(call(0, LoadSeen("", 12.0)), WABA)], [was])) is is_kept


def test_what_is_shown_is_fresh_or_still_holds() -> None:
    old, held = Usage("a", 50.0, T0), Usage("b", 99.0, T0, T0 + 10_000)
    app, full = Usage("", 1.0, T0 + 4_000), Usage("c", 70.0, T0 + 4_000)

    assert newest_first([full, old, held, app], T0 + 5_000, 2_000) == [app, held, full]
