"""A template paused between two sends, known by webhook, late, or only by asking: the whole system at work."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from tests.support.gateway_scene import TOKEN, Scene, staged
from tests.support.server import PATIENCE_S

from wabawatch.simulator.world import build

POLLING = {"APP_ENV": "production", "WHATSAPP_TOKEN": TOKEN, "WABAWATCH_POLL_CALLS_PER_HOUR": "5000"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WAYS = {"by webhook": {}, "by poll only": {"told": False}, "late": {"late_s": 3}}
"""All of them, without a server: tests/contract/test_polling_templates.py"""
PAUSED = 132015


class Template(NamedTuple):
    """A template with Meta."""

    id: str
    waba: str
    name: str
    language: str


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with staged(tmp_path, POLLING, speed=1) as scene:
        yield scene


def a_template(scene: Scene) -> Template:
    """A new one, of which no webhook ever told: what is known of it was asked for."""
    [waba] = [each.waba.id for each in build(1).numbers if each.id == scene.number]
    body = [{"type": "BODY", "text": "Your order is on its way."}]
    new = {"name": "on_its_way", "language": "en_US", "category": "UTILITY", "components": body}
    created = httpx.post(f"{scene.meta}/v25.0/{waba}/message_templates", json=new, headers=BEARER).raise_for_status()
    found = Template(created.json()["id"], waba, "on_its_way", "en_US")
    command(scene, found, "APPROVED", told=False)
    ask_again(scene)
    until_known(scene, found, "APPROVED")
    return found


def send(scene: Scene, template: Template) -> int:
    """Send it through the gateway; gives the code of the error, 0 where it was accepted."""
    said = {"name": template.name, "language": {"code": template.language}}
    answer = httpx.post(
        f"{scene.server.url}/graph/v25.0/{scene.number}/messages",
        json={"messaging_product": "whatsapp", "to": "4915112345678", "type": "template", "template": said},
        headers=BEARER,
        timeout=PATIENCE_S,
    )
    code: int = answer.json().get("error", {}).get("code", 0)
    return code


def command(scene: Scene, template: Template, status: str, **how: Any) -> None:
    """Change it with Meta."""
    answer = httpx.post(f"{scene.meta}/control/template", json={"id": template.id, "status": status, **how})
    assert answer.status_code == 200, answer.text


def until_known(scene: Scene, template: Template, status: str) -> None:
    """Wait until wabawatch knows it, and one second more: Meta's webhooks tell the time in whole seconds."""
    give_up_at = time.monotonic() + PATIENCE_S
    question = (
        "SELECT value FROM platform_states WHERE kind = 'template' AND aspect = 'status'"
        f" AND subject = '{template.name}/{template.language}' AND waba_id = '{template.waba}' AND at < "
    )
    while scene.server.sql(f"{question}{time.time_ns() // 1_000_000 - 1_000}") != [(status,)]:
        assert time.monotonic() < give_up_at, scene.server.log
        time.sleep(0.1)


def ask_again(scene: Scene) -> None:
    """A quarter of an hour passes, as far as the templates that changed are concerned."""
    scene.server.terminate()
    with closing(sqlite3.connect(scene.server.folder / "data" / "wabawatch.db")) as books, books:
        books.execute("UPDATE polls SET due_at = 0 WHERE ask = 'new_templates'")
    scene.server.start()


def verdicts(scene: Scene) -> list[tuple[Any, ...]]:
    """What the template was when it was sent, as far as we knew, and the verdict, send by send."""
    scene.server.settled()
    return scene.server.sql(
        "SELECT template_approval_status, compliance_status FROM whatsapp_message_queue ORDER BY created_at_ms"
    )


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS.keys())
def test_a_refused_send_is_a_violation_and_an_accepted_one_is_not(scene: Scene, how: dict[str, Any]) -> None:
    template = a_template(scene)

    codes = [send(scene, template)]
    command(scene, template, "PAUSED", **how)
    codes += [send(scene, template)]
    if how.get("told") is False:
        ask_again(scene)
    until_known(scene, template, "PAUSED")
    codes += [send(scene, template)]
    command(scene, template, "APPROVED", told=False)
    codes += [send(scene, template)]

    assert codes == [0, PAUSED, PAUSED, 0]
    found = verdicts(scene)
    assert found[0] == ("APPROVED", "compliant")
    assert found[1][1] == "violation"
    assert found[2:] == [("PAUSED", "violation"), ("PAUSED", "unverified")]
