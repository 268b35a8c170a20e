"""Signing in elsewhere: who comes back from a provider is found, linked or made a user, and let in."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from wabawatch.access_ports import Origin, Tried, Users
from wabawatch.domain.access import Role
from wabawatch.domain.errors import Conflict, NotAllowed, TooMany
from wabawatch.domain.kept_secrets import key_of_address
from wabawatch.domain.lockout import MINUTE_MS, PER_ADDRESS
from wabawatch.domain.outside import Policy, Told, linked_name, new_name
from wabawatch.domain.users import Opened, Stage, User
from wabawatch.outside_ports import Begun, OutsideUsers, Provider
from wabawatch.ports import Clock, Deed

STALE: Final = "this sign-in was begun in another browser, or too long ago, or was used already: begin again"
_MOST = 4_096
"""Characters of what comes back"""


@dataclass(frozen=True, slots=True)
class SigningInOutside:
    """The second door for people."""

    provider: Provider
    users: Users
    outside: OutsideUsers
    tried: Tried
    open: Callable[[User, Stage, Origin, str], Opened]
    """Opens a session, and ends the one whose secret is given"""
    policy: Policy
    clock: Clock

    def finish(self, begun: Begun, came: Mapping[str, str], origin: Origin, old_secret: str) -> Opened:
        """Open a session for who came back with the parameters *came* to what was *begun* in the same browser.

        Half of one where a code is asked here. Raises NotAllowed, TooMany and ProviderDown.
        """
        state = came.get("state", "")
        if not begun.state or not hmac.compare_digest(state.encode("utf-8", "replace"), begun.state.encode()):
            raise NotAllowed(STALE, code="stale")
        if (error := came.get("error")) is not None:
            said = error if re.fullmatch(r"[a-z_]{1,64}", error) else "no reason that can be read"
            raise NotAllowed(f"{self.provider.name} did not sign you in ({said})", code="refused")
        self._count(origin)
        try:
            told = self.provider.finish(came.get("code", "")[:_MOST], came.get("iss", "")[:_MOST], begun)
            user = self._user(told)
        except NotAllowed:
            self.tried.note(self.clock.now(), Deed("oidc", "login_failed", "unknown"))
            raise
        self.tried.forgive(b"", [key_of_address(origin.address)])
        # Who has set up a second factor here is asked for it here: whatever the provider asks, it is not that one.
        return self.open(user, Stage.HALF if user.has_totp else Stage.WHOLE, origin, old_secret)

    def _count(self, origin: Origin) -> None:
        keys = [(key_of_address(origin.address), PER_ADDRESS)]
        if wait_ms := self.tried.count(keys, self.clock.now(), Deed("oidc", "login_paused", "unknown")):
            minutes = -(-wait_ms // MINUTE_MS)
            said = f"too many tries; the next one is possible in {minutes} {'minute' if minutes == 1 else 'minutes'}"
            raise TooMany(said, retry_after_s=-(-wait_ms // 1000))

    def _user(self, told: Told) -> User:
        """Who it is here. Raises NotAllowed that says why it is nobody."""
        name, policy = self.provider.name, self.policy
        if not policy.admits(told):
            raise NotAllowed(f"{name} knows you, but people with your e-mail address are not let in here")
        role = policy.role_of(told)
        if policy.gives_roles and role is None:
            raise NotAllowed(f"{name} knows you, but nothing that it says of you gives you a role here; {_ASK}")
        known = self.outside.find(told.key)
        user = self._linked(told) if known is None else known.user
        if user is None and role is not None:
            return self._added(told, role)
        if user is None or user.disabled_at is not None:
            raise NotAllowed(f"{name} knows you, but you have no account here; {_ASK}")
        return user if role is None else self._as(user, role)

    def _linked(self, told: Told) -> User | None:
        found = self.users.named(linked_name(told)) if self.policy.may_link and linked_name(told) else None
        if found is None or found.user.disabled_at is not None or found.user.is_outside:
            return None
        if not self.outside.link(found.user.id, told.key, self.clock.now()):
            return None
        again = self.outside.find(told.key)
        return None if again is None else again.user

    def _added(self, told: Told, role: Role) -> User:
        try:
            return self.outside.add(new_name(told), role, told.key, self.clock.now())
        except Conflict as error:
            raise NotAllowed(f"{self.provider.name} knows you, but {error.message}; {_HOW[error.code]}") from error

    def _as(self, user: User, role: Role) -> User:
        """*user*, being what the provider says from now on; the last who administers stays so."""
        if user.role is not role:
            with suppress(Conflict):
                self.users.set_role(user.id, role, user.is_unmasking, self.clock.now(), "oidc")
        return user


_ASK = "ask an administrator"
_HOW = {
    "no_admin": "make the first admin with the link that `wabawatch serve` printed, then sign in again",
    "name_taken": "sign in with the password, or ask an administrator",
    "key_taken": "sign in again",
}
