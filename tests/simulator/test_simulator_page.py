"""Every curl line of docs/simulator.md does what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.scenes import simulation
from tests.simulator.test_graph import CALM, call

from wabawatch.simulator.orders import ORDERS
from wabawatch.simulator.simulation import Simulation

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
LINES = re.findall(r"^curl .*$", PAGE.read_text("utf-8"), re.MULTILINE)
BASE = "http://127.0.0.1:9090"


def filled(line: str, made: Simulation) -> list[str]:
    number = made.world.numbers[0]
    template = made.world.usable[number.waba.id][0]
    ids = {"$NUMBER": number.id, "$WABA": number.waba.id, "$TEMPLATE": template.id}
    for name, value in ids.items():
        line = line.replace(name, value)
    return shlex.split(line)[1:]


def asked(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The path that curl would ask, and with what."""
    path = next(word for word in words if word.startswith(BASE)).removeprefix(BASE)
    if "-d" in words:
        return path, {"method": "POST", "content": words[words.index("-d") + 1].encode()}
    if "-F" in words:
        files = {"file": ("picture.png", b"png", "image/png")}
        return path, {"method": "POST", "data": {"messaging_product": "whatsapp"}, "files": files}
    return path, {"method": "GET"}


@pytest.mark.parametrize("line", LINES)
def test_the_line_works(line: str) -> None:
    made = simulation(messages=0, mix=CALM)
    path, how = asked(filled(line, made))

    headers = {"Authorization": "Bearer right"}
    answer = call(made, path=path, headers=headers, **how)

    assert answer.status_code == 200, answer.text
    if "/control/" in path:
        assert [order["command"] for order in made.standing.orders] == [path.rpartition("/")[2]]
    json.loads(answer.content)


def test_every_command_has_a_line() -> None:
    assert {match[1] for line in LINES if (match := re.search(r"/control/(\w+)", line))} == set(ORDERS)
