"""Meta's signature of a webhook body: HMAC-SHA256 over the bytes exactly as they came, under the app secret."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Sequence
from hmac import compare_digest, digest

_PREFIX = b"sha256="
_HEX_DIGITS = 64


def is_genuine(body: bytes, header: str | bytes | None, secrets: Sequence[bytes]) -> bool:
    """Tell whether *header* (the value of ``X-Hub-Signature-256``) was made over *body* with one of *secrets*.

    *body* must be the raw bytes: JSON read and written again has another signature. Every secret is tried, in constant
    time, so that neither its bytes nor its place in the list shows. An empty secret matches nothing, and a malformed
    header is refused like a wrong one; nothing raises.
    """
    claimed = _claimed(header)
    if claimed is None:
        return False
    genuine = False
    for secret in secrets:
        genuine |= compare_digest(digest(secret, body, "sha256"), claimed) and bool(secret)
    return genuine


def sign(body: bytes, secret: bytes) -> str:
    """Return the header value that Meta would send with *body*."""
    return "sha256=" + digest(secret, body, "sha256").hex()


def _claimed(header: str | bytes | None) -> bytes | None:
    """Return the 32 bytes that the header claims, or None if it is not a signature."""
    if header is None:
        return None
    try:
        value = (header.encode("ascii") if isinstance(header, str) else header).strip()
        if not value.startswith(_PREFIX) or len(value) != len(_PREFIX) + _HEX_DIGITS:
            return None
        return unhexlify(value[len(_PREFIX) :])
    except ValueError:
        return None
