"""Signing in, on every database: passwords, sessions, tries, one-time links, second factors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.support.access import HERE, IDLE_MS, NOW, OTHER, PASSWORD, WHOLE_MS, Porch
from tests.support.books import HandClock, Shelf
from wabawatch.access_ports import Origin
from wabawatch.credentials import Argon2
from wabawatch.domain.access import Role
from wabawatch.domain.errors import BadRequest, Conflict, NotAllowed, NotFound, SealDamaged, TooMany
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.lockout import MINUTE_MS
from wabawatch.domain.users import HALF_MS, Stage
from wabawatch.flows.signing_in import WRONG, Whose
from wabawatch.flows.user_desk import FIRST_LINK_MS, LINK_MS
from wabawatch.ports import Deed
from wabawatch.storage.dialect import renumber
from wabawatch.storage.schema import metadata
from wabawatch.storage.schema_access import users

ELSEWHERE = Origin("198.51.100.9", "Safari")


@pytest.fixture
def porch(lasting_shelf: Shelf) -> Porch:
    lasting_shelf.clear()
    with lasting_shelf.database.writing() as connection:
        renumber(connection, users)  # the first is number 1
    return Porch(lasting_shelf.database, HandClock(NOW))


def secret_of(path: str) -> str:
    return path.rpartition("/")[2]


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


def fail(porch: Porch, name: str, origin: Origin = HERE) -> None:
    with pytest.raises(NotAllowed, match=WRONG):
        porch.enter(name, OTHER, origin)


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


# ---------------------------------------------------------------- one-time links


def test_the_first_link_makes_the_admin_once(porch: Porch) -> None:
    link = porch.desk.first_link("serve")
    assert link is not None
    assert porch.door.link(secret_of(link.path)) == (Whose.FIRST, None)

    opened = porch.door.use_link(secret_of(link.path), "Ann", PASSWORD, HERE)

    assert (opened.user.name, opened.user.role, opened.session.stage) == ("ann", Role.ADMIN, Stage.WHOLE)
    assert porch.desk.first_link("serve") is None
    assert porch.door.link(secret_of(link.path)) is None
    with pytest.raises(NotAllowed, match="used already"):
        porch.door.use_link(secret_of(link.path), "ben", PASSWORD, HERE)
    assert [each.name for each in porch.users.all()] == ["ann"]


def test_a_newer_link_and_a_day_end_the_first(porch: Porch) -> None:
    links = [porch.desk.first_link("serve") for _ in range(2)]
    secrets = [secret_of(link.path) for link in links if link is not None]
    assert [porch.door.link(secret) is not None for secret in secrets] == [False, True]

    porch.wait(FIRST_LINK_MS)

    assert porch.door.link(secrets[1]) is None
    with pytest.raises(NotAllowed):
        porch.door.use_link(secrets[1], "ann", PASSWORD, HERE)
    assert not porch.users.any()


def test_a_link_is_not_used_up_by_a_bad_name_or_password(porch: Porch) -> None:
    link = porch.desk.first_link("serve")
    assert link is not None
    for name, password in (("a b", PASSWORD), ("ann", "short")):
        with pytest.raises(BadRequest):
            porch.door.use_link(secret_of(link.path), name, password, HERE)

    porch.door.use_link(secret_of(link.path), "ann", PASSWORD, HERE)


def test_of_two_that_use_the_first_link_at_once_one_is_the_admin(porch: Porch) -> None:
    link = porch.desk.first_link("serve")
    assert link is not None
    at_once = Barrier(2)

    def use(name: str) -> bool:
        at_once.wait()
        try:
            porch.door.use_link(secret_of(link.path), name, PASSWORD, HERE)
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, ("ann", "ben"))) == [False, True]
    assert len(porch.users.all()) == 1


def test_who_is_added_sets_their_own_password_with_their_link(porch: Porch) -> None:
    user, link = porch.desk.add("ben", Role.OPERATOR, "cli", is_unmasking=True)
    assert (user.has_password, user.is_unmasking, link.ends_at) == (False, True, NOW + LINK_MS)

    opened = porch.door.use_link(secret_of(link.path), "whatever", PASSWORD, HERE)

    assert (opened.user.name, opened.user.has_password) == ("ben", True)
    assert porch.door.who(porch.enter("ben").secret) is not None


def test_a_link_to_a_new_password_ends_all_sessions_and_asks_for_the_code(porch: Porch) -> None:
    porch.add("ann")
    porch.with_totp("ann")
    link = porch.desk.password_link("ann", "cli")

    opened = porch.door.use_link(secret_of(link.path), "", OTHER, HERE)

    assert opened.session.stage is Stage.HALF
    with pytest.raises(NotAllowed):
        porch.enter("ann", PASSWORD)


def test_a_disabled_users_link_opens_nothing(porch: Porch) -> None:
    porch.add("root", Role.ADMIN)
    porch.desk.add("ben", Role.VIEWER, "cli")
    porch.desk.disable("ben", "cli")
    link = porch.desk.password_link("ben", "cli")

    assert porch.door.link(secret_of(link.path)) is None
    with pytest.raises(NotAllowed):
        porch.door.use_link(secret_of(link.path), "", PASSWORD, HERE)


# ---------------------------------------------------------------- who administers


def test_the_last_admin_can_be_neither_disabled_nor_made_less(porch: Porch) -> None:
    porch.add("ann", Role.ADMIN)
    porch.add("ben", Role.ADMIN)
    porch.desk.disable("ben", "cli")

    with pytest.raises(Conflict, match="last user who administers"):
        porch.desk.disable("ann", "cli")
    with pytest.raises(Conflict):
        porch.desk.set_role("ann", Role.OPERATOR, "cli")

    assert (porch.user("ann").role, porch.user("ann").disabled_at) == (Role.ADMIN, None)


def test_a_name_is_given_once_whatever_its_letters(porch: Porch) -> None:
    porch.add("ann")

    with pytest.raises(Conflict, match="there is a user 'ann' already"):
        porch.desk.add("ANN", Role.VIEWER, "cli")


def test_what_is_done_with_users_is_in_the_audit_trail(porch: Porch) -> None:
    porch.add("ann", Role.ADMIN)
    porch.desk.add("ben", Role.VIEWER, "user:1")
    for _ in range(2):  # what changes nothing is no deed
        porch.desk.set_role("ben", Role.OPERATOR, "user:1", is_unmasking=True)
        porch.desk.disable("ben", "user:1")
        porch.desk.reset_totp("ben", "user:1")
    porch.desk.enable("ben", "user:1")

    assert porch.deeds() == [
        ("cli", "user_added", "user:1"),
        ("cli", "login_link_made", "user:1"),
        ("cli", "password_set", "user:1"),
        ("user:1", "user_added", "user:2"),
        ("user:1", "login_link_made", "user:2"),
        ("user:1", "role_changed", "user:2"),
        ("user:1", "user_disabled", "user:2"),
        ("user:1", "user_enabled", "user:2"),
    ]


# ---------------------------------------------------------------- second factors


def test_with_a_second_factor_the_password_opens_nothing_by_itself(porch: Porch) -> None:
    porch.add("ann")
    seed, _ = porch.with_totp("ann")
    porch.wait(30_000)

    half = porch.enter("ann")
    assert half.session.stage is Stage.HALF
    assert [each.stage for each in porch.account.signed_in(porch.user("ann"))] == [Stage.WHOLE]  # of the set-up
    whole = porch.door.enter_code(half.secret, porch.code(seed), HERE)

    assert whole.secret != half.secret
    assert porch.door.who(half.secret) is None
    found = porch.door.who(whole.secret)
    assert found is not None
    assert found[0].stage is Stage.WHOLE


def test_a_code_is_used_once_also_the_one_of_the_set_up(porch: Porch) -> None:
    porch.add("ann")
    seed, _ = porch.with_totp("ann")
    with pytest.raises(NotAllowed, match="used already"):
        porch.door.enter_code(porch.enter("ann").secret, porch.code(seed), HERE)
    porch.wait(60_000)
    porch.door.enter_code(porch.enter("ann").secret, porch.code(seed), HERE)

    for replayed in (porch.code(seed), porch.code(seed, -30_000)):
        with pytest.raises(NotAllowed, match="used already"):
            porch.door.enter_code(porch.enter("ann").secret, replayed, HERE)


def test_a_clock_half_a_minute_off_is_taken_and_more_is_not(porch: Porch) -> None:
    porch.add("ann")
    seed, _ = porch.with_totp("ann")
    porch.wait(600_000)
    with pytest.raises(NotAllowed):
        porch.door.enter_code(porch.enter("ann").secret, porch.code(seed, 60_000), HERE)

    porch.door.enter_code(porch.enter("ann").secret, porch.code(seed, -30_000), HERE)
    porch.door.enter_code(porch.enter("ann").secret, porch.code(seed, 30_000), HERE)


def test_a_recovery_code_opens_once_however_it_is_typed(porch: Porch) -> None:
    porch.add("ann")
    _, codes = porch.with_totp("ann")

    porch.door.enter_code(porch.enter("ann").secret, codes[0].upper().replace("-", " "), HERE)

    with pytest.raises(NotAllowed):
        porch.door.enter_code(porch.enter("ann").secret, codes[0], HERE)
    assert porch.account.codes_left(porch.user("ann")) == len(codes) - 1
    assert ("user:1", "recovery_code_used", "user:1") in porch.deeds()


def test_one_users_recovery_codes_are_no_others(porch: Porch) -> None:
    porch.add("ann")
    porch.add("ben")
    _, codes = porch.with_totp("ann")
    porch.with_totp("ben")

    with pytest.raises(NotAllowed):
        porch.door.enter_code(porch.enter("ben").secret, codes[0], HERE)


def test_other_recovery_codes_take_the_place_of_the_old_ones(porch: Porch) -> None:
    porch.add("ann")
    _, old = porch.with_totp("ann")
    new = porch.account.renew_codes(porch.user("ann"))

    assert porch.account.codes_left(porch.user("ann")) == 10
    with pytest.raises(NotAllowed):
        porch.door.enter_code(porch.enter("ann").secret, old[0], HERE)
    porch.door.enter_code(porch.enter("ann").secret, new[0], HERE)


def test_codes_cannot_be_guessed_also_not_with_the_password_in_between(porch: Porch) -> None:
    porch.add("ann")
    porch.with_totp("ann")
    made = 0

    def guess() -> None:
        nonlocal made
        half = porch.enter("ann")
        with pytest.raises(NotAllowed):
            porch.door.enter_code(half.secret, "000000", HERE)
        made += 1

    for _ in range(2):
        guess()
    with pytest.raises(TooMany):
        guess()
    assert made == 2


def test_who_takes_too_long_for_the_code_begins_again(porch: Porch) -> None:
    porch.add("ann")
    seed, _ = porch.with_totp("ann")
    half = porch.enter("ann")
    porch.wait(HALF_MS)

    with pytest.raises(NotAllowed, match="sign in again"):
        porch.door.enter_code(half.secret, porch.code(seed), HERE)


def test_a_whole_session_is_no_way_to_try_codes(porch: Porch) -> None:
    porch.add("ann")
    opened = porch.enter("ann")

    with pytest.raises(NotAllowed, match="sign in again"):
        porch.door.enter_code(opened.secret, "000000", HERE)


def test_a_second_factor_counts_only_once_a_code_of_it_was_shown(porch: Porch) -> None:
    ann = porch.add("ann")
    opened = porch.enter("ann")
    offer = porch.account.offer(ann)
    assert porch.account.offered(ann) == offer
    with pytest.raises(BadRequest, match="does not fit"):
        porch.account.confirm(ann, opened.session, "000000")

    assert porch.enter("ann").session.stage is Stage.WHOLE
    assert offer.address == f"otpauth://totp/wabawatch:ann?secret={offer.seed}&issuer=wabawatch"


def test_a_second_factor_ends_all_other_sessions_when_it_begins_and_when_it_ends(porch: Porch) -> None:
    porch.add("ann")
    other = porch.enter("ann")
    porch.with_totp("ann")
    assert porch.door.who(other.secret) is None
    here = porch.account.signed_in(porch.user("ann"))[0]

    assert porch.account.drop_totp(porch.user("ann"), here)

    assert porch.enter("ann").session.stage is Stage.WHOLE
    assert porch.factors.seed(1) is None
    assert porch.account.codes_left(porch.user("ann")) == 0
    assert not porch.account.drop_totp(porch.user("ann"), here)


def test_a_seed_moved_to_another_user_does_not_open(porch: Porch) -> None:
    porch.add("ann")
    porch.add("ben")
    porch.with_totp("ann")
    with porch.database.writing() as connection:
        connection.exec_driver_sql("UPDATE users SET totp = (SELECT totp FROM users WHERE name = 'ann')")

    with pytest.raises(SealDamaged):
        porch.factors.seed(2)


def test_before_what_a_stolen_session_must_not_do_the_password_is_asked_and_counted(porch: Porch) -> None:
    ann = porch.add("ann")
    porch.door.confirm(ann, PASSWORD, HERE)
    for _ in range(5):
        with pytest.raises(NotAllowed, match="the password is wrong"):
            porch.door.confirm(ann, OTHER, HERE)

    with pytest.raises(TooMany):
        porch.door.confirm(ann, PASSWORD, HERE)


def test_a_password_hashed_in_an_older_way_is_hashed_anew_when_it_is_shown(porch: Porch) -> None:
    ann = porch.add("ann")
    old = Argon2(memory_kib=16, passes=2).hash(PASSWORD.encode())
    porch.users.set_password(ann.id, old, NOW, Deed("cli", "password_set", ann.actor))
    trail = porch.deeds()

    porch.enter("ann")

    known = porch.users.named("ann")
    assert known is not None
    assert known.password is not None
    assert known.password != old
    assert "m=8,t=1" in known.password
    assert porch.deeds()[len(trail) :] == [("user:1", "login", "user:1")]


def test_digests_of_unlike_secrets_are_unlike() -> None:
    assert len({digest_of(secret) for secret in ("", "a", "A", "a ")}) == 4
