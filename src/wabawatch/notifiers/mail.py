"""E-mail: text and HTML, a thread for each alert, and the same Message-ID however often it is sent."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from wabawatch.domain.notices import Delivered, Notice, Outcome
from wabawatch.notifiers.answers import masked, refused, retry, sent, without
from wabawatch.notifiers.html import html_of
from wabawatch.notifiers.page import Page, Tone, page_of
from wabawatch.notifiers.smtp import Refusals, Trouble, hand_over
from wabawatch.notifiers.text import text_of
from wabawatch.settings_mail import MailServer

LONGEST_LINE = 500
"""Of a header, in characters; 998 are allowed"""
REMEMBERED = 256
"""Of so many notices it is known who has taken them already"""


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends notices to *to*.

    When some of several receivers could not take one for the moment, the next attempt in this process goes to those
    alone.
    """

    server: MailServer
    sender: str
    """"": wabawatch at this machine"""
    to: tuple[str, ...]
    timeout_s: float = 20.0
    """For the whole hand-over"""
    zone: tzinfo = UTC
    _took: OrderedDict[str, frozenset[str]] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Deliver *notice*; *thread* is the Message-ID of the first mail of its thread."""
        sender = self.sender or f"wabawatch@{socket.gethostname()}"
        message = mail_of(notice, page_of(notice, self.zone), sender, self.to, thread)
        missing = self._missing(notice.key)
        secrets = (self.server.password,)
        try:
            refusals = hand_over(self.server, message, sender, missing, self.timeout_s)
        except Trouble as trouble:
            outcome = retry if trouble.may_pass else refused
            return outcome(without(secrets, str(trouble)))
        self._note(notice.key, set(missing) - refusals.keys())
        return _judged(refusals, len(self.to), str(message["Message-ID"]), secrets)

    def _missing(self, key: str) -> list[str]:
        """Who has not taken it yet; where all have, it is sent again, and all are."""
        took = self._took_of(key)
        return [address for address in self.to if address not in took] or list(self.to)

    def _took_of(self, key: str) -> frozenset[str]:
        with self._lock:
            return self._took.get(key, frozenset())

    def _note(self, key: str, took: set[str]) -> None:
        with self._lock:
            self._took[key] = self._took.pop(key, frozenset()) | took
            while len(self._took) > REMEMBERED:
                self._took.popitem(last=False)


def _judged(refusals: Refusals, total: int, message_id: str, secrets: Collection[str]) -> Delivered:
    if not refusals:
        return sent(thread=message_id)
    said = "; ".join(f"{masked(address)}: {code} {text}" for address, (code, text) in refusals.items())
    detail = without(secrets, f"{len(refusals)} of {total} receivers were refused ({said})")
    if any(400 <= code < 500 for code, _ in refusals.values()):
        return retry(detail)
    # Those who took it have it: trying again would change nothing for the others.
    return refused(detail) if len(refusals) == total else Delivered(Outcome.SENT, detail[:300], message_id)


def mail_of(notice: Notice, page: Page, sender: str, to: Sequence[str], thread: str) -> EmailMessage:
    """The mail, byte by byte the same for the same notice.

    The subject is that of the whole thread, for Gmail groups by it; so the state stands in the sender's name.
    """
    is_plain = all(address.isascii() for address in (sender, *to))
    mail = EmailMessage(policy=SMTP if is_plain else SMTPUTF8)
    domain = sender.rpartition("@")[2]
    mail["Subject"] = page.subject
    mail["From"] = Address(f"{page.state} · wabawatch", addr_spec=sender)
    mail["To"] = ", ".join(to)
    mail["Date"] = datetime.fromtimestamp(notice.at // 1000, UTC)
    mail["Message-ID"] = f"<{_id(notice.key)}@{domain}>"
    # No mail has this first id. Yet all of a thread refer to it: they stay together even if the first is lost.
    root = f"<thread.{_id(notice.thread or notice.key)}@{domain}>"
    mail["References"] = f"{root} {thread}" if thread else root
    mail["In-Reply-To"] = thread or root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if page.tone is Tone.CRITICAL:
        mail["Importance"] = "high"
    mail.set_content(text_of(page), cte="quoted-printable")
    mail.add_alternative(html_of(page), subtype="html", cte="quoted-printable")
    mail.set_boundary("=_" + hashlib.sha256(notice.key.encode()).hexdigest()[:32])
    # A subject that is folded right after its name looks empty to some programs.
    mail.policy = mail.policy.clone(max_line_length=LONGEST_LINE)
    return mail


def _id(text: str) -> str:
    """*text* as the left part of a Message-ID."""
    if text.isascii() and text.replace("-", "").replace("_", "").isalnum():
        return text
    return hashlib.sha256(text.encode()).hexdigest()[:32]
