"""The webhook receiver asked anything: it keeps what is signed, to the byte, and never fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.asgi import Request
from tests.support.receiver import (
    BODY,
    LIMIT,
    NEW,
    OLD,
    Desk,
    post,
)

from wabawatch.web.webhook import PATH


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for many examples, each of which looks only at what is newest."""
    desk = Desk(tmp_path_factory.mktemp("shared"))
    yield desk
    desk.inbox.close()


@given(body=st.binary(max_size=LIMIT), chunks=st.integers(1, 5), secret=st.sampled_from([OLD, NEW]))
def test_any_bytes_with_the_right_signature_are_kept_to_the_byte(
    shared: Desk, body: bytes, chunks: int, secret: bytes
) -> None:
    assert shared.ask(post(body, secret, chunks=chunks)).status == 200

    kept = shared.inbox.find(shared.inbox.newest())
    assert kept is not None
    assert kept.content == body


NAMES = st.sampled_from([b"x-hub-signature-256", b"content-length", b"expect", b"transfer-encoding"]) | st.binary()
VALUES = st.binary() | st.integers().map(lambda number: b"%d" % number)


@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    method=st.sampled_from(["GET", "POST", "HEAD", "X"]),
    tail=st.text(),
    query=st.binary() | st.binary().map(lambda value: b"hub.mode=subscribe&hub.verify_token=" + value),
)
def test_no_header_path_or_query_ever_raises_or_comes_in_unsigned(
    shared: Desk, headers: list[tuple[bytes, bytes]], method: str, tail: str, query: bytes
) -> None:
    before = shared.inbox.newest()

    answer = shared.ask(Request(method, PATH + tail, (BODY,), tuple(headers), query))

    assert answer.status in {401, 403, 404, 405, 413}
    assert shared.inbox.newest() == before
