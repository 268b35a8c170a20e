"""The WSGI middleware: the application is as it was without it, and wabawatch gets a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from tests.support.client import ShoeboxClient
from wabawatch.meta.signature import sign
from wabawatch.sdk.wsgi import WebhookWatch

BODY = b'{"object":\n"whatsapp_business_account",\n"entry": []}'
SIGNATURE = sign(BODY, b"app secret")


def environ_of(**changes: Any) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/webhook", "CONTENT_LENGTH": str(len(BODY)),
        "HTTP_X_HUB_SIGNATURE_256": SIGNATURE, "wsgi.input": BytesIO(BODY), **changes,
    }  # fmt: skip
    setup_testing_defaults(environ)
    return environ


def serve(app: Any, environ: dict[str, Any]) -> tuple[str, bytes]:
    """What a server does with *app*: status and body."""
    said: list[str] = []

    def start_response(status: str, headers: Any, error: Any = None) -> Callable[[bytes], object]:
        said.append(status)
        return lambda _: None

    chunks: Iterable[bytes] = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return said[0], body


class Application:
    """Reads a webhook in one of the ways there are."""

    def __init__(self, read: Callable[[Any], bytes] = lambda stream: stream.read(len(BODY))) -> None:
        self._read = read
        self.heard = b""
        self.is_closed = False

    def __call__(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        self.heard = self._read(environ["wsgi.input"])
        start_response("202 Accepted", [])
        return self._answer()

    def _answer(self) -> Iterator[bytes]:
        try:
            yield b"tha"
            yield b"nks"
        finally:
            self.is_closed = True


def broken(environ: Any, start_response: Any) -> list[bytes]:
    environ["wsgi.input"].read(len(BODY))
    raise ValueError("a bug of the application")


@pytest.fixture
def client() -> ShoeboxClient:
    return ShoeboxClient()


def test_the_application_hears_and_says_what_it_would_without(client: ShoeboxClient) -> None:
    application = Application()

    assert serve(WebhookWatch(application, client), environ_of()) == ("202 Accepted", b"thanks")
    assert (application.heard, application.is_closed) == (BODY, True)


def test_wabawatch_gets_the_bytes_their_signature_and_the_answer(client: ShoeboxClient) -> None:
    serve(WebhookWatch(Application(), client), environ_of())

    (copy,) = client.copies
    assert (copy.body, copy.signature, copy.app, copy.status) == (BODY, SIGNATURE, "", 202)


def by_readinto(stream: Any) -> bytes:
    buffer = bytearray(len(BODY))
    return bytes(buffer[: stream.readinto(buffer)])


@pytest.mark.parametrize("length", [str(len(BODY)), ""], ids=["length", "chunked"])
@pytest.mark.parametrize(
    "read",
    [
        lambda stream: b"".join(iter(lambda: stream.read(7), b"")),
        lambda stream: stream.read() + stream.read(),
        lambda stream: b"".join(stream),
        lambda stream: b"".join(iter(stream.readline, b"")),
        lambda stream: b"".join(stream.readlines()) + stream.read(),
        lambda stream: by_readinto(stream) + stream.read(1),
    ],
    ids=["pieces", "read", "lines", "readline", "readlines", "readinto"],
)
def test_however_the_body_is_read_the_copy_is_whole(client: ShoeboxClient, read: Any, length: str) -> None:
    application = Application(read)
    serve(WebhookWatch(application, client), environ_of(CONTENT_LENGTH=length))

    assert application.heard == BODY
    assert [copy.body for copy in client.copies] == [BODY]


def test_a_body_that_the_application_did_not_read_is_not_copied(client: ShoeboxClient) -> None:
    serve(WebhookWatch(Application(lambda stream: bytes(stream.read(5))), client), environ_of())

    assert not client.copies


@pytest.mark.parametrize(
    "change",
    [{"REQUEST_METHOD": "GET"}, {"PATH_INFO": "/other"}, {"HTTP_X_HUB_SIGNATURE_256": ""}],
    ids=["handshake", "path", "unsigned"],
)
def test_what_is_no_webhook_is_not_copied(client: ShoeboxClient, change: dict[str, str]) -> None:
    assert serve(WebhookWatch(Application(), client), environ_of(**change))[1] == b"thanks"
    assert not client.copies


def test_an_application_that_breaks_does_so_as_before_and_that_is_told(client: ShoeboxClient) -> None:
    with pytest.raises(ValueError, match="a bug of the application"):
        serve(WebhookWatch(broken, client), environ_of())

    assert [copy.status for copy in client.copies] == [500]


def test_a_server_may_ask_how_many_chunks_there_are_if_the_application_can_say(client: ShoeboxClient) -> None:
    def one_chunk(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"thanks"]

    sized: Any = WebhookWatch(one_chunk, client)(environ_of(), lambda *_: lambda _: None)
    unsized = WebhookWatch(Application(), client)(environ_of(), lambda *_: lambda _: None)

    assert len(sized) == 1
    assert not hasattr(unsized, "__len__")


def test_a_copy_that_cannot_be_kept_is_nothing_to_the_application() -> None:
    client = ShoeboxClient(is_strict=True)
    client.box.is_broken = True

    assert serve(WebhookWatch(Application(), client), environ_of()) == ("202 Accepted", b"thanks")
