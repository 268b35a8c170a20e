"""One's own account: another password, codes beside it, and where one is signed in."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from wabawatch.access_ports import Codes, Passwords, SecondFactors, Sessions, Users
from wabawatch.domain.errors import BadRequest, Conflict, NotFound
from wabawatch.domain.kept_secrets import code_digest
from wabawatch.domain.users import Session, SessionLimits, User, as_typed, check_password
from wabawatch.ports import Clock, Deed

RECOVERY_CODES: Final = 10


class Offer(NamedTuple):
    """A second factor that counts once a code of it was shown."""

    seed: str
    """To be typed where a picture cannot be read"""
    address: str
    """What the picture says"""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What somebody who is signed in does with their own account. Whether it is they must have been asked before."""

    users: Users
    sessions: Sessions
    factors: SecondFactors
    passwords: Passwords
    codes: Codes
    clock: Clock
    limits: SessionLimits

    def change_password(self, user: User, session: Session, password: str) -> None:
        """Another password; all other sessions end. Raises BadRequest."""
        check_password(password, user.name)
        kept = self.passwords.hash(as_typed(password))
        deed = Deed(user.actor, "password_set", user.actor)
        self.users.set_password(user.id, kept, self.clock.now(), deed, session.id)

    def offer(self, user: User) -> Offer:
        """Begin to ask for codes: a new seed, which counts once `confirm` saw a code of it. Raises Conflict."""
        if user.has_totp:
            raise Conflict("a second factor is set up already: turn it off first")
        seed = self.codes.new_seed()
        self.factors.offer(user.id, seed)
        return Offer(seed, self.codes.address(seed, user.name))

    def offered(self, user: User) -> Offer | None:
        """What was offered and not confirmed yet."""
        seed = None if user.has_totp else self.factors.offered(user.id)
        return None if seed is None else Offer(seed, self.codes.address(seed, user.name))

    def confirm(self, user: User, session: Session, code: str) -> Sequence[str]:
        """Ask for codes from now on; all other sessions end. Gives the recovery codes, this once. Raises BadRequest."""
        seed, now = self.factors.offered(user.id), self.clock.now()
        step = None if seed is None else self.codes.step_of(seed, code, now)
        if step is None:
            raise BadRequest(
                "code: it does not fit. Give the six digits that the app shows now; if they never fit, the clock of "
                "the phone or of this server is wrong"
            )
        codes, deed = _new_codes(), Deed(user.actor, "totp_on", user.actor)
        digests = [code_digest(user.id, each) for each in codes]
        if not self.factors.confirm(user.id, step, digests, now, deed, session.id):
            raise Conflict("nothing was offered: begin again")
        return codes

    def renew_codes(self, user: User) -> Sequence[str]:
        """Other recovery codes; the old ones open nothing more. Gives them, this once. Raises Conflict."""
        if not user.has_totp:
            raise Conflict("there is no second factor, so it needs no recovery codes")
        codes, deed = _new_codes(), Deed(user.actor, "recovery_codes_renewed", user.actor)
        self.factors.renew_codes(user.id, [code_digest(user.id, each) for each in codes], self.clock.now(), deed)
        return codes

    def codes_left(self, user: User) -> int:
        """How many recovery codes were not used."""
        return self.factors.codes_left(user.id)

    def drop_totp(self, user: User, session: Session) -> bool:
        """Ask for codes no more; all other sessions end. False: none was asked."""
        return self.factors.drop(user.id, self.clock.now(), Deed(user.actor, "totp_off", user.actor), session.id)

    def signed_in(self, user: User) -> Sequence[Session]:
        """Where they are signed in, the newest first."""
        return self.sessions.of(user.id, self.clock.now(), self.limits.idle_ms)

    def end_session(self, user: User, number: int) -> None:
        """End one of their sessions. Raises NotFound."""
        deed = Deed(user.actor, "sessions_revoked", user.actor)
        if not self.sessions.end(user.id, [number], self.clock.now(), deed):
            raise NotFound("this session is over already")

    def end_others(self, user: User, session: Session) -> int:
        """End all their sessions but this one. Gives how many there were."""
        others = [each.id for each in self.signed_in(user) if each.id != session.id]
        deed = Deed(user.actor, "sessions_revoked", user.actor)
        return self.sessions.end(user.id, others, self.clock.now(), deed)


def _new_codes() -> list[str]:
    """Ten codes of 80 random bits: sixteen letters and digits, in fours."""
    made = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(each[at : at + 4] for at in range(0, 16, 4)) for each in made]
