"""What open windows are told of alerts: the part that they fetch, and how many are unread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.alert_books import RATE, VIOLATION, bad, good, look
from tests.support.alert_pages import OPERATOR, VIEWER, Pages
from tests.support.facts import NUMBERS, WABA

from wabawatch.domain.access import Role
from wabawatch.domain.alerts import AlertScope, ScopeKind

OTHER = AlertScope(ScopeKind.NUMBER, NUMBERS[1], WABA)
EVIL = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    found = Pages(tmp_path)
    yield found
    found.system.close()


def unread(text: str) -> int:
    found = re.search(r'data-unread="(\d+)"', text)
    assert found
    return int(found[1])


def place(text: str) -> str:
    found = re.search(r'name="after" value="([\d.]+)"', text)
    assert found
    return found[1]


def test_a_page_knows_how_far_it_was_told_and_the_part_says_what_came_since(pages: Pages) -> None:
    told = place(pages.get("/alerts").text)
    look(pages.system.alerts.book, RATE, bad(0), bad(5))

    text = pages.get(f"/parts/alert-news?after={told}").text

    assert f'data-toast="{pages.only()}"' in text
    assert "data-urgent" in text
    assert "Critical" in text
    assert "160 of 200 arrived" in text
    assert f'href="/alerts/{pages.only()}"' in text
    assert "data-toast" not in pages.get(f"/parts/alert-news?after={place(text)}").text


def test_what_somebody_did_is_told_with_their_name(pages: Pages) -> None:
    user, _ = pages.system.access.desk.add("ann", Role.OPERATOR, "test")
    look(pages.system.alerts.book, RATE, bad(0), bad(5))
    told = place(pages.get("/alerts").text)
    pages.system.alerts.alerting.acknowledge(pages.only(), user.actor, "we call Meta")

    text = pages.get(f"/parts/alert-news?after={told}").text

    assert "Ann acknowledged <a" in " ".join(text.split())
    assert "we call Meta" in text


def test_what_began_since_the_list_was_looked_at_is_unread_in_title_and_navigation(pages: Pages) -> None:
    look(pages.system.alerts.book, RATE, bad(0), bad(5))
    before = pages.get(f"/alerts/{pages.only()}").text
    assert "<title>(1) " in before
    assert "data-unread-sign><span data-unread-n>1</span> new" in before

    assert "<title>Alerts" in pages.get("/alerts").text
    assert unread(pages.get("/parts/alert-news?after=0.0").text) == 0

    look(pages.system.alerts.book, RATE, bad(6, OTHER))
    assert unread(pages.get("/parts/alert-news?after=0.0").text) == 1
    assert pages.post("/parts/alert-news/seen").status_code == 204
    assert unread(pages.get("/parts/alert-news?after=0.0").text) == 0
    pages.as_(VIEWER)
    assert unread(pages.get("/parts/alert-news?after=0.0").text) == 2
    pages.as_(OPERATOR)


def test_what_is_shown_already_is_told_again_while_it_fires(pages: Pages) -> None:
    look(pages.system.alerts.book, RATE, bad(0), bad(5))
    told = place(pages.get("/alerts").text)

    assert "data-urgent" in pages.get(f"/parts/alert-news?after={told}&keep=1").text
    look(pages.system.alerts.book, RATE, good(30))
    text = pages.get(f"/parts/alert-news?after={told}&keep=1").text
    assert "data-urgent" not in text
    assert "Over" in text


def test_many_at_once_are_one_note(pages: Pages) -> None:
    for i in range(5):
        look(pages.system.alerts.book, RATE, bad(i, AlertScope(ScopeKind.NUMBER, f"9{i}", WABA)))

    text = pages.get("/parts/alert-news?after=0.0").text

    assert text.count("data-toast") == 1
    assert "5 alerts began to fire" in text
    assert 'href="/alerts"' in text


@pytest.mark.parametrize(
    "query", ["", "after=", "after=1", "after=x.y", "after=1.2.3", "after=1.2&keep=x", f"after={'9' * 30}.1"]
)
def test_an_address_that_makes_no_sense_is_refused(pages: Pages, query: str) -> None:
    assert pages.get(f"/parts/alert-news?{query}").status_code == 422


def test_text_of_others_is_text(pages: Pages) -> None:
    evil = replace(bad(0, AlertScope(ScopeKind.WABA, WABA)), words=EVIL, event="e")
    look(pages.system.alerts.book, replace(VIOLATION, title=EVIL), evil)
    pages.system.console.news.note(pages.only(), EVIL, EVIL)

    text = pages.get("/parts/alert-news?after=0.0").text

    assert text.count("&lt;script&gt;") >= 3
    assert "<script>" not in text
    assert "<img" not in text
