"""`wabawatch simulate`: the simulator alone, in front of a server that runs elsewhere."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.children import ending
from tests.support.server import PATIENCE_S, PLAIN, SECRET, Server, environment

from wabawatch.cli.main import MISUSED, WELL, run

COMMAND = str(Path(sys.executable).with_name("wabawatch"))
COUNTS = ("attempted", "accepted", "delivered", "read", "failed", "orphan", "inbound")
"""Those that time alone does not change: the simulator's runs ahead, so that more has expired there"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path).start()
    yield server
    server.close()


@contextmanager
def simulating(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command at work without an end, and the address of its Graph endpoints."""
    command = [COMMAND, "simulate", "--port", "0", *arguments]
    with ending(
        subprocess.Popen(
            command, cwd=folder, env=environment(folder, {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    ) as process:
        assert process.stderr is not None
        found = re.search(r"http://[0-9.:]+", process.stderr.readline())
        assert found
        yield process, found[0]


@pytest.mark.parametrize("mix", [[], ["--nasty"]], ids=["plain", "nasty"])
def test_a_server_elsewhere_counts_what_is_true(tmp_path: Path, server: Server, mix: list[str]) -> None:
    truth = tmp_path / "truth.json"
    arguments = ["--messages", "80", "--rate", "10", "--speed", "10000", "--app-secret", SECRET, "--truth", str(truth)]

    code = run(["simulate", "--port", "0", "--webhook-url", f"{server.url}/webhooks/whatsapp", *arguments, *mix])

    shown = server.settled()["messages"]
    totals = json.loads(truth.read_bytes())["totals"]
    assert code == WELL
    assert totals["attempted"] > 40
    assert {name: shown[name] for name in COUNTS} == {name: totals[name] for name in COUNTS}


def test_it_stands_in_for_the_graph_api_until_it_is_stopped(tmp_path: Path, server: Server) -> None:
    truth = tmp_path / "truth.json"
    callback = f"{server.url}/webhooks/whatsapp"
    with simulating(tmp_path, "--messages", "0", "--webhook-url", callback, "--truth", str(truth)) as (process, graph):
        number = _a_number(process)
        text = {"messaging_product": "whatsapp", "to": "4915112345678", "type": "text", "text": {"body": "Hello"}}
        headers = {"Authorization": "Bearer simulated-token"}
        answer = httpx.post(f"{graph}/v25.0/{number}/messages", json=text, headers=headers)
        _wait_for_a_message(graph)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)

    known: dict[str, Any] = json.loads(truth.read_bytes())
    assert process.returncode == WELL
    assert [row["wamid"] for row in known["messages"]] == [answer.json()["messages"][0]["id"]]


def test_a_send_that_is_refused_is_in_the_truth_where_somebody_writes_it_down(tmp_path: Path) -> None:
    with simulating(tmp_path, "--messages", "0", "--recorded") as (process, graph):
        number = _a_number(process)
        text = {"messaging_product": "whatsapp", "to": "4915112345678", "type": "text", "text": {"body": "Hello"}}
        httpx.post(f"{graph}/control/token", json={"revoked": True})
        answer = httpx.post(
            f"{graph}/v25.0/{number}/messages", json=text, headers={"Authorization": "Bearer simulated-token"}
        )
        truth = httpx.get(f"{graph}/truth", **PLAIN).json()

    assert answer.json()["error"]["error_subcode"] == 467
    assert (truth["totals"]["attempted"], truth["totals"]["rejected"]) == (1, 1)
    assert truth["calls"] == {"POST messages": {"190": 1}}


def _a_number(process: subprocess.Popen[str]) -> str:
    """The first of the numbers that are printed at the start."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("number"):
            return line.split()[1]
    raise AssertionError("no number was printed")


def _wait_for_a_message(graph: str) -> None:
    while not httpx.get(f"{graph}/truth", **PLAIN).json()["messages"]:
        time.sleep(0.02)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--webhook-url", "https://hooks.example/whatsapp"],
        ["--webhook-url", "http://192.0.2.1/whatsapp"],
        ["--webhook-url", "http://127.0.0.1.example/whatsapp"],
        ["--webhook-url", "whatsapp"],
        ["--webhook-url", "ftp://127.0.0.1/whatsapp"],
        ["--webhook-url", "http://[::1/whatsapp"],
        ["--webhook-url", "http://127.0.0.1:99999/whatsapp"],
        ["--truth", "nowhere/truth.json"],
        ["--rate", "0"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_misuse(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--port", "0", *arguments]) == MISUSED
    assert arguments[0] in capsys.readouterr().err
