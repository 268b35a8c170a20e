"""People at the door: the flows of signing in on a database of a test, with passwords that are hashed quickly."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.support.books import HandClock
from wabawatch.access_ports import Origin
from wabawatch.credentials import Argon2, Totp
from wabawatch.domain.access import Role
from wabawatch.domain.errors import NotAllowed
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.domain.users import Opened, SessionLimits, User
from wabawatch.flows.own_account import OwnAccount
from wabawatch.flows.signing_in import WRONG, SigningIn
from wabawatch.flows.user_desk import UserDesk
from wabawatch.storage.database import Database
from wabawatch.storage.login_tries import SqlTried
from wabawatch.storage.outside_users import SqlOutsideUsers
from wabawatch.storage.schema import audit_entries
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.second_factors import SqlSecondFactors
from wabawatch.storage.sessions import SqlSessions
from wabawatch.storage.users import SqlLinks, SqlUsers

NOW = 1_795_176_000_000
PASSWORD = "correct horse battery"
OTHER = "staple of seven words"
HERE = Origin("192.0.2.7", "Firefox")
ELSEWHERE = Origin("198.51.100.9", "Safari")
IDLE_MS = 12 * HOUR_MS
WHOLE_MS = 7 * DAY_MS


def quick() -> Argon2:
    """Argon2 at the least cost that it takes."""
    return Argon2(memory_kib=8, passes=1)


class Porch:
    """Door, desk and account on one database."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.clock = clock
        self.totp = Totp()
        self.users, self.links, self.sessions = SqlUsers(database), SqlLinks(database), SqlSessions(database)
        self.tried, self.factors = SqlTried(database), SqlSecondFactors(database, Keyring.generate())
        books, limits, quickly = (self.users, self.links, self.sessions), SessionLimits(IDLE_MS, WHOLE_MS), quick()
        self.door = SigningIn(*books, self.tried, self.factors, quickly, self.totp, clock, limits)
        self.outside = SqlOutsideUsers(database)
        self.desk = UserDesk(*books, self.tried, self.factors, quickly, clock, limits, self.outside)
        self.account = OwnAccount(self.users, self.sessions, self.factors, quickly, self.totp, clock, limits)

    def add(self, name: str, role: Role = Role.VIEWER, password: str = PASSWORD) -> User:
        """Somebody who can sign in."""
        self.desk.add(name, role, "cli")
        self.desk.set_password(name, password, "cli")
        return self.user(name)

    def user(self, name: str) -> User:
        known = self.users.named(name)
        assert known is not None
        return known.user

    def enter(self, name: str, password: str = PASSWORD, origin: Origin = HERE) -> Opened:
        return self.door.enter(name, password, origin)

    def wait(self, millis: int) -> None:
        self.clock.turn_to(self.clock.now() + millis)

    def with_totp(self, name: str) -> tuple[str, list[str]]:
        """Give somebody a second factor: its seed and the recovery codes. The code of now is used by it."""
        opened = self.enter(name)
        offer = self.account.offer(self.user(name))
        codes = self.account.confirm(self.user(name), opened.session, self.code(offer.seed))
        return offer.seed, list(codes)

    def code(self, seed: str, later_ms: int = 0) -> str:
        """What an authenticator shows."""
        from pyotp import TOTP

        return TOTP(seed).at((self.clock.now() + later_ms) // 1000)

    def deeds(self) -> list[tuple[str, str, str]]:
        """The audit trail."""
        with self.database.reading() as connection:
            query = select(audit_entries).order_by(audit_entries.c.id)
            return [(row.actor, row.action, row.subject) for row in connection.execute(query)]


def secret_of(path: str) -> str:
    """What makes a one-time link good."""
    return path.rpartition("/")[2]


def fail(porch: Porch, name: str, origin: Origin = HERE) -> None:
    """Try to sign in with a wrong password."""
    with pytest.raises(NotAllowed, match=WRONG):
        porch.enter(name, OTHER, origin)
