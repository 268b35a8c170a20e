"""`wabawatch alerts channels`, `test` and `runbook`, as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.notifiers.contract.services import MailService, mail_service
from tests.support.command import run

from wabawatch.cli.main import FAILED, WELL

SECRET = "s3cr3t-password"


@pytest.fixture
def mail() -> Iterator[MailService]:
    with mail_service(SECRET) as service:
        yield service


def test_alert_email_alone_is_enough_and_can_be_tried(tmp_path: Path, mail: MailService) -> None:
    env = {"ALERT_EMAIL": "ops@example.com", "WABAWATCH_SMTP_URL": f"smtp://u:{SECRET}@127.0.0.1:{mail.port}"}

    before = run(tmp_path, "alerts", "channels", "--json", settings=env)
    done = run(tmp_path, "alerts", "test", "email", settings=env)
    after = run(tmp_path, "alerts", "channels", settings=env)

    assert (before.returncode, done.returncode, after.returncode) == (WELL, WELL, WELL), done.stderr
    [told] = json.loads(before.stdout)
    assert (told["channel"], told["sent_at"]) == ("email", None)
    assert done.stdout.startswith("email: sent; see that it arrived")
    assert "well" in after.stdout
    [arrived] = mail.mails
    assert arrived["Subject"] == "The channel email works"
    assert SECRET not in before.stdout + done.stdout + after.stdout + done.stderr


def test_a_test_that_is_not_taken_fails(tmp_path: Path, mail: MailService) -> None:
    env = {"ALERT_EMAIL": "ops@example.com", "WABAWATCH_SMTP_URL": f"smtp://u:wrong-{SECRET}@127.0.0.1:{mail.port}"}

    done = run(tmp_path, "alerts", "test", "--all", "--json", settings=env)

    assert done.returncode == FAILED
    [told] = json.loads(done.stdout)
    assert told["outcome"] == "refused"
    assert SECRET not in done.stdout + done.stderr


def test_without_a_channel_it_says_how_to_make_one(tmp_path: Path) -> None:
    shown, tried = run(tmp_path, "alerts", "channels"), run(tmp_path, "alerts", "test", "--all")

    assert (shown.returncode, tried.returncode) == (WELL, FAILED)
    assert "ALERT_EMAIL" in shown.stdout
    assert "ALERT_EMAIL" in tried.stdout
    assert "say --all" in run(tmp_path, "alerts", "test").stderr


def test_a_runbook_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path, "alerts", "runbook", "token_invalid")

    assert done.stdout.startswith("TOKEN_INVALID: The access token is not accepted")
    assert "1. Run `wabawatch doctor`" in done.stdout
    assert "DELIVERY_RATE_LOW" in run(tmp_path, "alerts", "runbook", "nothing").stderr
