"""Signing in: a password, then a code where one is asked, then a session; and who a session belongs to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wabawatch.access_ports import (
    Codes,
    Known,
    Links,
    NewSession,
    Origin,
    Passwords,
    SecondFactors,
    Sessions,
    Tried,
    Users,
)
from wabawatch.domain.errors import BadRequest, NotAllowed, TooMany
from wabawatch.domain.kept_secrets import code_digest, digest_of, key_of_address, key_of_name
from wabawatch.domain.lockout import MINUTE_MS, PER_ADDRESS, PER_USER
from wabawatch.domain.users import (
    HALF_MS,
    TOUCH_MS,
    Opened,
    Session,
    SessionLimits,
    Stage,
    User,
    as_typed,
    check_password,
    name_of,
)
from wabawatch.ports import Clock, Deed

WRONG: Final = "name or password is wrong"
"""The same for a name that nobody has, and for somebody disabled."""
WRONG_CODE: Final = "the code is wrong, or was used already; wait for the next one, or give one of the recovery codes"
DEAD_LINK: Final = (
    "this link was used already, is over, or a newer one was made; the first link is printed by every start of "
    "`wabawatch serve` while there is no user, others by `wabawatch users password NAME`"
)
_LONGEST = 4_096


class Whose(StrEnum):
    """What a one-time link opens."""

    FIRST = "first"
    """The making of the first admin"""
    KNOWN = "known"
    """A new password of somebody"""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The door for people."""

    users: Users
    links: Links
    sessions: Sessions
    tried: Tried
    factors: SecondFactors
    passwords: Passwords
    codes: Codes
    clock: Clock
    limits: SessionLimits

    def who(self, secret: str) -> tuple[Session, User] | None:
        """Whose session *secret* is, also one that still waits for its code; None: it opens nothing."""
        if not secret or len(secret) > _LONGEST:
            return None
        found, now = self.sessions.find(digest_of(secret)), self.clock.now()
        if found is None or not found[0].is_live(now, self.limits.idle_ms):
            return None
        if found[0].stage is Stage.WHOLE and now - found[0].used_at >= TOUCH_MS:
            self.sessions.touch(found[0].id, now)
        return found

    def enter(self, name: str, password: str, origin: Origin, old_secret: str = "") -> Opened:
        """Open a session for who has this name and password: half of one where a code is asked.

        The session of *old_secret*, which the browser showed, ends. Raises NotAllowed, and TooMany after too many
        tries; neither tells whether there is somebody of that name, also not by the time it takes.
        """
        found, given = self._find(name), as_typed(password[:_LONGEST])
        user = None if found is None or found.user.disabled_at is not None else found.user
        self._count(name, found, origin)
        kept = found.password if found is not None and user is not None else None
        if not self.passwords.fits(kept, given) or user is None or kept is None:
            self._fail("login_failed", found)
            raise NotAllowed(WRONG)
        if self.passwords.is_old(kept):
            self.users.rehash(user.id, kept, self.passwords.hash(given))
        if user.has_totp:
            # Tries are forgiven only when the code is right, too: it has but six digits.
            return self.open(user, Stage.HALF, origin, old_secret)
        self._forgive(user.name, origin)
        return self.open(user, Stage.WHOLE, origin, old_secret)

    def enter_code(self, secret: str, code: str, origin: Origin) -> Opened:
        """Make a whole session of the half one with *secret*, which ends. *code* is of the authenticator or a recovery
        code. Raises NotAllowed and TooMany."""
        found = self.who(secret)
        if found is None or found[0].stage is not Stage.HALF:
            raise NotAllowed("it took too long: sign in again", code="over")
        user = found[1]
        self._count(user.name, Known(user, None), origin)
        if not self.is_right(user, code):
            self._fail("code_failed", Known(user, None))
            raise NotAllowed(WRONG_CODE)
        self._forgive(user.name, origin)
        return self.open(user, Stage.WHOLE, origin, secret)

    def is_right(self, user: User, code: str) -> bool:
        """Whether *code* is one of *user*'s, from the authenticator or for recovery. It is used up."""
        now = self.clock.now()
        seed = self.factors.seed(user.id)
        step = None if seed is None else self.codes.step_of(seed, code, now)
        if step is not None:
            return self.factors.use_step(user.id, step)
        return self.factors.use_code(user.id, code_digest(user.id, code), now)

    def confirm(self, user: User, password: str, origin: Origin) -> None:
        """Ask for the password again, before something that a stolen session must not do. Raises as `enter`."""
        known = self.users.numbered(user.id)
        self._count(user.name, known, origin)
        if not self.passwords.fits(known.password if known else None, as_typed(password[:_LONGEST])):
            self._fail("login_failed", known)
            raise NotAllowed("the password is wrong")
        self._forgive(user.name, origin)

    def leave(self, secret: str) -> None:
        """End the session with *secret*; repeatable."""
        if (found := self.who(secret)) is not None:
            actor = found[1].actor
            self.sessions.end(found[1].id, [found[0].id], self.clock.now(), Deed(actor, "logout", actor))

    def link(self, secret: str) -> tuple[Whose, User | None] | None:
        """What the one-time link with *secret* opens, without using it; None: nothing."""
        is_good, user = self.links.of(digest_of(secret), self.clock.now())
        return None if not is_good else (Whose.FIRST, None) if user is None else (Whose.KNOWN, user)

    def use_link(self, secret: str, name: str, password: str, origin: Origin, old_secret: str = "") -> Opened:
        """Make the first admin, or set the password of whom the link is for, and let them in; the link is used up.

        Who has a second factor is let in half, as after any password. Raises BadRequest (the link stays good) and
        NotAllowed.
        """
        found, now = self.link(secret), self.clock.now()
        if found is None:
            raise NotAllowed(DEAD_LINK, code="dead_link")
        whose, known = found
        called = name_of(name) if known is None else known.name
        check_password(password, called)
        kept = self.passwords.hash(as_typed(password))
        if whose is Whose.FIRST:
            user = self.users.add_first(called, kept, digest_of(secret), now)
        else:
            user = self.users.take_link(digest_of(secret), kept, now)
        if user is None:
            raise NotAllowed(DEAD_LINK, code="dead_link")
        return self.open(user, Stage.HALF if user.has_totp else Stage.WHOLE, origin, old_secret)

    def _find(self, name: str) -> Known | None:
        try:
            return self.users.named(name_of(name))
        except BadRequest:
            return None  # nobody can be called so

    def _count(self, name: str, known: Known | None, origin: Origin) -> None:
        subject = known.user.actor if known is not None else "unknown"
        keys = [(key_of_name(name), PER_USER), (key_of_address(origin.address), PER_ADDRESS)]
        if wait_ms := self.tried.count(keys, self.clock.now(), Deed("login", "login_paused", subject)):
            minutes = -(-wait_ms // MINUTE_MS)
            raise TooMany(
                f"too many tries; the next one is possible in {minutes} {'minute' if minutes == 1 else 'minutes'}. "
                "Where it is the name that waits, and not this network, an administrator can end it: "
                "`wabawatch users unlock NAME`",
                retry_after_s=-(-wait_ms // 1000),
            )

    def _forgive(self, name: str, origin: Origin) -> None:
        self.tried.forgive(key_of_name(name), [key_of_address(origin.address)])

    def _fail(self, action: str, known: Known | None) -> None:
        subject = known.user.actor if known is not None else "unknown"
        self.tried.note(self.clock.now(), Deed("login", action, subject))

    def open(self, user: User, stage: Stage, origin: Origin, old_secret: str) -> Opened:
        """A session with a secret of its own: one that was known before, to whomever, opens nothing new."""
        now, secret = self.clock.now(), secrets.token_urlsafe(32)
        ends_at = now + (HALF_MS if stage is Stage.HALF else self.limits.whole_ms)
        new = NewSession(digest_of(secret), user.id, stage, ends_at, origin)
        done = Deed(user.actor, "login", user.actor) if stage is Stage.WHOLE else None
        id = self.sessions.open(new, now, digest_of(old_secret), done)
        return Opened(secret, Session(id, user.id, stage, now, now, ends_at, *origin), user)
