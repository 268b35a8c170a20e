"""Ids in the shapes that Meta and the application give them, all drawn from seeded randomness."""

from __future__ import annotations

import base64
from random import Random
from uuid import UUID

from wabawatch.domain.facts import Millis

_HEX = "0123456789ABCDEF"
_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def stream(seed: int, *names: object) -> Random:
    """Randomness of its own for one purpose: what one draws from it never changes what another finds."""
    return Random(":".join((str(seed), *map(str, names))))


def digits(rng: Random, length: int) -> str:
    """A decimal id that never begins with zero."""
    return str(rng.randrange(10 ** (length - 1), 10**length))


def wamid(counterparty: str, rng: Random, *, from_business: bool) -> str:
    """A message id that holds *counterparty* in clear, as the real ones do."""
    length = 18 if from_business else 20
    tail = "".join(rng.choices(_HEX, k=length)).encode()
    who = counterparty.encode()
    direction = 0x11 if from_business else 0x12
    head = bytes((0x1C, 0x18, len(who))) + who + bytes((0x15, 0x02, 0x00, direction, 0x18, length))
    return "wamid." + base64.b64encode(head + tail + b"\0").decode()


def uuid7(at: Millis, rng: Random) -> str:
    """A time-ordered UUID, version 7."""
    value = (at & (1 << 48) - 1) << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)
    return str(UUID(int=value))


def trace_id(rng: Random) -> str:
    """An `fbtrace_id`, by which Meta's support finds a call."""
    return "A" + "".join(rng.choices(_BASE64URL, k=22))
