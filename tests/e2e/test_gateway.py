"""An application with a real client library sends through the real server to the simulator, and knows nothing of it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types.templates import TemplateLanguage
from tests.support.server import PATIENCE_S, SECRET, Server, environment

from wabawatch.simulator.world import build

COMMAND = str(Path(sys.executable).with_name("wabawatch"))
TOKEN = "simulated-token"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass(frozen=True, slots=True)
class Scene:
    """A server between an application and the simulator."""

    server: Server
    meta: str
    """Address of the simulator"""
    number: str

    @contextmanager
    def application(self, token: str = TOKEN) -> Iterator[WhatsApp]:
        """An application that was pointed at the gateway, by its address alone."""
        with httpx.Client(timeout=PATIENCE_S) as session:
            whatsapp = WhatsApp(phone_id=self.number, token=token, session=session)
            session.base_url = httpx.URL(f"{self.server.url}/graph/v25.0")
            yield whatsapp

    def truth(self) -> dict[str, str]:
        """The true status of each message, by wamid."""
        rows = httpx.get(f"{self.meta}/truth").json()["messages"]
        return {row["wamid"]: row["status"] for row in rows}

    def logged(self) -> list[tuple[Any, ...]]:
        """type, template, status and origin of every message in the log."""
        return self.server.sql("SELECT type, template_name, status, user_id FROM whatsapp_message_queue")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    server = Server(tmp_path)
    command = [COMMAND, "simulate", "--port", "0", "--messages", "0", "--app-secret", SECRET, "--speed", "2000"]
    simulator = subprocess.Popen(
        [*command, "--webhook-url", f"{server.url}/webhooks/whatsapp"],
        env=environment(tmp_path, {}),
        stderr=subprocess.PIPE,
        text=True,
    )
    with simulator:
        try:
            meta, number = _read_places(simulator)
            server.settings["WHATSAPP_API_URL"] = meta
            yield Scene(server.start(), meta, number)
        finally:
            server.close()
            simulator.kill()


def _read_places(simulator: subprocess.Popen[str]) -> tuple[str, str]:
    assert simulator.stderr is not None
    meta = ""
    for line in simulator.stderr:
        if line.startswith("Graph"):
            meta = re.findall(r"http://[0-9.:]+", line)[0]
        if line.startswith("number"):
            return meta, line.split()[1]
    raise AssertionError("no number was printed")


def a_template(number_id: str) -> tuple[str, TemplateLanguage]:
    """Name and language of a template that the number may send."""
    world = build(1)
    [number] = [each for each in world.numbers if each.id == number_id]
    template = world.usable[number.waba.id][0]
    return template.name, TemplateLanguage(template.language)


def until_settled(scene: Scene, wamids: list[str]) -> None:
    """Wait until the log says of *wamids* what is true, and the simulator has told all of it."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        truth = scene.truth()
        counted = scene.server.status()["messages"]
        told = [truth[wamid] for wamid in wamids if wamid in truth]
        arrived = sum(status in ("delivered", "read") for status in told)
        is_told = len(told) == len(wamids) and not {"sent", "pending"} & set(told)
        if is_told and counted["delivered"] + counted["read"] == arrived:
            return
        time.sleep(0.1)
    raise AssertionError(f"{scene.truth()} but {scene.server.status()['messages']}\n{scene.server.log}")


def test_every_send_of_an_application_is_in_the_log_once_with_its_statuses(scene: Scene) -> None:
    name, language = a_template(scene.number)

    with scene.application() as whatsapp:
        wamids = [whatsapp.send_message(to=f"49151123456{n:02}", text="Hello").id for n in range(4)]
        wamids += [whatsapp.send_template(f"49151123457{n:02}", name, language, params=[]).id for n in range(4)]
        wamids += [whatsapp.send_image(to="4915112345899", image=PNG, mime_type="image/png").id]
        whatsapp.mark_message_as_read("wamid.X")
        with pytest.raises(WhatsAppError):
            whatsapp.send_template("4915112345678", "no_such_template", language, params=[])

    until_settled(scene, wamids)
    counted = scene.server.status()["messages"]
    assert (counted["attempted"], counted["accepted"], counted["rejected"]) == (10, 9, 1)
    assert (counted["orphan"], counted["unlinked"]) == (0, 0)
    types = [row[:2] for row in scene.logged()]
    assert sorted(types, key=str) == sorted(
        [("text", None)] * 4 + [("template", name)] * 4 + [("image", None), ("template", "no_such_template")], key=str
    )
    assert scene.server.status()["coverage"] == 1.0


def test_a_wrong_token_is_the_applications_own_affair(scene: Scene) -> None:
    with scene.application("EAAwrong") as whatsapp, pytest.raises(WhatsAppError) as refused:
        whatsapp.send_message(to="4915112345678", text="Hello")

    assert "190" in str(refused.value)
    assert scene.server.settled()["messages"]["attempted"] == 0
    assert "EAAwrong" not in scene.server.log


def test_while_the_store_cannot_be_written_sends_go_through_and_are_logged_later(scene: Scene) -> None:
    """With a reserve that no disk has the inbox takes nothing; a kill in that time loses nothing."""
    scene.server.terminate()
    scene.server.settings["WABAWATCH_FREE_SPACE_RESERVE"] = str(10**17)
    scene.server.start()

    with scene.application() as whatsapp:
        wamids = [whatsapp.send_message(to=f"49151123458{n:02}", text="Hello").id for n in range(20)]
    _until_spooled(scene.server.folder / "data", 20)
    scene.server.kill()
    scene.server.settings["WABAWATCH_FREE_SPACE_RESERVE"] = "0"
    scene.server.start()

    until_settled(scene, wamids)
    assert len(scene.logged()) == 20
    assert scene.server.status()["coverage"] == 1.0


def _until_spooled(folder: Path, n: int) -> None:
    """Wait until the spool has what it should: each record is synced some milliseconds after its answer."""
    size, give_up_at = -1, time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        found = sum(path.stat().st_size for path in folder.glob("spool-*"))
        if found == size > n * 50:
            return
        size = found
        time.sleep(0.2)
    raise AssertionError(f"the spool has {size} bytes")
