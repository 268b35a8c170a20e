"""What an answer to a notice means: it was taken, it may be tried again, or it never will be."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.net import redact
from wabawatch.notifiers.words import cut

LONGEST_DETAIL = 300

MAY_PASS = frozenset({408, 421, 423, 425, 429})
"""The 4xx that tell of the moment, not of the request"""


def sent(detail: str = "", thread: str = "") -> Delivered:
    """It was taken."""
    return Delivered(Outcome.SENT, detail, thread)


def retry(detail: str, retry_after_s: float | None = None) -> Delivered:
    """Another attempt may succeed."""
    return Delivered(Outcome.RETRY, cut(detail, LONGEST_DETAIL), retry_after_s=retry_after_s)


def refused(detail: str) -> Delivered:
    """No further attempt would succeed until somebody changes something."""
    return Delivered(Outcome.REFUSED, cut(detail, LONGEST_DETAIL))


def judged(status: int, said: str = "", retry_after_s: float | None = None) -> Delivered:
    """What the HTTP *status* means; *said*: what the service wrote, already without secrets."""
    detail = f"it answered {status}" + (f": {said}" if said else "")
    if 200 <= status < 300:
        return sent()
    if status >= 500 or status in MAY_PASS:
        return retry(detail, retry_after_s)
    if 300 <= status < 400:
        return refused(f"it answered {status}, a redirect, which is not followed; give the address that it leads to")
    return refused(detail)


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """The header `Retry-After` in seconds from *now*; None where there is none that can be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def without(secrets: Iterable[str], text: str) -> str:
    """*text* without any of *secrets*, as they are, as in a URL or in base64, and without what looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        encoded = base64.b64encode(secret.encode()).decode()
        for form in {secret, quote(secret), quote(secret, safe=""), encoded, encoded.rstrip("=")}:
            text = text.replace(form, "…")
    return redact(text)
