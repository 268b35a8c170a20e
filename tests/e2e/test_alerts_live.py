"""Alerts of a real server with the simulator as Meta: what breaks is told to a real mail server and over HTTP."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.notifiers.contract.services import HttpService, MailService, http_service, mail_service
from tests.support.command import run
from tests.support.gateway_scene import TOKEN, Scene, staged
from tests.support.health import eventually
from tests.support.server import HOST

from wabawatch.simulator.standing import APP_ID

SETTINGS = {
    "APP_ENV": "production",
    "WABAWATCH_APP_ID": APP_ID,
    "WABAWATCH_ALLOW_PRIVATE_URLS": HOST,
    "WABAWATCH_CHECK_INTERVAL": "1",
    "WABAWATCH_CHECK_TIMEOUT": "1",
    "WABAWATCH_POLL_CALLS_PER_HOUR": "5000",
    "WABAWATCH_STATUS_FEED": "false",
    "WABAWATCH_GROUP_WAIT": "0",
    "WABAWATCH_GROUP_INTERVAL": "0",
    "ALERT_EMAIL": "ops@example.com",
    "WABAWATCH_MAIL_FROM": "alerts@example.com",
    "WABAWATCH_CHANNELS_HOOK_KIND": "webhook",
}


LONG = pytest.mark.skipif(not os.environ.get("LIVE_SILENCE"), reason="takes minutes: make notices-proof")


@dataclass(frozen=True)
class Live:
    """A server that is watched, and those who are told."""

    scene: Scene
    mail: MailService
    hook: HttpService

    def order(self, name: str, **order: Any) -> None:
        """Command the simulated Meta."""
        httpx.post(f"{self.scene.meta}/control/{name}", json=order).raise_for_status()

    def alerts(self, rule: str) -> list[dict[str, Any]]:
        """The alerts of a rule, the newest first."""
        found: list[dict[str, Any]] = self.scene.server.get("/api/v1/alerts", rule=rule).raise_for_status().json()
        return found

    def posted(self, rule: str, kind: str) -> list[dict[str, Any]]:
        """What came over HTTP about a rule."""
        bodies = [json.loads(request.body) for request in self.hook.requests]
        return [body for body in bodies if body["type"] == f"alert.{kind}" and rule in body["data"]["by_type"]]

    def mailed(self, title: str, state: str) -> list[Any]:
        """The mails about an alert, in that state."""
        return [m for m in self.mail.mails if title in str(m["Subject"]) and state in str(m["From"])]

    def again(self, **settings: str) -> None:
        """Start the server again, with other settings."""
        self.scene.server.terminate()
        self.scene.server.settings.update(settings)
        self.scene.server.start()


@contextmanager
def live(folder: Path, **settings: str) -> Iterator[Live]:
    with mail_service() as mail, http_service() as hook:
        told = {"WABAWATCH_SMTP_URL": f"smtp://{HOST}:{mail.port}", "WABAWATCH_CHANNELS_HOOK_URL": hook.url}
        with staged(folder, SETTINGS | told | settings, speed=1) as scene:
            yield Live(scene, mail, hook)


@pytest.mark.timeout(200)
def test_meta_down_is_told_acknowledged_and_told_to_be_over(tmp_path: Path) -> None:
    with live(tmp_path, WHATSAPP_TOKEN=TOKEN) as found:
        server = found.scene.server
        eventually(lambda: server.status()["uptime"]["checks"].get("graph") == "ok")
        found.order("incident", kind="api_down", duration_s=8)

        eventually(lambda: found.posted("API_ENDPOINT_DOWN", "firing"))
        eventually(lambda: found.mailed("The Graph API does not answer", "CRITICAL"))
        (alert,) = found.alerts("API_ENDPOINT_DOWN")
        acknowledged = server.call(f"/alerts/{alert['id']}/ack", {"note": "Meta knows"}).raise_for_status().json()
        eventually(lambda: found.posted("API_ENDPOINT_DOWN", "resolved"))
        eventually(lambda: found.mailed("The Graph API does not answer", "RESOLVED"))

        assert (acknowledged["status"], acknowledged["acknowledgement"]) == ("acknowledged", "Meta knows")
        ended = server.get(f"/api/v1/alerts/{alert['id']}").json()
        assert (ended["alert"]["status"], ended["alert"]["resolution"]) == ("resolved", "recovered")
        _incident_and_alert_name_each_other(found, ended)
        _the_mails_are_one_thread(found)
        tried = server.call("/alerts/backtest", {"rule": "FAILURE_RATE_HIGH", "days": 1}).raise_for_status().json()
        assert tried["fired"] == []


def _incident_and_alert_name_each_other(found: Live, whole: dict[str, Any]) -> None:
    server, key = found.scene.server, whole["alert"]["id"]
    (incident,) = whole["incidents"]
    assert (incident["check"], incident["cause"]) == ("graph", "Meta")
    of_incidents = {each["id"]: [a["id"] for a in each["alerts"]] for each in server.get("/api/v1/incidents").json()}
    assert of_incidents[incident["id"]] == [key]
    shown = run(server.folder, "alerts", "show", key, settings=server.settings)
    assert f"incident {incident['id']}: " in shown.stdout
    uptime = run(server.folder, "uptime", settings=server.settings)
    assert "raised API_ENDPOINT_DOWN (critical, resolved)" in " ".join(uptime.stdout.split())


def _the_mails_are_one_thread(found: Live) -> None:
    (first,), (last,) = (found.mailed("The Graph API does not answer", state) for state in ("CRITICAL", "RESOLVED"))
    assert first["Subject"] == last["Subject"]
    assert str(first["Message-ID"]) in str(last["References"])
    assert first["To"] == "ops@example.com"


@pytest.mark.timeout(200)
def test_a_revoked_token_is_told_as_soon_as_a_check_sees_it(tmp_path: Path) -> None:
    # Polling, which sees it as well, asks once in twenty minutes at this pace.
    with live(tmp_path, WHATSAPP_TOKEN=TOKEN) as found:
        eventually(lambda: found.scene.server.status()["uptime"]["checks"].get("graph") == "ok")
        found.order("token", revoked=True)

        eventually(lambda: found.posted("TOKEN_INVALID", "firing"))

        assert found.alerts("API_ENDPOINT_DOWN") == []


@LONG
@pytest.mark.timeout(200)
def test_an_account_to_which_no_app_of_ours_is_subscribed_is_told(tmp_path: Path) -> None:
    with live(tmp_path) as found:
        waba = next(iter(httpx.get(f"{found.scene.meta}/truth").json()["wabas"]))
        found.order("subscription", waba=waba, subscribed=False)
        found.again(WHATSAPP_TOKEN=TOKEN)

        eventually(lambda: found.posted("WEBHOOK_SILENT", "firing"))

        assert f"waba:{waba}" in {alert["scope"] for alert in found.alerts("WEBHOOK_SILENT")}


@LONG
@pytest.mark.timeout(200)
def test_sends_without_a_status_are_told(tmp_path: Path) -> None:
    """Recorded as of eight minutes ago: a status is missing after five."""
    with live(tmp_path) as found:
        server, number = found.scene.server, found.scene.number
        at = int(time.time() * 1_000) - 8 * 60_000
        for i in range(6):
            send = {"phone_number": f"+1202555010{i}", "phone_number_id": number, "message_id": f"wamid.silent.{i}"}
            server.call("/messages", send | {"at": at + i, "outcome": "accepted"}).raise_for_status()
        server.settled()

        eventually(lambda: found.posted("WEBHOOK_SILENT", "firing"), 100)

        (alert,) = found.alerts("WEBHOOK_SILENT")
        assert alert["scope"] == f"number:{number}"
        assert alert["seen"]["words"].startswith("6 sends in a row were accepted and got no status")


@LONG
@pytest.mark.timeout(900)
def test_a_webhook_that_falls_silent_is_told_and_that_it_comes_again(tmp_path: Path) -> None:
    with live(tmp_path, WHATSAPP_TOKEN=TOKEN) as found:
        found.order("incident", kind="webhooks_silent", duration_s=480)
        with found.scene.application() as whatsapp:
            for i in range(6):
                whatsapp.send_message(to=f"4915112345{i:03}", text="Hello")

        eventually(lambda: found.posted("WEBHOOK_SILENT", "firing"), 460)
        eventually(lambda: found.posted("WEBHOOK_SILENT", "resolved"), 240)
