"""What the log page fetches by itself: one message beside the list, the tail, and rows in other columns."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest
from tests.support.console import client
from tests.web.test_logs_page import NOW, NUMBER, PHONE, VIEWER, WAMID, Logs

TAIL = "/parts/logs/tail?limit=100"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logs]:
    found = Logs(tmp_path_factory.mktemp("parts"))
    yield found
    found.system.close()


def newest(logs: Logs) -> str:
    return str(re.findall(r'data-newest="(\d+)"', logs.get("/logs").text)[0])


def send(logs: Logs, slot: str, n: int, at: int = NOW) -> None:
    shared = {"phone_number": f"+{PHONE}", "phone_number_id": NUMBER, "type": f"{slot}", "at": at}
    for i in range(n):
        logs.post("/messages", shared | {"message_id": f"wamid.{slot}.{i}", "user_id": f"{slot}{i}"})
    logs.system.drain()


def told(answer: httpx.Response, name: str) -> int:
    return int(answer.headers[f"x-tail-{name}"])


def rows(answer: httpx.Response, what: str = "new") -> list[str]:
    """The users whose messages are among the rows, in their order."""
    part = re.findall(rf"<tbody data-{what}>(.*?)</tbody>", answer.text, re.DOTALL)[0]
    return re.findall(r'title="(\w+\d)"', part)


def test_a_message_beside_the_list_has_all_that_its_page_has(logs: Logs) -> None:
    id = re.findall(r'data-open="(\d+)"', logs.get("/logs?template=hello").text)[0]
    page, panel = (logs.get(f"{path}/{id}?status=failed").text for path in ("/messages", "/parts/messages"))

    assert "<html" not in panel
    assert panel.split("</div>", 1)[1].strip() in page
    assert "The person is not on WhatsApp" in panel
    assert f'href="/messages/{id}?status=failed"' in panel
    assert 'href="/logs?status=failed" data-close' in panel
    assert PHONE not in panel


def test_an_unknown_message_is_said_to_be_so_in_a_part(logs: Logs) -> None:
    answer = client(logs.system).request("GET", "/parts/messages/999999", headers={"hx-request": "true"})

    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert "no message has this id" in answer.text.lower()


@pytest.mark.parametrize(("given", "kept"), [("12", 'data-opened="12"'), ("x", ""), ('1"><b>', ""), ("9" * 30, "")])
def test_the_message_that_is_open_stands_in_the_address(logs: Logs, given: str, kept: str) -> None:
    found = re.findall(r'data-opened="[^"]*"', logs.get(f"/logs?open={given}").text)

    assert found == ([kept] if kept else [])


def test_columns_are_chosen_in_the_address_and_stay_in_every_link(logs: Logs) -> None:
    text = logs.get("/logs?cols=wamid&cols=user,nonsense&q=user:u3").text

    assert re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', text) == ["time", "user", "wamid"]
    assert ">u3</span>" in text
    assert re.findall(r'data-open="\d+"', text)
    assert html.unescape(text).count("cols=user%2Cwamid") > 3
    assert "cols=" not in re.sub(r'name="cols"', "", logs.get("/logs?cols=status,contact,number,what,error").text)


def test_every_column_can_be_shown(logs: Logs) -> None:
    names = re.findall(r'name="cols" value="(\w+)"', logs.get("/logs").text)
    text = logs.get(f"/logs?cols={','.join(names)}").text

    assert len(names) > 10
    assert len(re.findall(r'<th scope="col"', text)) == len(names) + 1
    assert PHONE not in text
    assert WAMID not in text


def test_the_tail_has_what_came_since_the_page_in_its_order_and_once(logs: Logs) -> None:
    begin = f"{TAIL}&tail=firstreader&cols=user&after={newest(logs)}"
    first = logs.get(begin)
    send(logs, "tail", 3)
    second = logs.get(f"{begin}&place={told(first, 'next')}&limit=2")
    third = logs.get(f"{begin}&place={told(second, 'next')}")

    assert (rows(first), told(first, "total"), told(first, "new")) == ([], 0, 1)
    assert rows(second) == ["tail1", "tail0"]
    assert rows(third) == ["tail2"]
    assert (told(third, "next"), told(third, "total"), told(third, "new")) == (3, 3, 0)


def test_who_has_stopped_is_told_how_many_wait_and_loses_none(logs: Logs) -> None:
    begin = f"{TAIL}&tail=pausedreader&cols=user&after={newest(logs)}"
    send(logs, "wait", 4)

    paused = logs.get(f"{begin}&place=0&limit=0")
    resumed = logs.get(f"{begin}&place=0")

    assert (rows(paused), told(paused, "next"), told(paused, "total")) == ([], 0, 4)
    assert rows(resumed) == ["wait3", "wait2", "wait1", "wait0"]


def test_what_is_left_out_is_found_by_a_link_to_the_search(logs: Logs) -> None:
    begin = f"{TAIL}&tail=leapingreader&cols=user&q=type:leap&after={newest(logs)}"
    logs.get(begin)
    send(logs, "leap", 5, at=NOW - 5_000)

    leapt = logs.get(f"{begin}&place=3&skipped=0")

    assert rows(leapt) == ["leap4", "leap3"]
    found = logs.get(leapt.headers["x-tail-link"]).text
    assert {f"leap{i}" for i in range(3)} <= set(re.findall(r'title="(leap\d)"', found))


def test_a_line_that_the_server_has_lost_begins_anew_after_what_was_read(logs: Logs) -> None:
    before = newest(logs)
    send(logs, "lost", 2)

    answer = logs.get(f"{TAIL}&tail=lostreader&cols=user&q=type:lost&after={before}&place=77")

    assert rows(answer) == ["lost1", "lost0"]
    assert (told(answer, "new"), told(answer, "start"), told(answer, "next")) == (1, 0, 2)


def test_what_is_shown_is_told_again_as_it_is_now(logs: Logs) -> None:
    begin = f"{TAIL}&tail=againreader&cols=user,status&after={newest(logs)}"
    send(logs, "again", 1)
    id = re.findall(r'data-open="(\d+)"', logs.get(begin).text)[0]
    logs.post("/messages/wamid.again.0/status", {"status": "delivered", "at": NOW})
    logs.system.drain()

    answer = logs.get(f"{begin}&place=1&again={id}.999999")

    assert rows(answer, "again") == ["again0"]
    assert "Delivered" in answer.text
    assert rows(answer) == []


@pytest.mark.parametrize(
    "query",
    ["tail=x", "tail=../../etc", "tail=goodname&place=-1", "tail=goodname&again=a", "tail=goodname&status=lost", ""],
)
def test_a_question_that_makes_no_sense_is_refused_in_a_sentence(logs: Logs, query: str) -> None:
    assert logs.get(f"/parts/logs/tail?{query}").status_code == 422


def test_the_tail_is_masked_and_whole_numbers_are_audited_once(logs: Logs) -> None:
    def deeds() -> int:
        with logs.system.database.reading() as connection:
            asked = "SELECT count(*) FROM audit_entries WHERE action = 'messages_unmasked'"
            return int(connection.exec_driver_sql(asked).scalar_one())

    begin, before = f"{TAIL}&tail=maskedreader&after={newest(logs)}", deeds()
    send(logs, "mask", 1)

    assert PHONE not in logs.get(begin).text
    assert PHONE in logs.get(f"{begin}&unmask=yes").text
    assert PHONE in logs.get(f"{begin}&unmask=yes").text
    assert deeds() == before + 1
    assert logs.get(f"{begin}&unmask=yes", VIEWER).status_code == 403
