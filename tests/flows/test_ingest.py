"""Who may bring a webhook in, who may confirm a callback URL, and how answers are counted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.handshakes import Handshake
from wabawatch.domain.histograms import index_of
from wabawatch.flows.ingest import (
    Acks,
    Admission,
    AppSecrets,
    admit,
    registry_of,
    shake_hands,
)
from wabawatch.ports import PROBE_SIGNATURE
from wabawatch.settings import load

APPS = {
    "": AppSecrets("", (b"old", b"new"), b"token"),
    "shop": AppSecrets("shop", (b"shop",), b"shop-token"),
    "bare": AppSecrets("bare"),
}
RIGHT = (("hub.mode", "subscribe"), ("hub.verify_token", "token"), ("hub.challenge", "1158201444"))


def is_genuine(body: bytes, signature: bytes | None, secrets: Sequence[bytes]) -> bool:
    """A signature that can be read: the secret, then the body."""
    return signature in [secret + body for secret in secrets]


def decide(app: str, signature: bytes | None, *, allow_unsigned: bool = False) -> Admission:
    return admit(APPS, app, b"{}", signature, is_genuine=is_genuine, allow_unsigned=allow_unsigned)


@pytest.mark.parametrize("signature", [b"old{}", b"new{}"])
def test_any_secret_of_the_app_may_have_signed(signature: bytes) -> None:
    assert decide("", signature) is Admission.ACCEPTED


@pytest.mark.parametrize("signature", [b"shop{}", b"old", b"", b"\xff"])
def test_a_signature_by_another_secret_is_refused(signature: bytes) -> None:
    assert decide("", signature) is Admission.BAD_SIGNATURE


def test_our_own_probe_is_refused_and_told_from_others() -> None:
    assert decide("", PROBE_SIGNATURE.encode()) is Admission.PROBED


def test_each_app_has_its_own_secrets() -> None:
    assert decide("shop", b"shop{}") is Admission.ACCEPTED
    assert decide("shop", b"old{}") is Admission.BAD_SIGNATURE


@pytest.mark.parametrize("allow_unsigned", [True, False])
def test_where_there_is_a_secret_nothing_comes_in_unsigned(allow_unsigned: bool) -> None:
    assert decide("", None, allow_unsigned=allow_unsigned) is Admission.UNSIGNED
    assert decide("", b"wrong", allow_unsigned=allow_unsigned) is Admission.BAD_SIGNATURE


@pytest.mark.parametrize("signature", [None, b"whatever"])
def test_an_app_without_a_secret_is_open_only_when_that_is_allowed(signature: bytes | None) -> None:
    assert decide("bare", signature) is Admission.NO_SECRET
    assert decide("bare", signature, allow_unsigned=True) is Admission.ACCEPTED


def test_an_app_that_nobody_configured_is_unknown_even_when_unsigned_is_allowed() -> None:
    assert decide("other", None, allow_unsigned=True) is Admission.UNKNOWN_APP


def test_the_right_token_gets_its_challenge_back() -> None:
    assert shake_hands(APPS, "", RIGHT) == (Handshake.CONFIRMED, "1158201444")


def test_names_with_underscores_mean_the_same() -> None:
    query = [(name.replace(".", "_"), value) for name, value in RIGHT]

    assert shake_hands(APPS, "", query) == (Handshake.CONFIRMED, "1158201444")


@pytest.mark.parametrize("missing", range(3))
def test_a_handshake_needs_all_three_parts(missing: int) -> None:
    query = RIGHT[:missing] + RIGHT[missing + 1 :]

    assert shake_hands(APPS, "", query) == (Handshake.REFUSED, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hub.mode", "unsubscribe"),
        ("hub.verify_token", "Token"),
        ("hub.verify_token", ""),
        ("hub.verify_token", "shop-token"),
    ],
)
def test_a_wrong_part_refuses_the_handshake(name: str, value: str) -> None:
    assert shake_hands(APPS, "", [*RIGHT, (name, value)]) == (Handshake.REFUSED, "")


@pytest.mark.parametrize("token", [None, b""])
def test_an_app_without_a_verify_token_confirms_nothing(token: bytes | None) -> None:
    apps = {"": AppSecrets("", verify_token=token)}
    query = [("hub.mode", "subscribe"), ("hub.verify_token", ""), ("hub.challenge", "1")]

    assert shake_hands(apps, "", query)[0] is Handshake.REFUSED
    assert shake_hands(apps, "other", query)[0] is Handshake.UNKNOWN_APP


@given(st.lists(st.tuples(st.text(), st.text() | st.just("\ud800"))))
def test_no_query_without_the_token_is_confirmed(query: list[tuple[str, str]]) -> None:
    assert shake_hands(APPS, "", [*query, ("hub.verify_token", "\udcff")]) == (Handshake.REFUSED, "")


def test_the_registry_follows_the_settings() -> None:
    settings = load(
        {
            "WABAWATCH_APP_SECRET": "one,two",
            "WEBHOOK_VERIFY_TOKEN": "tökën",
            "WABAWATCH_APPS_SHOP_APP_SECRET": "three",
        }
    )

    registry = registry_of(settings.apps)

    token = "tökën".encode()
    assert registry == {
        "": AppSecrets("", (b"one", b"two"), token),
        "shop": AppSecrets("shop", (b"three",), token),
    }


def test_secrets_do_not_show_in_print() -> None:
    assert repr(AppSecrets("shop", (b"hush",), b"hush too")) == "AppSecrets(name='shop')"


def test_answers_are_counted_by_minute_and_app() -> None:
    acks = Acks()
    acks.accepted("", 60_000, 0.4)
    acks.accepted("", 119_999, 30)
    acks.accepted("shop", 60_000, 30)
    acks.refused("", 120_000, Admission.TOO_LARGE)

    drained = acks.drain()

    assert {place: (tally.accepted, dict(tally.refused)) for place, tally in drained.items()} == {
        (60_000, ""): (2, {}),
        (60_000, "shop"): (1, {}),
        (120_000, ""): (0, {Admission.TOO_LARGE: 1}),
    }
    assert drained[60_000, ""].ack_ms == {0: 1, index_of(30): 1}


def test_what_was_drained_does_not_come_again_but_stays_in_the_totals() -> None:
    acks = Acks()
    acks.accepted("", 0, 5)
    acks.drain()
    acks.accepted("", 60_000, 5)
    acks.refused("shop", 60_000, Admission.UNSIGNED)

    assert acks.drain().keys() == {(60_000, ""), (60_000, "shop")}
    assert acks.drain() == {}
    assert acks.totals()[""].ack_ms == {index_of(5): 2}
    assert acks.totals()["shop"].refused == {Admission.UNSIGNED: 1}


def test_counting_from_several_threads_while_draining_loses_nothing() -> None:
    acks = Acks()

    def count(app: str) -> None:
        for _ in range(2_000):
            acks.accepted(app, 0, 1)

    with ThreadPoolExecutor(4) as pool:
        counting = [pool.submit(count, "") for _ in range(3)]
        drained = 0
        while not all(future.done() for future in counting):
            drained += sum(tally.accepted for tally in acks.drain().values())
    drained += sum(tally.accepted for tally in acks.drain().values())

    assert drained == 6_000
    assert acks.totals()[""].accepted == 6_000
