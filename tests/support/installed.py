"""An installation with an administrator, by a clock turned by hand, and browsers in which people are signed in."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.access import NOW
from tests.support.books import HandClock
from tests.support.browser import Browser
from tests.support.console import FakeAssets
from wabawatch.access_ports import NewSession, Origin
from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.standing import DAY_MS
from wabawatch.domain.users import Stage, User
from wabawatch.settings import load
from wabawatch.storage.schema import audit_entries


class Installed:
    """A system in *folder*; its administrator is called keeper."""

    def __init__(self, folder: Path, toml: Path | None = None, **told: str) -> None:
        self.clock = HandClock(NOW)
        usual = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
        self.system = System(load(usual | told, toml), self.clock)
        self.system.console.views.assets = FakeAssets()
        self.site = self.system.site(self.system.supervisor())
        self._secrets = itertools.count(1)
        self.keeper = self.add("keeper", Role.ADMIN)

    def add(self, name: str, role: Role = Role.VIEWER) -> User:
        """Somebody who has no password yet."""
        return self.system.access.desk.add(name, role, "cli")[0]

    def browser(self, user: User | None = None) -> Browser:
        """A browser in which *user* (not given: the keeper) is signed in."""
        browser, secret = Browser(self.site), f"secret-{next(self._secrets)}"
        new = NewSession(digest_of(secret), (user or self.keeper).id, Stage.WHOLE, NOW + DAY_MS, Origin("192.0.2.7"))
        self.system.access.door.sessions.open(new, self.clock.now(), b"", None)
        browser.cookies["wabawatch"] = secret
        return browser

    def deeds(self, but: int = 0) -> list[tuple[str, str, str]]:
        """Actor, action and subject of the audit trail, without its first *but* entries."""
        with self.system.database.reading() as connection:
            query = select(audit_entries).where(audit_entries.c.id > but).order_by(audit_entries.c.id)
            return [(row.actor, row.action, row.subject) for row in connection.execute(query)]

    def trail(self) -> int:
        """How many entries the audit trail has."""
        return len(self.deeds())

    def turn(self, millis: Any) -> None:
        """Let time pass."""
        self.clock.turn_to(self.clock.now() + int(millis))
