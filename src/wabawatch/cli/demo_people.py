"""Who works with the demo, and what they do besides answering alerts, through the same flows as the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from wabawatch.app import System
from wabawatch.domain.access import Role, Scope
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Format, Order
from wabawatch.domain.facts import Millis
from wabawatch.domain.log_views import LogView
from wabawatch.domain.overview import EVERYTHING, Slice, SliceKind
from wabawatch.domain.rule_edits import EVERYWHERE
from wabawatch.domain.search import MessageFilter, State
from wabawatch.domain.silences import Matcher, Window
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.domain.users import User
from wabawatch.flows.export_desk import Asker

YOU: Final = "ada"
"""The admin that whoever watches the demo is"""
PEOPLE: Final = {YOU: Role.ADMIN, "nadia": Role.OPERATOR, "omar": Role.OPERATOR, "vera": Role.VIEWER}


@dataclass(frozen=True, slots=True)
class Office:
    """The people, and what they work with."""

    system: System
    users: Mapping[str, User]

    @classmethod
    def open(cls, system: System) -> Office:
        """Everybody is added; you first."""
        added = {name: system.access.desk.add(name, role, "demo")[0] for name, role in PEOPLE.items()}
        return cls(system, added)

    def actor(self, name: str) -> str:
        """As the audit trail calls somebody."""
        return self.users[name].actor

    def acknowledge(self, alert: str, name: str, says: str) -> None:
        """Somebody takes an alert on."""
        self.system.alerts.alerting.acknowledge(alert, self.actor(name), says)

    def make_tokens(self) -> None:
        """For the shop, which writes, and a board on the wall, which reads."""
        self.system.tokens.create("shop backend", {Scope.WRITE}, 365, self.actor(YOU))
        self.system.tokens.create("wall board", {Scope.READ}, 90, self.actor(YOU))

    def change_a_rule(self) -> None:
        """Slow webhooks are grave here: orders wait for them."""
        self.system.alerts.rule_desk.change("WEBHOOK_SLOW", EVERYWHERE, {"severity": "critical"}, self.actor(YOU), 0)

    def share_views(self) -> None:
        """What the desk looks at every morning."""
        owner, actor = self.users["nadia"].id, self.actor("nadia")
        views = self.system.console.log_views.desk
        views.save(LogView(0, owner, "What failed", "status=failed", is_shared=True), actor, may_share=True)
        views.save(
            LogView(0, owner, "Held back by Meta", "error=131049&range=7d", is_shared=True), actor, may_share=True
        )

    def silence(self) -> None:
        """A template is being written anew."""
        matcher = Matcher(type="TEMPLATE_QUALITY_LOW")
        ends_at = self.system.clock.now() + 3 * DAY_MS
        self.system.notices.silencing.silence(matcher, "Its text is being written anew", self.actor("nadia"), ends_at)

    def plan_maintenance(self) -> None:
        """Tomorrow the database is moved."""
        start = self.system.clock.now() + 20 * HOUR_MS
        window = Window("database", start, start + 2 * HOUR_MS, "The database moves to a larger disk")
        self.system.notices.silencing.maintain(window, self.actor(YOU))

    def ask_for_exports(self) -> None:
        """Files that are made as soon as somebody serves."""
        now = self.system.clock.now()
        week, month = now - 7 * DAY_MS, now - 30 * DAY_MS
        nadia = Asker(self.actor("nadia"), may_unmask=False, sees_all=False)
        ada = Asker(self.actor(YOU), may_unmask=True, sees_all=True)
        failed = MessageFilter(states=(State.FAILED,), since=week, until=now)
        self.system.exports.desk.request(nadia, Order(Format.XLSX, NAMES), failed)
        self.system.exports.desk.request(ada, Order(Format.CSV, NAMES), MessageFilter(since=month, until=now))

    def make_reports(self) -> None:
        """On the last seven whole days, of everything and of each client."""
        end = self.system.clock.now() // DAY_MS * DAY_MS
        accounts = sorted({waba for waba in self.system.alerts.figures.owners().values() if waba})
        for of in (EVERYTHING, *(Slice(SliceKind.WABA, waba) for waba in accounts)):
            self.system.reports.reporting.make(end - 7 * DAY_MS, end, of, self.actor(YOU))


DEEDS: Final[tuple[tuple[Millis, Callable[[Office], None]], ...]] = (
    (int(13.8 * DAY_MS), Office.make_tokens),
    (7 * DAY_MS, Office.make_reports),
    (int(6.2 * DAY_MS), Office.change_a_rule),
    (int(4.9 * DAY_MS), Office.share_views),
    (int(0.9 * DAY_MS), Office.silence),
    (6 * HOUR_MS, Office.plan_maintenance),
    (2 * HOUR_MS, Office.make_reports),
    (HOUR_MS, Office.ask_for_exports),
)
"""What is done, and how long before the end of the history"""
