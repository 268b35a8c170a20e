"""Meta's status feed: open disruptions, whatever the feed looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wabawatch.meta.status_feed import read_outages

NOW = 1_700_000_000_000
HEAD = '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'


def feed(*items: str) -> bytes:
    return f"{HEAD}<title>WhatsApp Business Platform Status</title>{''.join(items)}</channel></rss>".encode()


def item(title: str, date: str = "Tue, 14 Nov 2023 20:00:00 GMT") -> str:
    return f"<item><title>{title}</title><pubDate>{date}</pubDate><guid>{title}</guid></item>"


def test_an_empty_feed_is_good_news() -> None:
    assert read_outages(feed(), NOW) == ()


def test_an_item_is_an_outage_from_its_date_on() -> None:
    found = read_outages(feed(item("Cloud API: &lt;b&gt;delays&lt;/b&gt;")), NOW)

    assert found is not None
    assert [(each.title, each.at) for each in found] == [("Cloud API: delays", 1_699_992_000_000)]


def test_what_is_over_is_left_out() -> None:
    assert read_outages(feed(item("Resolved: Cloud API")), NOW) == ()


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 14 Nov 2090 20:00:00 GMT"])
def test_a_date_that_says_nothing_is_now(date: str) -> None:
    found = read_outages(feed(item("Cloud API", date)), NOW)

    assert found is not None
    assert found[0].at == NOW


def test_atom_is_read_too() -> None:
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Down</title><id>1</id></entry></feed>'

    assert [each.title for each in read_outages(atom, NOW) or ()] == ["Down"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>Status</body></html>",
        b'{"status":"ok"}',
        b"<rss>",
        b'<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>',
        b"<rss>" + b" " * (2 << 20) + b"</rss>",
    ],
    ids=["empty", "html", "json", "cut off", "entities", "huge"],
)
def test_what_is_no_feed_tells_nothing(content: bytes) -> None:
    assert read_outages(content, NOW) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(content: bytes) -> None:
    read_outages(content, NOW)
    read_outages(feed("<item>") + content, NOW)
