"""Media at the Graph endpoints, in process."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import httpx
import pytest
from tests.simulator.scenes import simulation
from tests.simulator.test_graph import CALM, call, send, text

from wabawatch.simulator.media import LARGEST
from wabawatch.simulator.simulation import Simulation

PNG = b"\x89PNG\r\n\x1a\n" + bytes(5_000)
FIELDS = {"messaging_product": "whatsapp", "type": "image/png"}


@pytest.fixture
def made() -> Simulation:
    return simulation(messages=0, mix=CALM)


def upload(
    made: Simulation, content: bytes = PNG, mime: str = "image/png", fields: Any = None, **more: Any
) -> httpx.Response:
    path = f"/v25.0/{made.world.numbers[0].id}/media"
    data = FIELDS | {"type": mime} if fields is None else fields
    return call(made, "POST", path, data=data, files={"file": ("picture.png", content, mime)}, **more)


def described(made: Simulation) -> dict[str, Any]:
    found: dict[str, Any] = call(made, "GET", f"/v25.0/{upload(made).json()['id']}").json()
    return found


def test_an_upload_is_described_by_its_id(made: Simulation) -> None:
    found = described(made)

    assert (found["mime_type"], found["file_size"]) == ("image/png", len(PNG))
    assert found["sha256"] == sha256(PNG).hexdigest()
    assert found["messaging_product"] == "whatsapp"


def test_an_upload_can_be_downloaded_with_the_token(made: Simulation) -> None:
    answer = call(made, "GET", described(made)["url"])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content == PNG


def test_a_download_needs_the_token_and_the_whole_address(made: Simulation) -> None:
    url = described(made)["url"]

    assert call(made, "GET", url, headers={}).status_code == 401
    assert call(made, "GET", url + "0").status_code == 404
    assert call(made, "GET", "/whatsapp_business/attachments/?mid=1&ext=x&hash=y").status_code == 404


def test_a_deleted_upload_is_gone(made: Simulation) -> None:
    medium = upload(made).json()["id"]

    assert call(made, "DELETE", f"/v25.0/{medium}").json() == {"success": True}
    assert call(made, "GET", f"/v25.0/{medium}").json()["error"]["error_subcode"] == 33


@pytest.mark.parametrize("size", [3 << 20, LARGEST])
def test_documents_may_have_up_to_a_hundred_megabytes(made: Simulation, size: int) -> None:
    medium = upload(made, bytes(size), "application/pdf").json()["id"]

    assert call(made, "GET", f"/v25.0/{medium}").json()["file_size"] == size


@pytest.mark.parametrize(
    ("size", "mime", "code"),
    [
        (LARGEST + 1, "application/pdf", 131053),
        (LARGEST + (3 << 20), "application/pdf", 131053),
        ((5 << 20) + 1, "image/png", 131053),
        (10, "image/gif", 100),
        (0, "image/png", 100),
    ],
)
def test_files_of_wrong_type_or_size_are_refused(made: Simulation, size: int, mime: str, code: int) -> None:
    answer = upload(made, bytes(size), mime)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize("fields", [{}, {"messaging_product": "signal", "type": "image/png"}])
def test_an_upload_names_its_product(made: Simulation, fields: dict[str, str]) -> None:
    assert "messaging_product" in upload(made, fields=fields).json()["error"]["error_data"]["details"]


def test_an_upload_without_a_file_is_refused(made: Simulation) -> None:
    path = f"/v25.0/{made.world.numbers[0].id}/media"

    assert call(made, "POST", path, json=FIELDS).json()["error"]["code"] == 100
    assert call(made, "POST", path, data=FIELDS, files={"nothing": b""}).json()["error"]["code"] == 100
    assert call(made, "POST", "/v25.0/404/media", data=FIELDS, files={"file": PNG}).json()["error"]["code"] == 100


def test_the_type_of_the_part_counts_where_none_is_named(made: Simulation) -> None:
    medium = upload(made, fields={"messaging_product": "whatsapp"}).json()["id"]

    assert call(made, "GET", f"/v25.0/{medium}").json()["mime_type"] == "image/png"


def test_a_medium_is_sent_by_id_or_by_link(made: Simulation) -> None:
    medium = upload(made).json()["id"]

    assert send(made, text(type="image", image={"id": medium})).status_code == 200
    assert send(made, text(type="document", document={"link": "https://files.example/a.pdf"})).status_code == 200
    assert [row["type"] for row in made.truth()] == ["image", "document"]


@pytest.mark.parametrize(
    ("image", "code"), [({"id": "404"}, 100), ({}, 131008), ({"link": "file:///etc/hostname"}, 131009)]
)
def test_a_medium_that_is_not_there_is_not_sent(made: Simulation, image: dict[str, str], code: int) -> None:
    assert send(made, text(type="image", image=image)).json()["error"]["code"] == code
    assert made.totals()["rejected"] == 1
