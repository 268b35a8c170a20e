"""Who may do what: every operation of the table, with every kind of token; and what is done once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.domain.access import Scope
from wabawatch.flows.access import FRESH_MS
from wabawatch.settings import load
from wabawatch.web.openapi import Json

NOW = 1_795_176_000_000
SEND = b'{"phone_number": "+15550101001"}'
LOCAL = "01a20000-0000-7000-8000-00000000000a"


class Door:
    """One installation and tokens of every kind for it."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock(NOW)
        settings = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        self.system = System(load(settings | {"WABAWATCH_API_TOKEN": "owner's"}), self.clock)
        self.site = self.system.site(self.system.supervisor())
        self.tokens = {scope: self.system.tokens.create(scope, {scope}, None, "test")[1] for scope in Scope}
        self.revoked = self.system.tokens.create("revoked", set(Scope), None, "test")[1]
        self.system.tokens.revoke("revoked", "test")
        self.expired = self.system.tokens.create("expired", set(Scope), 1, "test")[1]

    def ask(self, method: str, path: str, token: str = "", body: bytes = b"", key: str = "") -> Answer:
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        headers += [(b"idempotency-key", key.encode())] if key else []
        return ask(self.site, Request(method, f"/api/v1{path}", (body,), tuple(headers)))

    def table(self) -> list[tuple[str, str, Scope]]:
        document: Json = json.loads(ask(self.site, Request("GET", "/openapi.json")).body)
        return [
            (method.upper(), re.sub(r"{\w+}", "x", path), Scope(told["security"][0]["token"][0]))
            for path, methods in document["paths"].items()
            for method, told in methods.items()
        ]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("door"))
    yield door
    door.system.close()


def test_every_operation_refuses_whoever_has_no_good_token(door: Door) -> None:
    door.clock.turn_to(NOW + 24 * 3_600_000)
    newest = door.system.inbox.newest()
    for method, path, _ in door.table():
        for token in ("", "wrong", door.revoked, door.expired):
            answer = door.ask(method, path, token, SEND)
            assert (answer.status, answer.headers[b"www-authenticate"]) == (401, b"Bearer"), (method, path)
            assert "wabawatch tokens create" in json.loads(answer.body)["detail"]
    assert door.system.inbox.newest() == newest


def test_every_operation_refuses_a_scope_that_is_too_small(door: Door) -> None:
    for method, path, needed in door.table():
        for scope in {*Scope} - {needed, Scope.ADMIN}:
            answer = door.ask(method, path, door.tokens[scope], SEND)
            assert (answer.status, json.loads(answer.body)["code"]) == (403, "forbidden"), (method, path)
            assert f"needs {needed}" in json.loads(answer.body)["detail"]
            assert f"--scope {needed}`" in json.loads(answer.body)["detail"]


def test_every_operation_opens_to_its_own_scope_and_to_admin(door: Door) -> None:
    for method, path, needed in door.table():
        for token in (door.tokens[needed], door.tokens[Scope.ADMIN], "owner's"):
            assert door.ask(method, path, token, b"{}").status not in (401, 403, 500), (method, path)


def test_a_token_made_while_the_server_runs_opens_at_once_and_closes_within_a_second(door: Door) -> None:
    _, secret = door.system.tokens.create("late", {Scope.READ}, None, "test")
    opened = door.ask("GET", "/status", secret)
    door.system.tokens.revoke("late", "test")
    door.clock.turn_to(door.clock.now() + FRESH_MS)

    assert (opened.status, door.ask("GET", "/status", secret).status) == (200, 401)


def test_who_did_it_is_in_the_audit_trail(door: Door) -> None:
    door.ask("POST", "/monitoring/start", door.tokens[Scope.ADMIN])

    with door.system.database.reading() as connection:
        trail = connection.exec_driver_sql("SELECT actor FROM audit_entries WHERE action = 'monitoring_start'")
        assert str(trail.scalar()).startswith("token:")


def test_a_repeated_request_with_its_key_is_answered_as_before_and_done_once(door: Door) -> None:
    write, before = door.tokens[Scope.WRITE], door.system.inbox.waiting(0)
    first, again = (door.ask("POST", "/messages", write, SEND, "key 1") for _ in range(2))

    assert (first.status, first.body) == (202, again.body)
    assert again.headers[b"idempotency-replayed"] == b"true"
    assert door.system.inbox.waiting(0) == before + 1


def test_a_key_belongs_to_one_request_of_one_token(door: Door) -> None:
    write = door.tokens[Scope.WRITE]
    door.ask("POST", "/messages", write, SEND, "key 2")

    other_body = door.ask("POST", "/messages", write, SEND + b" ", "key 2")
    other_path = door.ask("POST", f"/messages/{LOCAL}/status", write, b'{"status": "sent"}', "key 2")
    other_token = door.ask("POST", "/messages", door.tokens[Scope.ADMIN], SEND + b" ", "key 2")

    assert [other_body.status, other_path.status, other_token.status] == [422, 422, 202]
    assert json.loads(other_body.body)["code"] == "key_reused"


def test_while_a_request_is_under_way_its_key_is_taken(door: Door) -> None:
    once = door.system.site(door.system.supervisor()).api.once
    caller = door.system.site(door.system.supervisor()).api.door.identify(door.tokens[Scope.WRITE].encode())
    once.begin(caller, "key 3", b"POST /api/v1/messages?\n" + SEND)

    answer = door.ask("POST", "/messages", door.tokens[Scope.WRITE], SEND, "key 3")

    assert (answer.status, json.loads(answer.body)["code"]) == (409, "in_progress")


def test_a_refused_request_leaves_its_key_free(door: Door) -> None:
    write = door.tokens[Scope.WRITE]
    refused = door.ask("POST", "/messages", write, b'{"phone_number": "x"}', "key 4")

    assert (refused.status, door.ask("POST", "/messages", write, SEND, "key 4").status) == (422, 202)
