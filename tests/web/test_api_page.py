"""docs/api.md: its commands do what it says, and its table of problems is whole."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock

from wabawatch.app import System
from wabawatch.settings import load
from wabawatch.web.problems import TITLES
from wabawatch.web.site import Site

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")
NOW = 1_795_176_000_000


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    given = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_API_TOKEN": "t"}
    system = System(load(given), HandClock(NOW))
    yield system
    system.close()


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("curl ")]


def curl(site: Site, command: str, **values: str) -> Answer:
    """What the command would be answered: the options of curl that the page uses."""
    words = iter(shlex.split(re.sub(r"\$([A-Z]+)", lambda found: values[found[1]], command))[1:])
    url, headers, data, is_get = "", [(b"host", b"wabawatch.example")], list[str](), False
    for word in words:
        if word == "-G":
            is_get = True
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers.append((name.lower().encode(), value.encode()))
        elif word in ("-d", "--data-urlencode"):
            text = next(words)
            name, _, value = text.partition("=")
            data.append(f"{name}={quote(value)}" if word != "-d" else text)
        else:
            assert not word.startswith("-"), word
            url = word
    found = urlsplit(url)
    query = "&".join([found.query, *data] if is_get else [found.query])
    body = b"" if is_get else "&".join(data).encode()
    method = "POST" if data and not is_get else "GET"
    return ask(site, Request(method, found.path, (body,), tuple(headers), query.encode()))


def test_the_commands_of_the_page_work_one_after_the_other(system: System) -> None:
    site = system.site(system.supervisor())
    told = {"TOKEN": "t", "ID": ""}
    answers = []
    for command in commands():
        answer = curl(site, command, **told)
        system.drain()
        assert answer.status in (200, 202), (command, answer)
        said = json.loads(answer.body)
        told["ID"] = said["id"] if isinstance(said, dict) and "id" in said else told["ID"]
        answers.append(said)

    assert len(answers) == len(re.findall("^curl ", PAGE, re.MULTILINE)) == 6
    assert answers[3]["status"] == "delivered"


def test_every_problem_is_explained() -> None:
    explained = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)}

    assert explained == set(TITLES)


def test_the_example_of_a_problem_is_what_is_answered(system: System) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    body = b'{"phone_number": "+15550101001", "user_id": 7}'
    wrong = Request("POST", "/api/v1/messages", (body,), ((b"authorization", b"Bearer t"),))

    assert json.loads(ask(system.site(system.supervisor()), wrong).body) == json.loads(example)
