"""People who sign in: what is known of them, what a name and a password must be, and how long a session lasts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from wabawatch.domain.access import Right, Role, rights_of
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis

LEAST_PASSWORD: Final = 12
"""Characters. NIST SP 800-63B-4 asks for 15 where nothing else is asked, 8 beside a second factor; no rules of what
must be in it, and no change without a reason."""
MOST_PASSWORD_BYTES: Final = 1024
"""More would be work for nothing."""
_LEAST_DIFFERENT: Final = 5

HALF_MS: Final = 5 * 60_000
"""So long somebody whose password was right may take for the code."""
TOUCH_MS: Final = 60_000
"""Use of a session is noted this often at most."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. No secret is in it."""

    id: int
    name: str
    role: Role
    created_at: Millis
    is_unmasking: bool = False
    """Whether the right to see whole numbers was granted to them by itself"""
    disabled_at: Millis | None = None
    has_password: bool = False
    """Not, before the one-time link was used, and for those who sign in elsewhere"""
    has_totp: bool = False
    seen_at: Millis | None = None
    """When they last signed in"""
    is_outside: bool = False
    """Whether they sign in elsewhere, and are known here by that"""

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do, while they are not disabled."""
        return rights_of(self.role, is_unmasking=self.is_unmasking)

    @property
    def actor(self) -> str:
        """How the audit trail names them: by number, so that no name stays in it for ever."""
        return f"user:{self.id}"


class Stage(StrEnum):
    """How far somebody came."""

    HALF = "half"
    """The password was right; the code is missing. Opens nothing but the page that asks for it."""
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody is signed in."""

    id: int
    user_id: int
    stage: Stage
    created_at: Millis
    used_at: Millis
    ends_at: Millis
    """When it ends, however much it is used"""
    address: str = ""
    agent: str = ""
    """What the browser calls itself"""

    def is_live(self, now: Millis, idle_ms: int) -> bool:
        """Whether it still opens anything: neither over, nor unused for *idle_ms*."""
        return now < self.ends_at and now - self.used_at < idle_ms


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody, and how things stand with them."""

    user: User
    sessions: int
    """In how many browsers they are signed in"""
    locked_until: Millis | None = None
    """After too many tries under their name; None: they may try now"""
    link_until: Millis | None = None
    """A one-time link to set a password was made for them and not used; None: there is none that works"""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long sessions last."""

    idle_ms: int
    """Unused for so long, it ends"""
    whole_ms: int
    """After so long it ends, however much it is used"""


class Opened(NamedTuple):
    """A session that was opened."""

    secret: str
    """For the cookie; it is kept nowhere"""
    session: Session
    user: User


def name_of(text: str) -> str:
    """The name that *text* means: small letters, no space around. Raises BadRequest when nobody can be called so."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise BadRequest(
            "name: up to 64 letters a to z, digits and . _ @ + -, beginning with a letter or digit, such as 'ann'"
        )
    return name


def as_typed(password: str) -> bytes:
    """What is hashed of a password: the same, whichever way a keyboard composes its letters (NFKC)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def check_password(password: str, name: str) -> None:
    """Raise BadRequest that says why *password* will not do for the user *name*."""
    if len(password) < LEAST_PASSWORD:
        raise BadRequest(f"password: at least {LEAST_PASSWORD} characters; a few words do well")
    if len(as_typed(password)) > MOST_PASSWORD_BYTES:
        raise BadRequest(f"password: at most {MOST_PASSWORD_BYTES} bytes")
    plain = password.lower()
    if len(set(plain)) < _LEAST_DIFFERENT:
        raise BadRequest(f"password: it has fewer than {_LEAST_DIFFERENT} different characters; take a longer mixture")
    if name in plain and len(plain) - len(name) < LEAST_PASSWORD // 2:
        raise BadRequest("password: it is little more than the name; take one that nobody can guess from it")


def path_after(wanted: str) -> str:
    """Where to go after signing in: *wanted* if it is a path of this site, else the first page.

    Browsers read `//host`, `/\\host` and paths with control characters as other sites.
    """
    is_path = wanted.startswith("/") and not wanted.startswith("//") and len(wanted) <= 2000
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    is_away = wanted.partition("?")[0].rstrip("/") == "/logout" or re.match(r"/login(?![^/?#])", wanted) is not None
    return wanted if is_path and is_plain and not is_away else "/"
