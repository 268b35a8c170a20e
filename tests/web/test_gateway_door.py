"""Who passes through the gateway, and with which token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.books import HandClock
from tests.support.gateway import ACCEPTED, NOW, SEND, TEXT, TOKEN, Stage, play, request
from tests.support.upstream import answering, json_answer

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.access import ApiToken, Scope
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.flows.access import TRUSTED_MS, Doorkeeper, digest_of
from wabawatch.kinds import Secret
from wabawatch.web.gateway_door import Door

GATE, OWN = "gate secret", "EAAown"


@pytest.mark.parametrize(
    ("headers", "status", "shown"),
    [
        ([TOKEN], b"401", None),
        ([TOKEN, "X-Wabawatch-Token: wrong"], b"401", None),
        ([TOKEN, f"X-Wabawatch-Token: {GATE}"], b"200", b"Bearer EAAcaller"),
        ([f"Authorization: Bearer {GATE}"], b"200", b"Bearer EAAown"),
    ],
)
def test_a_closed_gateway_opens_for_its_token(
    tmp_path: Path, headers: list[str], status: bytes, shown: bytes | None
) -> None:
    async def act(stage: Stage) -> Any:
        back = await stage.ask(request(SEND, TEXT, *headers))
        return back, [each.named(b"authorization") for each in stage.meta.seen], stage.meta.seen

    door = Door([GATE.encode()], AccessTokens(Secret(OWN)))
    back, authorizations, seen = play(tmp_path, answering(json_answer(ACCEPTED)), act, door=door)

    assert back.line.split()[1] == status
    assert authorizations == ([[shown]] if shown else [])
    assert not any(each.named(b"x-wabawatch-token") for each in seen)


def test_a_token_of_wabawatch_needs_one_for_meta(tmp_path: Path) -> None:
    async def act(stage: Stage) -> Any:
        return await stage.ask(request(SEND, TEXT, f"Authorization: Bearer {GATE}"))

    back = play(tmp_path, answering(json_answer(ACCEPTED)), act, door=Door([GATE.encode()]))

    assert b"WHATSAPP_TOKEN is not set" in back.body


OURS = b"wabawatch_writing"
BEARER = f"Authorization: Bearer {OURS.decode()}"


@dataclass
class FickleTokens:
    """One token, in books that can be away."""

    scope: Scope = Scope.WRITE
    is_away: bool = False

    def find(self, digest: bytes) -> ApiToken | None:
        if self.is_away:
            raise StoreUnavailable("the database does not answer")
        return ApiToken(1, "shop", frozenset({self.scope}), NOW) if digest == digest_of(OURS) else None

    def all(self) -> list[ApiToken]:
        return []

    def create(self, token: ApiToken, digest: bytes, actor: str) -> ApiToken:
        raise NotImplementedError

    def revoke(self, name: str, at: int, actor: str) -> ApiToken:
        raise NotImplementedError

    def note_use(self, id: int, day: int) -> None:
        pass


@pytest.mark.parametrize(("later_ms", "status"), [(TRUSTED_MS - 1, b"200"), (TRUSTED_MS, b"503")])
def test_a_token_that_was_good_opens_the_gateway_while_the_store_is_away(
    tmp_path: Path, later_ms: int, status: bytes
) -> None:
    clock, tokens = HandClock(NOW), FickleTokens()

    async def act(stage: Stage) -> Any:
        first = await stage.ask(request(SEND, TEXT, BEARER))
        tokens.is_away = True
        clock.turn_to(NOW + later_ms)
        return first, await stage.ask(request(SEND, TEXT, BEARER)), stage.meta.seen

    door = Door((), AccessTokens(Secret(OWN)), Doorkeeper(clock, (), tokens, 0))
    first, second, seen = play(tmp_path, answering(json_answer(ACCEPTED)), act, door=door)

    assert (first.line.split()[1], second.line.split()[1]) == (b"200", status)
    assert all(each.named(b"authorization") == [b"Bearer EAAown"] for each in seen)
    if status == b"503":
        assert json.loads(second.body)["error"]["is_transient"]


def test_a_scope_that_is_too_small_is_no_bad_token(tmp_path: Path) -> None:
    async def act(stage: Stage) -> Any:
        return await stage.ask(request(SEND, TEXT, BEARER))

    door = Door((), AccessTokens(Secret(OWN)), Doorkeeper(HandClock(NOW), (), FickleTokens(Scope.READ), 0))
    back = play(tmp_path, answering(json_answer(ACCEPTED)), act, door=door)

    assert (back.line.split()[1], json.loads(back.body)["error"]["code"]) == (b"403", 10)


@pytest.mark.parametrize("shown", [GATE, "newer gate"])
def test_while_the_gateways_token_is_changed_both_open(tmp_path: Path, shown: str) -> None:
    async def act(stage: Stage) -> Any:
        return await stage.ask(request(SEND, TEXT, TOKEN, f"X-Wabawatch-Token: {shown}"))

    back = play(tmp_path, answering(json_answer(ACCEPTED)), act, door=Door([b"newer gate", GATE.encode()]))

    assert back.line.split()[1] == b"200"


def test_after_meta_has_refused_our_token_calls_are_made_with_the_other(tmp_path: Path) -> None:
    refused = json_answer(b'{"error":{"message":"Session has expired","code":190}}', b"401 Unauthorized")

    async def act(stage: Stage) -> Any:
        for _ in range(3):
            await stage.ask(request(SEND, TEXT, f"Authorization: Bearer {GATE}"))
        return [each.named(b"authorization")[0] for each in stage.meta.seen]

    door = Door([GATE.encode()], AccessTokens(Secret("newer"), Secret("older")))
    accepted = json_answer(ACCEPTED)
    assert play(tmp_path, answering(refused, accepted), act, door=door) == [
        b"Bearer newer",
        b"Bearer older",
        b"Bearer older",
    ]
