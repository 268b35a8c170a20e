"""What a number's owner keeps with the simulated platform."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.simulator.scenes import simulation
from tests.simulator.test_commands import error, number
from tests.simulator.test_graph import CALM, call, send, text

from wabawatch.simulator.simulation import Simulation

WHATSAPP = {"messaging_product": "whatsapp"}


@pytest.fixture
def made() -> Simulation:
    return simulation(messages=0, mix=CALM)


def ask(made: Simulation, method: str, edge: str, body: Any = None) -> httpx.Response:
    return call(made, method, f"/v25.0/{number(made)}/{edge}", json=body)


def test_the_profile_keeps_what_it_was_given(made: Simulation) -> None:
    given = {"about": "Open till six.", "websites": ["https://shop.example/"]}

    assert ask(made, "POST", "whatsapp_business_profile", WHATSAPP | given).json() == {"success": True}
    found = ask(made, "GET", "whatsapp_business_profile?fields=about,websites").json()
    assert found == {"data": [given | WHATSAPP]}


def test_a_number_that_was_deregistered_sends_nothing_until_it_is_registered(made: Simulation) -> None:
    ask(made, "POST", "deregister")
    refused = error(send(made, text()))[0]
    ask(made, "POST", "register", WHATSAPP | {"pin": "123456"})

    assert (refused, send(made, text()).status_code) == (133010, 200)


@pytest.mark.parametrize(("pin", "code"), [("1", 100), ("654321", 133005)])
def test_a_number_is_registered_with_its_pin(made: Simulation, pin: str, code: int) -> None:
    call(made, "POST", f"/v25.0/{number(made)}", json={"pin": "123456"})

    assert error(ask(made, "POST", "register", WHATSAPP | {"pin": pin}))[0] == code


def test_settings_keep_what_they_were_given(made: Simulation) -> None:
    ask(made, "POST", "settings", {"calling": {"status": "enabled"}, "user_identity_change": {"enable": True}})

    found = ask(made, "GET", "settings").json()

    assert (found["calling"]["status"], found["calling"]["call_icon_visibility"]) == ("enabled", "hidden")
    assert found["user_identity_change"] == {"enable": True}


def test_nothing_is_sent_to_those_who_are_blocked(made: Simulation) -> None:
    body = WHATSAPP | {"block_users": [{"user": "+49 151 23456789"}]}
    added = ask(made, "POST", "block_users", body).json()
    refused = error(send(made, text()))[0]
    blocked = ask(made, "GET", "block_users").json()["data"]
    ask(made, "DELETE", "block_users", body)

    assert added["block_users"]["added_users"] == [{"input": "+49 151 23456789", "wa_id": "4915123456789"}]
    assert (refused, blocked) == (130403, [WHATSAPP | added["block_users"]["added_users"][0]])
    assert send(made, text()).status_code == 200


@pytest.mark.parametrize(
    ("method", "edge", "body"),
    [
        ("POST", "block_users", WHATSAPP),
        ("POST", "block_users", {"block_users": [{"user": "1"}]}),
        ("POST", "block_users", WHATSAPP | {"block_users": [{"user": "1"}] * 1_001}),
        ("POST", "whatsapp_business_profile", {"about": "x"}),
    ],
)
def test_what_is_out_of_form_is_refused(made: Simulation, method: str, edge: str, body: Any) -> None:
    assert error(ask(made, method, edge, body))[0] == 100


def test_a_number_of_nobody_is_not_found(made: Simulation) -> None:
    assert error(call(made, "GET", "/v25.0/404/settings")) == (100, 33)
