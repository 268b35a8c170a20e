"""Second factors, on every database: codes, recovery codes, and what they guard."""

from __future__ import annotations

import pytest

from tests.support.access import HERE, NOW, OTHER, PASSWORD, Porch
from wabawatch.credentials import Argon2
from wabawatch.domain.errors import BadRequest, NotAllowed, SealDamaged, TooMany
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.users import HALF_MS, Stage
from wabawatch.ports import Deed

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
