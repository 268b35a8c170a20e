"""`/settings/people`: one person looked up, counted, given out, held and erased through the pages, and what is left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.browser import hidden_in
from tests.support.erasure import BSUID, NAME, OTHER, PHONE, TEXT, traces
from tests.support.installed import Installed
from tests.support.places import furnish

from wabawatch.app_person import is_about
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.flows.person_desk import KEPT_MS, MOST_LOOKS, MOST_MESSAGES
from wabawatch.storage.erasures import SqlErasures
from wabawatch.storage.schema import audit_entries

PEOPLE = "/settings/people"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installed]:
    """An installation that knows the person."""
    place = Installed(furnish(tmp_path))
    place.system.inbox.append_all(traces())
    place.system.drain()
    yield place
    place.system.close()


def find(browser: Any, contact: str = f"+{PHONE}", **more: str) -> str:
    """The page of whom *contact* means."""
    answer = browser.submit(PEOPLE, contact=contact, **more)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def work(place: Installed) -> None:
    """What the server does in the background."""
    while place.system.erasure.people.step():
        pass
    while place.system.erasure.flow.step():
        pass


def trail(place: Installed) -> str:
    with place.system.database.reading() as connection:
        return str(connection.execute(select(audit_entries)).all())


def test_a_person_is_found_by_any_id_and_no_address_holds_it(place: Installed) -> None:
    browser = place.browser()
    for contact in ("+49 151 2345 6789", BSUID, "@lena.k"):
        path = find(browser, contact)
        page = browser.get(path).text

        assert re.fullmatch(r"/settings/people/[0-9a-f]{32}", path)
        assert all(f">{each}</th>" in page for each in (PHONE, BSUID, "lena.k"))
        title = re.findall(r"<title>(.*?)</title>", page, re.S)[0]
        assert PHONE not in title


def test_what_is_kept_where_is_counted_while_one_waits(place: Installed) -> None:
    browser = place.browser()
    path = find(browser)
    part = path.replace("/settings/", "/parts/")
    assert 'hx-trigger="every 2s"' in browser.get(part).text

    work(place)

    counted = browser.get(part).text
    assert "hx-trigger" not in counted
    rows = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="num">([^<]+)</td>', counted))
    assert (rows["messages"], rows["items of webhooks and records"]) == ("4", "13")
    assert "Not looked at: backups" in counted


def test_everything_is_given_out_as_a_file_and_that_is_audited(place: Installed) -> None:
    browser, before = place.browser(), place.trail()
    path = find(browser)
    assert browser.get(f"{path}/file").status_code == 400, "nobody asked for it yet"
    assert browser.submit(path, f"{path}/file").status_code == 303
    work(place)
    assert "Download what is kept" in browser.get(path).text

    file = browser.get(f"{path}/file")

    assert file.headers["content-disposition"] == 'attachment; filename="person.json"'
    given = file.json()
    assert {each["id"] for each in given["ids"]} == {PHONE, BSUID, "lena.k"}
    assert (len(given["messages"]), NAME in file.text, TEXT in file.text) == (6, True, True)
    assert OTHER not in file.text, "who others are is not theirs"
    assert place.deeds(before) == [
        (place.keeper.actor, "person_looked_up", ""),
        (place.keeper.actor, "person_exported", ""),
    ]


@pytest.mark.parametrize(
    ("item", "is_theirs"),
    [
        ({"id": "x", "from": PHONE, "text": {"body": "hello"}}, True),
        ({"id": "x", "status": "sent", "recipient_user_id": BSUID}, True),
        ({"id": "x", "status": "read", "recipient_id": "group", "recipient_participant_id": PHONE}, True),
        ({"from": OTHER, "type": "contacts", "contacts": [{"phones": [{"wa_id": PHONE}]}]}, False),
        ({"type": "message", "message": {"phone_number": f"+{OTHER}", "lead_id": PHONE}}, False),
        ({"lead_id": PHONE}, True),
        ("what could not be read", True),
    ],
)
def test_what_another_said_of_the_person_is_given_out_without_the_other(item: Any, is_theirs: bool) -> None:
    assert is_about(item, {ContactKey(ContactKind.PHONE, PHONE), ContactKey(ContactKind.BSUID, BSUID)}) is is_theirs


def test_a_person_is_erased_by_writing_the_id_again_and_the_certificate_is_fetched(place: Installed) -> None:
    browser = place.browser()
    path = find(browser)

    answer = browser.submit(path, f"{path}/erase", typed="0049 151 23456789", reason="asked by letter")

    assert answer.headers["location"] == f"{PEOPLE}?done=begun"
    assert "you may close this page" in browser.get(answer.headers["location"]).text
    assert 'hx-trigger="every 2s"' in browser.get("/parts/erasures").text
    assert browser.get(path).status_code == 404, "whom it was about is forgotten"

    work(place)

    done = browser.get("/parts/erasures").text
    assert ">Done<" in done
    assert "hx-trigger" not in done
    paper = browser.get(f"{PEOPLE}/erasures/1/certificate")
    assert paper.headers["content-disposition"] == 'attachment; filename="erasure-1.json"'
    assert json.loads(paper.text)["erasure"]["reason"] == "asked by letter"
    told = trail(place) + paper.text
    assert not any(each in told for each in (PHONE, BSUID, "lena.k", NAME, "15123456789"))
    assert place.system.erasure.flow.plan(PHONE).rows["messages"] == 0


@pytest.mark.parametrize(
    ("typed", "reason", "said"),
    [
        ("+49 151 2345 6780", "asked", "none of the ids of this person"),
        ("", "asked", "none of the ids of this person"),
        (PHONE, "", "say why"),
        (PHONE, f"mail of {PHONE}", "phone number in it"),
        (PHONE, "lena.k wrote", "names the person"),
    ],
)
def test_a_wrong_id_or_reason_erases_nobody(place: Installed, typed: str, reason: str, said: str) -> None:
    browser = place.browser()
    path = find(browser)

    answer = browser.submit(path, f"{path}/erase", typed=typed, reason=reason)

    assert answer.status_code == 422
    assert said in answer.text
    assert place.system.erasure.book.all() == []


def test_ids_that_were_linked_since_are_shown_before_anybody_is_erased(place: Installed) -> None:
    browser = place.browser()
    path = find(browser, BSUID, alone="yes")
    look = place.system.erasure.people.of(path.rpartition("/")[2], place.keeper.actor)
    shown = hidden_in(browser.get(path).text)
    look.is_alone = False  # as if the others had been linked meanwhile

    fields = shown | {"typed": BSUID, "reason": "asked"}
    answer = browser.post(f"{path}/erase", fields, {"origin": browser.url})

    assert answer.status_code == 409
    assert "other ids are linked" in answer.text
    assert f">{PHONE}</th>" in answer.text
    assert browser.submit(path, f"{path}/erase", typed=BSUID, reason="asked").status_code == 303


def test_a_hold_is_set_stops_the_erasure_and_is_ended(place: Installed) -> None:
    browser, before = place.browser(), place.trail()
    path = find(browser)
    assert browser.submit(path, f"{path}/hold", reason="case 12").headers["location"] == f"{path}?done=held"

    stopped = browser.submit(path, f"{path}/erase", typed=PHONE, reason="asked")

    assert (stopped.status_code, "legal hold 1 stops it: case 12" in stopped.text.lower()) == (409, True)
    alone = find(browser, BSUID, alone="yes")
    assert browser.submit(alone, f"{alone}/erase", typed=BSUID, reason="asked").status_code == 409, "it holds by any id"
    listed = browser.get(PEOPLE).text
    assert ("case 12" in listed, "•••6789" in listed, PHONE in listed) == (True, True, False)
    assert browser.submit(PEOPLE, f"{PEOPLE}/holds/1/release").status_code == 303
    assert browser.submit(PEOPLE, f"{PEOPLE}/holds/1/release").status_code == 422
    assert browser.submit(path, f"{path}/erase", typed=PHONE, reason="asked").status_code == 303
    deeds = [action for _, action, _ in place.deeds(before) if action != "person_looked_up"]
    assert deeds == ["legal_hold_set", "legal_hold_ended", "erasure_begun"]
    again = find(browser)
    held = browser.submit(again, f"{again}/hold", reason="too late")
    assert (held.status_code, "erasure 1 of this person has begun" in held.text.lower()) == (409, True)


@pytest.mark.parametrize("contact", ["", "x", "12", "+1 555 000 1111"])
def test_whom_nobody_can_be_is_said_beside_what_was_typed(place: Installed, contact: str) -> None:
    answer = place.browser().submit(PEOPLE, contact=contact)

    assert answer.status_code == 422
    assert f'value="{contact}"' in answer.text


def test_a_number_that_nobody_has_is_said_to_have_nothing(place: Installed) -> None:
    browser = place.browser()
    path = find(browser, "+1 212 555 0000")
    work(place)

    page = browser.get(path).text

    assert 'messages</th><td class="num">0<' in page
    assert "seen with no other id" in page


def test_a_look_is_its_owners_alone_ends_after_an_hour_and_there_are_not_too_many(place: Installed) -> None:
    browser = place.browser()
    path = find(browser)
    other = place.browser(place.add("other", role=place.keeper.role))
    assert other.get(path).status_code == 404
    assert browser.get(path).status_code == 200

    place.turn(KEPT_MS)

    gone = browser.get(path)
    assert (gone.status_code, "look the person up again" in gone.text) == (404, True)
    paths = [find(browser) for _ in range(MOST_LOOKS + 1)]
    assert [browser.get(each).status_code for each in (paths[0], paths[-1])] == [404, 200]


def test_what_cannot_be_counted_is_said_and_the_next_is_counted(
    place: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = place.browser()
    path = find(browser)
    sealed = place.system.erasure.sealed
    with monkeypatch.context() as patched:
        patched.setattr(type(sealed), "look", _failing)
        work(place)

    page = browser.get(path).text
    assert "The archive is away" in page
    assert "not known" in page
    assert "hx-trigger" not in browser.get(path.replace("/settings/", "/parts/")).text


def test_a_server_that_was_ended_goes_on_and_says_why_it_cannot(
    place: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = place.browser()
    path = find(browser)
    browser.submit(path, f"{path}/erase", typed=PHONE, reason="asked")
    with monkeypatch.context() as patched:
        patched.setattr(SqlErasures, "finish", _failing)
        with pytest.raises(StoreUnavailable):
            place.system.erasure.flow.step()
    assert "The archive is away. It is tried again." in browser.get(PEOPLE).text

    place.turn(180_000)
    work(place)

    assert ">Done<" in browser.get(PEOPLE).text


def test_who_has_too_many_messages_is_given_out_by_the_command(place: Installed) -> None:
    browser = place.browser()
    path = find(browser)
    look = place.system.erasure.people.of(path.rpartition("/")[2], place.keeper.actor)
    shown = hidden_in(browser.get(path).text)
    look.plan.rows["messages"] = MOST_MESSAGES + 1  # type: ignore[index]

    answer = browser.post(f"{path}/file", shown, {"origin": browser.url})

    assert (answer.status_code, "wabawatch export person" in answer.text) == (409, True)


def _failing(*_arguments: object, **_more: object) -> Any:
    raise StoreUnavailable("the archive is away")
