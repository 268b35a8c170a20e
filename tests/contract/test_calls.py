"""Calls through the gateway in the books: messages where they count as such, counts and times of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace as replace_struct

from tests.support.facts import HOUR, NUMBERS, T0, WABA
from tests.support.places import ON_EACH, Place
from tests.support.system import Bench, item, webhook
from tests.support.views import ask
from wabawatch.domain.facts import LoadSeen, SendOutcome
from wabawatch.domain.histograms import percentile
from wabawatch.domain.polls import STOPPED_MS, THROTTLED_MS, next_poll, polls_of
from wabawatch.flows.recording import body_of
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, Window
from wabawatch.storage.message_search import SqlMessages
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.premises_traffic import read_traffic
from wabawatch.wire import CallRecord, MessageIn, read_record, uuid7
from wabawatch.wire_errors import ErrorIn

pytestmark = ON_EACH

NUMBER = NUMBERS[0]
EVERYTHING = Window(None, None)


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, T0 + HOUR)
    yield bench
    bench.close()


def call(status: int = 200, code: int = 0, *, node: str = NUMBER, known: bool = True, **more: Any) -> Body:
    """A call that asked for nothing to be sent."""
    error = ErrorIn(code, message=f"(#{code}) no", fbtrace_id="T") if code else None
    record = CallRecord(
        T0, "POST", node, "media", http_status=status, latency_ms=80.0, error=error, is_token_known=known, **more
    )
    return body_of(record, T0 + 100)


def send(status: int = 200, code: int = 0, wamid: str = "", **more: Any) -> Body:
    """A call that asked for a message."""
    outcome = SendOutcome.ACCEPTED if wamid else SendOutcome.REJECTED if status else SendOutcome.UNKNOWN
    node = more.get("node", NUMBER)
    message = MessageIn(
        phone_number="15551234567", message_id=wamid or None, phone_number_id=node, type="text", outcome=outcome
    )
    return call(status, code, message=message, local_id=uuid7(T0), **more)


def known_number() -> Body:
    """A webhook by which the number is known."""
    return webhook("statuses", item("wamid.OTHER", T0, status="sent", recipient_id="1777"), received_at=T0)


def learn(bench: Bench, *bodies: Body) -> Any:
    bench.accept(list(bodies))
    bench.drain()
    return bench.status().assessment.messages


def test_a_send_and_its_statuses_are_one_message(bench: Bench) -> None:
    told = webhook(
        "statuses", item("wamid.A", T0 + 2000, status="delivered", recipient_id="15551234567"), received_at=T0
    )

    for order in ([send(wamid="wamid.A"), told], [told]):
        counted = learn(bench, *order)

        assert (counted.attempted, counted.accepted, counted.delivered) == (1, 1, 1)


def test_a_refusal_counts_for_a_known_number_only(bench: Bench) -> None:
    assert learn(bench, send(400, 131030, node="999")).attempted == 0
    assert learn(bench, known_number()).attempted == 1
    assert learn(bench, send(400, 131030)).rejected == 1


def test_the_number_of_an_accepted_send_is_known_from_then_on(bench: Bench) -> None:
    learn(bench, send(wamid="wamid.A", node="777"), send(400, 131030, node="777"))

    assert learn(bench).rejected == 1


@pytest.mark.parametrize(("status", "code"), [(401, 0), (401, 190), (400, 190)])
def test_an_unknown_token_that_is_refused_makes_no_failed_send(bench: Bench, status: int, code: int) -> None:
    learn(bench, known_number(), send(status, code, known=False))
    assert (learn(bench).attempted, bench.figures.calls(EVERYTHING).errors) == (1, 1)

    assert learn(bench, send(status, code, known=True)).rejected == 1


def test_a_send_without_an_answer_is_pending_and_in_no_rate(bench: Bench) -> None:
    counted = learn(bench, known_number(), send(0))

    assert (counted.attempted, counted.pending, counted.accepted, counted.failed) == (2, 1, 1, 0)
    assert bench.figures.calls(EVERYTHING).unanswered == 1


def test_calls_are_counted_by_the_version_that_their_callers_use(bench: Bench) -> None:
    learn(bench, known_number(), send(wamid="wamid.A", version="v25.0"), send(400, 131030, version="v25.0"))
    learn(bench, call(version="v2.0"), call(version="v99.9"), call(), call(known=False, version="v25.0"))

    with bench.shelf.database.reading() as connection:
        assert read_traffic(connection, T0).versions == {"v25.0": 2, "older": 1}


def test_a_record_that_was_spooled_and_kept_counts_once(bench: Bench) -> None:
    twice = send(wamid="wamid.A")

    assert learn(bench, twice, twice).attempted == 1
    assert bench.figures.calls(EVERYTHING).calls == 1


def test_calls_are_counted_and_sends_are_timed(bench: Bench) -> None:
    learn(
        bench, known_number(), call(), call(400, 100), send(wamid="wamid.A"), send(400, 130429), call(0), call(400, 4)
    )

    calls = bench.figures.calls(EVERYTHING)

    assert (calls.calls, calls.sends, calls.errors, calls.unanswered) == (6, 2, 3, 1)
    assert calls.rate_limit_hits == {130429: 1, 4: 1}
    assert sum(calls.send_ms.values()) == 2
    assert percentile(calls.send_ms, 0.5) == pytest.approx(80, rel=0.02)
    assert bench.figures.calls(Window(T0 + HOUR, T0 + 2 * HOUR)).calls == 0


def test_errors_of_calls_have_one_line_each_in_the_log(bench: Bench) -> None:
    learn(bench, known_number(), call(), call(400, 100), call(400, 80008, node="a-waba"), send(400, 130429))

    found = ask(
        bench.shelf,
        "SELECT kind, error_code, phone_number_id FROM whatsapp_logs"
        " WHERE kind IN ('api_error', 'rate_limit') ORDER BY error_code",
    )

    assert [tuple(row.values()) for row in found] == [
        ("api_error", 100, NUMBER),
        ("rate_limit", 80008, None),
        ("rate_limit", 130429, NUMBER),
    ]


def test_what_calls_tell_of_limits_keeps_polling_from_asking(bench: Bench) -> None:
    loads = [LoadSeen("", 30.0), LoadSeen("1", 97.0)]
    learn(bench, known_number())
    learn(bench, send(wamid="wamid.A", loads=loads, is_ours=True))

    board = SqlPlatform(bench.shelf.database).board(0)
    app, account = sorted(board.usages, key=lambda usage: usage.scope)
    polls = polls_of([account.scope], [], [])
    asked = next_poll([poll for poll in polls if poll.subject], board.usages, T0 + 1_000)

    assert (app.scope, app.percent, app.until) == ("", 30.0, 0)
    assert (account.scope, account.percent, account.until) == (WABA, 97.0, T0 + 80 + STOPPED_MS)
    assert asked is None
    assert next_poll([poll for poll in polls if poll.subject], board.usages, T0 + 81 + STOPPED_MS) is not None


@pytest.mark.parametrize(("node", "is_ours"), [("999", True), (NUMBER, False)])
def test_calls_of_others_tell_nothing_of_our_limits(bench: Bench, node: str, is_ours: bool) -> None:
    learn(bench, known_number(), call(node=node, loads=[LoadSeen("", 99.0)], is_ours=is_ours))

    assert SqlPlatform(bench.shelf.database).usages() == []


def test_a_call_about_an_account_tells_of_its_limit(bench: Bench) -> None:
    learn(bench, known_number())
    learn(bench, call(400, 80008, node=WABA, is_ours=True))

    (usage,) = SqlPlatform(bench.shelf.database).usages()
    assert (usage.scope, usage.percent, usage.until) == (WABA, 100.0, T0 + 80 + THROTTLED_MS)


def test_whether_trying_again_may_help_is_kept_with_the_error_as_meta_says_it(bench: Bench) -> None:
    body = send(500, 131000, wamid="")
    record = read_record(body.content)
    assert isinstance(record, CallRecord)
    told = replace_struct(record, error=ErrorIn(131000, message="no", is_transient=True))
    learn(bench, known_number(), body_of(told, T0 + 100))

    messages = SqlMessages(bench.shelf.database, country_of)
    ((held,), _) = messages.find(local_id=record.local_id)
    (note,) = held.message.errors
    assert (note.error.code, note.error.transient) == (131000, 1)


def test_numbers_that_somebody_made_up_leave_no_trace(bench: Bench) -> None:
    learn(bench, *(send(400, 100, node=f"{n}") for n in range(20)))

    assert ask(bench.shelf, "SELECT COUNT(*) AS n FROM numbers") == [{"n": 0}]
