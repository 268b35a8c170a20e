"""How e-mail is sent: the section `mail`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from wabawatch.kinds import Kind, Secret
from wabawatch.sources import setting


class Protection(StrEnum):
    """How the way to the mail server is kept private: the scheme of its address."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_PORTS = {Protection.NONE: 25, Protection.STARTTLS: 587, Protection.TLS: 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    protection: Protection = Protection.NONE
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Without what is secret."""
        return f"{self.protection}://{self.host}:{self.port}"


def mail_server(url: str) -> MailServer:
    """The mail server at *url*, such as `smtp+starttls://USER:PASSWORD@mail.example.com:587`.

    Raises ValueError with half a sentence that shows nothing of it.
    """
    try:
        parts = urlsplit(url.strip())
        protection, host, port = Protection(parts.scheme), parts.hostname or "", parts.port
    except ValueError:
        schemes = ", ".join(f"{each}://" for each in Protection)
        raise ValueError(f"it is not an address of a mail server; it begins with one of {schemes}") from None
    if not host or parts.path.strip("/") or parts.query or parts.fragment or re.search(r"\s", url.strip()):
        raise ValueError("it is not SCHEME://USER:PASSWORD@HOST:PORT; special characters of a password stand as %XX")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and protection is Protection.NONE and not _is_here(host):
        raise ValueError("the password would cross the network readable; use smtp+starttls:// or smtps://")
    return MailServer(host, port or _PORTS[protection], protection, user, password)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(raw: object) -> Secret:
    if not isinstance(raw, str):
        raise ValueError("it is not a text")
    mail_server(raw)
    return Secret(raw.strip())


def _mail_from(raw: object) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    if not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+", text):
        raise ValueError("it is not one e-mail address, such as alerts@example.com")
    return text


LOCAL = "smtp://localhost:25"
MAIL_SERVER = Kind("address of a mail server, secret", _read, is_secret=True)
MAIL_FROM = Kind("e-mail address", _mail_from)


@dataclass(frozen=True, slots=True)
class Mail:
    """How e-mail is sent."""

    smtp_url: Secret | None = setting(
        "WABAWATCH_SMTP_URL",
        MAIL_SERVER,
        None,
        f"Server that takes mail: `{LOCAL}` (when not set), `smtps://USER:PASSWORD@HOST` or "
        "`smtp+starttls://USER:PASSWORD@HOST`.",
    )
    mail_from: str | None = setting(
        "WABAWATCH_MAIL_FROM",
        MAIL_FROM,
        None,
        "Sender of mail; not set: `wabawatch@` and the name of this machine, which many servers refuse.",
    )

    @property
    def server(self) -> MailServer:
        """Where mail is handed over."""
        return mail_server(self.smtp_url.reveal() if self.smtp_url else LOCAL)
