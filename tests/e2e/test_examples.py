"""The examples of the documents are run as they stand there, but for addresses and tokens."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.gateway_scene import TOKEN, Scene, staged
from tests.support.server import API_TOKEN, PATIENCE_S, SECRET, Server
from tests.support.system import item, webhook

from wabawatch.meta.signature import sign

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLE = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOW = 1_790_000_000_000


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with staged(tmp_path, {}) as scene:
        yield scene


DJANGO_SETTINGS = """
DEBUG = False
SECRET_KEY = "test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "mysite.urls"
USE_TZ = True
"""

ASKED_OF_WSGI = """
import httpx
{imports}
with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://app") as client:
    print(client.post("/webhook", content=BODY, headers=HEADERS).raise_for_status().text.strip())
    print(client.post("/greet/1234567890").raise_for_status().text)
assert ww.flush(30)
ww.close()
"""
ASKED_OF_ASGI = """
import asyncio, httpx
from main import app, ww
async def ask():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as client:
        print((await client.post("/webhook", content=BODY, headers=HEADERS)).raise_for_status().text.strip())
        print((await client.post("/greet/1234567890")).raise_for_status().text)
    assert await ww.flush(30)
    await ww.close()
asyncio.run(ask())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path).start()
    yield server
    server.close()


def unpack(page: str, folder: Path, server: Server, number: str = "") -> None:
    """Write the files that *page* shows, with the addresses and tokens of *server*."""
    found = EXAMPLE.findall(page_of(page))
    assert found
    meant = {
        "https://wabawatch.example.com": server.url,
        '"TOKEN"': f'"{API_TOKEN}"',
        "META_TOKEN": TOKEN,
        "APP_SECRET": SECRET,
        "PHONE_NUMBER_ID": number,
    }
    for name, text in found:
        for written, is_meant in meant.items():
            text = text.replace(written, is_meant)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def page_of(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


def run(folder: Path, *arguments: str) -> str:
    """Run Python in *folder*; gives what it printed."""
    command = [sys.executable, "-W", "error::ResourceWarning", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(folder: Path, asked: str) -> list[str]:
    """Post a webhook to the application in *folder*, and let it greet somebody; gives what it answered."""
    body = webhook(
        "messages", item("wamid.in", NOW, **{"from": "15550101001", "type": "text"}), received_at=NOW
    ).content
    head = f"BODY = {body!r}\nHEADERS = {{'x-hub-signature-256': {sign(body, SECRET.encode())!r}, "
    head += "'content-type': 'application/json'}\n"
    return run(folder, "-c", head + asked).splitlines()


def must_have_heard(server: Server, said: list[str]) -> None:
    """The webhook was answered and copied, and the greeting is logged."""
    assert json.loads(said[0]) == {"ok": True}
    assert json.loads(said[1])["id"]
    counted = server.settled()["messages"]
    assert (counted["inbound"], counted["attempted"]) == (1, 1)
    assert [row[0].split()[0] for row in webhooks(server)] == ["copy"]


def webhooks(server: Server) -> list[tuple[Any, ...]]:
    return server.sql("SELECT message FROM whatsapp_logs WHERE kind = 'webhook'")


def test_the_examples_of_the_sdk(server: Server, tmp_path: Path) -> None:
    unpack("sdk", tmp_path, server)

    assert run(tmp_path, "main.py") == "ok\n"
    assert run(tmp_path, "aio.py") == "insufficient_data\n"
    counted = server.settled()["messages"]
    assert (counted["attempted"], counted["failed"], counted["inbound"]) == (2, 1, 1)
    assert server.sql("SELECT agent_id, outcome FROM agent_interaction_logs") == [("agent-7", "answered")]


def test_the_example_with_fastapi(server: Server, tmp_path: Path) -> None:
    unpack("fastapi", tmp_path, server)

    must_have_heard(server, ask(tmp_path, ASKED_OF_ASGI))


def test_the_example_with_flask(server: Server, tmp_path: Path) -> None:
    unpack("flask", tmp_path, server)

    must_have_heard(server, ask(tmp_path, ASKED_OF_WSGI.format(imports="from main import app, ww")))


def test_the_example_with_django(server: Server, tmp_path: Path) -> None:
    unpack("django", tmp_path, server)
    (tmp_path / "mysite" / "settings.py").write_text(DJANGO_SETTINGS)
    imports = "from mysite.watch import ww\nfrom mysite.wsgi import application as app"

    must_have_heard(server, ask(tmp_path, ASKED_OF_WSGI.format(imports=imports)))


def test_the_examples_with_http_clients(scene: Scene, tmp_path: Path) -> None:
    unpack("http-clients", tmp_path, scene.server, scene.number)

    sent = [run(tmp_path, name).strip() for name in ("with_httpx.py", "with_requests.py")]
    assert scene.truth().keys() >= set(sent)
    assert scene.server.settled()["messages"]["accepted"] == 2
    users = scene.server.sql("SELECT user_id, lead_id FROM whatsapp_message_queue ORDER BY created_at_ms")
    assert users == [("user-123", "lead-456"), ("user-123", None)]


def test_the_example_with_pywa(scene: Scene, tmp_path: Path) -> None:
    unpack("pywa", tmp_path, scene.server, scene.number)

    assert run(tmp_path, "main.py").strip() in scene.truth()
    assert scene.server.settled()["messages"]["accepted"] == 1
