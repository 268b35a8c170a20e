"""What a form sends: small, in one encoding, read once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from wabawatch.web.forms import MAX_BYTES, MAX_FIELDS, Form, read_form

TYPE = b"application/x-www-form-urlencoded"


def request(*chunks: bytes, kind: bytes = TYPE) -> Request:
    waiting = [{"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)]

    async def receive() -> Any:
        return waiting.pop(0)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}, receive)


def read(*chunks: bytes, kind: bytes = TYPE) -> Form:
    return asyncio.run(read_form(request(*chunks, kind=kind)))


def test_fields_are_read_in_their_order_however_the_body_is_cut() -> None:
    form = read(b"name=a", b"nn&tick=1&tick=", b"2&empty=")

    assert (form.one("name"), form.all("tick"), form.one("empty"), form.one("none")) == ("ann", ["1", "2"], "", "")


def test_a_form_is_read_once_and_known_afterwards() -> None:
    asked = request(b"name=ann")

    async def twice() -> tuple[Form, Form]:
        return await read_form(asked), await read_form(asked)

    first, second = asyncio.run(twice())
    assert first is second


def test_bytes_that_are_no_text_harm_nothing() -> None:
    assert read(b"name=%ff%00&x=\xff").one("name") == "\ufffd\0"


def test_a_form_of_another_kind_is_refused() -> None:
    with pytest.raises(HTTPException) as refusal:
        read(b'{"name": "ann"}', kind=b"text/plain")

    assert refusal.value.status_code == 415


@pytest.mark.parametrize("chunks", [[b"x" * (MAX_BYTES + 1)], [b"x" * MAX_BYTES, b"x"], [b"a=1&" * (MAX_FIELDS + 1)]])
def test_a_form_that_is_too_large_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(HTTPException) as refusal:
        read(*chunks)

    assert refusal.value.status_code == 413


def test_what_was_typed_is_not_shown_in_logs() -> None:
    assert "secret" not in repr(read(b"password=secret"))
