"""Passwords as argon2id, and codes of an authenticator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from pyotp import TOTP

from wabawatch.credentials import AT_ONCE, MEMORY_KIB, PASSES, Argon2, Totp
from wabawatch.domain.errors import TooMany

NOW = 1_795_176_000_000
# RFC 6238, appendix B: SHA-1, the last six of eight digits.
RFC_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"}


def quick() -> Argon2:
    return Argon2(memory_kib=8, passes=1)


def test_a_password_is_kept_as_argon2id_with_the_usual_cost_and_a_salt_of_its_own() -> None:
    argon = Argon2()
    kept, again = argon.hash(b"correct horse"), argon.hash(b"correct horse")

    assert kept.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$")
    assert kept != again
    assert argon.fits(kept, b"correct horse")
    assert not argon.fits(kept, b"correct horse ")
    assert not argon.is_old(kept)


def test_nobodys_password_is_worked_on_and_never_right() -> None:
    argon = quick()

    assert not argon.fits(None, b"nobody's")
    assert not argon.fits("broken", b"x")
    assert not argon.fits("", b"")


def test_what_was_hashed_at_another_cost_is_old_and_still_fits() -> None:
    kept = Argon2(memory_kib=16, passes=2).hash(b"correct horse")

    assert quick().is_old(kept)
    assert quick().fits(kept, b"correct horse")


def test_a_crowd_waits_for_no_more_turns_than_there_are() -> None:
    argon, go = quick(), Event()
    with argon._one, ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(argon.hash, b"x") for _ in range(AT_ONCE)]
        while argon._waiting._value:
            go.wait(0.001)
        with pytest.raises(TooMany, match="in a second"):
            argon.hash(b"x")
        argon._one.release()
        try:
            assert all(each.result() for each in waiting)
        finally:
            argon._one.acquire()

    argon.hash(b"x")


@pytest.mark.parametrize(("second", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    assert Totp().step_of(RFC_SEED, code, second * 1000) == second // 30


@pytest.mark.parametrize(("off_s", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_the_step_before_and_the_step_after_are_taken(off_s: int, is_taken: bool) -> None:
    code = TOTP(RFC_SEED).at(NOW // 1000 + off_s)

    found = Totp().step_of(RFC_SEED, code, NOW)

    assert found == ((NOW // 1000 + off_s) // 30 if is_taken else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "½½½½½½", "٣٤٥٦٧٨", "0" * 100_000])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert Totp().step_of(RFC_SEED, code, NOW) is None


def test_a_code_may_be_typed_with_spaces() -> None:
    code = TOTP(RFC_SEED).at(NOW // 1000)

    assert Totp().step_of(RFC_SEED, f" {code[:3]} {code[3:]}\n", NOW) == NOW // 30_000


def test_a_seed_is_random_and_long_enough() -> None:
    seeds = {Totp().new_seed() for _ in range(20)}

    assert len(seeds) == 20
    assert all(len(seed) == 32 for seed in seeds)
