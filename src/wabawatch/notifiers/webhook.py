"""A signed webhook, as the specification Standard Webhooks has it (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from wabawatch.domain.notices import Delivered, Notice
from wabawatch.notifiers.answers import judged, secrets_of
from wabawatch.notifiers.json_body import body_of
from wabawatch.notifiers.page import page_of
from wabawatch.notifiers.posting import Poster
from wabawatch.notifiers.text import text_of

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes that sign: what follows `whsec_` in base64, or, of any other secret, its own.

    Raises ValueError when there is no base64 after `whsec_`.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"after {PREFIX} there is no base64") from None


def signature(key: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: HMAC-SHA256 over id, timestamp (in seconds) and body, with dots between."""
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts notices as JSON to *url*, each attempt signed anew and with the notice's key as its id."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    """"": not signed"""
    poster: Poster
    zone: tzinfo = UTC
    now: Callable[[], float] = time.time

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Deliver *notice*. It keeps no thread: the body tells which notices belong together."""
        page = page_of(notice, self.zone)
        body, timestamp = body_of(notice, page, text_of(page)), int(self.now())
        headers = {"webhook-id": notice.key, "webhook-timestamp": str(timestamp)}
        if self.secret:
            headers["webhook-signature"] = signature(key_of(self.secret), notice.key, timestamp, body)
        answer = self.poster.post(self.url, body, headers, (*secrets_of(self.url), self.secret))
        return answer if isinstance(answer, Delivered) else judged(answer.status, answer.said, answer.retry_after_s)
