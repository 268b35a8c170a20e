"""What people prove who they are with: passwords, kept as argon2id makes them, and codes of an authenticator (TOTP)."""

from __future__ import annotations

import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wabawatch.domain.errors import TooMany
from wabawatch.domain.facts import Millis

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
"""The least that OWASP's Password Storage Cheat Sheet advises for argon2id (2025): as hard to guess as its other rows,
and the smallest in memory, of which this process has little."""

AT_ONCE: Final = 8
"""So many passwords may wait to be hashed: more would take the threads that answer other requests."""

STEP_S: Final = 30
NEAR: Final = 1
"""Steps before and after now whose codes are taken: clocks differ."""
_CODE = re.compile(r"[0-9]{6}")


class Argon2:
    """`access_ports.Passwords`. One password is hashed at a time, so that a crowd at the door takes no more memory.

    The library is loaded when it is first used.
    """

    def __init__(self, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._cost = memory_kib, passes
        self._one = threading.Lock()
        self._waiting = threading.BoundedSemaphore(AT_ONCE)
        self._hasher: PasswordHasher | None = None
        self._nobodys = ""

    def hash(self, password: bytes) -> str:
        """What is kept of it: with its parameters and a salt of its own. Raises TooMany."""
        with self._turn():
            return self._made().hash(password)

    def fits(self, kept: str | None, password: bytes) -> bool:
        """Whether *password* is the one; with None it takes as long, and it is not. Raises TooMany."""
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._turn():
            hasher = self._made()
            self._nobodys = self._nobodys or hasher.hash(b"nobody's")
            try:
                hasher.verify(self._nobodys if kept is None else kept, password)
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

    def is_old(self, kept: str) -> bool:
        """Whether it was hashed in another way than is usual now."""
        with self._one:
            return self._made().check_needs_rehash(kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise TooMany("many people sign in at this moment; try again in a second", retry_after_s=1)
        try:
            with self._one:
                yield
        finally:
            self._waiting.release()

    def _made(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        memory_kib, passes = self._cost
        self._hasher = self._hasher or PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        return self._hasher


class Totp:
    """`access_ports.Codes`: RFC 6238 as all authenticators know it, with six digits every 30 seconds."""

    def new_seed(self) -> str:
        """A random one of 160 bits, in base32."""
        from pyotp import random_base32

        return random_base32()

    def step_of(self, seed: str, code: str, now: Millis) -> int | None:
        """The step of time that *code* belongs to, now or one beside now; None: it is wrong."""
        from pyotp import TOTP

        plain = re.sub(r"[\s-]", "", code)
        if not _CODE.fullmatch(plain):
            return None
        totp, step = TOTP(seed, interval=STEP_S), now // 1000 // STEP_S
        near = range(step - NEAR, step + NEAR + 1)
        # All are compared, the newest that fits is taken: of two equal codes the later one must not be left over.
        fitting = [each for each in near if hmac.compare_digest(totp.generate_otp(each), plain)]
        return fitting[-1] if fitting else None

    def address(self, seed: str, name: str) -> str:
        """What an authenticator reads from a picture: `otpauth://...`."""
        from pyotp import TOTP

        return TOTP(seed, interval=STEP_S).provisioning_uri(name=name, issuer_name="wabawatch")
