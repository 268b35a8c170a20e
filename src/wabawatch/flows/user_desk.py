"""Users, looked after by who administers: added, changed, disabled, let in again; their sessions and second factors."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from wabawatch.access_ports import Links, Passwords, SecondFactors, Sessions, Tried, Users
from wabawatch.domain.access import Role
from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.kept_secrets import digest_of, key_of_name
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.domain.users import Session, SessionLimits, Standing, User, as_typed, check_password, name_of
from wabawatch.outside_ports import OutsideUsers
from wabawatch.ports import Clock, Deed

FIRST_LINK_MS: Final = 24 * HOUR_MS
"""So long the link of the first start opens the making of the first admin."""
LINK_MS: Final = 3 * DAY_MS
"""So long a link to set one's own password is good."""


class Link(NamedTuple):
    """A one-time link."""

    path: str
    """Such as `/setup/...`; what it ends with is kept nowhere"""
    ends_at: Millis


@dataclass(frozen=True, slots=True)
class UserDesk:
    """What is done with users. *actor* is who does it, for the audit trail. What is no user's name raises NotFound."""

    users: Users
    links: Links
    sessions: Sessions
    tried: Tried
    factors: SecondFactors
    passwords: Passwords
    clock: Clock
    limits: SessionLimits
    outside: OutsideUsers

    def standings(self) -> list[Standing]:
        """Everybody, by name, and how things stand with them."""
        return self._standing(self.users.all())

    def standing(self, number: int) -> Standing:
        """Who has this *number*."""
        if (known := self.users.numbered(number)) is None:
            raise NotFound("there is no such user; the list of users shows them")
        return self._standing([known.user])[0]

    def _standing(self, users: Sequence[User]) -> list[Standing]:
        now = self.clock.now()
        counts, pauses = self.sessions.counts(now, self.limits.idle_ms), self.tried.pauses(now)
        pending = self.links.pending(now)
        return [
            Standing(each, counts.get(each.id, 0), pauses.get(key_of_name(each.name)), pending.get(each.id))
            for each in users
        ]

    def first_link(self, actor: str) -> Link | None:
        """A link with which the first admin is made; those made before open nothing more. None: there is a user."""
        return None if self.users.any() else self._link(None, FIRST_LINK_MS, actor)

    def add(self, name: str, role: Role, actor: str, *, is_unmasking: bool = False) -> tuple[User, Link]:
        """Somebody new, and the link with which they set their own password. Raises BadRequest and Conflict."""
        user = self.users.add(name_of(name), role, self.clock.now(), actor, is_unmasking=is_unmasking)
        return user, self._link(user, LINK_MS, actor)

    def password_link(self, name: str, actor: str) -> Link:
        """A link with which somebody sets a new password; the old one stays good until then."""
        return self._link(self._user(name), LINK_MS, actor)

    def set_password(self, name: str, password: str, actor: str) -> None:
        """A new password, for a program to hand over. Their sessions end. Raises BadRequest."""
        user = self._user(name)
        check_password(password, user.name)
        kept = self.passwords.hash(as_typed(password))
        self.users.set_password(user.id, kept, self.clock.now(), Deed(actor, "password_set", user.actor))

    def set_role(self, name: str, role: Role, actor: str, *, is_unmasking: bool | None = None) -> User:
        """What somebody may do from the next request on. Gives what they were. Raises Conflict for the last admin."""
        user = self._user(name)
        unmasking = user.is_unmasking if is_unmasking is None else is_unmasking
        self.users.set_role(user.id, role, unmasking, self.clock.now(), actor)
        return user

    def disable(self, name: str, actor: str) -> User:
        """Let somebody in no more; their sessions end at once. Gives what they were. Raises Conflict as `set_role`."""
        user = self._user(name)
        self.users.disable(user.id, self.clock.now(), actor)
        return user

    def enable(self, name: str, actor: str) -> User:
        """Let somebody in again, with the password they had. Gives what they were."""
        user = self._user(name)
        self.users.enable(user.id, self.clock.now(), actor)
        return user

    def reset_totp(self, name: str, actor: str) -> bool:
        """Ask somebody for no code any more; their sessions end. False: none was asked."""
        user = self._user(name)
        return self.factors.drop(user.id, self.clock.now(), Deed(actor, "totp_reset", user.actor))

    def unlink(self, name: str, actor: str) -> bool:
        """Let nobody sign in elsewhere as this user any more; their sessions end. False: nobody could."""
        return self.outside.unlink(self._user(name).id, self.clock.now(), actor)

    def unlock(self, name: str, actor: str) -> User:
        """Forget how often somebody tried to sign in under this name."""
        user, now = self._user(name), self.clock.now()
        self.tried.forgive(key_of_name(user.name), ())
        self.tried.note(now, Deed(actor, "user_unlocked", user.actor))
        return user

    def sessions_of(self, name: str) -> Sequence[Session]:
        """Where somebody is signed in, the newest first."""
        return self.sessions.of(self._user(name).id, self.clock.now(), self.limits.idle_ms)

    def revoke(self, name: str, number: int | None, actor: str) -> int:
        """End the session *number* of somebody, or all. Gives how many ended."""
        user, now = self._user(name), self.clock.now()
        ids = [each.id for each in self.sessions.of(user.id, now, self.limits.idle_ms)]
        if number is not None and number not in ids:
            raise NotFound(f"session: {user.name} has none with the number {number}; `wabawatch users sessions` shows")
        wanted = ids if number is None else [number]
        return self.sessions.end(user.id, wanted, now, Deed(actor, "sessions_revoked", user.actor))

    def _user(self, name: str) -> User:
        if (known := self.users.named(name.strip().lower())) is None:
            raise NotFound(f"name: there is no user {name!r}; `wabawatch users list` shows them")
        return known.user

    def _link(self, user: User | None, lasts_ms: int, actor: str) -> Link:
        now, secret = self.clock.now(), secrets.token_urlsafe(32)
        self.links.make(digest_of(secret), None if user is None else user.id, now, now + lasts_ms, actor)
        return Link(f"/setup/{secret}", now + lasts_ms)
