"""Signing in, on every database: passwords, sessions, and too many tries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.support.access import ELSEWHERE, HERE, IDLE_MS, NOW, OTHER, PASSWORD, WHOLE_MS, Porch, fail, secret_of
from wabawatch.access_ports import Origin
from wabawatch.domain.access import Role
from wabawatch.domain.errors import NotAllowed, NotFound, TooMany
from wabawatch.domain.lockout import MINUTE_MS
from wabawatch.domain.users import Stage
from wabawatch.flows.signing_in import WRONG
from wabawatch.storage.schema import metadata

# ---------------------------------------------------------------- passwords and sessions


def test_who_knows_the_password_gets_a_session_that_says_who_they_are(porch: Porch) -> None:
    ann = porch.add("ann", Role.OPERATOR)

    opened = porch.enter(" Ann ")

    found = porch.door.who(opened.secret)
    assert found is not None
    assert (found[1].id, found[1].role) == (ann.id, Role.OPERATOR)
    assert (found[0].stage, found[0].ends_at, found[0].address) == (Stage.WHOLE, NOW + WHOLE_MS, HERE.address)
    assert porch.user("ann").seen_at == NOW


def test_a_wrong_password_a_wrong_name_and_somebody_disabled_are_told_apart_by_nobody(porch: Porch) -> None:
    porch.add("ann")
    porch.add("ben")
    porch.add("root", Role.ADMIN)
    porch.desk.disable("ben", "cli")
    porch.desk.add("cleo", Role.VIEWER, "cli")

    said = []
    for name, password in (("ann", OTHER), ("nobody", PASSWORD), ("ben", PASSWORD), ("cleo", ""), ("<b>", PASSWORD)):
        with pytest.raises(NotAllowed) as refusal:
            porch.enter(name, password)
        said.append((refusal.value.message, refusal.value.code))

    assert set(said) == {(WRONG, "not_allowed")}


def test_no_secret_is_on_disk(porch: Porch) -> None:
    porch.add("ann")
    seed, codes = porch.with_totp("ann")
    _, link = porch.desk.add("ben", Role.VIEWER, "cli")
    opened = porch.enter("ann")

    with porch.database.reading() as connection:
        rows = [tuple(row) for table in metadata.tables.values() for row in connection.execute(select(table))]
    kept = b"\n".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
    for secret in (PASSWORD, seed, secret_of(link.path), opened.secret, *codes, codes[0].replace("-", "")):
        assert secret.encode() not in kept


def test_a_session_that_is_not_used_ends_and_one_that_is_used_goes_on_until_its_end(porch: Porch) -> None:
    porch.add("ann")
    left, used = porch.enter("ann").secret, porch.enter("ann").secret
    looks = 0
    while porch.door.who(used) is not None:
        porch.wait(IDLE_MS - 1)
        looks += 1

    assert looks == -(-WHOLE_MS // (IDLE_MS - 1))
    porch.clock.turn_to(NOW + IDLE_MS)
    assert porch.door.who(left) is None
    porch.clock.turn_to(NOW + IDLE_MS - 1)
    assert porch.door.who(left) is not None


def test_a_session_that_the_browser_showed_before_ends_when_another_is_opened(porch: Porch) -> None:
    porch.add("ann")
    before = porch.enter("ann").secret

    after = porch.door.enter("ann", PASSWORD, HERE, before).secret

    assert porch.door.who(before) is None
    assert porch.door.who(after) is not None
    assert after != before


def test_what_nobody_gave_opens_nothing(porch: Porch) -> None:
    porch.add("ann")
    porch.enter("ann")

    for secret in ("", "x", "\0", "ä" * 10, "x" * 100_000, "' OR 1=1 --"):
        assert porch.door.who(secret) is None


def test_signing_out_ends_this_session_only(porch: Porch) -> None:
    porch.add("ann")
    here, there = porch.enter("ann").secret, porch.enter("ann").secret

    porch.door.leave(here)
    porch.door.leave(here)

    assert porch.door.who(here) is None
    assert porch.door.who(there) is not None
    assert porch.deeds().count(("user:1", "logout", "user:1")) == 1


def test_who_is_disabled_is_out_at_once_and_comes_in_again_with_the_same_password(porch: Porch) -> None:
    porch.add("root", Role.ADMIN)
    porch.add("ann")
    secret = porch.enter("ann").secret
    porch.desk.disable("ann", "user:1")
    assert porch.door.who(secret) is None

    porch.desk.enable("ann", "user:1")

    assert porch.door.who(secret) is None
    assert porch.door.who(porch.enter("ann").secret) is not None


def test_a_role_holds_from_the_next_request_on(porch: Porch) -> None:
    porch.add("ann")
    secret = porch.enter("ann").secret

    porch.desk.set_role("ann", Role.ADMIN, "cli")

    found = porch.door.who(secret)
    assert found is not None
    assert found[1].role is Role.ADMIN


def test_another_password_ends_all_other_sessions_and_the_old_one_opens_nothing(porch: Porch) -> None:
    ann = porch.add("ann")
    here, there = porch.enter("ann"), porch.enter("ann")

    porch.account.change_password(ann, here.session, OTHER)

    assert porch.door.who(here.secret) is not None
    assert porch.door.who(there.secret) is None
    with pytest.raises(NotAllowed):
        porch.enter("ann", PASSWORD)
    porch.enter("ann", OTHER)


def test_sessions_are_listed_and_ended_one_by_one_and_only_ones_own(porch: Porch) -> None:
    ann, ben = porch.add("ann"), porch.add("ben")
    first, second, bens = porch.enter("ann"), porch.enter("ann", origin=ELSEWHERE), porch.enter("ben")
    assert [each.address for each in porch.account.signed_in(ann)] == [ELSEWHERE.address, HERE.address]

    porch.account.end_session(ann, first.session.id)
    with pytest.raises(NotFound):
        porch.account.end_session(ann, bens.session.id)
    with pytest.raises(NotFound):
        porch.desk.revoke("ann", bens.session.id, "cli")

    assert porch.door.who(first.secret) is None
    assert porch.door.who(second.secret) is not None
    assert [each.id for each in porch.account.signed_in(ben)] == [bens.session.id]
    assert porch.desk.revoke("ann", None, "cli") == 1
    assert porch.door.who(second.secret) is None


def test_all_other_sessions_end_at_once(porch: Porch) -> None:
    ann = porch.add("ann")
    here, *others = (porch.enter("ann") for _ in range(3))

    assert porch.account.end_others(ann, here.session) == 2
    assert [porch.door.who(each.secret) is not None for each in (here, *others)] == [True, False, False]


# ---------------------------------------------------------------- too many tries


def test_after_five_failures_the_right_password_has_to_wait_too(porch: Porch) -> None:
    porch.add("ann")
    for _ in range(5):
        fail(porch, "ann")

    with pytest.raises(TooMany, match="in 1 minute") as refusal:
        porch.enter("ann")
    porch.wait(MINUTE_MS)

    assert refusal.value.retry_after_s == 60
    assert porch.door.who(porch.enter("ann").secret) is not None


def test_a_name_that_nobody_has_is_locked_in_the_same_way(porch: Porch) -> None:
    porch.add("ann")
    waits = []
    for name in ("ann", "nobody"):
        for _ in range(5):
            fail(porch, name)
        with pytest.raises(TooMany) as refusal:
            porch.enter(name)
        waits.append((refusal.value.message, refusal.value.retry_after_s))

    assert waits[0] == waits[1]


def test_signing_in_forgives_the_failures_before(porch: Porch) -> None:
    porch.add("ann")
    for _ in range(3):
        for _ in range(4):
            fail(porch, "ann")
        porch.enter("ann")


def test_one_address_that_tries_many_names_has_to_wait_and_others_have_not(porch: Porch) -> None:
    porch.add("ann")
    for n in range(20):
        fail(porch, f"name{n}")

    with pytest.raises(TooMany):
        porch.enter("ann", origin=HERE)

    assert porch.door.who(porch.enter("ann", origin=ELSEWHERE).secret) is not None


def test_ones_own_password_does_not_buy_more_guesses_at_others(porch: Porch) -> None:
    porch.add("mallory")
    for n in range(20):
        if n % 2 == 0:
            porch.enter("mallory")
        fail(porch, f"name{n}")

    with pytest.raises(TooMany):
        porch.enter("mallory")


def test_addresses_of_one_ipv6_network_are_one(porch: Porch) -> None:
    for n in range(20):
        fail(porch, f"name{n}", Origin(f"2001:db8:0:1::{n + 1:x}"))

    with pytest.raises(TooMany):
        porch.enter("someone", origin=Origin("2001:db8:0:1:ffff::1"))
    fail(porch, "someone", Origin("2001:db8:0:2::1"))


def test_of_many_tries_at_once_no_more_are_made_than_may_be(porch: Porch) -> None:
    porch.add("ann")
    at_once = Barrier(8)

    def guess(_: int) -> type[Exception] | None:
        at_once.wait()
        try:
            porch.enter("ann", OTHER)
        except (NotAllowed, TooMany) as error:
            return type(error)
        return None

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(guess, range(8)))

    assert (ends.count(NotAllowed), ends.count(TooMany)) == (5, 3)


def test_an_administrator_lets_somebody_try_again(porch: Porch) -> None:
    porch.add("ann")
    for _ in range(5):
        fail(porch, "ann")

    porch.desk.unlock("ann", "cli")

    porch.enter("ann")


def test_failures_and_pauses_are_in_the_audit_trail_without_what_was_typed(porch: Porch) -> None:
    porch.add("ann")
    before = len(porch.deeds())
    fail(porch, "ann")
    fail(porch, "my password by mistake")
    for _ in range(4):
        fail(porch, "ann")
    with pytest.raises(TooMany):
        porch.enter("ann")

    assert porch.deeds()[before:] == [
        ("login", "login_failed", "user:1"),
        ("login", "login_failed", "unknown"),
        *[("login", "login_failed", "user:1")] * 3,
        ("login", "login_paused", "user:1"),
        ("login", "login_failed", "user:1"),
    ]
