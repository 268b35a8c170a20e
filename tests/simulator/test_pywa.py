"""A client library that people really use finds what it expects at the Graph endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.types import templates as forms
from starlette.applications import Starlette
from tests.simulator.scenes import START, simulation
from tests.simulator.test_graph import CALM

from wabawatch.simulator.clock import LeapingClock
from wabawatch.simulator.graph import build_graph
from wabawatch.simulator.simulation import Simulation
from wabawatch.simulator.standing import APP_ID

TO = "4915123456789"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
FRESH = forms.Template(
    name="fresh",
    language=forms.TemplateLanguage.ENGLISH,
    category=forms.TemplateCategory.UTILITY,
    components=[forms.BodyText("Hello there")],
)


class Bridge(httpx.BaseTransport):
    """Brings what a client asks of Meta to the app instead."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self._app)) as client:
                body = request.read()
                answer = await client.request(request.method, request.url, headers=request.headers, content=body)
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

        return asyncio.run(asked())


@pytest.fixture
def made() -> Simulation:
    return simulation(messages=0, mix=CALM)


@pytest.fixture
def client(made: Simulation) -> Iterator[WhatsApp]:
    number = made.world.numbers[0]
    graph = build_graph(made, LeapingClock(START), "right")
    with httpx.Client(transport=Bridge(graph)) as session:
        yield WhatsApp(phone_id=number.id, token="right", session=session, waba_id=number.waba.id)


def usable(client: WhatsApp) -> Any:
    return next(one for one in client.get_templates() if one.status is forms.TemplateStatus.APPROVED)


def media(client: WhatsApp) -> Any:
    return client.upload_media(PNG, mime_type="image/png", filename="a.png")


CALLS: dict[str, Callable[[WhatsApp], object]] = {
    "text": lambda client: client.send_message(TO, "hi"),
    "image": lambda client: client.send_image(TO, PNG, mime_type="image/png"),
    "reaction": lambda client: client.send_reaction(TO, "+", "wamid.X"),
    "template": lambda client: client.send_template(TO, usable(client).name, usable(client).language, []),
    "read": lambda client: client.mark_message_as_read("wamid.X"),
    "typing": lambda client: client.indicate_typing("wamid.X"),
    "delete media": lambda client: client.delete_media(media(client).id),
    "profile": lambda client: client.get_business_profile(),
    "change profile": lambda client: client.update_business_profile(about="x", websites=["https://a.example"]),
    "account": lambda client: client.get_business_account(),
    "number": lambda client: client.get_business_phone_number(),
    "numbers": lambda client: list(client.get_business_phone_numbers()),
    "create template": lambda client: client.create_template(FRESH),
    "edit template": lambda client: client.update_template(
        usable(client).id, new_components=[forms.BodyText("Hello you")]
    ),
    "delete template": lambda client: client.delete_template(usable(client).name),
    "block": lambda client: client.block_users([TO]),
    "unblock": lambda client: client.unblock_users([TO]),
    "register": lambda client: client.register_phone_number(pin="123456"),
    "deregister": lambda client: client.deregister_phone_number(),
    "divert an account": lambda client: client.override_waba_callback_url("https://b.example/", "word"),
    "divert a number": lambda client: client.override_phone_callback_url("https://b.example/", "word"),
    "divert nothing": lambda client: client.delete_phone_callback_url(),
}


@pytest.mark.parametrize("what", CALLS)
def test_the_library_gets_its_answer(client: WhatsApp, what: str) -> None:
    assert CALLS[what](client)


def test_what_was_uploaded_is_downloaded(client: WhatsApp) -> None:
    url = client.get_media_url(media(client).id)

    assert (url.file_size, client.get_media_bytes(url.url)) == (len(PNG), PNG)


def test_whoever_was_blocked_is_listed(client: WhatsApp) -> None:
    client.block_users([TO])

    assert [one.wa_id for one in client.get_blocked_users()] == [TO]


def test_every_send_is_in_the_truth_once(client: WhatsApp, made: Simulation) -> None:
    sent = [client.send_message(TO, "hi").id, client.send_image(TO, PNG, mime_type="image/png").id]

    assert [row["wamid"] for row in made.truth()] == sent


def test_the_app_gets_its_token_and_sets_its_callback(client: WhatsApp, made: Simulation) -> None:
    secret = made.app_token.partition("|")[2]
    token = client.get_app_access_token(int(APP_ID), secret)
    client.set_app_callback_url(int(APP_ID), token, "https://here.example/", "word", ["messages"])

    assert token == made.app_token
    assert made.standing.app.callback == "https://here.example/"
