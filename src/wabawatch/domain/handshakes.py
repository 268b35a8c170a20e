"""Meta's question whether a callback URL is ours, and what becomes of it."""

from __future__ import annotations

from enum import StrEnum


class Handshake(StrEnum):
    """How it is answered."""

    CONFIRMED = "confirmed"
    UNKNOWN_APP = "unknown_app"
    REFUSED = "refused"


def handshake_mark(app: str, answer: Handshake) -> str:
    """The mark that says when *app* was last asked for and got that answer, other than by ourselves."""
    return f"handshake_{answer}:{app}"
