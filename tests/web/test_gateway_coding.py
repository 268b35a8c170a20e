"""What is packed comes back as it was, and is read for the record all the same."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import zstandard
from tests.support.gateway import ACCEPTED, SEND, TEXT, TOKEN, WAMID, Stage, exchange, play, request
from tests.support.upstream import answering, json_answer

from wabawatch.domain.facts import SendOutcome
from wabawatch.web.gateway_coding import unpacked

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
}


@pytest.mark.parametrize("coding", PACKED)
def test_a_send_whose_answer_is_packed_is_recorded_with_what_it_says(tmp_path: Path, coding: str) -> None:
    packed = PACKED[coding](ACCEPTED)

    async def act(stage: Stage) -> Any:
        back = await stage.ask(request(SEND, TEXT, f"Accept-Encoding: {coding}"))
        return back, (await stage.calls(1))[0]

    answer = json_answer(packed, b"200 OK", f"Content-Encoding: {coding}".encode())
    back, call = play(tmp_path, answering(answer), act)

    assert back.body == packed
    assert (call.send.wamid, call.send.outcome) == (WAMID, SendOutcome.ACCEPTED)


def test_a_packed_refusal_is_recorded_with_its_code(tmp_path: Path) -> None:
    refused = gzip.compress(b'{"error":{"message":"(#131056) pair","code":131056}}')

    async def act(stage: Stage) -> Any:
        await stage.ask(request(SEND, TEXT, TOKEN, "Accept-Encoding: gzip"))
        return (await stage.calls(1))[0]

    call = play(tmp_path, answering(json_answer(refused, b"400 Bad Request", b"Content-Encoding: gzip")), act)

    assert (call.send.outcome, [error.code for error in call.errors]) == (SendOutcome.REJECTED, [131056])


@pytest.mark.parametrize(
    ("line", "offered", "asked"),
    [
        (SEND, "gzip, deflate, br, zstd", b"gzip, deflate, zstd"),
        (SEND, "br;q=1.0, *;q=0.1", b"identity"),
        (SEND, "gzip;q=1.0,deflate", b"gzip;q=1.0,deflate"),
        ("GET /graph/v25.0/1", "br", b"br"),
    ],
)
def test_a_send_asks_for_no_answer_that_cannot_be_read(tmp_path: Path, line: str, offered: str, asked: bytes) -> None:
    body = TEXT if line == SEND else b""
    seen, _ = exchange(tmp_path, request(line, body, f"Accept-Encoding: {offered}"), json_answer(ACCEPTED))

    assert seen.named(b"accept-encoding") == [asked]


@pytest.mark.parametrize(
    ("content", "coding", "found"),
    [
        (gzip.compress(bytes(1 << 20)), "gzip", bytes(100)),
        (zstandard.ZstdCompressor().compress(bytes(1 << 20)), "zstd", bytes(100)),
        (zlib.compress(b"{}", wbits=-15), "deflate", b"{}"),
        (gzip.compress(zlib.compress(b"{}")), "deflate, gzip", b"{}"),
        (b"no gzip", "gzip", b""),
        (b"no zstd", "zstd", b""),
        (b"no deflate", "deflate", b""),
        (b"{}", "br", b""),
    ],
    ids=count(),  # what is packed holds a time
)
def test_no_more_is_unpacked_than_is_read(content: bytes, coding: str, found: bytes) -> None:
    assert unpacked(content, coding, 100) == found
