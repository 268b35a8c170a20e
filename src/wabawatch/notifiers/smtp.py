"""The hand-over of one mail to a mail server, within a time that holds for all of it."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import TypeAlias

from wabawatch.settings_mail import MailServer, Protection

Refusals: TypeAlias = dict[str, tuple[int, str]]
"""Receivers that were refused, with code and text"""


class Trouble(Exception):
    """The mail was not handed over. `may_pass`: whether another attempt may succeed."""

    def __init__(self, message: str, *, may_pass: bool) -> None:
        super().__init__(message)
        self.may_pass = may_pass


def hand_over(
    server: MailServer, mail: EmailMessage, sender: str, receivers: Sequence[str], timeout_s: float
) -> Refusals:
    """Give *mail* to *server* for *receivers*, and return those that it refused. Raises Trouble when all else fails.

    It leaves after *timeout_s* seconds, however slowly the server speaks.
    """
    with _connected(server, timeout_s) as connection:
        try:
            return _told(connection.send_message(mail, sender, receivers))
        except smtplib.SMTPRecipientsRefused as error:
            return _told(error.recipients)


def greet(server: MailServer, timeout_s: float) -> None:
    """Connect, protect and log in as for a mail, and send none. Raises Trouble."""
    with _connected(server, timeout_s):
        pass


def _told(refused: dict[str, tuple[int, bytes]]) -> Refusals:
    return {address: (code, text.decode("utf-8", "replace")) for address, (code, text) in refused.items()}


@contextmanager
def _connected(server: MailServer, timeout_s: float) -> Iterator[smtplib.SMTP]:
    """A session in which a mail may be sent."""
    late = threading.Event()
    try:
        connection = _client(server, timeout_s)
        # The time-out of a socket holds for each read: one that drips would hold us for ever.
        timer = threading.Timer(timeout_s, _hang_up, (connection, late))
        timer.daemon = True
        timer.start()
        try:
            _prepare(connection, server)
            yield connection
        finally:
            timer.cancel()
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()
    except (smtplib.SMTPException, OSError) as error:
        if late.is_set():
            raise Trouble(f"{server} did not finish within {timeout_s:.0f} s", may_pass=True) from error
        raise _trouble(server, error) from error


def _client(server: MailServer, timeout_s: float) -> smtplib.SMTP:
    """A client that is not connected yet. It has its own name at hand: looking that up may take long."""
    own = socket.gethostname()
    name = own if "." in own else "[127.0.0.1]"
    client: smtplib.SMTP
    if server.protection is Protection.TLS:
        client = smtplib.SMTP_SSL(local_hostname=name, timeout=timeout_s, context=ssl.create_default_context())
    else:
        client = smtplib.SMTP(local_hostname=name, timeout=timeout_s)
    client._host = server.host  # type: ignore[attr-defined]  # else it is only told to one that connects when made
    return client


def _hang_up(connection: smtplib.SMTP, late: threading.Event) -> None:
    late.set()
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _prepare(connection: smtplib.SMTP, server: MailServer) -> None:
    code, said = connection.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, said)
    if server.protection is Protection.STARTTLS:
        connection.starttls(context=ssl.create_default_context())
    if server.user:
        connection.login(server.user, server.password)
    connection.ehlo_or_helo_if_needed()


def _trouble(server: MailServer, error: Exception) -> Trouble:
    """What *error* means, in words: also the server's, out of which the caller takes the password."""
    match error:
        case smtplib.SMTPAuthenticationError():
            said = f"{server} refuses user and password: {_said(error)}"
            return Trouble(said, may_pass=400 <= error.smtp_code < 500)
        case smtplib.SMTPNotSupportedError():
            return Trouble(f"{server}: {error}", may_pass=False)
        case smtplib.SMTPServerDisconnected():
            return Trouble(f"{server} closed the connection", may_pass=True)
        case smtplib.SMTPSenderRefused():
            return Trouble(f"{server} refuses the sender: {_said(error)}", may_pass=error.smtp_code < 500)
        case smtplib.SMTPResponseException():
            return Trouble(f"{server} answered {_said(error)}", may_pass=error.smtp_code < 500)
        case ssl.SSLCertVerificationError():
            return Trouble(f"the certificate of {server} is not accepted: {error.verify_message}", may_pass=True)
        case ssl.SSLError():
            return Trouble(f"{server} does not speak TLS as expected: {error.reason or 'broken off'}", may_pass=True)
        case TimeoutError():
            return Trouble(f"{server} did not answer in time", may_pass=True)
        case socket.gaierror():
            return Trouble(f"the name {server.host} cannot be looked up", may_pass=True)
        case OSError():
            return Trouble(f"no connection to {server}: {error.strerror or 'refused'}", may_pass=True)
        case _:
            return Trouble(f"{server}: {type(error).__name__}", may_pass=True)


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
