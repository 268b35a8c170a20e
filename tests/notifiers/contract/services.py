"""Services that take notices, on this machine: a real HTTP and a real mail server, which answer as they are told."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    """Names in lower case"""
    body: bytes


@dataclass
class HttpService:
    """Answers each request as `answer` says."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    echoes: bool = False
    """Whether it answers with all that it was sent, secrets included"""
    requests: list[Request] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def http_service() -> Iterator[HttpService]:
    """A server, until the block ends."""
    service = HttpService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.requests.append(Request(self.path, headers, body))
            time.sleep(service.pause_s)
            said = f"{self.path} {self.headers} ".encode() + body if service.echoes else service.body
            try:
                self.send_response(service.status)
                for name, value in {**service.headers, "Content-Length": str(len(said))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)
            except OSError:
                pass  # the client has gone: that is what some tests are about

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


@dataclass
class MailService:
    """Answers each command of a mail as `replies` says, and takes the rest."""

    replies: dict[str, str] = field(default_factory=dict)
    """By command (MAIL, RCPT, DATA) or by address of a receiver"""
    password: str = ""
    """"": nobody need log in"""
    tried: list[bytes] = field(default_factory=list)
    """Passwords that were tried"""
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    port: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        reply = self.replies.get(address, self.replies.get("RCPT", "250 OK"))
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.replies.get("DATA", "250 taken")
        if reply.startswith("250"):
            self.raw.append(envelope.content)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.receivers.append(list(envelope.rcpt_tos))
        return reply

    def log_in(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.tried.append(data.password)
        return AuthResult(success=data.password == self.password.encode(), handled=False)


class _AnyPort(Controller):
    """Listens at a port that is free. aiosmtpd calls its own server once, by the port that it was given."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        if self.ssl_context is None:
            super()._trigger_server()  # type: ignore[no-untyped-call]
            return
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.hostname, self.port)) as plain, anybody.wrap_socket(plain) as wrapped:
            wrapped.recv(1_024)


@contextmanager
def mail_service(
    password: str = "", tls: ssl.SSLContext | None = None, *, at_once: bool = False
) -> Iterator[MailService]:
    """A mail server, until the block ends; with *password* it takes one, in clear unless it has *tls*: when it is
    asked for (STARTTLS), or *at_once* (SMTPS)."""
    service = MailService(password=password)
    options: dict[str, Any] = {"port": 0, "ready_timeout": 20}
    if password:
        options |= {"authenticator": service.log_in, "auth_require_tls": tls is not None and not at_once}
    if tls is not None:
        options["ssl_context" if at_once else "tls_context"] = tls
    controller = _AnyPort(service, hostname="127.0.0.1", **options)
    controller.start()
    try:
        service.port = controller.port
        yield service
    finally:
        controller.stop()
