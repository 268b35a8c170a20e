"""How many requests a token may make, and what a token opens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.access import MINUTE_MS, ApiToken, Caller, Scope, allow

NOW = 1_795_176_000_000


def test_all_requests_may_come_at_once_and_the_next_one_waits_for_its_turn() -> None:
    full_at, left = 0, []
    for _ in range(3):
        full_at, rest, wait = allow(full_at, NOW, 3)
        left.append((rest, wait))

    assert left == [(2, 0), (1, 0), (0, 0)]
    assert allow(full_at, NOW, 3).wait_ms == 20_000


def test_after_its_wait_a_request_may_be_made_and_a_refused_one_costs_nothing() -> None:
    full_at = NOW + MINUTE_MS
    refused = allow(full_at, NOW, 3)

    assert refused.full_at == full_at
    assert allow(refused.full_at, NOW + refused.wait_ms, 3).wait_ms == 0


@given(st.lists(st.integers(0, 2_000), max_size=200), st.integers(1, 60))
def test_no_minute_has_more_than_twice_its_requests(gaps: list[int], per_minute: int) -> None:
    now, full_at, made = NOW, 0, []
    for gap in gaps:
        now += gap
        allowance = allow(full_at, now, per_minute)
        full_at = allowance.full_at
        if not allowance.wait_ms:
            made.append(now)

    assert all(sum(at <= each < at + MINUTE_MS for each in made) <= 2 * per_minute for at in made)


def test_admin_opens_everything_and_other_scopes_only_themselves() -> None:
    opened = {one: {other for other in Scope if Caller("x", frozenset({one})).may(other)} for one in Scope}

    assert opened == {Scope.WRITE: {Scope.WRITE}, Scope.READ: {Scope.READ}, Scope.ADMIN: set(Scope)}


def test_a_token_lives_until_it_expires_or_is_revoked() -> None:
    token = ApiToken(1, "x", frozenset({Scope.READ}), NOW, expires_at=NOW + 1)

    assert [token.is_live(NOW), token.is_live(NOW + 1)] == [True, False]
    assert not ApiToken(1, "x", frozenset(), NOW, revoked_at=NOW).is_live(NOW)
