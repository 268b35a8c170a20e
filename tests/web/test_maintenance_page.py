"""`/alerts/maintenance`: windows entered, listed and called off, by who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.alert_pages import ADMIN, OPERATOR, Pages
from tests.support.facts import DAY, HOUR, MINUTE, T0, WABA

from wabawatch.domain.silences import Window

NEW = {"name": "database", "duration": "2h", "reason": "it moves to a larger disk"}
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    found = Pages(tmp_path)
    found.as_(ADMIN)
    yield found
    found.system.close()


def windows(pages: Pages) -> list[Window]:
    now = pages.clock.now()
    return pages.system.notices.silencing.windows(now, now + 30 * DAY)


def text_of(pages: Pages) -> str:
    return " ".join(pages.get("/alerts/maintenance").text.split())


def test_a_window_from_now_on_holds_everything_and_says_so(pages: Pages) -> None:
    answer = pages.post("/alerts/maintenance/new", **NEW)

    assert answer.headers["location"] == "/alerts/maintenance"
    (window,) = windows(pages)
    assert (window.name, window.ends_at - window.starts_at) == ("database", 2 * HOUR)
    assert window.holds_everything
    text = text_of(pages)
    assert "it moves to a larger disk" in text
    assert "Nobody is told of alerts; uptime leaves this time out." in text


def test_one_that_is_to_come_for_one_client_can_be_called_off(pages: Pages) -> None:
    pages.post("/alerts/maintenance/new", **NEW, waba=WABA, starts="2026-09-22T10:00")

    (window,) = windows(pages)
    assert window.starts_at == T0 // DAY * DAY + DAY + 10 * HOUR
    assert f"of client {WABA}." in text_of(pages)
    assert "Call it off" in text_of(pages)
    assert pages.post(f"/alerts/maintenance/{window.id}/end").status_code == 303
    pages.clock.turn_to(pages.clock.now() + MINUTE)
    assert "Nothing is planned" in text_of(pages)
    assert pages.post(f"/alerts/maintenance/{window.id}/end").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"reason": ""}, "say why"), ({"duration": "1y"}, "duration: choose one of"), ({"starts": "soon"}, "starts")],
)
def test_what_makes_no_sense_is_told_and_what_was_typed_stays(pages: Pages, wrong: dict[str, str], said: str) -> None:
    answer = pages.post("/alerts/maintenance/new", **(NEW | wrong))

    assert answer.status_code == 422
    assert f"Nothing was changed: {said}" in " ".join(answer.text.split())
    assert 'value="database"' in answer.text
    assert not windows(pages)


def test_who_does_not_administer_may_only_look(pages: Pages) -> None:
    pages.as_(OPERATOR)
    assert pages.post("/alerts/maintenance/new", **NEW).status_code == 403

    assert "Ask an administrator" in text_of(pages)


def test_markup_is_text(pages: Pages) -> None:
    pages.post("/alerts/maintenance/new", **(NEW | {"name": EVIL, "reason": EVIL}))

    text = pages.get("/alerts/maintenance").text
    assert EVIL not in text
    assert "&lt;script&gt;" in text
