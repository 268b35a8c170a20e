"""Content codings: a caller's answer stays packed as Meta packed it; for the record it is unpacked here."""

from __future__ import annotations

import io
import zlib
from typing import Final

import zstandard

READABLE: Final = frozenset({"gzip", "x-gzip", "deflate", "zstd", "identity"})
"""Codings that `unpacked` knows (RFC 9110, 8.4.1; RFC 8878)"""


def readable(accepted: str) -> str:
    """What of a header Accept-Encoding is passed on with a send: only codings whose answers can be read.

    Without the answer nobody would know whether the message was accepted, nor its wamid. Unchanged if it names no
    other coding.
    """
    offered = [each.strip() for each in accepted.split(",") if each.strip()]
    kept = [each for each in offered if each.partition(";")[0].strip().lower() in READABLE]
    return accepted if kept == offered else ", ".join(kept) or "identity"


def unpacked(content: bytes, encoding: str, limit: int) -> bytes:
    """At most *limit* bytes of what *content* was before it was packed as the header Content-Encoding says.

    Empty when it cannot be unpacked; of what breaks off in the middle, the beginning.
    """
    for coding in reversed(encoding.lower().split(",")):
        content = _unpacked(content, coding.strip(), limit)
    return content


def _unpacked(content: bytes, coding: str, limit: int) -> bytes:
    try:
        if coding in ("gzip", "x-gzip"):
            return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(content, limit)
        if coding == "deflate":
            return _inflated(content, limit)
        if coding == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)) as reader:
                return reader.read(limit)
    except (zlib.error, zstandard.ZstdError):
        return b""
    return content if coding in ("", "identity") else b""


def _inflated(content: bytes, limit: int) -> bytes:
    """What is called deflate is zlib's format; some servers send it without its head and checksum."""
    try:
        return zlib.decompressobj().decompress(content, limit)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, limit)
