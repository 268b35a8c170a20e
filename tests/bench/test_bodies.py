"""The traffic of the bench: what it sends is what Meta would send, and it knows what became of each message."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from bench.bodies import Traffic

from wabawatch.domain.facts import StatusChanged
from wabawatch.meta.signature import is_genuine
from wabawatch.meta.webhooks import parse

NOW = 1_795_176_000_000
SECRET = b"app secret"


def split(request: bytes) -> tuple[dict[bytes, bytes], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    return dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:]), body


def traffic(token: bytes = b"") -> Traffic:
    return Traffic(SECRET, token, delivered_after=5, read_after=20)


def test_each_webhook_is_signed_and_as_long_as_it_says() -> None:
    for request in islice(traffic().requests(), 100):
        headers, body = split(request)

        assert int(headers[b"Content-Length"]) == len(body)
        assert is_genuine(body, headers[b"X-Hub-Signature-256"], [SECRET])


def test_each_webhook_tells_one_status_and_nothing_strange() -> None:
    for request in islice(traffic().requests(), 200):
        facts = parse(split(request)[1], received_at=NOW, is_live=True).facts

        assert [type(fact) for fact in facts] == [StatusChanged]


@pytest.mark.parametrize("many", [10, 1_000])
def test_the_truth_is_what_the_webhooks_tell(many: int) -> None:
    sending = traffic()
    newest: dict[str, str] = {}
    for request in islice(sending.requests(), many):
        [fact] = parse(split(request)[1], received_at=NOW, is_live=True).facts
        assert isinstance(fact, StatusChanged)
        newest[fact.wamid] = fact.status

    told = Counter(newest.values())
    assert sending.truth() == {"attempted": len(newest), "pending": 0} | {name: told[name] for name in _ENDS}


_ENDS = ("sent", "delivered", "read", "failed")


def test_webhooks_are_as_long_as_real_ones() -> None:
    lengths = [len(split(request)[1]) for request in islice(traffic().requests(), 1_000)]

    assert 590 < sum(lengths) / len(lengths) < 630


def test_with_a_token_each_message_begins_with_its_recorded_send() -> None:
    sending = traffic(b"token")
    requests = list(islice(sending.requests(), 1_000))

    recorded = sum(request.startswith(b"POST /api/v1/messages ") for request in requests)
    assert recorded == sending.truth()["attempted"]
