"""The five steps from nothing to a verified webhook: each turns by what is true, and says what keeps it open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wabawatch.domain.checks import CheckKind, Outcome
from wabawatch.domain.first_run import Look, Step, StepName, StepState, lacking_fields, steps, unfit
from wabawatch.domain.uptime import CheckView
from wabawatch.domain.webhook_fields import FIELDS_NEEDED, FIELDS_WANTED, callback_of

CALLBACK = "https://hooks.example.com/webhooks/whatsapp"
SET_UP = Look(people=1, has_secret=True, has_token=True, callback=CALLBACK, is_monitoring=True)


def checked(outcome: Outcome, words: str = "") -> CheckView:
    kind = CheckKind.HANDSHAKE
    return CheckView(
        "handshake", kind, True, outcome, 1, 1, False, None, 0, 0, None, "", "", words, None, "ms", None, 1
    )  # fmt: skip


def step(look: Look, name: StepName) -> Step:
    return {each.name: each for each in steps(look)}[name]


def test_nothing_at_all_is_five_open_steps_each_with_what_to_do() -> None:
    found = steps(Look())

    assert [each.name for each in found] == list(StepName)
    assert {each.state for each in found} == {StepState.OPEN}
    assert all(each.found and each.fix for each in found)


def test_everything_done_asks_for_nothing_more() -> None:
    found = steps(replace(SET_UP, verified_at=1, received_at=2))

    assert {each.state for each in found} == {StepState.DONE}
    assert not any(each.fix for each in found)


OPEN, WRONG, DONE = StepState.OPEN, StepState.WRONG, StepState.DONE
STATES = {
    "only a token": (Look(has_token=True), StepName.SECRETS, OPEN, "WABAWATCH_APP_SECRET is not set"),
    "only a secret": (Look(has_secret=True), StepName.SECRETS, OPEN, "WEBHOOK_VERIFY_TOKEN is not set"),
    "an access token for a secret": (
        replace(SET_UP, has_strange_secret=True), StepName.SECRETS, WRONG, "looks like an access token",
    ),
    "not https": (replace(SET_UP, callback="http://hooks.example.com/x"), StepName.ADDRESS, WRONG, "not https"),
    "nobody asks": (SET_UP, StepName.ADDRESS, OPEN, "not tried from here"),
    "it answers": (replace(SET_UP, check=checked(Outcome.OK)), StepName.ADDRESS, DONE, "answers"),
    "it does not answer": (
        replace(SET_UP, check=checked(Outcome.FAILED, "no connection: refused")), StepName.ADDRESS, WRONG, "refused",
    ),
    "nobody looks": (
        replace(SET_UP, check=checked(Outcome.UNKNOWN), is_monitoring=False), StepName.ADDRESS, OPEN, "stands still",
    ),
    "not looked yet": (replace(SET_UP, check=checked(Outcome.UNKNOWN)), StepName.ADDRESS, OPEN, "being tried"),
    "Meta was there": (replace(SET_UP, verified_at=1), StepName.ADDRESS, DONE, "reached"),
    "another verify token": (replace(SET_UP, mistaken_at=1), StepName.VERIFIED, WRONG, "another verify token"),
    "verified before the marks were kept": (replace(SET_UP, received_at=1), StepName.VERIFIED, DONE, "before"),
    "it waits": (replace(SET_UP, waiting=1), StepName.WEBHOOK, OPEN, "being digested"),
    "wrong signature": (
        replace(SET_UP, refused={"bad_signature": 2}), StepName.WEBHOOK, WRONG, "2 times the signature was wrong",
    ),
    "no secret": (replace(SET_UP, refused={"no_secret": 1}), StepName.WEBHOOK, WRONG, "once there was no app secret"),
    "disk full": (replace(SET_UP, refused={"unavailable": 1}), StepName.WEBHOOK, WRONG, "could not be taken"),
    "strangers": (replace(SET_UP, refused={"unsigned": 9}), StepName.WEBHOOK, OPEN, "none has come"),
    "unsigned ones": (
        Look(takes_unsigned=True, received_at=1), StepName.WEBHOOK, OPEN, "accepted unsigned",
    ),
    "not subscribed": (
        replace(SET_UP, fields=frozenset({"standby"})), StepName.WEBHOOK, WRONG, "not subscribed to messages",
    ),
    "elsewhere": (
        replace(SET_UP, fields=frozenset({"messages"}), meta_callback="https://old.example.com/x"),
        StepName.WEBHOOK, WRONG, "sends to https://old.example.com/x",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("look", "name", "state", "said"), STATES.values(), ids=list(STATES))
def test_what_keeps_a_step_open_is_said(look: Look, name: StepName, state: StepState, said: str) -> None:
    found = step(look, name)

    assert found.state is state
    assert said in found.found
    assert state is StepState.DONE or found.fix or said == "being tried"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://localhost/x",
        "https://127.0.0.1:8443/x",
        "https://10.1.2.3/x",
        "https://[::1]:8443/x",
        "https://user@192.168.0.7/x",
        "https://box.local/x",
    ],
)
def test_an_address_that_meta_cannot_reach_is_told_by_its_looks(url: str) -> None:
    assert unfit(url)


@pytest.mark.parametrize("url", [CALLBACK, "https://8.8.8.8/x", "HTTPS://Hooks.Example.com:8443/x?y=https://localhost"])
def test_an_address_of_the_internet_is_not_refused_by_its_looks(url: str) -> None:
    assert not unfit(url)


def test_a_field_that_is_missing_is_named_once_meta_was_asked() -> None:
    assert lacking_fields(SET_UP) == ()
    assert lacking_fields(replace(SET_UP, fields=frozenset({*FIELDS_NEEDED, *FIELDS_WANTED[1:]}))) == ("standby",)


def test_each_app_has_a_callback_url_of_its_own() -> None:
    assert callback_of(CALLBACK, "") == CALLBACK
    assert callback_of(f"{CALLBACK}/", "shop") == f"{CALLBACK}/shop"
    assert callback_of("https://hooks.example.com/in?x=1", "shop") == ""
