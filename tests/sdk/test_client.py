"""The client against a real server: the same calls and results as in process, and nothing lost while it is away."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import API_TOKEN, Server, free_port
from wabawatch import AsyncWabawatch, Wabawatch
from wabawatch.domain.errors import BadRequest, NotAllowed, ServerUnavailable, SpoolFull
from wabawatch.wire import is_local_id

WAMID = "wamid.HBgLMTU1NTAwMDAwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"
PHONE = "+1 234 567 890"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for many tests: each looks at what it adds."""
    server = Server(tmp_path_factory.mktemp("server")).start()
    yield server
    server.close()


def client(url: str, folder: Path, **more: Any) -> Wabawatch:
    return Wabawatch(url, API_TOKEN, spool=folder / "spool", **more)


def nowhere() -> str:
    """The address of a server that is away."""
    return f"http://127.0.0.1:{free_port()}"


def fill(ww: Wabawatch) -> None:
    for _ in range(20):
        ww.log_outbound_message(PHONE)


def test_what_is_logged_is_in_the_books_of_the_server(running: Server, tmp_path: Path) -> None:
    before = running.settled()["messages"]
    with client(running.url, tmp_path) as ww:
        mid = ww.log_outbound_message(PHONE, "hello_world", "en", "user-123", "lead-456")
        ww.update_delivery_status(mid, "delivered", wamid=WAMID)
        ww.log_inbound_message(PHONE, "wamid.in", phone_number_id="1001")
        did = ww.log_agent_interaction("agent-7", "replied", PHONE, phone_number_id="1001")
        assert ww.flush(30)

    after = running.settled()["messages"]
    assert {name: after[name] - before[name] for name in ("attempted", "delivered", "inbound")} == {
        "attempted": 1, "delivered": 1, "inbound": 1,
    }  # fmt: skip
    assert running.sql("SELECT interaction_id FROM agent_interaction_logs") == [(did,)]
    assert running.sql("SELECT phone_number, agent_id FROM conversations") == [("1234567890", "agent-7")]


def test_status_metrics_monitoring_and_health_are_those_of_the_server(running: Server, tmp_path: Path) -> None:
    with client(running.url, tmp_path) as ww:
        assert ww.get_system_status(0)["overall_status"] == "insufficient_data"
        assert isinstance(ww.get_recent_metrics(1), list)
        assert (ww.start_monitoring(), ww.restart_monitoring(), ww.stop_monitoring()) == (True, True, False)
        assert ww.health_check()["status"] == "ok"
        assert ww.health_check()["lost"] == 0


def test_a_compliance_report_is_made_by_the_server(running: Server, tmp_path: Path) -> None:
    async def ask() -> dict[str, Any]:
        async with AsyncWabawatch(running.url, API_TOKEN, spool=tmp_path / "other") as ww:
            return await ww.generate_compliance_report("2026-01")

    with client(running.url, tmp_path) as ww:
        told = ww.generate_compliance_report("2026-01-01", "2026-02-01")
        with pytest.raises(BadRequest, match="from: 'soon' is no time"):
            ww.generate_compliance_report("soon")

    assert told["report"]["start"] == "2026-01-01T00:00:00Z"
    assert asyncio.run(ask()) == told


def test_the_asynchronous_client_does_the_same(running: Server, tmp_path: Path) -> None:
    async def use() -> tuple[str, dict[str, Any], str]:
        async with AsyncWabawatch(running.url, API_TOKEN, spool=tmp_path / "spool") as ww:
            mid = await ww.log_outbound_message(PHONE, message_id="wamid.async")
            await ww.update_delivery_status(mid, "read")
            await ww.log_inbound_message(PHONE, "wamid.in2")
            await ww.log_agent_interaction("agent-8", "closed")
            assert await ww.flush(30)
            health = await ww.health_check()
            return mid, await ww.get_system_status(0), health["status"]

    mid, status, health = asyncio.run(use())
    assert is_local_id(mid)
    assert (health, "messages" in status) == ("ok", True)
    running.settled()
    assert running.sql("SELECT status FROM whatsapp_message_queue WHERE status = 'read'") == [("read",)]


def test_a_wrong_token_is_said_and_loses_nothing(running: Server, tmp_path: Path) -> None:
    wrong = Wabawatch(running.url, "wrong", spool=tmp_path)
    wrong.log_outbound_message(PHONE, message_id="wamid.token")
    with pytest.raises(NotAllowed):
        wrong.get_system_status()
    assert not wrong.flush(0.5)
    assert wrong.health_check()["status"] == "failing"
    wrong.keeper.backend.close(0)
    wrong.close()

    with Wabawatch(running.url, API_TOKEN, spool=tmp_path) as right:
        right.log_outbound_message(PHONE, message_id="wamid.right")
        assert right.flush(30)
        assert right.health_check()["spool"]["sent"] == 2


