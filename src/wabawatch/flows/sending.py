"""Sending: which calls to the Graph API ask for a message, and what is kept of each call."""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Final, NamedTuple

from wabawatch.domain.calls import is_refused_token
from wabawatch.domain.facts import CallKind

SEND_EDGES: Final = frozenset({"messages", "marketing_messages"})
_VERSION = re.compile(r"v[0-9]+(\.[0-9]+)?")
_LONGEST = 100
"""Characters of a node or edge that are kept: ids are far shorter."""

REMEMBERED = 10_000
"""Tokens of which we know that the Graph API took them"""


class Target(NamedTuple):
    """What a call is about."""

    node: str = ""
    """The Graph object, such as a phone_number_id"""
    edge: str = ""
    """What of it, such as `messages`; "" is the object itself"""
    version: str = ""
    """Of the API, such as `v25.0`; "" the caller names none"""


def target_of(path: str) -> Target:
    """What *path* (decoded, below `/graph`) is about, and the version in front of it."""
    parts = [part for part in path.split("/") if part]
    version = parts.pop(0) if parts and _VERSION.fullmatch(parts[0]) else ""
    node, edge = (parts[0], "/".join(parts[1:])) if parts else ("", "")
    return Target(node[:_LONGEST], edge[:_LONGEST], version[:_LONGEST])


def may_send(method: str, target: Target) -> bool:
    """Whether a call can ask for a message at all, so that its body must be read."""
    return method == "POST" and target.edge in SEND_EDGES


def recognise(method: str, target: Target, *, has_recipient: bool, has_status: bool) -> CallKind:
    """What a call is for: one to a path of sends that has a recipient, and changes no status, is a send (SPEC.md 2.2).

    Marking as read, typing and everything else are not.
    """
    is_send = may_send(method, target) and has_recipient and not has_status
    return CallKind.SEND if is_send else CallKind.OTHER


class Tokens:
    """Remembers which tokens the Graph API took: digests with a key of this process, never on disk, never a token."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._taken: dict[bytes, None] = {}

    def learn(self, token: bytes, http_status: int, codes: list[int]) -> bool:
        """Note how a call with *token* was answered. Gives whether it was known before, or is now."""
        digest = blake2b(token, digest_size=16, key=self._key).digest()
        if http_status and http_status < 500 and not is_refused_token(http_status, codes):
            self._taken[digest] = None
            if len(self._taken) > REMEMBERED:
                del self._taken[next(iter(self._taken))]
        return digest in self._taken
