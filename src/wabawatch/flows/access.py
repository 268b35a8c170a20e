"""Access: whose token a request carries, what that token opens, and whether it asks too often."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, NamedTuple, Protocol

from wabawatch.domain.access import Allowance, Answered, ApiToken, Caller, Scope, allow
from wabawatch.domain.errors import BadRequest, Conflict, Forbidden, NotAllowed, StoreUnavailable, TooMany
from wabawatch.domain.facts import Millis
from wabawatch.domain.standing import DAY_MS
from wabawatch.ports import Clock

OWNER: Final = Caller("api", frozenset(Scope))
"""Who has a token of the settings may do everything."""

FRESH_MS: Final = 1_000
"""So long a token is known to be good after it was looked up: a revoked one opens nothing a second later."""

TRUSTED_MS: Final = 3_600_000
"""So long a token that was good is taken while the books do not answer: nobody can revoke it then, either."""

PREFIX: Final = "wabawatch_"
"""What tokens begin with, so that a scanner for leaked secrets knows them."""

_HOW = "make one with `wabawatch tokens create NAME --scope read`, or set WABAWATCH_API_TOKEN"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")


class Tokens(Protocol):
    """Tokens as they are kept. Each method raises StoreUnavailable."""

    def find(self, digest: bytes) -> ApiToken | None:
        """The token that hashes to *digest*, also one that opens nothing any more."""

    def all(self) -> list[ApiToken]:
        """Every token there ever was, the oldest first."""

    def create(self, token: ApiToken, digest: bytes, actor: str) -> ApiToken:
        """Keep a new token; its id is made here. Raises Conflict when there is one of its name."""

    def revoke(self, name: str, at: Millis, actor: str) -> ApiToken:
        """Let a token open nothing from now on; repeatable. Gives what it was. Raises NotFound."""

    def note_use(self, id: int, day: int) -> None:
        """Note that a token was used on *day* (days since 1970)."""


class Answers(Protocol):
    """Answers kept under an Idempotency-Key. Each method raises StoreUnavailable."""

    def claim(self, key: bytes, request: bytes, now: Millis) -> Answered | None:
        """Begin to answer *request*. Gives what is kept under *key*, None when it is now up to the caller.

        Of two that claim at once one gets None.
        """

    def keep(self, key: bytes, status: int, content: bytes) -> None:
        """Keep the answer under a claimed key."""

    def release(self, key: bytes) -> None:
        """Give a claimed key back: nothing was done under it."""


class _Known(NamedTuple):
    caller: Caller
    until: Millis
    trusted_until: Millis
    """While the books do not answer"""


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Lets requests in. One for all requests of a process: it counts them."""

    clock: Clock
    configured: Sequence[bytes]
    """The tokens of the settings"""
    tokens: Tokens
    per_minute: int
    """How many requests a token may make; 0: any number"""
    _known: dict[bytes, _Known] = field(default_factory=dict)
    _full_at: dict[bytes, Millis] = field(default_factory=dict)

    def recall(self, given: bytes) -> Caller | None:
        """Whose token *given* is, as far as that is known without a look at the books."""
        # Every token is compared, so that the time taken does not tell which one was nearly right.
        is_configured = [compare_digest(given, known) for known in self.configured]
        if any(is_configured):
            return OWNER
        known = self._known.get(digest_of(given))
        return known.caller if known is not None and self.clock.now() < known.until else None

    def identify(self, given: bytes) -> Caller:
        """Whose token *given* is. Raises NotAllowed that says what is wrong with it, and StoreUnavailable when the
        books do not answer and it was not good in the last hour."""
        if (caller := self.recall(given)) is not None:
            return caller
        if not given:
            raise NotAllowed(f"no bearer token: send the header Authorization: Bearer TOKEN; {_HOW}")
        now, digest = self.clock.now(), digest_of(given)
        try:
            token = self.tokens.find(digest)
        except StoreUnavailable:
            known = self._known.get(digest)
            if known is None or now >= known.trusted_until:
                raise
            return known.caller
        if token is None or not token.is_live(now):
            self._known.pop(digest, None)
            self._full_at.pop(digest, None)
            raise NotAllowed(_why_not(token))
        self._note_use(token, now // DAY_MS)
        caller = Caller(f"token:{token.id}", token.scopes, token.id)
        ends_at = now + TRUSTED_MS if token.expires_at is None else token.expires_at
        self._known[digest] = _Known(caller, min(ends_at, now + FRESH_MS), min(ends_at, now + TRUSTED_MS))
        return caller

    def count(self, given: bytes) -> Allowance | None:
        """Count a request of a token that was identified. None: nothing is counted. Raises TooMany."""
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

    def left(self, given: bytes) -> Allowance:
        """What is left of a token's requests, when the last of them was one too many."""
        return Allowance(self._full_at.get(digest_of(given), 0), 0, 0)

    def _note_use(self, token: ApiToken, today: int) -> None:
        if token.used_day != today:
            with suppress(StoreUnavailable):  # the request matters more
                self.tokens.note_use(token.id, today)


def check(caller: Caller, scope: Scope) -> None:
    """Raise Forbidden when *caller*'s token does not open what needs *scope*."""
    if not caller.may(scope):
        has = ", ".join(sorted(caller.scopes))
        how = f"make one with `wabawatch tokens create NAME --scope {scope}`"
        raise Forbidden(f"the token has the scope {has}, and this needs {scope}: use another token; {how}")


def digest_of(token: bytes) -> bytes:
    """What is kept of a token. SHA-256 is right here: a slow hash protects secrets that can be guessed, and a random
    one of 256 bits cannot; it is looked up by what it hashes to, with every request."""
    return hashlib.sha256(token).digest()


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Tokens made, shown and revoked."""

    tokens: Tokens
    clock: Clock

    def create(self, name: str, scopes: Collection[Scope], lasts_days: int | None, actor: str) -> tuple[ApiToken, str]:
        """Make a token, for *lasts_days* or for good. Its secret, which is the second, is kept nowhere.

        Raises BadRequest, and Conflict when there is one of its name.
        """
        if not _NAME.fullmatch(name):
            raise BadRequest("name: up to 64 letters, digits, spaces, dots, dashes and underscores, such as 'shop'")
        if not scopes:
            raise BadRequest("scope: missing; give write, read or admin, or several with commas between them")
        now = self.clock.now()
        expires_at = None if lasts_days is None else now + lasts_days * DAY_MS
        secret = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(0, name, frozenset(scopes), now, expires_at)
        return self.tokens.create(token, digest_of(secret.encode()), actor), secret

    def revoke(self, name: str, actor: str) -> ApiToken:
        """Let the token *name* open nothing from now on. Gives what it was. Raises NotFound."""
        return self.tokens.revoke(name, self.clock.now(), actor)


def _why_not(token: ApiToken | None) -> str:
    if token is None:
        return f"no valid bearer token: there is no such token; {_HOW}"
    return f"no valid bearer token: it {'is revoked' if token.revoked_at is not None else 'has expired'}; {_HOW}"


@dataclass(frozen=True, slots=True)
class Once:
    """Requests with an Idempotency-Key, done once."""

    answers: Answers
    clock: Clock

    def begin(self, caller: Caller, key: str, request: bytes) -> tuple[bytes, Answered | None]:
        """The key to `keep` an answer under, and the answer that is kept already if the request was made before.

        Raises BadRequest when the key came with another request, Conflict while that request is being answered.
        """
        if not 1 <= len(key) <= 255:
            raise BadRequest("Idempotency-Key: give 1 to 255 characters, such as a UUID", code="bad_key")
        kept_as, digest = digest_of(f"{caller.token_id} {key}".encode()), digest_of(request)
        known = self.answers.claim(kept_as, digest, self.clock.now())
        if known is None:
            return kept_as, None
        if known.request != digest:
            raise BadRequest(
                "Idempotency-Key: it was used with another request; take a new key for each", code="key_reused"
            )
        if known.status is None:
            raise Conflict("the same request is being answered; try again in a moment", code="in_progress")
        return kept_as, known
