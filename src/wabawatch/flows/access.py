"""Access: whose token a request carries, what that token opens, and whether it asks too often."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from wabawatch.domain.access import Allowance, Caller, Scope, allow
from wabawatch.domain.errors import Forbidden, NotAllowed, TooMany
from wabawatch.domain.facts import Millis
from wabawatch.ports import Clock

OWNER: Final = Caller("api", frozenset(Scope))
"""Who has a token of the settings may do everything."""

_HOW = "WABAWATCH_API_TOKEN sets one"


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Lets requests in. One for all requests of a process: it counts them."""

    clock: Clock
    configured: Sequence[bytes]
    """The tokens of the settings"""
    per_minute: int
    """How many requests a token may make; 0: any number"""
    _full_at: dict[bytes, Millis] = field(default_factory=dict)

    def admit(self, given: bytes, scope: Scope) -> Caller:
        """Whose token *given* is. Raises NotAllowed when it is nobody's, Forbidden when it does not open *scope*."""
        caller = self._caller(given)
        if caller is None:
            raise NotAllowed(f"no valid bearer token: send the header Authorization: Bearer TOKEN; {_HOW}")
        if not caller.may(scope):
            has = ", ".join(sorted(caller.scopes))
            raise Forbidden(f"the token {caller.name!r} has the scope {has}, and this needs {scope}: use another token")
        return caller

    def count(self, given: bytes) -> Allowance | None:
        """Count a request of a token that was let in. None: nothing is counted. Raises TooMany."""
        if not self.per_minute:
            return None
        key, now = digest_of(given), self.clock.now()
        allowance = allow(self._full_at.get(key, 0), now, self.per_minute)
        if allowance.wait_ms:
            wait_s = -(-allowance.wait_ms // 1000)
            raise TooMany(
                f"more than {self.per_minute} requests a minute; try again in {wait_s} s", retry_after_s=wait_s
            )
        self._full_at[key] = allowance.full_at
        return allowance

    def _caller(self, given: bytes) -> Caller | None:
        # Every token is compared, so that the time taken does not tell which one was nearly right.
        is_known = [compare_digest(given, known) for known in self.configured]
        return OWNER if any(is_known) else None


def digest_of(token: bytes) -> bytes:
    """What is kept of a token. SHA-256 is right here: a slow hash protects secrets that can be guessed, and a random
    one of 256 bits cannot; it is looked up by what it hashes to, with every request."""
    return hashlib.sha256(token).digest()
