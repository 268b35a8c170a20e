"""Who may sign in, put together."""

from __future__ import annotations

from wabawatch.credentials import Argon2, Totp
from wabawatch.domain.users import SessionLimits
from wabawatch.flows.own_account import OwnAccount
from wabawatch.flows.signing_in import SigningIn
from wabawatch.flows.signing_in_outside import SigningInOutside
from wabawatch.flows.user_desk import UserDesk
from wabawatch.oidc import OidcProvider
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.storage.database import Database
from wabawatch.storage.login_tries import SqlTried
from wabawatch.storage.outside_users import SqlOutsideUsers
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.second_factors import SqlSecondFactors
from wabawatch.storage.sessions import SqlSessions
from wabawatch.storage.users import SqlLinks, SqlUsers
from wabawatch.web.pages.sign_in import BACK


class AccessFlows:
    """The door for people, the desk of who administers, and everybody's own account."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, settings: Settings) -> None:
        users, links, sessions = SqlUsers(database), SqlLinks(database), SqlSessions(database)
        tried, factors, passwords, codes = SqlTried(database), SqlSecondFactors(database, keyring), Argon2(), Totp()
        outside = SqlOutsideUsers(database)
        limits = SessionLimits(settings.access.session_idle_s * 1000, settings.access.session_lifetime_s * 1000)
        self.door = SigningIn(users, links, sessions, tried, factors, passwords, codes, clock, limits)
        self.desk = UserDesk(users, links, sessions, tried, factors, passwords, clock, limits, outside)
        self.account = OwnAccount(users, sessions, factors, passwords, codes, clock, limits)
        self._settings = settings
        self.outside: SigningInOutside | None = None
        if settings.oidc.issuer is not None:
            provider = OidcProvider(settings.oidc, self.address(BACK), settings.network.allow_private_urls, clock)
            self.outside = SigningInOutside(
                provider, users, outside, tried, self.door.open, settings.oidc.policy, clock
            )

    @property
    def people(self) -> tuple[SigningIn, OwnAccount, str | None, SigningInOutside | None]:
        """What the console needs of it: the door, everybody's own account, where people open the console, and where
        else they may sign in."""
        return self.door, self.account, self._settings.server.public_url, self.outside

    def address(self, path: str) -> str:
        """Where people open *path*."""
        server = self._settings.server
        if server.public_url is not None:
            return server.public_url.rstrip("/") + path
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)
        return f"http://{host}:{server.port or 'PORT'}{path}"

    def invitation(self, actor: str) -> str | None:
        """Where the first admin is made, for the one who starts the server. None: there is a user."""
        link = self.desk.first_link(actor)
        return None if link is None else self.address(link.path)
