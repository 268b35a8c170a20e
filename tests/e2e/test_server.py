"""`wabawatch serve` as an operator meets it: started well or wrongly, asked, told to stop, started again."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.command import run as run_here
from tests.support.server import (
    API_TOKEN,
    HOST,
    PATIENCE_S,
    SECRET,
    VERIFY_TOKEN,
    WEBHOOKS,
    Sender,
    Server,
    run,
    sender,
)

from wabawatch.cli.main import COMMANDS
from wabawatch.storage.views import wamid_of

AT_ONCE = 8


def body(wamid: str) -> bytes:
    told = {"id": wamid, "status": "sent", "timestamp": str(int(time.time())), "recipient_id": "15550101001"}
    value = {"metadata": {"phone_number_id": "301100000000001"}, "statuses": [told]}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": changes}]}).encode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Not started: a test may change its settings first."""
    server = Server(tmp_path)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that runs for all tests that change nothing about it."""
    server = Server(tmp_path_factory.mktemp("running"), {"WABAWATCH_APPS_SHOP_APP_SECRET": "shop old,shop new"})
    try:
        yield server.start()
    finally:
        server.close()


# Stopped and started again.


async def stopped_under_load(server: Server, acked: list[str]) -> int:
    """SIGTERM once a few hundred bodies have been acknowledged; gives the exit code."""
    async with sender(server.url, AT_ONCE) as post:
        load = [asyncio.create_task(_keep_sending(post, f"wamid.{n}", acked)) for n in range(AT_ONCE)]
        while len(acked) < 300:
            server.must_be_alive()
            await asyncio.sleep(0.01)
        code = await asyncio.to_thread(server.terminate)
        for each in load:
            each.cancel()
        await asyncio.gather(*load, return_exceptions=True)
        return code


async def _keep_sending(post: Sender, name: str, acked: list[str]) -> None:
    number = 0
    while True:
        number += 1
        if await post.webhook(body(f"{name}.{number}")) == 200:
            acked.append(f"{name}.{number}")


def test_sigterm_under_load_is_an_orderly_stop_that_loses_nothing(server: Server) -> None:
    acked: list[str] = []

    assert asyncio.run(stopped_under_load(server.start(), acked)) == 0

    assert "Traceback" not in server.log, server.log
    counted = json.loads(run(server.folder, "status", "--hours", "0", "--json").stdout)["webhooks"]
    assert counted["received"] >= len(acked)
    server.start().settled()
    rows = server.sql("SELECT wamid FROM whatsapp_message_queue")
    assert set(acked) <= {wamid_of(packed) for (packed,) in rows}


def test_monitoring_started_on_the_command_line_is_taken_up_and_survives_a_restart(server: Server) -> None:
    never: dict[str, object] = {"running": False, "last_cycle_at": None, "interval_ms": 300_000, "gaps": []}
    assert server.start().status()["monitoring"] == never

    started = run(server.folder, "monitor", "start")

    assert (started.returncode, started.stderr) == (0, "")
    wait_for_a_cycle(server)
    assert server.terminate() == 0
    assert server.start().status()["monitoring"]["running"] is True
    assert run(server.folder, "monitor", "stop").returncode == 0
    assert server.status()["monitoring"]["running"] is False


def test_in_production_monitoring_starts_by_itself_unless_it_was_stopped(server: Server) -> None:
    server.settings = {"APP_ENV": "production"}
    wait_for_a_cycle(server.start())
    assert server.call("/monitoring/stop", None).json() == {"wanted": False}

    assert server.terminate() == 0

    assert server.start().status()["monitoring"]["running"] is False


def wait_for_a_cycle(server: Server) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not (found := server.status()["monitoring"])["running"] or found["last_cycle_at"] is None:
        assert time.monotonic() < give_up_at, found
        time.sleep(0.1)


# Started wrongly.


def refused(folder: Path, **settings: str) -> str:
    """What a server says that cannot start with these settings."""
    ended = run(folder, "serve", "--port", "0", settings=settings)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_in_production_a_missing_app_secret_stops_the_start(tmp_path: Path) -> None:
    said = refused(tmp_path, APP_ENV="production", WABAWATCH_APP_SECRET="")

    assert "WABAWATCH_APP_SECRET: missing" in said
    assert "App settings > Basic" in said


def test_in_production_unsigned_webhooks_cannot_be_allowed(tmp_path: Path) -> None:
    assert "WABAWATCH_ALLOW_UNSIGNED" in refused(tmp_path, APP_ENV="production", WABAWATCH_ALLOW_UNSIGNED="true")


def test_an_unknown_setting_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    said = refused(tmp_path, WABAWATCH_APP_SECRT="x")

    assert "WABAWATCH_APP_SECRT" in said
    assert "WABAWATCH_APP_SECRET" in said


def test_every_mistake_in_the_settings_is_told_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, MONITORING_INTERVAL="soon", DELIVERY_RATE_THRESHOLD="high")

    assert "MONITORING_INTERVAL" in said
    assert "DELIVERY_RATE_THRESHOLD" in said


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        ended = run(tmp_path, "serve", "--port", str(taken.getsockname()[1]))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "give another with --host and --port" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("serve", "--prot", "1"),
        ("serve", "--port", "x"),
        ("status", "--hours", "-1"),
        ("status", "--hours", "many"),
        ("monitor", "pause"),
        ("rebuild", "extra"),
        ("import", "webhooks"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_exit_with_2_and_a_sentence_on_stderr(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run_here(tmp_path, *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.strip()
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        (),
        *((name,) for name in COMMANDS),
        ("import", "webhooks"),
        *(("monitor", w) for w in ("start", "stop", "restart")),
    ],
    ids=" ".join,
)
def test_every_command_has_help(tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = run_here(tmp_path, *command, "--help")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(" ".join(("Usage: wabawatch", *command)))
    assert not list(tmp_path.iterdir())


# Webhooks at the door.


@pytest.mark.parametrize(
    ("app", "secret", "status"),
    [
        ("", SECRET, 200),
        ("shop", "shop old", 200),
        ("shop", "shop new", 200),
        ("", "shop new", 401),
        ("shop", SECRET, 401),
        ("other", SECRET, 404),
    ],
)
def test_each_app_has_its_own_secrets_of_which_one_may_be_on_its_way_out(
    running: Server, app: str, secret: str, status: int
) -> None:
    assert running.post(body(f"wamid.{app}.{secret}"), app=app, secret=secret).status_code == status


def test_what_is_not_signed_is_refused_and_the_log_shows_nothing_of_it(running: Server) -> None:
    answer = httpx.post(running.url + WEBHOOKS, content=body("wamid.unsigned"))

    assert answer.status_code == 401
    assert not [word for word in (SECRET, VERIFY_TOKEN, API_TOKEN, "shop old", "wamid.") if word in running.log]


def test_the_handshake_answers_the_challenge(running: Server) -> None:
    def ask(token: str) -> httpx.Response:
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
        return httpx.get(running.url + WEBHOOKS, params=query)

    assert (ask(VERIFY_TOKEN).status_code, ask(VERIFY_TOKEN).text) == (200, "1158201444")
    assert ask("wrong").status_code == 403


def test_with_too_little_free_space_webhooks_are_put_off_and_readiness_says_why(server: Server) -> None:
    server.settings = {"WABAWATCH_FREE_SPACE_RESERVE": str(10**15)}
    server.start()

    answer = server.post(body("wamid.late"))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    ready = server.get("/readyz")
    assert ready.status_code == 503
    assert "less than the reserve" in ready.text
    assert server.status()["webhooks"]["received"] == 0


def test_what_was_put_off_is_taken_when_there_is_space_again(server: Server) -> None:
    server.settings = {"WABAWATCH_FREE_SPACE_RESERVE": str(10**15)}
    assert server.start().post(body("wamid.late")).status_code == 503
    assert server.terminate() == 0
    server.settings = {}

    assert server.start().post(body("wamid.late")).status_code == 200

    assert server.settled()["messages"]["attempted"] == 1


# What it tells.


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_healthy_and_ready(running: Server, path: str) -> None:
    answer = running.get(path)

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_its_metrics_can_be_parsed_and_count_what_was_accepted(server: Server) -> None:
    server.start().post(body("wamid.1"))
    server.settled()

    answer = server.get("/metrics")
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}

    assert answer.headers["content-type"].startswith("text/plain")
    assert all(name.startswith("wabawatch_") for name in found)
    assert all(family.documentation for family in found.values())
    assert [s.value for s in found["wabawatch_webhooks_processed"].samples] == [1]


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/api/v1/status", API_TOKEN, 200),
        ("/api/v1/status", "wrong", 401),
        ("/api/v1/status?hours=many", API_TOKEN, 422),
        ("/api/v1/metrics?hours=1", API_TOKEN, 200),
        ("/api/v1/nowhere", API_TOKEN, 404),
    ],
)
def test_the_api_answers_in_json_always(running: Server, path: str, token: str, status: int) -> None:
    answer = running.get(path, token=token)

    assert answer.status_code == status
    assert "json" in answer.headers["content-type"]
    assert answer.json() is not None


@pytest.mark.parametrize(
    ("content", "status"), [({"phone_number": "+15550101001"}, 202), ({"phone": "+15550101001"}, 422), (None, 422)]
)
def test_the_api_logs_a_send_or_says_what_is_wrong_with_it(running: Server, content: Any, status: int) -> None:
    assert running.call("/messages", content).status_code == status
