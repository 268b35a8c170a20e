"""Blocks of bodies: many bodies as one sealed, compressed piece of bytes, and back.

There are two layouts. A *live* block is made for every commit of the inbox, so it is quick to make. A *packed* block is
kept for days, so it is small: bodies by column, harder compression, and the numbers of the bodies with them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

import msgspec
import zstandard

from wabawatch.domain.errors import SealBroken
from wabawatch.ports import Body, BodyKind, BodySource, StoredBody
from wabawatch.storage.columns import Columns, from_columns, to_columns
from wabawatch.storage.sealed import Keyring

LIVE_LEVEL = 1
PACKED_LEVEL = 9
"""zstd levels. Above 9 a packed block takes many times as long for a few bytes per hundred."""

_LIVE = b"L"
_PACKED = b"P"
"""The first byte of what is compressed says the layout; a change of layout takes a new letter."""

_SIGNED = "sha256="
_DIGEST = b"\xff"
"""Marks the bare bytes of a digest. No text begins so in UTF-8."""

_Live: TypeAlias = tuple[list[BodyKind], list[int], list[bytes], list[str], list[BodySource], list[str]]
_Packed: TypeAlias = tuple[list[int], list[BodyKind], list[int], Columns, list[str], list[BodySource], list[bytes]]


def is_metas(body: Body) -> bool:
    """Whether *body* is a webhook of Meta's: no record, and no test event of our own."""
    return body.kind is BodyKind.WEBHOOK and body.source is not BodySource.SYNTHETIC


def encode_block(bodies: Sequence[Body], keyring: Keyring, *, context: bytes, level: int = LIVE_LEVEL) -> bytes:
    """Make a live block of *bodies*."""
    live: _Live = (
        [body.kind for body in bodies],
        [body.received_at for body in bodies],
        [body.content for body in bodies],
        [body.app for body in bodies],
        [body.source for body in bodies],
        [body.signature for body in bodies],
    )
    return _close(_LIVE, live, keyring, context, level)


def decode_block(block: bytes, keyring: Keyring, *, context: bytes) -> list[Body]:
    """Return the bodies of a live block. Raises SealBroken."""
    plain = _open(_LIVE, block, keyring, context)
    kinds, received, contents, apps, sources, signatures = msgspec.msgpack.decode(plain, type=_Live)
    return list(map(Body, kinds, received, contents, apps, sources, signatures))


def pack_block(stored: Sequence[StoredBody], keyring: Keyring, *, context: bytes, level: int = PACKED_LEVEL) -> bytes:
    """Make a packed block of *stored*."""
    bodies = [each.body for each in stored]
    packed: _Packed = (
        _steps(each.id for each in stored),
        [body.kind for body in bodies],
        _steps(body.received_at for body in bodies),
        to_columns([body.content for body in bodies]),
        [body.app for body in bodies],
        [body.source for body in bodies],
        [_thin_signature(body.signature) for body in bodies],
    )
    return _close(_PACKED, packed, keyring, context, level)


def unpack_block(block: bytes, keyring: Keyring, *, context: bytes) -> list[StoredBody]:
    """Return the bodies of a packed block with their numbers. Raises SealBroken."""
    plain = _open(_PACKED, block, keyring, context)
    ids, kinds, received, columns, apps, sources, signatures = msgspec.msgpack.decode(plain, type=_Packed)
    contents = from_columns(columns)
    bodies = map(
        Body, kinds, accumulate(received), contents, apps, sources, [_thick_signature(each) for each in signatures]
    )
    return list(map(StoredBody, accumulate(ids), bodies))


def _close(layout: bytes, columns: _Live | _Packed, keyring: Keyring, context: bytes, level: int) -> bytes:
    plain = layout + msgspec.msgpack.encode(columns)
    return keyring.seal(_compressor(level).compress(plain), context=context)


def _open(layout: bytes, block: bytes, keyring: Keyring, context: bytes) -> memoryview:
    plain = _decompressor().decompress(keyring.open(block, context=context))
    if plain[:1] != layout:
        raise SealBroken(f"The block has layout {plain[:1]!r}, not {layout!r}: a newer version has written it.")
    return memoryview(plain)[1:]


_tools = threading.local()
"""Of each thread, for none may be used by two at once: making one takes longer than compressing a small block."""


def _compressor(level: int) -> zstandard.ZstdCompressor:
    if level != LIVE_LEVEL:
        return zstandard.ZstdCompressor(level=level)  # seldom used, and large
    if not hasattr(_tools, "compressor"):
        _tools.compressor = zstandard.ZstdCompressor(level=level)
    made: zstandard.ZstdCompressor = _tools.compressor
    return made


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_tools, "decompressor"):
        _tools.decompressor = zstandard.ZstdDecompressor()
    made: zstandard.ZstdDecompressor = _tools.decompressor
    return made


def _steps(numbers: Iterable[int]) -> list[int]:
    """Return the first number and then the differences, which are small and alike."""
    return [after - before for before, after in pairwise([0, *numbers])]


def _thin_signature(signature: str) -> bytes:
    """Return the digest of a signature header as Meta writes it in half its length; anything else as it is."""
    try:
        thin = _DIGEST + bytes.fromhex(signature.removeprefix(_SIGNED))
    except ValueError:
        return signature.encode()
    return thin if _thick_signature(thin) == signature else signature.encode()


def _thick_signature(thin: bytes) -> str:
    return _SIGNED + thin[1:].hex() if thin.startswith(_DIGEST) else thin.decode()
