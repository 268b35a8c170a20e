"""The composition of the console's pages about alerts and uptime."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_alerts import AlertFlows
from wabawatch.app_console import Console
from wabawatch.app_notifying import NoticeFlows
from wabawatch.flows.rule_trying import RuleTrying
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.ports import Clock
from wabawatch.web.pages.alert import AlertPage
from wabawatch.web.pages.alerts import AlertsPage
from wabawatch.web.pages.maintenance import MaintenancePage
from wabawatch.web.pages.rule import RulePage
from wabawatch.web.pages.rules import RulesPage
from wabawatch.web.pages.silences import SilencesPage
from wabawatch.web.pages.uptime import UptimePage


def alert_pages(
    console: Console, alerts: AlertFlows, notices: NoticeFlows, uptime: UptimeDesk, clock: Clock
) -> list[Route]:
    """Their routes, through the door of *console*."""
    desk, views = console.desk(), console.views
    news = console.news
    telling, silencing = notices.telling, notices.silencing
    every = AlertsPage(alerts.desk, silencing, alerts.figures, news, views, clock)
    one = AlertPage(alerts.desk, alerts.alerting, telling, silencing, uptime, news, views, clock)
    quiet = SilencesPage(alerts.desk, silencing, alerts.figures, views, clock)
    planned = MaintenancePage(silencing, alerts.figures, views, clock)
    rules = RulesPage(alerts.rule_desk, views)
    looks = alerts.looks
    trying = RuleTrying(alerts.desk.try_rule, console.slices, alerts.figures, looks.grace_ms, looks.weights)
    rule = RulePage(alerts.rule_desk, trying, views)
    checks = UptimePage(uptime, alerts.desk.of_incidents, views, clock)
    # What has a name of its own stands before what is found by its key.
    named = [*every.routes(desk), *quiet.routes(desk), *planned.routes(desk), *rules.routes(desk), *rule.routes(desk)]
    return [*named, *one.routes(desk), *checks.routes(desk)]
