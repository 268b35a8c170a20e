"""The ASGI middleware: the application is as it was without it, and wabawatch gets a copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.asgi import Answer, Request, ask
from tests.support.client import ShoeboxClient
from wabawatch.meta.signature import sign
from wabawatch.sdk.asgi import WebhookWatch

BODY = b'{"object": "whatsapp_business_account", "entry": []}'
SIGNATURE = sign(BODY, b"app secret")
WEBHOOK = Request("POST", "/webhook", (BODY[:10], BODY[10:]), ((b"x-hub-signature-256", SIGNATURE.encode()),))


class Application:
    """Reads a webhook and answers it in two pieces."""

    def __init__(self) -> None:
        self.heard = b""
        self.scopes: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope["type"])
        more = scope["type"] == "http"
        while more:
            message = await receive()
            self.heard += message.get("body", b"")
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 202, "headers": [(b"x-app", b"1")]})
        await send({"type": "http.response.body", "body": b"tha", "more_body": True})
        await send({"type": "http.response.body", "body": b"nks"})


async def broken(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await receive()
    raise ValueError("a bug of the application")


async def hasty(scope: Any, receive: Any, send: Any) -> None:
    """Answers without having read the body."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def client() -> ShoeboxClient:
    return ShoeboxClient()


def test_the_application_hears_and_says_what_it_would_without(client: ShoeboxClient) -> None:
    plain, watched = Application(), Application()

    assert ask(WebhookWatch(watched, client), WEBHOOK) == ask(plain, WEBHOOK)
    assert watched.heard == plain.heard == BODY


def test_wabawatch_gets_the_bytes_their_signature_and_the_answer(client: ShoeboxClient) -> None:
    ask(WebhookWatch(Application(), client), WEBHOOK)

    (copy,) = client.copies
    assert (copy.body, copy.signature, copy.app, copy.status) == (BODY, SIGNATURE, "", 202)
    assert copy.ms >= 0
    assert copy.at > 1_700_000_000_000


@pytest.mark.parametrize(
    "other",
    [
        replace(WEBHOOK, method="GET"),
        replace(WEBHOOK, path="/other"),
        replace(WEBHOOK, headers=()),
        replace(WEBHOOK, headers=((b"x-hub-signature-256", b"sha1=00"),)),
        Request("", "", kind="lifespan"),
    ],
    ids=["handshake", "path", "unsigned", "signature", "lifespan"],
)
def test_what_is_no_webhook_is_not_copied(client: ShoeboxClient, other: Request) -> None:
    application = Application()
    ask(WebhookWatch(application, client), other)

    assert application.scopes == [other.kind]
    assert not client.copies


def test_each_path_may_be_that_of_a_meta_app(client: ShoeboxClient) -> None:
    watch = WebhookWatch(Application(), client, {"/hooks/a": "shop", "/hooks/b": "support"})
    for path in ("/hooks/a", "/hooks/b"):
        ask(watch, replace(WEBHOOK, path=path))

    assert [copy.app for copy in client.copies] == ["shop", "support"]


def test_an_application_that_breaks_does_so_as_before_and_that_is_told(client: ShoeboxClient) -> None:
    with pytest.raises(ValueError, match="a bug of the application"):
        ask(WebhookWatch(broken, client), WEBHOOK)

    assert [(copy.body, copy.status) for copy in client.copies] == [(BODY, 500)]


def test_a_body_that_the_application_did_not_read_is_not_copied(client: ShoeboxClient) -> None:
    assert ask(WebhookWatch(hasty, client), WEBHOOK).status == 200
    assert not client.copies


def test_with_the_app_secret_nothing_is_copied_that_it_did_not_sign(client: ShoeboxClient) -> None:
    for secret in ("another", "app secret"):
        ask(WebhookWatch(Application(), client, app_secrets=[secret]), WEBHOOK)

    assert len(client.copies) == 1


@pytest.mark.parametrize("is_strict", [False, True])
def test_a_copy_that_cannot_be_kept_is_nothing_to_the_application(is_strict: bool) -> None:
    client = ShoeboxClient(is_strict)
    client.box.is_broken = True

    answer: Answer = ask(WebhookWatch(Application(), client), WEBHOOK)
    assert (answer.status, answer.body, answer.is_complete) == (202, b"thanks", True)


def test_a_large_body_is_copied_and_one_too_large_for_meta_is_not(client: ShoeboxClient) -> None:
    for size in (1 << 20, (4 << 20) + 1):
        ask(WebhookWatch(Application(), client), replace(WEBHOOK, chunks=(b"x" * size,)))

    assert [len(copy.body) for copy in client.copies] == [1 << 20]
