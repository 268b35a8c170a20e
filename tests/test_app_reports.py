"""Scheduled reports as an installation makes them: to a real mail server, with a signature that holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notifiers.contract.services import mail_service
from tests.support.books import HandClock
from tests.support.facts import DAY, HOUR
from tests.support.places import furnish
from wabawatch import app_reports, signed_reports
from wabawatch.app import System
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.settings import load

MONTH_ENDS = 1_793_491_200_000
"""1 November 2026"""


def installation(folder: Path, **more: object) -> System:
    told = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_FREE_SPACE_RESERVE": 0, "WABAWATCH_UPTIME": False}
    return System(load({}, None, told | more), HandClock(MONTH_ENDS - DAY))


def work(system: System, at: int) -> None:
    assert isinstance(system.clock, HandClock)
    assert system.reports.scheduling is not None
    for now in (MONTH_ENDS - DAY, at):
        system.clock.turn_to(now)
        while system.reports.scheduling.step():
            pass


@pytest.mark.parametrize(("wanted", "is_typeset", "ending"), [("html", True, "html"), ("pdf", False, "html")])
def test_the_report_of_the_month_arrives_with_its_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, is_typeset: bool, ending: str
) -> None:
    monkeypatch.setattr(app_reports, "find_spec", lambda _: object() if is_typeset else None)
    with mail_service() as service:
        system = installation(
            tmp_path,
            ALERT_EMAIL="ann@example.com",
            WABAWATCH_MAIL_FROM="watch@example.com",
            WABAWATCH_SMTP_URL=f"smtp://127.0.0.1:{service.port}",
            WABAWATCH_REPORTS_FORMAT=wanted,
        )
        work(system, MONTH_ENDS + 6 * HOUR)
        keys = system.signing.public_keys()
        system.close()

    (mail,) = service.mails
    assert mail["Subject"] == "Compliance report October 2026: too little data"
    file, beside = list(mail.iter_attachments())
    assert str(file.get_filename()).endswith(f"-r1.{ending}")
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert signed_reports.check_beside(content, beside.get_payload(decode=True), keys).fault is None  # type: ignore[arg-type]


def test_who_wants_none_gets_none(tmp_path: Path) -> None:
    system = installation(tmp_path, WABAWATCH_REPORTS_SCHEDULE="off")

    assert system.reports.scheduling is None
    assert "reports" not in [loop.name for loop in system.loops()]
    system.close()


@pytest.mark.parametrize("given", ["every month", "0 6 31 2 *", "0 6 1 *"])
def test_a_schedule_that_is_none_is_a_mistake_of_the_settings(tmp_path: Path, given: str) -> None:
    with pytest.raises(Exception, match=r"reports\.schedule|REPORTS_SCHEDULE"):
        installation(tmp_path, WABAWATCH_REPORTS_SCHEDULE=given)


@pytest.mark.parametrize("given", ["shop", "waba:", "all, number:x", ","])
def test_a_scope_that_is_none_is_refused_at_the_start(tmp_path: Path, given: str) -> None:
    with pytest.raises(Exception, match=r"REPORTS_SCOPE"):
        installation(tmp_path, WABAWATCH_REPORTS_SCOPE=given)


def test_scopes_are_given_as_a_list(tmp_path: Path) -> None:
    system = installation(tmp_path, WABAWATCH_REPORTS_SCOPE="all, waba:102290129340398, all")

    assert system.reports.scheduling is not None
    assert list(system.reports.scheduling.scopes) == [EVERYTHING, Slice(SliceKind.WABA, "102290129340398")]
    system.close()
