"""`/alerts/silences`: what is listed, what a new one would hold, and by whom they are made and ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.alert_books import RATE, bad, good, look
from tests.support.alert_pages import OPERATOR, VIEWER, Pages
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, T0, WABA

from wabawatch.domain.access import Role
from wabawatch.domain.alerts import AlertScope, ScopeKind
from wabawatch.domain.silences import Matcher
from wabawatch.flows.silencing import Silencing

NEW = {"type": RATE.name, "duration": "4h", "reason": "Meta works on it"}
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    found = Pages(tmp_path)
    look(found.system.alerts.book, RATE, bad(0), bad(5))
    yield found
    found.system.close()


def silencing(pages: Pages) -> Silencing:
    return pages.system.notices.silencing


def text_of(pages: Pages, path: str = "/alerts/silences") -> str:
    return " ".join(pages.get(path).text.split())


def test_a_new_silence_holds_what_fits_and_says_who_why_until_when(pages: Pages) -> None:
    user, _ = pages.system.access.desk.add("ann", Role.OPERATOR, "test")
    silencing(pages).silence(Matcher(waba=WABA), "their server moves", user.actor, pages.clock.now() + HOUR)

    assert pages.post("/alerts/silences/new", **NEW).headers["location"] == "/alerts/silences"

    text = text_of(pages)
    assert f"Tells nobody of every alert {RATE.name}." in text
    assert f"Tells nobody of every alert of client {WABA}." in text
    assert "By ann" in text
    assert "By user 7" in text
    assert "Meta works on it" in text
    assert text.count("Holds 1 alert now:") == 2
    assert f'href="/alerts/{pages.only()}"' in text


def test_one_that_is_to_come_is_listed_apart_and_can_be_called_off(pages: Pages) -> None:
    assert pages.post("/alerts/silences/new", **NEW, starts="2026-09-22T10:00").status_code == 303
    (quiet,) = silencing(pages).silences()
    assert quiet.silence.starts_at == T0 // DAY * DAY + DAY + 10 * HOUR
    assert quiet.silence.ends_at - quiet.silence.starts_at == 4 * HOUR

    text = text_of(pages)
    assert "Coming" in text
    assert "Call it off" in text
    assert pages.post(f"/alerts/silences/{quiet.silence.id}/end").status_code == 303
    pages.clock.turn_to(pages.clock.now() + MINUTE)
    assert "Call it off" not in text_of(pages)
    assert "ended early by user 7" in text_of(pages)


def test_one_that_is_ended_stays_in_the_list_with_what_it_held(pages: Pages) -> None:
    number = silencing(pages).silence(Matcher(type=RATE.name), "known", "user:7", pages.clock.now() + HOUR).id

    pages.post(f"/alerts/silences/{number}/end")
    pages.clock.turn_to(pages.clock.now() + MINUTE)

    text = text_of(pages)
    assert "Nothing is silenced" in text
    assert "kept 0 alerts from being told so far" in text
    assert pages.post(f"/alerts/silences/{number}/end").status_code == 404


def test_what_it_would_hold_now_is_said_before_it_is_made(pages: Pages) -> None:
    for query, said in {
        "": "Say which alerts",
        f"type={RATE.name}": "Holds 1 alert now:",
        f"scope=number:{NUMBERS[0]}": "Holds 1 alert now:",
        f"scope=number:{NUMBERS[1]}": "Holds no alert now.",
        f"waba={WABA}": "Holds 1 alert now:",
        "scope=odd": "is no scope",
        "type=NOPE": "is no type of alert",
        "alert=nothing": "here is no alert",
        f"scope={'x' * 601}": "at most 600 characters",
    }.items():
        assert said in text_of(pages, f"/parts/silences/preview?{query}"), query
        assert said in text_of(pages, f"/alerts/silences?{query}"), query
    assert silencing(pages).silences() == []


def test_what_makes_no_sense_is_refused_with_what_was_typed(pages: Pages) -> None:
    for name, value, status in (
        ("reason", "  ", 422),
        ("duration", "99y", 422),
        ("type", "", 422),
        ("type", "NOPE", 422),
        ("scope", "odd", 422),
        ("starts", "tomorrow", 422),
        ("alert", "nothing", 404),
    ):
        given = NEW | {name: value}
        answer = pages.post("/alerts/silences/new", **given)

        assert answer.status_code == status, name
        assert "Nothing was changed" in answer.text, name
        assert f'value="{given["reason"]}"' in answer.text, name
    assert silencing(pages).silences() == []


def test_what_is_over_needs_no_silence(pages: Pages) -> None:
    key = pages.only()
    look(pages.system.alerts.book, RATE, good(30))

    assert pages.post("/alerts/silences/new", **NEW, alert=key).status_code == 409
    assert silencing(pages).silences() == []


def test_who_may_only_look_sees_no_form_and_changes_nothing(pages: Pages) -> None:
    number = silencing(pages).silence(Matcher(type=RATE.name), "known", "user:7", pages.clock.now() + HOUR).id
    pages.as_(VIEWER)

    assert pages.post("/alerts/silences/new", **NEW).status_code == 403
    assert pages.post(f"/alerts/silences/{number}/end").status_code == 403
    text = text_of(pages)
    assert "Your account may look" in text
    assert 'method="post" action="/alerts' not in text
    pages.as_(OPERATOR)
    assert pages.post("/alerts/silences/new", **NEW, csrf="guessed").status_code == 403


def test_text_of_others_is_text(pages: Pages) -> None:
    evil = AlertScope(ScopeKind.WABA, EVIL)
    look(pages.system.alerts.book, RATE, bad(6, evil))
    silencing(pages).silence(Matcher(waba=EVIL), EVIL, EVIL, pages.clock.now() + HOUR)

    for path in ("/alerts/silences", "/parts/silences", f"/alerts/silences?waba={EVIL}"):
        text = text_of(pages, path)
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text
