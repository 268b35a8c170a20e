"""The page of one message without a browser: its stages, why it failed, what it hides, and the way back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.console import client
from tests.support.system import item, webhook
from tests.web.test_logs_page import MARKUP, PHONE, VIEWER, WAMID, Logs

from wabawatch.app import System
from wabawatch.domain.audit_trail import AuditFilter
from wabawatch.settings import load
from wabawatch.storage.audit_entries import SqlTrail
from wabawatch.web.pages.log_shown import lasted


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logs]:
    found = Logs(tmp_path_factory.mktemp("message"))
    yield found
    found.system.close()


def path_of(logs: Logs, query: str) -> str:
    """The link to the first message that a log page with *query* shows."""
    return html.unescape(re.findall(r'href="(/messages/[^"]+)"', logs.get(f"/logs?{query}").text)[0])


def test_it_shows_the_stages_with_the_time_between_them_and_why_it_failed(logs: Logs) -> None:
    text = logs.get(path_of(logs, "template=hello")).text

    assert re.findall(r"<strong>(Asked for|Failed|Error)</strong>", text)[:2] == ["Asked for", "Failed"]
    assert "after 30.0 s" in text
    assert "The person is not on WhatsApp" in text
    assert "Check the contact by another" in text
    assert "hello (en)" in text
    assert re.findall(r">Lead</th><td[^>]*>(\d)<", text) == ["7"]


@pytest.mark.parametrize(
    ("pricing", "said"),
    [
        ({"billable": True, "type": "regular", "category": "marketing"}, "0.05 EUR at list price, as marketing"),
        ({"billable": True, "type": "regular", "category": "utility"}, "Charged as utility; there is no price"),
        ({"billable": False, "type": "free_customer_service", "category": "service"}, "Free, service"),
        (None, "not known: Meta has not said"),
    ],
)  # fmt: skip
def test_it_says_what_the_message_costs(tmp_path: Path, pricing: dict[str, object] | None, said: str) -> None:
    told = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
    system = System(load(told | {"WABAWATCH_PRICES_CURRENCY": "EUR", "WABAWATCH_PRICES_MARKETING_DEFAULT": "0.05"}))
    more = {"pricing": pricing} if pricing else {}
    status = item("wamid.cost", system.clock.now(), status="sent", recipient_id=PHONE, **more)
    system.inbox.append_all([webhook("statuses", status, received_at=system.clock.now())])
    system.drain()

    text = client(system).get("/messages/wamid.cost").text

    system.close()
    assert said in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


def test_the_way_back_keeps_the_filters(logs: Logs) -> None:
    text = logs.get(path_of(logs, "range=6h&template=hello&status=failed")).text

    assert 'href="/logs?range=6h&status=failed&template=hello"' in html.unescape(text)


@pytest.mark.parametrize(
    "id", ["999999", "wamid.unknown", "wamid.with/slash==", "0190163d-8694-739b-aea5-966c26f8ad91", "x"]
)
def test_an_unknown_id_is_answered_with_a_page_that_says_so(logs: Logs, id: str) -> None:
    answer = logs.get(f"/messages/{id}")

    assert answer.status_code == 404
    assert "No message has this id" in answer.text
    assert "<nav" in answer.text


def test_a_message_is_found_by_its_wamid_too_but_neither_it_nor_the_number_is_shown(logs: Logs) -> None:
    text = logs.get(f"/messages/{WAMID}").text

    assert "•••001" in text
    assert PHONE not in text
    assert WAMID not in text


def test_whole_numbers_are_for_who_has_the_right_and_it_is_noted_of_which_message_they_were_seen(logs: Logs) -> None:
    path = path_of(logs, "template=hello")

    assert PHONE in logs.get(f"{path}&unmask=yes").text
    (seen, *_) = SqlTrail(logs.system.database).entries(AuditFilter(action="messages_unmasked"), 1)
    assert path.startswith(f"/messages/{seen.subject.removeprefix('message:')}?")
    refused = logs.get(f"{path}&unmask=yes", VIEWER)
    assert refused.status_code == 403
    assert PHONE not in refused.text
    assert "Show whole numbers" not in logs.get(path, VIEWER).text


def test_texts_full_of_markup_are_shown_as_text(logs: Logs) -> None:
    text = logs.get(path_of(logs, "error=999001")).text

    assert "<img src=x" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") >= 6
    assert "<script>" not in text
    assert MARKUP in html.unescape(text)


def test_the_raw_answer_is_there_collapsed(logs: Logs) -> None:
    text = logs.get(path_of(logs, "template=hello")).text

    raw = html.unescape(re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)[0])
    assert '"error_code": 131026' in raw
    assert '<details class="card raw">' in text


def test_an_id_that_an_application_was_given_leads_to_its_message(logs: Logs) -> None:
    answer = logs.get("/logs?q=0190163d-8694-739b-aea5-966c26f8ad91")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/messages/0190163d-8694-739b-aea5-966c26f8ad91"


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 ms"),
        (840, "840 ms"),
        (2_400, "2.4 s"),
        (185_000, "3 min 5 s"),
        (7_500_000, "2 h 5 min"),
        (273_600_000, "3 d 4 h"),
    ],
)
def test_a_time_between_two_stages_is_exact_where_it_is_short(ms: int, said: str) -> None:
    assert lasted(ms) == said
