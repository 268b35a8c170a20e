"""What Meta's answers say of the limits on calls is read as they pass through the gateway."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.gateway import ACCEPTED, SEND, TEXT, TOKEN, Stage, play, request
from tests.support.upstream import answering, json_answer

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.facts import LoadSeen
from wabawatch.kinds import Secret
from wabawatch.web.gateway_door import Door

APP = b'X-App-Usage: {"call_count":28,"total_time":85,"total_cputime":25}'
USED = {"type": "a type that nobody lists, in so many words", "total_cputime": 0, "total_time": 0}
OBJECTS = {str(10**14 + i): [{**USED, "call_count": i, "estimated_time_to_regain_access": i}] for i in range(32)}
ACCOUNTS = b"X-Business-Use-Case-Usage: " + json.dumps(OBJECTS).encode()


def called(folder: Path, answer: bytes, *headers: str, **options: Any) -> Any:
    async def act(stage: Stage) -> Any:
        await stage.ask(request(SEND, TEXT, *headers))
        return (await stage.calls(1))[0]

    return play(folder, answering(answer), act, **options)


def test_the_usage_headers_are_recorded_however_long(tmp_path: Path) -> None:
    assert len(ACCOUNTS) > 4_000
    call = called(tmp_path, json_answer(ACCEPTED, b"200 OK", APP, ACCOUNTS))

    assert call.loads[0] == LoadSeen("", 85.0)
    assert call.loads[-1] == LoadSeen(str(10**14 + 31), 31.0, 31 * 60_000)
    assert json.loads(call.usage)["x-app-usage"]["total_time"] == 85


@pytest.mark.parametrize(
    ("is_one_app", "token", "is_ours"),
    [(True, TOKEN, True), (False, TOKEN, False), (False, "Authorization: Bearer EAAown", True)],
)
def test_of_several_apps_our_own_is_known_by_its_token(
    tmp_path: Path, is_one_app: bool, token: str, is_ours: bool
) -> None:
    door = Door((), AccessTokens(Secret("EAAown")))
    call = called(tmp_path, json_answer(ACCEPTED, b"200 OK", APP), token, door=door, is_one_app=is_one_app)

    assert call.is_ours is is_ours
