"""Exports over HTTP: asked for, watched, fetched and deleted, by the token that asked and by who may see all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from tests.support.exports import Here
from tests.support.facts import HOUR, NUMBERS, T0, recorded

from wabawatch.app import System
from wabawatch.domain.access import Scope
from wabawatch.domain.facts import Person
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.settings import load
from wabawatch.storage.books import SqlBooks

OWNER = "a token that stands in the settings"
PHONE = "15550000001"


class Api:
    """An installation with three messages, and tokens of two readers."""

    def __init__(self, folder: Path) -> None:
        given = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_API_TOKEN": OWNER}
        self.folder = folder
        self.clock = HandClock(T0 + HOUR)
        self.system = System(load(given), self.clock)
        self.system.exports.exporting = self.system.exports.made_by(Here(self.system.database))
        self.site = self.system.site(self.system.supervisor())
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            learn(
                ledger,
                [recorded(i, wamid=f"wamid.{i}", number=NUMBERS[0], person=Person(phone=PHONE)) for i in range(3)],
            )
        desk = self.system.tokens
        self.readers = [desk.create(name, {Scope.READ}, None, "test")[1] for name in ("one", "two")]

    def ask(self, method: str, path: str, content: object = None, token: str = OWNER) -> Answer:
        headers = ((b"authorization", b"Bearer " + token.encode()),)
        body = () if content is None else (json.dumps(content).encode(),)
        # While a file is sent, whether somebody still listens is asked: that one hangs up ends it.
        return ask(self.site, Request(method, f"/api/v1{path}", body or (b"",), headers, hangs=method == "GET"))

    def told(self, method: str, path: str, content: object = None, token: str = OWNER) -> Any:
        answer = self.ask(method, path, content, token)
        assert answer.status < 300, answer
        return json.loads(answer.body)

    def work(self) -> None:
        while self.system.exports.exporting.step():
            pass

    def asked(self, token: str = OWNER, **more: Any) -> str:
        made: str = self.told("POST", "/exports", {"format": "csv"} | more, token)["id"]
        return made

    def trail(self) -> list[tuple[str, str]]:
        query = "SELECT actor, action FROM audit_entries WHERE subject LIKE 'export:%' ORDER BY id"
        with self.system.database.reading() as connection:
            return [(row[0], row[1]) for row in connection.exec_driver_sql(query)]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = Api(tmp_path)
    yield api
    api.system.close()


def test_it_is_asked_for_watched_fetched_and_deleted(api: Api) -> None:
    reader = api.readers[0]
    asked = api.ask("POST", "/exports", {"format": "csv", "columns": ["wamid", "contact"]}, reader)
    told = json.loads(asked.body)
    assert asked.status == 202
    assert (told["state"], told["masked"], told["owner"]) == ("waiting", True, "token:1")
    assert (told["since"], told["until"]) == ("2026-09-20T15:13:20.000Z", "2026-09-21T15:13:20.000Z")
    assert api.ask("GET", f"/exports/{told['id']}/file", token=reader).status == 409
    api.work()

    done = api.told("GET", f"/exports/{told['id']}", token=reader)
    answer = api.ask("GET", f"/exports/{told['id']}/file", token=reader)

    assert (done["state"], done["rows"], done["expected_rows"], done["done"]) == ("done", 3, 3, 1.0)
    assert list(csv.reader(io.StringIO(answer.body.decode()))) == [
        ["wamid", "contact"],
        *[["wamid.•••", "•••001"]] * 3,
    ]
    assert len(answer.body) == done["bytes"]
    headers = dict(answer.headers)
    assert headers[b"content-type"] == b"text/csv; charset=utf-8"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"cache-control"] == b"no-store"
    name = f"wabawatch-messages-2026-09-21-{told['id'][:8]}.csv"
    assert headers[b"content-disposition"] == f'attachment; filename="{name}"'.encode()
    assert api.told("DELETE", f"/exports/{told['id']}", token=reader) == {"id": told["id"]}
    assert api.ask("GET", f"/exports/{told['id']}", token=reader).status == 404
    assert list((api.folder / "exports").iterdir()) == []
    assert api.trail() == [
        ("token:1", "export_requested"),
        ("exports", "export_finished"),
        ("token:1", "export_downloaded"),
        ("token:1", "export_deleted"),
    ]


def test_filters_are_those_of_a_search(api: Api) -> None:
    one = api.asked(filters={"wamid": ["wamid.1"]}, unmask=True, columns=["wamid"])
    none = api.asked(filters={"since": "1h", "status": ["failed"]}, columns=["wamid"])
    api.work()

    assert api.ask("GET", f"/exports/{one}/file").body == b"wamid\r\nwamid.1\r\n"
    assert api.ask("GET", f"/exports/{none}/file").body == b"wamid\r\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "format: missing"),
        ({"format": "pdf"}, "format"),
        ({"format": "csv", "columns": ["text"]}, "columns: there is no column 'text'"),
        ({"format": "csv", "filters": {"since": "yesterday"}}, "since"),
        ({"format": "csv", "filters": {"statos": ["failed"]}}, "statos"),
        ({"format": "csv", "filters": {"limit": 5}}, "limit"),
        ({"format": "csv", "filters": {"since": "2030-01-01T00:00:00Z"}}, "not after since"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(api: Api, content: Any, said: str) -> None:
    answer = api.ask("POST", "/exports", content)

    assert answer.status == 422
    assert said in json.loads(answer.body)["detail"]


def test_whole_numbers_take_the_scope_admin(api: Api) -> None:
    refused = api.ask("POST", "/exports", {"format": "jsonl", "unmask": True}, api.readers[0])
    whole = api.asked(format="jsonl", unmask=True, columns=["contact"])
    api.work()

    assert refused.status == 403
    assert api.ask("GET", f"/exports/{whole}/file").body.splitlines()[0] == b'{"contact":"15550000001"}'


def test_a_token_sees_what_it_asked_for_and_the_owner_sees_all(api: Api) -> None:
    one, two = (api.asked(token) for token in api.readers)

    assert [each["id"] for each in api.told("GET", "/exports", token=api.readers[0])] == [one]
    assert {each["id"] for each in api.told("GET", "/exports")} == {one, two}
    for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
        assert api.ask(method, f"/exports/{two}{path}", token=api.readers[0]).status == 404


def test_a_fourth_one_under_way_is_too_many(api: Api) -> None:
    for _ in range(3):
        api.asked()

    assert api.ask("POST", "/exports", {"format": "csv"}).status == 429


@pytest.mark.parametrize("id", ["../../keys.json", "%2e%2e%2fkeys.json", "..", "x" * 32, "\n", "keys.json"])
def test_no_path_reaches_the_files(api: Api, id: str) -> None:
    (api.folder / "exports").mkdir()

    for method, path in (("GET", f"/exports/{id}"), ("GET", f"/exports/{id}/file"), ("DELETE", f"/exports/{id}")):
        answer = api.ask(method, path)
        assert answer.status in (404, 422), (method, path)
        assert b'"keys"' not in answer.body
    assert (api.folder / "keys.json").exists()
