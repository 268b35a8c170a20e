"""The list of webhooks and the page of one, without a browser: what they show, what they hide, and what can be done."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.console import client
from tests.support.webhook_pages import MARKUP, MINUTE_MS, NAME, NOW, OPERATOR, PHONE, TEXT, VIEWER, WAMID, Webhooks

from wabawatch.app import System
from wabawatch.flows.ingest import Admission
from wabawatch.settings import load


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhooks]:
    found = Webhooks(tmp_path_factory.mktemp("webhooks"))
    yield found
    found.close()


EVERY = ["waiting", "parked", "copy", "repeat", "no json", "partly", "unknown", "template", "message", "failed", "sent"]


def listed(text: str) -> list[int]:
    """The bodies in the table, in its order."""
    return [int(n) for n in re.findall(r'<th scope="row"[^>]*><a href="/webhooks/(\d+)', text)]


def words(text: str) -> str:
    """What one reads of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", EVERY),
        ("result=waiting", ["waiting"]),
        ("result=parked", ["parked"]),
        ("result=duplicate", ["repeat"]),
        ("result=partly", ["no json", "partly", "unknown"]),
        ("result=processed", ["copy", "template", "message", "failed", "sent"]),
        ("result=retrying", []),
        ("answer=202", ["copy"]),
        ("source=copy", ["copy"]),
        ("source=import", []),
        ("field=brand_new_field", ["unknown"]),
        ("field=message_template_status_update", ["parked", "template"]),
        ("field=message_template_status_update&result=parked", ["parked"]),
        ("app=default&source=copy", ["copy"]),
        ("app=shop", []),
        ("number=100000000000001&result=processed", ["copy", "message", "failed", "sent"]),
        ("client=200000000000001&result=duplicate", ["repeat"]),
        ("client=999", []),
        ("from=2026-11-20T11:50:30Z&to=2026-11-20T11:53:30Z", ["message", "failed", "sent"]),
    ],
)  # fmt: skip
def test_all_filters_must_hold(here: Webhooks, query: str, names: list[str]) -> None:
    known = {**here.ids, "waiting": here.waiting}

    assert listed(here.get(f"/webhooks?{query}").text) == [known[name] for name in names]


def test_a_page_ends_where_the_next_begins(here: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wabawatch.web.pages.webhooks.PAGE", 4)
    seen, part = list[int](), "/webhooks"
    while part:
        text = here.get(part).text
        seen += listed(text)
        part = next(map(html.unescape, re.findall(r'hx-get="(/parts/webhooks\?[^"]+)"', text)), "")

    assert seen == [here.waiting, *sorted(here.ids.values(), reverse=True)]


def test_each_line_says_what_was_in_it_and_what_became_of_it(here: Webhooks) -> None:
    text = words(here.get("/webhooks?result=partly&field=messages").text)

    assert "messages 2 statuses 100000000000001" in text
    assert "Partly understood 1 not understood" in text
    assert "crm Not tried yet" in text
    assert "KeyError" in here.get("/webhooks?result=parked").text


def test_what_a_target_did_not_take_stands_in_the_list(here: Webhooks) -> None:
    assert "crm Dead letter HTTP 404" in words(here.get("/webhooks?result=processed").text)


def test_what_was_turned_away_is_counted_by_reason_and_says_what_to_do(here: Webhooks) -> None:
    for why, n in ((Admission.BAD_SIGNATURE, 3), (Admission.TOO_LARGE, 1), (Admission.PROBED, 1)):
        for _ in range(n):
            here.system.acks.refused("", NOW - 3 * MINUTE_MS, why)
    here.system.flush_answers()

    text = here.get("/webhooks").text
    assert 'Turned away</h3>\n    <div class="name"><span class="value">4</span>' in text
    assert "Signature wrong 3 without a name If it was Meta: set the app secret" in words(text)
    signature = words(here.get("/webhooks?answer=401").text)
    assert "Signature wrong 3" in signature
    assert "Too large 1" not in signature
    assert "probed" not in text


def test_the_summary_says_how_quickly_we_answer(here: Webhooks) -> None:
    for _ in range(200):
        here.system.acks.accepted("", NOW - MINUTE_MS, 4.0)
    here.system.flush_answers()

    assert "4 ms In time usual (p50); p99 4 ms, 0 above 1 s of 200 answers" in words(
        here.get("/parts/webhooks/summary").text
    )


def test_a_number_leads_to_its_body_and_a_wamid_to_the_bodies_that_told_of_the_message(here: Webhooks) -> None:
    answer = here.get(f"/webhooks?q={here.ids['sent']}")
    found = here.get(f"/webhooks?q={WAMID}").text

    assert (answer.status_code, answer.headers["location"]) == (303, f"/webhooks/{here.ids['sent']}")
    told = [int(n) for n in re.findall(r"Body (\d+)<", found)]
    assert told == [here.ids[name] for name in ("sent", "failed", "partly", "repeat")]
    assert "Looked through" in found
    assert PHONE not in found
    assert "There is no such message" in here.get("/webhooks?q=wamid.none").text


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("q=Ada", "q", "Write the number of a body, or the wamid"),
        ("field=two words", "field", "one word of letters"),
        ("answer=418", "answer", "There is no such answer"),
        ("result=lost", "result", "There is no such result"),
        ("source=mars", "source", "There is no such origin"),
        ("q=%00", "q", "cannot be printed"),
    ],
)
def test_a_filter_that_makes_no_sense_is_said_to_be_so_beside_it(
    here: Webhooks, query: str, field: str, said: str
) -> None:
    answer = here.get(f"/webhooks?{query}")

    assert answer.status_code == 422
    assert said in html.unescape(re.findall(rf'id="error-{field}">([^<]+)<', answer.text)[0])
    assert "Nothing was searched" in answer.text


