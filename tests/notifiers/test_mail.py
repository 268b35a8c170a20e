"""E-mail: its headers, its threads, and who gets it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.notifiers.contract.services import mail_service
from tests.notifiers.contract.subjects import made
from tests.notifiers.notices import EXAMPLES
from wabawatch.domain.notices import Outcome
from wabawatch.notifiers.mail import Mailer, mail_of
from wabawatch.notifiers.page import page_of
from wabawatch.settings_channels import Channel
from wabawatch.settings_mail import MailServer, Protection, mail_server

FIRING, RESOLVED = EXAMPLES["firing"], EXAMPLES["resolved"]
A, B = "a@example.com", "b@example.net"


def test_notices_of_an_alert_share_subject_and_references() -> None:
    with mail_service() as service:
        mailer = made(Channel(kind="email", to=(A,)), f"smtp://127.0.0.1:{service.port}")
        thread = mailer.deliver(FIRING, "").thread
        mailer.deliver(RESOLVED, thread)
        mailer.deliver(EXAMPLES["reminder"], "")  # as after a database that was lost
        first, second, third = service.mails

    assert thread == first["Message-ID"] == second["In-Reply-To"]
    assert first["Subject"] == second["Subject"] == third["Subject"]
    root = first["References"]
    assert second["References"] == f"{root} {thread}"
    assert third["References"] == root
    assert [str(mail["From"]).partition(" ·")[0].strip('"') for mail in (first, second)] == ["CRITICAL", "RESOLVED"]


def test_the_same_notice_is_byte_by_byte_the_same_mail() -> None:
    first, second = (mail_of(FIRING, page_of(FIRING), "alerts@example.com", [A, B], "").as_bytes() for _ in range(2))

    assert first == second


def test_a_subject_begins_in_the_line_of_its_name() -> None:
    told = replace(
        FIRING.told[0], title="Too few messages arrive", about="number 6453126951453270 of WABA 697692895809970"
    )
    notice = replace(FIRING, told=(told,), total=1)

    lines = mail_of(notice, page_of(notice), "alerts@example.com", [A], "").as_bytes().splitlines()

    assert b"Subject: Too few messages arrive: number 6453126951453270 of WABA 697692895809970" in lines
    assert max(map(len, lines)) < 998


def test_all_receivers_stand_in_one_mail() -> None:
    with mail_service() as service:
        made(Channel(kind="email", to=(A, B)), f"smtp://127.0.0.1:{service.port}").deliver(FIRING, "")

        assert service.receivers == [[A, B]]
        assert service.mails[0]["To"] == f"{A}, {B}"


def test_a_receiver_who_was_refused_for_the_moment_alone_is_tried_again() -> None:
    with mail_service() as service:
        service.replies[B] = "452 mailbox full"
        mailer = made(Channel(kind="email", to=(A, B)), f"smtp://127.0.0.1:{service.port}")

        first = mailer.deliver(FIRING, "")
        service.replies.clear()
        second = mailer.deliver(FIRING, "")

        assert (first.outcome, second.outcome) == (Outcome.RETRY, Outcome.SENT)
        assert "b…@example.net: 452" in first.detail
        assert B not in first.detail
        assert service.receivers == [[A], [B]]
        assert service.mails[0]["Message-ID"] == service.mails[1]["Message-ID"]


def test_one_wrong_receiver_does_not_keep_the_others_from_it() -> None:
    with mail_service() as service:
        service.replies[B] = "550 no such user"

        delivered = made(Channel(kind="email", to=(A, B)), f"smtp://127.0.0.1:{service.port}").deliver(FIRING, "")

        assert delivered.outcome is Outcome.SENT
        assert "1 of 2 receivers" in delivered.detail
        assert service.receivers == [[A]]


def test_a_certificate_that_nobody_vouches_for_is_not_accepted() -> None:
    # A plain server where TLS is expected: nothing is handed over, and the password stays here.
    with mail_service("secret") as service:
        server = MailServer("127.0.0.1", service.port, Protection.TLS, "user", "secret")

        assert Mailer(server, "x@example.com", (A,)).deliver(FIRING, "").outcome is Outcome.RETRY
        assert not service.tried


def test_the_html_asks_nothing_of_the_world() -> None:
    mail = mail_of(FIRING, page_of(FIRING), "alerts@example.com", [A], "")
    body = mail.get_body(("html",))
    assert body is not None

    html = body.get_content()

    assert not [tag for tag in ("<img", "<link", "<script", "@import", "url(") if tag in html]
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", MailServer("localhost", 25)),
        ("smtps://u%40x:p%2Fw@mail.example.com", MailServer("mail.example.com", 465, Protection.TLS, "u@x", "p/w")),
        ("smtp+starttls://mail.example.com:2525", MailServer("mail.example.com", 2525, Protection.STARTTLS)),
        ("smtp://u:p@127.0.0.1:1025", MailServer("127.0.0.1", 1025, Protection.NONE, "u", "p")),
    ],
)
def test_the_address_of_a_mail_server_is_understood(url: str, server: MailServer) -> None:
    assert mail_server(url) == server
    assert "p/w" not in repr(server) + str(server)


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:99999", "smtp://h/x", "smtp://u:pw@far.example"]
)  # fmt: skip
def test_a_wrong_address_of_a_mail_server_is_told_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as wrong:
        mail_server(url)

    assert "pw" not in str(wrong.value)
    assert "far.example" not in str(wrong.value)
