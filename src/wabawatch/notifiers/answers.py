"""What an answer to a notice means: it was taken, it may be tried again, or it never will be."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from wabawatch.domain.notices import Delivered, Outcome
from wabawatch.net import redact
from wabawatch.notifiers.words import cut

LONGEST_DETAIL = 300
SHORTEST_SECRET = 4
"""A shorter part of an address gives nothing away, and would be found in any text"""

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
    # The longest first: one may be a part of another.
    for form in sorted({form for secret in secrets if secret for form in _forms(secret)}, key=len, reverse=True):
        text = text.replace(form, "…")
    return redact(text)


def _forms(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode()
    return {secret, quote(secret), quote(secret, safe=""), encoded, encoded.rstrip("=")}


def secrets_of(url: str, *, has_host: bool = True) -> list[str]:
    """*url*, and each of its parts that could be a secret. *has_host*: whether its host stands first, and is none."""
    user, at, rest = url.partition("://")[2].rpartition("@")
    path = re.sub(r"^[^/?#]*", "", rest) if has_host else rest
    words = re.split(r"[/?#&@=:]", f"{user}{at}{path}")
    return [url, *(form for word in words if len(word) >= SHORTEST_SECRET for form in (word, unquote(word)))]


def masked(address: str) -> str:
    """An e-mail address that can be recognised by who knows it: `o…@example.com`."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