def test_a_place_in_the_list_that_is_none_is_refused_in_a_sentence(here: Webhooks) -> None:
    assert here.get("/webhooks?before=x").status_code == 422


def test_nothing_received_says_how_to_point_meta_here(tmp_path: Path) -> None:
    told = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
    system = System(load(told))

    text = client(system).get("/webhooks").text

    system.close()
    assert "Point Meta at <code>/webhooks/whatsapp</code>" in text
    assert "None has come" in text


# ---------------------------------------------------------------- one body


def test_a_body_says_what_each_item_became_and_leads_to_its_message(here: Webhooks) -> None:
    text = here.get(f"/webhooks/{here.ids['failed']}").text

    assert re.search(r'Status failed</strong> <span class="soft small">131026 Message undeliverable', text)
    assert len(re.findall(r'<a class="nowrap" href="/messages/\d+', text)) == 2
    assert "entry[0].changes[0].value.statuses[1]" in text


def test_it_says_how_it_came_and_how_it_was_answered(here: Webhooks) -> None:
    text = words(here.get(f"/webhooks/{here.ids['sent']}").text)

    assert "Signature Right" in text
    assert "Our answer 200 after it was kept for good" in text
    assert "X-Hub-Signature-256: sha256=" in text
    assert f"It came again as {here.ids['repeat']}" in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("repeat", "It is the same as webhook"),
        ("copy", "202 to the middleware"),
        ("parked", "Why KeyError Tries 5 Next try given up"),
        ("partly", "Not understood entry[0].changes[0].value.statuses[1]"),
        ("unknown", "New to this release entry[0].changes[0].value"),
        ("no json", "Not understood the whole body"),
        ("template", "status APPROVED"),
        ("failed", "crm Dead letter 9 attempts; the last"),
        ("message", "crm Tried again 9 attempts; the last"),
        ("copy", "Only what Meta posts is forwarded by itself"),
    ],
)
def test_it_says_what_became_of_it(here: Webhooks, name: str, said: str) -> None:
    assert said in words(here.get(f"/webhooks/{here.ids[name]}").text)


def test_one_that_waits_can_be_looked_at_already(here: Webhooks) -> None:
    assert "processed as soon as its turn comes" in here.get(f"/webhooks/{here.waiting}").text


@pytest.mark.parametrize("name", ["sent", "failed", "message", "unknown", "partly", "no json", "copy"])
def test_nobody_is_told_whom_it_is_about_without_asking(here: Webhooks, name: str) -> None:
    text = here.get(f"/webhooks/{here.ids[name]}").text

    for said in (PHONE, TEXT, NAME, WAMID):
        assert said not in text


def test_all_of_it_is_for_who_has_the_right_and_each_time_is_in_the_audit_trail(here: Webhooks) -> None:
    path = f"/webhooks/{here.ids['message']}?unmask=yes"

    text = here.get(path).text

    assert all(said in text for said in (PHONE, TEXT, NAME))
    assert "The bytes, exactly as they came" in text
    assert here.deeds("body_unmasked") == [("user:1", f"body:{here.ids['message']}", "{}")]
    refused = here.get(path, VIEWER)
    assert refused.status_code == 403
    assert PHONE not in refused.text


@pytest.mark.parametrize("name", ["template", "unknown"])
def test_bodies_full_of_markup_are_shown_as_text(here: Webhooks, name: str) -> None:
    text = here.get(f"/webhooks/{here.ids[name]}?unmask=yes").text

    assert "<img src=x" not in text
    assert MARKUP in html.unescape(text)


def test_what_was_set_aside_is_processed_again_when_an_operator_asks(here: Webhooks) -> None:
    path = f"/webhooks/{here.ids['parked']}/again"

    assert here.post(path, {}, VIEWER).status_code == 403
    answer = here.post(path, {}, OPERATOR)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/webhooks/{here.ids['parked']}?asked=again")
    assert here.deeds("body_tried_again") == [("user:3", f"body:{here.ids['parked']}", "{}")]
    assert here.post(f"/webhooks/{here.ids['sent']}/again", {}, OPERATOR).status_code == 409


def test_a_dry_run_shows_exactly_what_a_target_would_get_and_sends_nothing(here: Webhooks) -> None:
    text = here.get(f"/webhooks/{here.ids['sent']}/forward?target=crm", OPERATOR).text

    assert "POST https://crm.example/hook?…" in words(text)
    assert "very-secret" not in text
    assert "user@" not in text
    assert "X-Wabawatch-Body" in text
    assert PHONE not in text
    assert here.deeds("forward_replayed") == []
    assert here.get(f"/webhooks/{here.ids['sent']}/forward?target=crm", VIEWER).status_code == 403
    assert here.get(f"/webhooks/{here.ids['sent']}/forward?target=none", OPERATOR).status_code == 422


def test_a_body_goes_out_again_when_an_operator_asks(here: Webhooks) -> None:
    id_ = here.ids["template"]

    answer = here.post(f"/webhooks/{id_}/forward", {"target": "crm"}, OPERATOR)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/webhooks/{id_}?asked=forward")
    assert here.deeds("forward_replayed") == [("user:3", "crm: 1", "{}")]
    assert "to be sent again" in here.get(f"/webhooks/{id_}").text
    assert here.post(f"/webhooks/{id_}/forward", {"target": "none"}, OPERATOR).status_code == 422


@pytest.mark.parametrize("id_", ["999999999", "0"])
def test_an_unknown_number_is_answered_with_a_page_that_says_so(here: Webhooks, id_: str) -> None:
    answer = here.get(f"/webhooks/{id_}")

    assert answer.status_code == 404
    assert "There is no webhook body with this number" in answer.text
