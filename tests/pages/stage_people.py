"""People, tokens and deeds of an installation, so that the pages about wabawatch itself have something to show."""

from __future__ import annotations

from contextlib import suppress

from tests.support.console import ADMIN
from wabawatch.access_ports import NewSession, Origin
from wabawatch.app import System
from wabawatch.domain.access import Role, Scope
from wabawatch.domain.errors import NotAllowed
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.domain.users import Stage, User
from wabawatch.flows.cycle import Wanted
from wabawatch.flows.ingest import Admission
from wabawatch.ports import Deed

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def inhabit(system: System) -> None:
    """Five people who differ in everything that a list tells of them, two tokens, and a trail of what they did."""
    desk, first = system.access.desk, ADMIN.actor
    ada = desk.add("ada", Role.ADMIN, "cli:root")[0]
    olga = desk.add("olga@example.com", Role.OPERATOR, first, is_unmasking=True)[0]
    desk.set_password("ada", "correct horse battery", "cli:root")
    desk.set_password("olga@example.com", "correct horse battery", first)
    desk.add("new.colleague", Role.VIEWER, first)
    desk.add("vera", Role.VIEWER, first)
    desk.add("left", Role.OPERATOR, first)
    desk.disable("left", first)
    desk.set_role("vera", Role.OPERATOR, first, is_unmasking=True)
    for number, user in enumerate((ada, ada, olga)):
        _sign_in(system, user, number)
    for _ in range(5):
        with suppress(NotAllowed):
            system.access.door.enter("vera", "wrong", Origin("198.51.100.23"))
    system.tokens.create("shop", {Scope.WRITE}, 90, first)
    system.tokens.create("grafana", {Scope.READ}, None, "cli:root")
    system.tokens.create("old import", {Scope.ADMIN}, 30, first)
    system.tokens.revoke("old import", olga.actor)
    system.cycle.control(Wanted.RESTART, olga.actor, "after the new thresholds")
    for _ in range(3):
        system.acks.refused("", system.clock.now(), Admission.BAD_SIGNATURE)


def _sign_in(system: System, user: User, number: int) -> None:
    now = system.clock.now()
    secret = digest_of(f"inhabitant {number}")
    new = NewSession(secret, user.id, Stage.WHOLE, now + 7 * DAY_MS, Origin(f"192.0.2.{number + 7}", FIREFOX))
    system.access.door.sessions.open(new, now - (number + 1) * HOUR_MS, b"", Deed(user.actor, "login", user.actor))
