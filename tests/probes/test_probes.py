"""What each kind of check makes of what it is answered, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.books import EmptyInbox, HandClock
from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.checks import MOST_REST_MS, CheckKind, Failure, Outcome, Plan, Seen
from wabawatch.domain.errors import StoreUnavailable
from wabawatch.domain.forwarding import TargetState
from wabawatch.domain.polls import Ask, Problem
from wabawatch.domain.synthetic import is_event
from wabawatch.kinds import GraphUrl, Secret
from wabawatch.meta.graph_nodes import dead_token, read_token
from wabawatch.net import Guard
from wabawatch.polling_ports import Told
from wabawatch.probes.application import ApplicationCheck
from wabawatch.probes.asking import Asked, Request
from wabawatch.probes.callback import Handshake, Pipeline
from wabawatch.probes.crew import ThreadCrew
from wabawatch.probes.graph_api import GraphApi, TokenCheck
from wabawatch.probes.meta_status import MetaStatus
from wabawatch.probes.stores import DatabaseCheck, DiskCheck, QueueCheck
from wabawatch.probes.web_address import Assertion, WebAddress, mistake

NOW = 1_700_000_000_000
CLOCK = HandClock(NOW)
PLAN = Plan("it", CheckKind.HTTP, timeout_ms=1_000)
F = Failure


class Said:
    """Answers every request the same, and keeps the requests."""

    def __init__(self, status: int = 200, body: str | bytes = b"", failure: Failure = F.NONE) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.answer = Asked(status, content, 12.0 if status else None, failure, "no connection" if failure else "")
        self.requests: list[Request] = []

    def __call__(self, request: Request, _guard: Guard | None, _timeout_s: float) -> Asked:
        self.requests.append(request)
        return self.answer


DOWN = Said(0, failure=F.CONNECTION)


def told(seen: Seen) -> tuple[Outcome, Failure]:
    return seen.outcome, seen.failure


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Assertion(), ""),
        (Assertion(statuses=((500, 599),)), "it answers with HTTP 200"),
        (Assertion(contains="ready"), ""),
        (Assertion(contains="nowhere"), "does not contain"),
        (Assertion(json_path="$.data.items[1].state"), ""),
        (Assertion(json_path="data.items[1].state", json_value="ready"), ""),
        (Assertion(json_path="data.items[1].state", json_value="gone"), "stands 'ready', not 'gone'"),
        (Assertion(json_path="data.items[2].state"), "has nothing at"),
        (Assertion(json_path="data.n", json_value="7"), ""),
        (Assertion(json_path="data.on", json_value="true"), ""),
    ],
)
def test_an_answer_must_be_as_the_settings_say(wanted: Assertion, said: str) -> None:
    body = json.dumps({"data": {"items": [{}, {"state": "ready"}], "n": 7, "on": True}}).encode()
    found = mistake(Asked(200, body, 1.0), wanted)

    assert said in found
    assert bool(said) == bool(found)


def test_what_is_no_json_has_no_place_in_it() -> None:
    assert mistake(Asked(200, b"<html>", 1.0), Assertion(json_path="a")) == "the answer is no JSON"


def test_a_web_address_may_be_too_slow_and_may_not_answer() -> None:
    def look(ask: Said, **more: Any) -> tuple[Outcome, Failure]:
        return told(WebAddress(Request("GET", "https://a.example/"), Assertion(**more), Guard(), CLOCK, ask)(PLAN))

    assert look(Said()) == (Outcome.OK, F.NONE)
    assert look(Said(), max_latency_ms=10) == (Outcome.FAILED, F.SLOW)
    assert look(Said(503)) == (Outcome.FAILED, F.ANSWER)
    assert look(DOWN) == (Outcome.FAILED, F.CONNECTION)


def error(code: int, message: str = "so it is") -> str:
    return json.dumps({"error": {"code": code, "message": message}})


@pytest.mark.parametrize(
    ("ask", "outcome", "failure"),
    [
        (Said(200, '{"id":"1"}'), Outcome.OK, F.NONE),
        (Said(401, error(190)), Outcome.OK, F.REFUSED),
        (Said(400, error(100)), Outcome.OK, F.NONE),
        (Said(400, error(4)), Outcome.OK, F.NONE),
        (Said(503, error(2)), Outcome.FAILED, F.ANSWER),
        (Said(500, error(1)), Outcome.FAILED, F.ANSWER),
        (Said(200, error(2)), Outcome.FAILED, F.ANSWER),
        (Said(502, "<html>"), Outcome.FAILED, F.ANSWER),
        (Said(200, "<html>a captive portal"), Outcome.FAILED, F.ANSWER),
        (DOWN, Outcome.FAILED, F.CONNECTION),
    ],
)
def test_the_api_is_up_when_it_answers_whatever_it_thinks_of_the_token(
    ask: Said, outcome: Outcome, failure: Failure
) -> None:
    look = GraphApi(
        GraphUrl("https://graph.example", "v25.0"), AccessTokens(Secret("EAAsecret")), lambda: "77", CLOCK, ask
    )

    seen = look(PLAN)
    assert told(seen) == (outcome, failure)
    assert ask.requests[-1].url == "https://graph.example/v25.0/77?fields=id"
    assert "EAAsecret" not in repr(seen)


def test_who_is_throttled_leaves_meta_alone_for_a_while() -> None:
    look = GraphApi(
        GraphUrl("https://graph.example", "v25.0"),
        AccessTokens(Secret("t")),
        lambda: "77",
        CLOCK,
        Said(400, error(80007)),
    )

    assert look(PLAN).rest_ms == MOST_REST_MS


class FakeGraph:
    """Tells the same of every question."""

    def __init__(self, told: Told) -> None:
        self.told = told

    def ask(self, ask: Ask, subject: str, after: str = "", since_s: int = 0, until_s: int = 0) -> Told:
        return self.told


def test_a_token_is_valid_dead_or_nobody_can_tell() -> None:
    def look(told: Told) -> Seen:
        return TokenCheck(FakeGraph(told), CLOCK)(PLAN)

    expires_s = NOW // 1000 + 10 * 86_400
    valid = look(Told(tuple(read_token({"data": {"is_valid": True, "expires_at": expires_s}}))))
    dead = look(Told(dead_token(Problem(190, "the session was invalidated"))))

    assert (valid.outcome, valid.value) == (Outcome.OK, 10.0)
    assert (dead.outcome, dead.words) == (
        Outcome.FAILED, "Meta does not take the access token: the session was invalidated"
    )  # fmt: skip
    assert look(Told(problem=Problem(0, "no answer"))).outcome is Outcome.UNKNOWN
    assert look(Told()).outcome is Outcome.UNKNOWN


def test_a_handshake_must_give_the_challenge_back() -> None:
    def echo(request: Request, _guard: Guard | None, _timeout_s: float) -> Asked:
        return Asked(200, request.url.rpartition("=")[2].encode(), 5.0)

    def look(ask: Callable[[Request, Guard | None, float], Asked]) -> tuple[Outcome, Failure]:
        return told(Handshake("https://a.example/hook?x=1", "v", None, CLOCK, ask)(PLAN))

    assert look(echo) == (Outcome.OK, F.NONE)
    assert look(Said(200, "hello")) == (Outcome.FAILED, F.ANSWER)
    assert look(Said(403)) == (Outcome.FAILED, F.ANSWER)
    assert look(DOWN) == (Outcome.FAILED, F.CONNECTION)


def pipeline(ask: Said, arrives_after: int, key: bytes = b"k") -> Seen:
    """A look whose event is in the books at the *arrives_after*-th question (0: never), a second passing with each."""
    asked, seconds = [0], [0.0]

    def has_arrived(body: bytes) -> bool:
        asked[0] += 1
        assert is_event([key], body, NOW)
        return asked[0] == arrives_after

    def sleep(_seconds: float) -> None:
        seconds[0] += 0.4

    sign: Callable[[bytes], dict[str, str]] = lambda _body: {"X-Hub-Signature-256": "sha256=1"}  # noqa: E731
    look = Pipeline("https://a.example/hook", key, sign, has_arrived, None, CLOCK, ask, sleep, lambda: seconds[0])
    return look(PLAN)


def test_an_event_of_ours_must_come_out_of_the_digest() -> None:
    ask = Said()

    assert told(pipeline(ask, 1)) == (Outcome.OK, F.NONE)
    assert told(pipeline(ask, 3)) == (Outcome.OK, F.NONE)
    assert told(pipeline(ask, 0)) == (Outcome.FAILED, F.INSIDE)
    assert told(pipeline(Said(401), 0)) == (Outcome.FAILED, F.ANSWER)
    assert told(pipeline(DOWN, 0)) == (Outcome.FAILED, F.CONNECTION)
    assert len({request.body for request in ask.requests}) == 3  # a fresh nonce each time


def test_the_status_feed_tells_or_nobody_knows() -> None:
    def look(ask: Said) -> Seen:
        return MetaStatus("https://s.example/feed.rss", Guard(), CLOCK, ask)(PLAN)

    empty = "<rss><channel><title>WhatsApp Business Platform Status</title></channel></rss>"
    item = "<item><title>Messages are delayed</title><guid>1</guid></item>"

    assert look(Said(200, empty)).outcome is Outcome.OK
    found = look(Said(200, empty.replace("</channel>", f"{item}</channel>")))
    assert (told(found), found.words) == ((Outcome.FAILED, F.SAID), "Meta reports: Messages are delayed")
    assert look(Said(200, "<html>the page for humans")).outcome is Outcome.UNKNOWN
    assert look(Said(404, empty)).outcome is Outcome.UNKNOWN
    assert not look(DOWN).has_reached


def test_the_database_fails_when_it_cannot_be_read_or_takes_no_writes() -> None:
    def broken() -> None:
        raise StoreUnavailable("the database does not answer")

    assert told(DatabaseCheck(lambda: None, str, CLOCK)(PLAN)) == (Outcome.OK, F.NONE)
    assert told(DatabaseCheck(lambda: None, lambda: "it is full", CLOCK)(PLAN)) == (Outcome.FAILED, F.INSIDE)
    assert told(DatabaseCheck(broken, str, CLOCK)(PLAN)) == (Outcome.FAILED, F.INSIDE)


class Waiting(EmptyInbox):
    def __init__(self, age_s: int, trouble: str = "") -> None:
        self._at, self._trouble = NOW - age_s * 1000, trouble

    def oldest_waiting_at(self, after: int) -> int | None:
        return self._at

    def trouble(self) -> str:
        return self._trouble


def test_the_queue_fails_when_the_oldest_waits_for_more_than_a_minute() -> None:
    def look(inbox: Any) -> Seen:
        return QueueCheck(inbox, lambda _name: 0, CLOCK)(PLAN)

    assert look(EmptyInbox()).value == 0.0
    assert look(Waiting(59)).outcome is Outcome.OK
    assert (look(Waiting(61)).outcome, look(Waiting(61)).value) == (Outcome.FAILED, 61.0)
    assert "no webhook can be kept: the disk is full" in look(Waiting(0, "the disk is full")).words


def test_the_disk_fails_before_webhooks_are_refused(tmp_path: Path) -> None:
    assert DiskCheck(tmp_path, 0, CLOCK)(PLAN).value
    assert told(DiskCheck(tmp_path, 1 << 60, CLOCK)(PLAN)) == (Outcome.FAILED, F.INSIDE)
    assert DiskCheck(tmp_path / "nowhere", 0, CLOCK)(PLAN).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "outcome", "failure"),
    [
        ({}, Outcome.OK, F.NONE),
        ({"open_since": NOW}, Outcome.FAILED, F.ANSWER),
        ({"oldest_waiting_at": NOW - 301_000}, Outcome.FAILED, F.SLOW),
        ({"is_paused": True}, Outcome.UNKNOWN, F.NONE),
    ],
)
def test_the_application_is_as_the_books_of_forwarding_say(
    changes: dict[str, Any], outcome: Outcome, failure: Failure
) -> None:
    state = replace(TargetState("crm", True, False, 0, 0, None, 0, 0, None, None), **changes)

    assert told(ApplicationCheck("crm", lambda: [state], CLOCK)(PLAN)) == (outcome, failure)
    assert ApplicationCheck("other", lambda: [state], CLOCK)(PLAN).outcome is Outcome.UNKNOWN


def test_a_check_that_breaks_hides_nothing_that_the_others_see() -> None:
    def broken(_plan: Plan) -> Seen:
        raise ZeroDivisionError

    crew = ThreadCrew({"a": broken, "b": lambda plan: Seen(plan.name, NOW, Outcome.OK)}, CLOCK)
    found = crew.look([Plan("a", CheckKind.HTTP), Plan("b", CheckKind.HTTP)])
    crew.close()

    assert [(seen.check, seen.outcome) for seen in found] == [("a", Outcome.UNKNOWN), ("b", Outcome.OK)]
