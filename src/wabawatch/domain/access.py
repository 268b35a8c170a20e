"""Who may do what: roles and rights of people, scopes of tokens, how many requests a token may make. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wabawatch.domain.facts import Millis

MINUTE_MS = 60_000


class Right(StrEnum):
    """What somebody who is signed in may do."""

    VIEW = "view"
    """Look at everything, with numbers masked"""
    OPERATE = "operate"
    """Acknowledge, silence, replay, export; start and stop monitoring"""
    ADMINISTER = "administer"
    """Users, settings, rules"""
    UNMASK = "unmask"
    """See whole phone numbers; each time is audited"""


class Role(StrEnum):
    """What somebody is: a set of rights."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.OPERATOR: frozenset({Right.VIEW, Right.OPERATE}),
    Role.ADMIN: frozenset(Right),
}


def rights_of(role: Role, *, is_unmasking: bool = False) -> frozenset[Right]:
    """The rights of a role, and the right to see whole numbers where it *is_unmasking*: granted by itself."""
    return RIGHTS[role] | {Right.UNMASK} if is_unmasking else RIGHTS[role]


def may(role: Role, right: Right, *, is_unmasking: bool = False) -> bool:
    """Whether who is *role* has *right*."""
    return right in rights_of(role, is_unmasking=is_unmasking)


class Scope(StrEnum):
    """What a token opens."""

    WRITE = "write"
    """Logging: messages, statuses, what agents did"""
    READ = "read"
    """Looking: messages, figures, states"""
    ADMIN = "admin"
    """Everything, also what changes how the installation works"""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept: its secret is not in it."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: Millis
    expires_at: Millis | None = None
    revoked_at: Millis | None = None
    used_day: int | None = None
    """The last day on which it was used, in days since 1970; None: never"""

    def is_live(self, now: Millis) -> bool:
        """Whether it opens anything at all."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request."""

    name: str
    """For the audit trail"""
    scopes: frozenset[Scope]
    token_id: int = 0
    """0: a token that stands in the settings"""

    def may(self, scope: Scope) -> bool:
        """Whether its token opens what needs *scope*."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class Allowance(NamedTuple):
    """What is left of a token's requests."""

    full_at: Millis
    """When all of them will be there again; to be handed in with the next request"""
    left: int
    wait_ms: int
    """0: the request may be made; else how long to wait for the next"""


def allow(full_at: Millis, now: Millis, per_minute: int) -> Allowance:
    """Count one request of a token that may make *per_minute* requests, all of them at once if it likes.

    A bucket with a token for each request, of which one more comes in every 60 s / *per_minute*; kept as the time at
    which it will be full, so that nothing has to be done while nobody asks (the generic cell rate algorithm).
    """
    every = max(1, MINUTE_MS // per_minute)
    whole = every * per_minute
    full_at = max(full_at, now)
    if (wait := full_at + every - now - whole) > 0:
        return Allowance(full_at, 0, wait)
    return Allowance(full_at + every, (whole - (full_at + every - now)) // every, 0)


KEPT_MS = 24 * 60 * MINUTE_MS
"""So long an answer is kept under its Idempotency-Key."""
UNDER_WAY_MS = MINUTE_MS
"""After this a request that was never answered may be made again: the process that took it is gone."""


class Answered(NamedTuple):
    """What is kept under an Idempotency-Key."""

    request: bytes
    """A digest of the request that it was given with"""
    status: int | None
    """None: that request is being answered"""
    content: bytes
