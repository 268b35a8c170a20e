"""Uptime with the real server and the simulator: what is broken opens one incident with its cause, and nothing else."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.command import run
from tests.support.gateway_scene import TOKEN, Scene, staged
from tests.support.health import eventually
from tests.support.postgres import PostgresServer
from tests.support.server import HOST, PLAIN, Server, free_port

QUICK = {
    "APP_ENV": "production",
    "WHATSAPP_TOKEN": TOKEN,
    "WABAWATCH_ALLOW_PRIVATE_URLS": HOST,
    "WABAWATCH_CHECK_INTERVAL": "2",
    "WABAWATCH_CHECK_TIMEOUT": "2",
    "WABAWATCH_POLL_CALLS_PER_HOUR": "5000",
    "WABAWATCH_STATUS_FEED": "false",
}


class Proxy:
    """A reverse proxy in front of a server, which can be broken."""

    def __init__(self, behind: str) -> None:
        self.answers: int | None = None
        """With this status instead of what is behind it"""
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._pass_on("GET", b"")

            def do_POST(self) -> None:
                self._pass_on("POST", self.rfile.read(int(self.headers["content-length"])))

            def _pass_on(self, method: str, body: bytes) -> None:
                if proxy.answers is not None:
                    self._say(proxy.answers, b"not here")
                    return
                kept = {n: v for n, v in self.headers.items() if n.lower().startswith("x-hub")}
                got = httpx.request(method, behind + self.path, content=body, headers=kept, **PLAIN)
                self._say(got.status_code, got.content)

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_address[1]}/webhooks/whatsapp"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    # The proxy stands before the server, whose port is known before it is started.
    with staged(tmp_path, QUICK, speed=1, starts=False) as found:
        yield found


def begin(scene: Scene, **settings: str) -> None:
    """Start the server with these settings, too."""
    scene.server.settings.update(settings)
    scene.server.start()


def checks(server: Server) -> dict[str, str]:
    found: dict[str, str] = server.status()["uptime"]["checks"]
    return found


def incidents(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get("/api/v1/incidents").raise_for_status().json()
    return found


def all_well(server: Server) -> None:
    eventually(lambda: set(checks(server).values()) == {"ok"})


@pytest.mark.timeout(200)
def test_meta_down_is_one_incident_with_cause_meta_and_ends(scene: Scene) -> None:
    begin(scene)
    all_well(scene.server)
    httpx.post(
        f"{scene.meta}/control/incident", json={"kind": "api_down", "duration_s": 12}, **PLAIN
    ).raise_for_status()
    eventually(lambda: incidents(scene.server))
    eventually(lambda: incidents(scene.server)[0]["ended_at"])
    all_well(scene.server)

    (incident,) = incidents(scene.server)
    assert (incident["check"], incident["cause"], incident["reason"]) == ("graph", "Meta", "meta_answers_wrong")
    assert 2 < incident["seconds"] < 90
    uptime = scene.server.get("/api/v1/uptime", hours="1").raise_for_status().json()
    assert uptime["whole"]["down_seconds"] == pytest.approx(incident["seconds"], abs=0.1)
    assert 'wabawatch_check_up{check="graph"} 1.0' in scene.server.get("/metrics").text


@pytest.mark.timeout(200)
def test_a_broken_public_url_is_ours_and_a_dead_one_the_networks(scene: Scene) -> None:
    proxy = Proxy(scene.server.url)
    begin(scene, WABAWATCH_CALLBACK_URL=proxy.url)
    all_well(scene.server)
    assert {"handshake", "pipeline", "receiver"} <= checks(scene.server).keys()
    proxy.answers = 502
    eventually(lambda: {i["check"] for i in incidents(scene.server)} == {"handshake", "pipeline"})
    assert {(i["cause"], i["reason"]) for i in incidents(scene.server)} == {("us", "public_url_wrong")}
    proxy.answers = None
    eventually(lambda: all(i["ended_at"] for i in incidents(scene.server)))
    proxy.close()
    eventually(lambda: any(not i["ended_at"] for i in incidents(scene.server)))

    newest = incidents(scene.server)[0]
    assert (newest["cause"], newest["reason"]) == ("network", "public_way_broken")
    # Events of our own are in the log, and in no figure.
    [(of_meta, ours)] = scene.server.sql("SELECT sum(code = 0), sum(code = 12) FROM bodies")
    assert ours >= 2
    assert scene.server.status()["webhooks"]["received"] == of_meta


@pytest.mark.timeout(200)
def test_a_revoked_token_is_no_outage_of_meta(scene: Scene) -> None:
    begin(scene)
    all_well(scene.server)
    httpx.post(f"{scene.meta}/control/token", json={"revoked": True}).raise_for_status()
    seen = run(scene.server.folder, "checks", "run", "token", settings=scene.server.settings)
    graph = run(scene.server.folder, "checks", "run", "graph", settings=scene.server.settings)

    assert seen.returncode == 1
    assert "does not take the access token" in seen.stdout
    assert graph.returncode == 0, graph.stdout + graph.stderr


@pytest.mark.timeout(200)
def test_what_metas_status_feed_reports_is_metas(scene: Scene) -> None:
    begin(scene, WABAWATCH_STATUS_FEED="true", WABAWATCH_STATUS_FEED_URL=f"{scene.meta}/status.rss")
    all_well(scene.server)
    for kind in ("outage_reported", "api_down"):
        httpx.post(f"{scene.meta}/control/incident", json={"kind": kind, "duration_s": 600}).raise_for_status()
    feed = run(scene.server.folder, "checks", "run", "meta_status", settings=scene.server.settings)
    eventually(lambda: {i["check"] for i in incidents(scene.server)} == {"graph", "meta_status"})

    assert "Cloud API: messages may be delayed" in feed.stdout
    assert {(i["cause"], i["reason"]) for i in incidents(scene.server)} == {("Meta", "meta_says_so")}


@contextmanager
def on_postgres(folder: Path) -> Iterator[tuple[Server, PostgresServer]]:
    postgres = PostgresServer()
    try:
        with postgres.database() as url:
            server = Server(folder, QUICK | {"DATABASE_URL": url, "WHATSAPP_TOKEN": ""})
            try:
                yield server.start(), postgres
            finally:
                server.close()
    finally:
        postgres.close()


@pytest.mark.timeout(200)
def test_a_database_that_was_down_is_an_incident_of_ours(tmp_path: Path) -> None:
    with on_postgres(tmp_path) as (server, postgres):
        all_well(server)
        postgres.kill()
        eventually(lambda: "the database does not answer" in server.log)
        threading.Event().wait(8)
        postgres.start()
        eventually(lambda: any(i["check"] == "database" and i["ended_at"] for i in incidents(server)))

        assert {i["cause"] for i in incidents(server)} == {"us"}
        assert {i["reason"] for i in incidents(server)} == {"store_down"}
        database = next(i for i in incidents(server) if i["check"] == "database")
        assert database["seconds"] > 2


def test_a_check_of_the_settings_is_run_by_hand(tmp_path: Path) -> None:
    (tmp_path / "wabawatch.toml").write_text(
        f'[checks.shop]\nurl = "http://{HOST}:{free_port()}/"\n[network]\nallow_private_urls = ["{HOST}"]\n'
    )
    found = run(tmp_path, "checks", "run", "shop")

    assert found.returncode == 1
    assert "shop: failed (no connection" in found.stdout
    for command in ("run", "results"):
        assert "there is no check nobody" in run(tmp_path, "checks", command, "nobody").stderr
    assert "shop: failed (no connection" in run(tmp_path, "checks", "results", "shop").stdout
    assert "queue was not looked at" in run(tmp_path, "checks", "results", "queue").stdout
    assert "nothing was checked" in run(tmp_path, "uptime", "--hours", "2").stdout + run(tmp_path, "uptime").stdout
