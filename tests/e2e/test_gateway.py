"""An application with a real client library sends through the real server to the simulator, and knows nothing of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pywa.errors import WhatsAppError
from pywa.types.templates import TemplateLanguage
from tests.support.gateway_scene import Scene, staged
from tests.support.server import PATIENCE_S

from wabawatch.simulator.world import build

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with staged(tmp_path, {}) as scene:
        yield scene


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
