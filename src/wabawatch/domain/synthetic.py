"""Our own test event: a webhook body that nobody but this installation can make, and that means nothing.

It is recognised by a code over its nonce and time, made with a key of this installation, and only when every byte of
the body is as we write it. So nothing else can hide in one, and who only knows the app secret cannot make any.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from wabawatch.domain.facts import Millis

PURPOSE = b"wabawatch synthetic event"
"""What the key is derived for."""
LONGEST = 400
"""Bytes of an event at most: larger bodies need not be looked at."""
FRESH_MS = 10 * 60_000
"""So far its time may be from ours: the clocks of two machines, and a slow way."""

_FORM = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"wabawatch_synthetic","value":'
    b'{"nonce":"%b","at":%d,"code":"%b"}}]}]}'
)
_SHAPE = re.compile(
    re.escape(_FORM)
    .replace(b"%b", b"([0-9a-f]+)", 1)
    .replace(b"%d", b"([0-9]{1,15})")
    .replace(b"%b", b"([0-9a-f]{64})")
)


def make_event(key: bytes, nonce: str, at: Millis) -> bytes:
    """The body of an event. *nonce*: hex digits, never used before."""
    return _FORM % (nonce.encode(), at, _code(key, nonce.encode(), at))


def is_event(keys: Sequence[bytes], content: bytes, now: Millis) -> bool:
    """Whether *content* is an event that was made with one of *keys*, not long ago."""
    if len(content) > LONGEST or (found := _SHAPE.fullmatch(content)) is None:
        return False
    nonce, at, code = found[1], int(found[2]), found[3]
    is_right = any(hmac.compare_digest(_code(key, nonce, at), code) for key in keys)
    return is_right and abs(now - at) <= FRESH_MS


def _code(key: bytes, nonce: bytes, at: Millis) -> bytes:
    return hmac.digest(key, b"%b:%d" % (nonce, at), "sha256").hex().encode()
