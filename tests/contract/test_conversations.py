"""`conversations` and `agent_interaction_logs`: what people and agents did, readable with plain SQL."""

from __future__ import annotations

import random
import time

import pytest

from tests.support.books import Shelf
from tests.support.places import Place
from tests.support.views import ask
from wabawatch.domain.facts import AgentActed, Fact, MessageReceived, Person, SendRecorded, Source, when

NUMBER = "1001"
ANNA = Person(phone="15550101001")
HOUR = 3_600_000
T = 1_790_000_000_000
LOCAL = "01a20000-0000-7000-8000-00000000000a"


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


def wrote(hour: int, wamid: str = "") -> MessageReceived:
    at = T + hour * HOUR
    return MessageReceived(when(at, at), Source.WEBHOOK, wamid or f"wamid.{hour}", NUMBER, person=ANNA, type="text")


def sent(hour: int, user: str, lead: str) -> SendRecorded:
    at = T + hour * HOUR
    wamid = f"wamid.out{hour}"
    return SendRecorded(when(at, at), Source.API, wamid=wamid, number=NUMBER, person=ANNA, user_id=user, lead_id=lead)


def acted(hour: int, local_id: str = LOCAL, agent: str = "agent-7") -> AgentActed:
    at = T + hour * HOUR
    return AgentActed(
        when(at, at), Source.API, local_id, agent, "replied", number=NUMBER, person=ANNA, conversation_id="c-1",
        outcome="answered", duration_ms=90_000,
    )  # fmt: skip


def windows(shelf: Shelf) -> list[tuple[int, int, int]]:
    rows = ask(shelf, "SELECT opened_at_ms, last_inbound_at_ms, expires_at_ms FROM conversations ORDER BY 1")
    return [tuple((value - T) // HOUR for value in row.values()) for row in rows]


def test_a_conversation_says_who_talks_with_whom_and_until_when(shelf: Shelf) -> None:
    shelf.learn([wrote(0), wrote(5), sent(6, "user-1", "lead-1"), acted(7)])

    (row,) = ask(shelf, "SELECT * FROM conversations")
    assert (row["phone_number_id"], row["phone_number"], row["contact_kind"]) == (NUMBER, ANNA.phone, "phone")
    assert windows(shelf) == [(0, 5, 29)]
    assert (row["user_id"], row["lead_id"], row["agent_id"]) == ("user-1", "lead-1", "agent-7")
    assert (row["conversation_id"], row["is_open"]) == ("c-1", 0)


def test_a_window_is_open_until_it_expires(shelf: Shelf) -> None:
    now = time.time_ns() // 1_000_000
    for hours, is_open in ((23, 1), (25, 0)):
        shelf.clear()
        at = now - hours * HOUR
        shelf.learn([MessageReceived(when(at, at), Source.WEBHOOK, "wamid.1", NUMBER, person=ANNA)])

        assert ask(shelf, "SELECT is_open FROM conversations") == [{"is_open": is_open}]


def test_a_send_after_the_window_names_nobody_in_it(shelf: Shelf) -> None:
    shelf.learn([wrote(0), sent(1, "user-1", "lead-1"), sent(50, "user-2", "lead-2")])

    assert ask(shelf, "SELECT user_id, lead_id FROM conversations") == [{"user_id": "user-1", "lead_id": "lead-1"}]


def test_messages_in_any_order_one_by_one_and_twice_give_the_same_windows(shelf: Shelf) -> None:
    hours = [0, 3, 20, 43, 80, 81, 130]
    shelf.learn([wrote(hour) for hour in hours])
    wanted = windows(shelf)
    for seed in range(5):
        shelf.clear()
        mixed = [*hours, *hours[::3]]
        random.Random(seed).shuffle(mixed)
        for hour in mixed:
            shelf.learn([wrote(hour)])

        assert windows(shelf) == wanted == [(0, 43, 67), (80, 81, 105), (130, 130, 154)]


def test_what_an_agent_did_is_logged_once(shelf: Shelf) -> None:
    facts: list[Fact] = [acted(1)]
    shelf.learn(facts)
    shelf.learn(facts)

    (row,) = ask(shelf, "SELECT * FROM agent_interaction_logs")
    assert (row["interaction_id"], row["agent_id"], row["action"], row["outcome"]) == (
        LOCAL, "agent-7", "replied", "answered",
    )  # fmt: skip
    assert (row["phone_number"], row["conversation_id"], row["duration_ms"]) == (ANNA.phone, "c-1", 90_000)
    assert (row["created_at_ms"], row["user_id"], row["wamid"]) == (T + HOUR, None, None)


def test_an_agent_may_act_without_a_number_or_a_contact(shelf: Shelf) -> None:
    shelf.learn([AgentActed(when(T, T), Source.API, LOCAL, "bot", "started", wamid="wamid.1")])

    (row,) = ask(shelf, "SELECT agent_id, phone_number, phone_number_id, wamid FROM agent_interaction_logs")
    assert (row["agent_id"], row["phone_number"], row["phone_number_id"]) == ("bot", None, None)
    assert row["wamid"]


def test_an_empty_installation_has_no_conversations(place: Place) -> None:
    shelf = Shelf(place)

    assert ask(shelf, "SELECT * FROM conversations") == ask(shelf, "SELECT * FROM agent_interaction_logs") == []
    shelf.database.close()
