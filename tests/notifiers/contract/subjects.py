"""Every kind of channel, with a service that takes its notices: what the contract is held against."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.notifiers.contract.services import HttpService, MailService, http_service, mail_service
from wabawatch.domain.notices import Delivered, Notice
from wabawatch.kinds import Secret
from wabawatch.net import Guard, guard_of
from wabawatch.notifiers.channels import Means, build
from wabawatch.notifiers.slack import SlackBot
from wabawatch.notifying_ports import Notifier
from wabawatch.settings_channels import Channel
from wabawatch.settings_mail import mail_server

SECRET = "s3cr3t-Zq81xW"
HERE = guard_of(["127.0.0.0/8"])
TO = ("ops@example.com", "boss@example.com")
TAKEN = json.dumps({"ok": True, "ts": "1795256100.000200", "message": {"text": "x" * 9_000}}).encode()


@dataclass(frozen=True)
class Taken:
    """A notice as a service got it."""

    key: str
    """What must be the same when it is sent again"""
    text: str
    """All that a person can read of it"""


@dataclass(frozen=True)
class Subject:
    """A channel of one kind, and its service."""

    notifier: Notifier
    taken: Callable[[], list[Taken]]
    """What the service has taken so far, the oldest first"""
    break_: Callable[[], None]
    """From now on the service fails, and says in its answer all that it was sent"""

    def deliver(self, notice: Notice, thread: str = "") -> Delivered:
        return self.notifier.deliver(notice, thread)


def made(channel: Channel, mail_url: str = "smtp://localhost:25", guard: Guard = HERE) -> Notifier:
    """The channel as the product makes it."""
    return build({"ops": channel}, Means(guard, mail_server(mail_url), "alerts@example.com"))["ops"]


def _echo(service: HttpService) -> Callable[[], None]:
    def begin() -> None:
        service.status, service.echoes = 500, True

    return begin


@contextmanager
def email() -> Iterator[Subject]:
    with mail_service(SECRET) as service:
        notifier = made(Channel(kind="email", to=TO), f"smtp://wabawatch:{SECRET}@127.0.0.1:{service.port}")

        def fail() -> None:
            service.password = "another"
            service.replies["AUTH"] = SECRET

        yield Subject(notifier, lambda: [_taken_mail(service, at) for at in range(len(service.mails))], fail)


def _taken_mail(service: MailService, at: int) -> Taken:
    mail = service.mails[at]
    parts = [part for part in mail.walk() if not part.is_multipart()]
    text = "\n".join([str(mail["From"]), str(mail["Subject"]), *(part.get_content() for part in parts)])
    return Taken(str(mail["Message-ID"]), text)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            for each in value.values():
                yield from _texts(each)


def _taken_json(service: HttpService, key: Callable[[dict[str, str], Any], str]) -> list[Taken]:
    bodies = [(request.headers, json.loads(request.body)) for request in service.requests]
    return [Taken(key(headers, body), "\n".join(_texts(body))) for headers, body in bodies]


def _foot(_: dict[str, str], body: Any) -> str:
    """The key as it stands at the end of a text, where a service has no place of its own for it."""
    return "\n".join(_texts(body)).partition("Notice ")[2].split(".")[0]


@contextmanager
def slack_hook() -> Iterator[Subject]:
    with http_service() as service:
        notifier = made(Channel(kind="slack", url=Secret(f"{service.url}/services/T0/B0/{SECRET}")))
        yield Subject(notifier, lambda: _taken_json(service, _foot), _echo(service))


@contextmanager
def slack_bot() -> Iterator[Subject]:
    with http_service() as service:
        service.body = TAKEN
        bot = made(Channel(kind="slack", token=Secret(f"xoxb-{SECRET}"), channel="C012AB3CD"))
        assert isinstance(bot, SlackBot)
        notifier = replace(bot, url=f"{service.url}/api/chat.postMessage")

        def key(_: dict[str, str], body: Any) -> str:
            return str(body["metadata"]["event_payload"]["key"])

        yield Subject(notifier, lambda: _taken_json(service, key), _echo(service))


@contextmanager
def webhook() -> Iterator[Subject]:
    with http_service() as service:
        url = Secret(f"{service.url}/in?token={SECRET}")
        notifier = made(Channel(kind="webhook", url=url, secret=Secret(SECRET)))
        yield Subject(notifier, lambda: _taken_json(service, lambda headers, _: headers["webhook-id"]), _echo(service))


@contextmanager
def apprise() -> Iterator[Subject]:
    with http_service() as service:
        notifier = made(Channel(kind="apprise", url=Secret(f"json://wabawatch:{SECRET}@127.0.0.1:{service.port}/in")))
        yield Subject(notifier, lambda: _taken_json(service, _foot), _echo(service))


SUBJECTS = {"email": email, "slack-hook": slack_hook, "slack-bot": slack_bot, "webhook": webhook, "apprise": apprise}