def test_a_server_that_comes_late_gets_everything(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with client(server.url, tmp_path) as ww:
        mids = [ww.log_outbound_message(PHONE) for _ in range(50)]
        assert len(set(mids)) == 50
        assert not ww.flush(0)
        with pytest.raises(ServerUnavailable):
            ww.get_system_status()
        assert "unavailable" in ww.health_check()["server"]
        server.start()
        assert ww.flush(60)

    assert server.settled()["messages"]["attempted"] == 50
    server.close()


def test_a_killed_sender_loses_nothing(running: Server, tmp_path: Path) -> None:
    before = running.settled()["messages"]["attempted"]
    code = (
        "import os, signal, sys\nfrom wabawatch import Wabawatch\n"
        "ww = Wabawatch('http://127.0.0.1:9', 'token', spool=sys.argv[1])\n"
        "for i in range(20): ww.log_outbound_message('+1 234 567 890', message_id=f'wamid.killed{i}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "spool")], check=False, timeout=60)
    # It was meant for another server: as if that one had this address.
    (folder,) = (tmp_path / "spool").iterdir()
    with client(running.url, tmp_path) as ww:
        mine = next(path for path in (tmp_path / "spool").iterdir() if path != folder)
        for file in folder.iterdir():
            file.rename(mine / file.name)
        ww.keeper.backend._shipper.spool.adopt()  # type: ignore[attr-defined]
        assert ww.flush(30)

    assert running.settled()["messages"]["attempted"] == before + 20


def test_nothing_that_goes_wrong_while_logging_raises(tmp_path: Path) -> None:
    with client(nowhere(), tmp_path, spool_bytes=1000) as ww:
        assert is_local_id(ww.log_outbound_message("not a number"))
        for _ in range(20):
            assert is_local_id(ww.log_outbound_message(PHONE))
        ww.update_delivery_status("wamid.1", "no such status")
        health = ww.health_check()
        ww.keeper.backend.close(0)

    assert health["lost"] > 2
    assert health["spool"]["is_full"]
    assert health["spool"]["dropped"] == health["lost"] - 2
    assert health["status"] == "failing"


def test_what_goes_wrong_raises_if_that_was_asked_for(tmp_path: Path) -> None:
    ww = client(nowhere(), tmp_path, spool_bytes=1000, strict=True)
    with pytest.raises(BadRequest, match="phone_number"):
        ww.log_outbound_message("not a number")
    with pytest.raises(SpoolFull):
        fill(ww)
    ww.keeper.backend.close(0)
    ww.close()


def test_a_forked_process_sends_its_own(running: Server, tmp_path: Path) -> None:
    before = running.settled()["messages"]["attempted"]
    code = (
        "import os, sys\nfrom wabawatch import Wabawatch\n"
        "ww = Wabawatch(sys.argv[1], sys.argv[2], spool=sys.argv[3])\n"
        "ww.log_outbound_message('+1 234 567 890')\n"
        "child = os.fork()\n"
        "for _ in range(5): ww.log_outbound_message('+1 234 567 890')\n"
        "assert ww.flush(30); ww.close()\n"
        "if not child: os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    subprocess.run([sys.executable, "-c", code, running.url, API_TOKEN, str(tmp_path)], check=True, timeout=60)

    assert running.settled()["messages"]["attempted"] == before + 11


def test_a_script_that_just_ends_sends_first(running: Server, tmp_path: Path) -> None:
    before = running.settled()["messages"]["attempted"]
    code = (
        "import sys\nfrom wabawatch import Wabawatch\n"
        "Wabawatch(sys.argv[1], sys.argv[2], spool=sys.argv[3]).log_outbound_message('+1 234 567 890')\n"
    )
    subprocess.run([sys.executable, "-c", code, running.url, API_TOKEN, str(tmp_path)], check=True, timeout=60)

    assert running.settled()["messages"]["attempted"] == before + 1


@pytest.mark.parametrize("url", ["", "wabawatch.example.com", "ftp://example.com", "http://", "http://h/?a=b"])
def test_an_address_that_cannot_be_right_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadRequest, match="url"):
        Wabawatch(url, API_TOKEN, spool=tmp_path)


@pytest.mark.parametrize("token", ["", "two\nlines", "tökën"])
def test_a_token_that_cannot_be_right_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(BadRequest, match="token"):
        Wabawatch("http://127.0.0.1", token, spool=tmp_path)


def test_an_import_and_a_client_load_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, wabawatch\nassert len([m for m in sys.modules if m.startswith('wabawatch')]) == 1\n"
        "wabawatch.Wabawatch, wabawatch.AsyncWabawatch\n"
        "heavy = {'aiohttp', 'sqlalchemy', 'starlette', 'uvicorn', 'rich', 'cyclopts', 'prometheus_client', 'httpx'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ), timeout=60)
