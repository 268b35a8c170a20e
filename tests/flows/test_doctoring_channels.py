"""Channels: every defect is provoked alone, on real services, and told with what to do about it."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest

from tests.notifiers.contract.services import http_service, mail_service
from wabawatch.domain.findings import Finding, Level
from wabawatch.flows.doctoring_channels import channels
from wabawatch.net import guard_of
from wabawatch.probes.channels import look_at_channels
from wabawatch.settings import load

SECRET = "s3cr3t-part"


def judged(**env: str) -> Sequence[Finding]:
    """What is found of these settings."""
    settings = load({"WABAWATCH_MAIL_FROM": "alerts@example.com", **env})
    guard = guard_of(settings.network.allow_private_urls)
    return list(channels(settings, look_at_channels(settings.all_channels, settings.mail.server, guard)))


def mail(port: int, password: str = SECRET, scheme: str = "smtp") -> dict[str, str]:
    return {"ALERT_EMAIL": "a@x.example", "WABAWATCH_SMTP_URL": f"{scheme}://u:{password}@127.0.0.1:{port}"}


def ops(kind: str, url: str) -> dict[str, str]:
    return {"WABAWATCH_CHANNELS_OPS_KIND": kind, "WABAWATCH_CHANNELS_OPS_URL": url}


HERE = {"WABAWATCH_ALLOW_PRIVATE_URLS": "127.0.0.1"}


def test_without_a_channel_nobody_is_told() -> None:
    [found] = judged()

    assert found.level is Level.WARNING
    assert "ALERT_EMAIL" in found.fix


def test_a_mail_server_that_takes_the_password_is_ok_and_gets_no_mail() -> None:
    with mail_service(SECRET) as service:
        found = judged(**mail(service.port))

        assert [each.level for each in found] == [Level.OK] * 3
        assert service.tried == [SECRET.encode()]
        assert not service.mails


def test_a_sender_that_is_not_set_is_a_warning() -> None:
    with mail_service(SECRET) as service:
        settings = load(mail(service.port))

    assert [(each.check, each.level) for each in channels(settings, ())][-1] == ("sender of mail", Level.WARNING)


def failed(found: Sequence[Finding]) -> Finding:
    """The only one that failed; none of them shows the secret."""
    assert SECRET not in "".join(each.found + each.fix for each in found)
    [wrong] = [each for each in found if each.level is Level.FAILED]
    return wrong


def test_a_wrong_password_is_found() -> None:
    with mail_service("another") as service:
        assert "refuses user and password" in failed(judged(**mail(service.port))).found


def test_a_mail_server_without_starttls_is_found() -> None:
    with mail_service(SECRET) as service:
        assert "STARTTLS" in failed(judged(**mail(service.port, scheme="smtp+starttls"))).found


@pytest.mark.parametrize("kind", ["email", "webhook", "slack"])
def test_a_service_that_is_not_there_is_found(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    given = mail(port) if kind == "email" else ops(kind, f"http://127.0.0.1:{port}/{SECRET}")
    wrong = failed(judged(**given, **HERE))
    assert "no connection" in wrong.found
    assert ("WABAWATCH_SMTP_URL" if kind == "email" else "wabawatch alerts test ops") in wrong.fix


def test_a_private_address_is_found() -> None:
    with http_service() as service:
        wrong = failed(judged(**ops("webhook", f"{service.url}/{SECRET}")))

        assert "WABAWATCH_ALLOW_PRIVATE_URLS" in wrong.fix
        assert judged(**ops("webhook", f"{service.url}/{SECRET}"), **HERE)[1].level is Level.OK
        assert not service.requests


def test_an_address_that_apprise_does_not_understand_is_found() -> None:
    assert "does not understand" in failed(judged(**ops("apprise", f"nosuchservice://{SECRET}"))).found
    assert judged(**ops("apprise", f"json://127.0.0.1/{SECRET}"))[1].level is Level.OK
