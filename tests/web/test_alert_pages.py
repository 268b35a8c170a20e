"""`/alerts` and `/alerts/KEY`: what they show, what may be done there, and by whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.alert_books import NUMBER, RATE, VIOLATION, bad, good, look
from tests.support.alert_pages import OPERATOR, VIEWER, Pages
from tests.support.console import FakeAssets
from tests.support.facts import HOUR, MINUTE, NUMBERS, T0, WABA

from wabawatch.app import System
from wabawatch.domain.alerts import AlertScope, Contributor, ScopeKind
from wabawatch.domain.silences import Matcher
from wabawatch.settings import load
from wabawatch.web.pages.alerts import PAGE

OTHER = AlertScope(ScopeKind.NUMBER, NUMBERS[1], WABA)
CHANNEL = {"ALERT_EMAIL": "ops@example.com"}
EVIL = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    found = Pages(tmp_path)
    look(found.system.alerts.book, RATE, bad(0), bad(5))
    yield found
    found.system.close()


def test_the_list_shows_what_fires_with_severity_scope_since_when_and_cause(pages: Pages) -> None:
    look(pages.system.alerts.book, RATE, bad(6, OTHER, cause="Meta"))

    text = pages.get("/alerts").text

    assert "Delivery rate too low" in text
    assert "Critical" in text
    assert "Firing" in text
    assert f'number <a class="inline" href="/numbers/{NUMBERS[0]}">{NUMBERS[0]}</a>: 160 of 200 arrived' in text
    assert "cause: Meta" in text
    assert "ago</time>" in text


def test_the_list_is_filtered_by_state_severity_rule_and_number(pages: Pages) -> None:
    key = pages.only()
    for query, is_there in {
        "state=firing": True,
        "state=acknowledged": False,
        "state=resolved": False,
        "severity=critical": True,
        "severity=info": False,
        "rule=DELIVERY_RATE_LOW": True,
        "rule=ACCOUNT_VIOLATION": False,
        f"number={NUMBERS[0]}": True,
        f"number={NUMBERS[1]}": False,
        f"client={WABA}": True,
    }.items():
        assert (f"/alerts/{key}" in pages.get(f"/alerts?{query}").text) is is_there, query


def test_another_range_or_client_keeps_the_filters(pages: Pages) -> None:
    text = pages.get("/alerts?state=firing&rule=DELIVERY_RATE_LOW").text

    assert 'href="/alerts?range=7d&amp;state=firing&amp;rule=DELIVERY_RATE_LOW"' in text
    assert '<input type="hidden" name="state" value="firing">' in text
    assert '<input type="hidden" name="severity"' not in text


@pytest.mark.parametrize("query", ["state=odd", "severity=odd", "before=odd", "before=1-../x", f"rule={'R' * 101}"])
def test_a_filter_that_makes_no_sense_is_named(pages: Pages, query: str) -> None:
    answer = pages.get(f"/alerts?{query}")

    assert answer.status_code == 422
    assert query.partition("=")[0].capitalize() in answer.text or query.partition("=")[0] in answer.text


def test_what_is_over_is_history_page_by_page_without_a_gap_or_a_repeat(pages: Pages) -> None:
    book = pages.system.alerts.book
    for n in range(PAGE + 3):
        scope = AlertScope(ScopeKind.NUMBER, f"9{n:04}", WABA)
        look(book, RATE, bad(n % 7, scope), bad(n % 7 + 5, scope), good(30, scope))

    first = pages.get("/alerts?state=resolved").text
    older = re.search(r'id="older" href="([^"]+)"', first)
    assert older
    second = pages.get(older[1].replace("&amp;", "&")).text

    shown = [re.findall(r'id="alert-(\w+)"', text) for text in (first, second)]
    assert [len(keys) for keys in shown] == [PAGE, 3]
    assert len({*shown[0], *shown[1]}) == PAGE + 3
    assert 'id="older"' not in second
    assert 'id="newest"' in second


def test_one_alert_shows_value_threshold_count_interval_contributors_and_runbook(pages: Pages) -> None:
    text = " ".join(pages.get(f"/alerts/{pages.only()}").text.split())

    assert "80 %" in text
    assert "bad below 95 %" in text
    assert "70 % to 87 %" in text
    assert '<td class="num">200</td>' in text
    assert "<strong>country</strong> ID" in text
    assert "38 of 40 bad" in text
    assert 'href="/runbooks/delivery_rate_low"' in text
    assert "Fired: bad for as long as its rule demands" in text


def test_why_somebody_was_told_or_not_is_said_with_its_named_reason(tmp_path: Path) -> None:
    given = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
    pages = Pages(tmp_path)
    pages.system.close()
    pages.system = System(load(given | CHANNEL), pages.clock)
    pages.system.console.views.assets = FakeAssets()
    pages.as_(OPERATOR)
    look(pages.system.alerts.book, RATE, bad(0), bad(5))
    key = pages.only()
    assert "planning runs while monitoring does" in pages.get(f"/alerts/{key}").text

    pages.system.notices.silencing.silence(Matcher(alert=key), "known", "test", pages.clock.now() + HOUR)
    while pages.system.notices.planning.step():
        pass

    text = pages.get(f"/alerts/{key}").text
    assert "<strong>hold</strong>, <code>silenced</code>. A silence holds it" in text
    pages.system.close()


def test_an_alert_is_acknowledged_with_a_note_once_and_audited(pages: Pages) -> None:
    key = pages.only()

    answer = pages.post(f"/alerts/{key}/ack", note="we call Meta")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{key}")
    text = pages.get(f"/alerts/{key}").text
    assert "user 7 (you)" in text
    assert "we call Meta" in text
    assert "Acknowledged" in text
    assert f'action="/alerts/{key}/ack"' not in text
    assert ("user:7", "alert_acknowledged", f"alert:{key}") in pages.audited()


def test_what_is_over_cannot_be_acknowledged_and_what_was_typed_stays(pages: Pages) -> None:
    key = pages.only()
    look(pages.system.alerts.book, RATE, good(30))

    answer = pages.post(f"/alerts/{key}/ack", note="too late")

    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert "only what is pending or firing" in answer.text


def test_a_note_is_kept_also_after_the_end_and_its_words_are_in_no_audit_entry(pages: Pages) -> None:
    key = pages.only()
    look(pages.system.alerts.book, RATE, good(30))

    assert pages.post(f"/alerts/{key}/note", words=f"It was the cable.\n{EVIL}").status_code == 303

    text = pages.get(f"/alerts/{key}").text
    assert "<strong>User 7 wrote</strong>" in text
    assert "It was the cable.\n&lt;script&gt;" in text
    assert pages.audited() == [("user:7", "alert_noted", f"alert:{key}")]


@pytest.mark.parametrize("words", [" ", "x" * 2_001])
def test_a_note_that_is_none_or_too_long_is_refused(pages: Pages, words: str) -> None:
    answer = pages.post(f"/alerts/{pages.only()}/note", words=words)

    assert answer.status_code == 422
    assert "Nothing was changed: note:" in answer.text


def test_a_silence_is_made_shown_and_ended(pages: Pages) -> None:
    key = pages.only()

    answer = pages.post(f"/alerts/{key}/silence", meant="scope", duration="4h", reason="Meta works on it")

    assert answer.status_code == 303
    (quiet,) = pages.system.notices.silencing.silences()
    assert quiet.silence.matcher == Matcher(type=RATE.name, scope=str(NUMBER))
    assert (quiet.silence.by, quiet.silence.ends_at) == ("user:7", pages.clock.now() + 4 * HOUR)
    assert "Meta works on it" in pages.get(f"/alerts/{key}").text
    assert "Silenced" in pages.get("/alerts").text

    assert pages.post(f"/alerts/{key}/unsilence", silence=str(quiet.silence.id)).status_code == 303
    pages.clock.turn_to(pages.clock.now() + MINUTE)
    assert pages.system.notices.silencing.silences() == []
    assert {"alerts_silenced", "alerts_unsilenced"} <= {action for _, action, _ in pages.audited()}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"reason": " "}, "reason"), ({"duration": "99y"}, "duration"), ({"meant": "everything"}, "meant")],
)
def test_a_silence_that_makes_no_sense_is_refused_with_what_was_typed(
    pages: Pages, wrong: dict[str, str], named: str
) -> None:
    fields = {"meant": "alert", "duration": "1d", "reason": "typed before"} | wrong

    answer = pages.post(f"/alerts/{pages.only()}/silence", **fields)

    assert answer.status_code == 422
    assert named in answer.text.partition("Nothing was changed")[2].partition("</p>")[0]
    assert f'value="{fields["reason"]}"' in answer.text
    assert pages.system.notices.silencing.silences() == []


def test_a_silence_of_another_alert_is_not_ended_here(pages: Pages) -> None:
    other = pages.system.notices.silencing.silence(
        Matcher(type="DELIVERY_RATE_LOW", scope="number:1"), "of another", "test", pages.clock.now() + HOUR
    )

    assert pages.post(f"/alerts/{pages.only()}/unsilence", silence=str(other.id)).status_code == 409
    assert len(pages.system.notices.silencing.silences()) == 1


@pytest.mark.parametrize("what", ["ack", "note", "silence", "unsilence"])
def test_nothing_is_changed_without_the_right_or_the_token(pages: Pages, what: str) -> None:
    path = f"/alerts/{pages.only()}/{what}"
    fields = {"meant": "alert", "duration": "1d", "reason": "a reason", "silence": "1", "words": "x"}

    assert pages.post(path, **fields | {"csrf": "guessed"}).status_code == 403
    pages.as_(VIEWER)
    assert pages.post(path, **fields).status_code == 403
    shown = pages.get(f"/alerts/{pages.only()}").text

    assert "Your account may look" in shown
    assert 'method="post" action="/alerts' not in shown
    assert pages.audited() == []


def test_text_of_others_is_text_everywhere(pages: Pages) -> None:
    scope = AlertScope(ScopeKind.WABA, WABA)
    evil = replace(
        bad(0, scope), words=EVIL, cause=EVIL, event="e", contributors=(Contributor("error", EVIL, 3, 4, EVIL),)
    )
    look(pages.system.alerts.book, replace(VIOLATION, title=EVIL), evil)
    key = next(each.key for each in pages.system.alerts.book.open() if each.title == EVIL)
    pages.post(f"/alerts/{key}/silence", meant="rule", duration="1d", reason=EVIL)
    pages.system.alerts.alerting.acknowledge(pages.only_of(RATE.name), EVIL, EVIL)

    for path in ("/alerts", "/parts/alerts", f"/alerts/{key}", f"/alerts/{pages.only_of(RATE.name)}"):
        text = pages.get(path).text
        assert "&lt;script&gt;" in text, path
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path


def test_there_is_no_such_alert(pages: Pages) -> None:
    assert pages.get("/alerts/nothing").status_code == 404
    assert pages.get("/alerts/%3Cscript%3E").status_code == 404


def test_an_empty_list_says_what_to_do(pages: Pages) -> None:
    look(pages.system.alerts.book, RATE, good(30))
    pages.clock.turn_to(T0 + 100 * 24 * HOUR)

    text = pages.get("/alerts").text

    assert "Nothing fires" in text
    assert "wabawatch status" in text
    assert "Choose a longer time range" in text
