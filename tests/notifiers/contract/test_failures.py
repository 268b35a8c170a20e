"""What each answer of a service means: taken, tried again, or refused for good."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.notifiers.contract.services import http_service, mail_service
from tests.notifiers.contract.subjects import HERE, SECRET, TO, made
from tests.notifiers.notices import EXAMPLES
from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.kinds import Secret
from wabawatch.net import guard_of
from wabawatch.notifiers.posting import Poster
from wabawatch.notifiers.slack import SlackBot
from wabawatch.settings_channels import Channel

FIRING = EXAMPLES["firing"]
NOBODY = guard_of([])

STATUSES = {
    **dict.fromkeys((200, 201, 202, 204, 299), Outcome.SENT),
    **dict.fromkeys((300, 301, 302, 303, 304, 307, 308), Outcome.REFUSED),
    **dict.fromkeys((408, 421, 423, 425, 429), Outcome.RETRY),
    **dict.fromkeys((500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 599), Outcome.RETRY),
    **dict.fromkeys(
        (400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 422,
         424, 426, 428, 431, 451, 499),
        Outcome.REFUSED,
    ),
}  # fmt: skip


def channel_to(url: str, kind: str = "webhook", timeout_s: int = 15) -> Channel:
    return Channel(kind=kind, url=Secret(url), secret=Secret(SECRET), timeout_s=timeout_s)


@pytest.mark.parametrize("kind", ["webhook", "slack"])
def test_every_status_means_sent_retry_or_refused(kind: str) -> None:
    with http_service() as service:
        notifier = made(channel_to(f"{service.url}/{SECRET}", kind))
        found = {}
        for status in STATUSES:
            service.status, service.body = status, b"" if status in (204, 304) else b"no_service"
            service.headers = {"Location": f"{service.url}/elsewhere"} if 300 <= status < 400 else {}
            found[status] = notifier.deliver(FIRING, "").outcome

        assert found == STATUSES
        assert not [request for request in service.requests if request.path == "/elsewhere"]


@pytest.mark.parametrize(("status", "outcome"), [(200, Outcome.SENT), (403, Outcome.REFUSED), (429, Outcome.RETRY)])
def test_what_apprise_is_answered_means_the_same(status: int, outcome: Outcome) -> None:
    with http_service() as service:
        service.status = status

        delivered = made(channel_to(f"json://127.0.0.1:{service.port}/in", "apprise")).deliver(FIRING, "")

    assert delivered.outcome is outcome
    assert outcome is Outcome.SENT or str(status) in delivered.detail


SLACK_ERRORS = {
    **dict.fromkeys(
        ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"), Outcome.RETRY
    ),
    **dict.fromkeys(
        ("channel_not_found", "not_in_channel", "invalid_auth", "token_revoked", "is_archived", "missing_scope",
         "invalid_blocks", "msg_blocks_too_long", "an_error_of_next_year"),
        Outcome.REFUSED,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("error", "outcome"), SLACK_ERRORS.items())
def test_slacks_own_word_counts_where_it_answers_200(error: str, outcome: Outcome) -> None:
    with http_service() as service:
        service.body = f'{{"ok":false,"error":"{error}"}}'.encode()
        bot = SlackBot(SECRET, "C012AB3CD", Poster(HERE), url=service.url)

        delivered = bot.deliver(FIRING, "")

    assert delivered.outcome is outcome
    assert error in delivered.detail


def test_what_answers_200_and_is_not_slack_has_not_taken_it() -> None:
    with http_service() as service:
        service.body = b"<html>log in to the wireless network</html>"

        assert SlackBot(SECRET, "C1", Poster(HERE), url=service.url).deliver(FIRING, "").outcome is Outcome.RETRY


@pytest.mark.parametrize(
    ("said", "seconds"), [("120", 120.0), ("", None), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0)]
)
def test_it_waits_as_long_as_the_service_asks(said: str, seconds: float | None) -> None:
    with http_service() as service:
        service.status, service.headers = 429, {"Retry-After": said} if said else {}

        delivered = made(channel_to(service.url)).deliver(FIRING, "")

    assert (delivered.outcome, delivered.retry_after_s) == (Outcome.RETRY, seconds)


REPLIES = {
    ("MAIL", "451 try later"): Outcome.RETRY,
    ("MAIL", "550 no such sender"): Outcome.REFUSED,
    ("MAIL", "530 log in first"): Outcome.REFUSED,
    ("RCPT", "450 greylisted"): Outcome.RETRY,
    ("RCPT", "452 mailbox full"): Outcome.RETRY,
    ("RCPT", "550 no such user"): Outcome.REFUSED,
    ("RCPT", "554 relay access denied"): Outcome.REFUSED,
    ("DATA", "421 shutting down"): Outcome.RETRY,
    ("DATA", "452 out of space"): Outcome.RETRY,
    ("DATA", "552 too large"): Outcome.REFUSED,
    ("DATA", "554 looks like spam"): Outcome.REFUSED,
}


@pytest.mark.parametrize(("at", "outcome"), REPLIES.items(), ids=lambda value: str(value))
def test_every_reply_of_a_mail_server_means_retry_or_refused(at: tuple[str, str], outcome: Outcome) -> None:
    command, reply = at
    with mail_service() as service:
        service.replies[command] = reply

        delivered = _mail(service.port)

    assert delivered.outcome is outcome
    assert reply.split()[0] in delivered.detail


def _mail(port: int, url: str = "smtp://127.0.0.1:{}", timeout_s: int = 15) -> Delivered:
    return made(Channel(kind="email", to=TO, timeout_s=timeout_s), url.format(port)).deliver(FIRING, "")


def test_a_wrong_password_is_refused() -> None:
    with mail_service("the right one") as service:
        delivered = _mail(service.port, f"smtp://wabawatch:{SECRET}@127.0.0.1:{{}}")

        assert set(service.tried) == {SECRET.encode()}
        assert delivered.outcome is Outcome.REFUSED
        assert "user and password" in delivered.detail


def test_a_mail_server_without_the_protection_that_is_asked_for_gets_nothing() -> None:
    with mail_service() as service:
        delivered = _mail(service.port, "smtp+starttls://127.0.0.1:{}")

        assert delivered.outcome is Outcome.REFUSED
        assert "STARTTLS" in delivered.detail
        assert not service.mails


@contextmanager
def silent(first: bytes = b"", drip_s: float = 0.0) -> Iterator[int]:
    """A server that takes connections and says *first*, and then nothing, or an endless line, drop by drop."""
    stop = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(first)
                while not stop.wait(drip_s or 10):
                    connection.sendall(b"2")
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        stop.set()
        server.shutdown(socket.SHUT_RDWR)


CHANNELS: dict[str, Callable[[int], tuple[Channel, str]]] = {
    "email": lambda port: (Channel(kind="email", to=TO, timeout_s=1), f"smtp://127.0.0.1:{port}"),
    "webhook": lambda port: (channel_to(f"http://127.0.0.1:{port}", "webhook", 1), "smtp://localhost"),
    "slack": lambda port: (channel_to(f"http://127.0.0.1:{port}", "slack", 1), "smtp://localhost"),
    "apprise": lambda port: (channel_to(f"json://127.0.0.1:{port}", "apprise", 1), "smtp://localhost"),
}


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_service_that_says_nothing_is_left_and_tried_again(kind: str) -> None:
    with silent() as port:
        assert made(*CHANNELS[kind](port)).deliver(FIRING, "").outcome is Outcome.RETRY


@pytest.mark.parametrize(("kind", "first"), [("email", b"220 "), ("webhook", b"HTTP/1.1 ")])
def test_a_service_that_never_ends_its_line_is_left_as_well(kind: str, first: bytes) -> None:
    with silent(first, drip_s=0.1) as port:
        assert made(*CHANNELS[kind](port)).deliver(FIRING, "").outcome is Outcome.RETRY


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_service_that_is_not_there_is_tried_again(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert made(*CHANNELS[kind](port)).deliver(FIRING, "").outcome is Outcome.RETRY


@pytest.mark.parametrize("kind", ["webhook", "slack", "apprise"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_address_is_refused_unless_allowed(kind: str, host: str) -> None:
    scheme = "json" if kind == "apprise" else "http"
    with http_service() as service:
        channel = channel_to(f"{scheme}://{host}:{service.port}/in", kind)

        closed = made(channel, guard=NOBODY).deliver(FIRING, "")
        assert not service.requests
        opened = made(channel, guard=guard_of([host])).deliver(FIRING, "")

    assert closed.outcome is Outcome.REFUSED
    assert "WABAWATCH_ALLOW_PRIVATE_URLS" in closed.detail
    assert opened.outcome is Outcome.SENT


def test_an_address_that_apprise_does_not_know_is_refused_and_not_told() -> None:
    delivered = made(channel_to(f"nosuchservice://{SECRET}/x", "apprise")).deliver(FIRING, "")

    assert delivered.outcome is Outcome.REFUSED
    assert SECRET not in delivered.detail
