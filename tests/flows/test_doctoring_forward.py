"""Forward targets: every defect is found alone, with what to do about it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace

import pytest

from wabawatch.domain.findings import Finding, Level
from wabawatch.domain.forwarding import Target, TargetState
from wabawatch.domain.premises import TargetLook
from wabawatch.flows.doctoring_forward import target
from wabawatch.net import guard_of
from wabawatch.probes.forward_targets import look_at_targets

WELL = TargetState("crm", True, False, 7, 0, None, 0, 0, None, 9)
LOOK = TargetLook("crm", "https://crm.example/…", "", WELL)


def judged(look: TargetLook) -> Sequence[Finding]:
    return list(target(look))


def test_a_target_that_takes_everything_is_ok() -> None:
    assert [each.level for each in judged(LOOK)] == [Level.OK, Level.OK]


WRONG = {
    replace(WELL, open_since=5, trouble="HTTP 500"): (Level.FAILED, "wabawatch forward retrying crm"),
    replace(WELL, is_paused=True): (Level.WARNING, "wabawatch forward resume crm"),
    replace(WELL, dead=3): (Level.WARNING, "wabawatch forward dead crm"),
    replace(WELL, retrying=3): (Level.OK, ""),
}


@pytest.mark.parametrize(("state", "level", "fix"), [(state, *said) for state, said in WRONG.items()])
def test_what_a_target_does_not_take_is_found(state: TargetState, level: Level, fix: str) -> None:
    found = judged(replace(LOOK, state=state))[1]

    assert found.level is level
    assert fix in found.fix


def test_a_target_that_cannot_be_reached_has_failed() -> None:
    found = judged(replace(LOOK, trouble="no connection: Connection refused", state=None))

    assert [each.level for each in found] == [Level.FAILED]


def look(url: str, *allowed: str) -> TargetLook:
    return look_at_targets([Target("crm", url)], {}, guard_of(allowed))[0]


def test_a_connection_is_opened_and_nothing_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/secret"

        assert look(url, "127.0.0.1").trouble == ""
        there, _ = server.accept()
        with there:
            assert there.recv(10) == b""


def test_a_private_address_that_is_not_allowed_and_a_closed_port_are_troubles() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/secret"

        assert "private address" in look(url).trouble
        assert "WABAWATCH_ALLOW_PRIVATE_URLS" in judged(look(url))[0].fix
    closed = look(url, "127.0.0.1")
    assert "no connection" in closed.trouble
    assert "secret" not in closed.address
