"""The composition of the console's pages about alerts and uptime."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_alerts import AlertFlows
from wabawatch.app_console import Console
from wabawatch.app_notifying import NoticeFlows
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.ports import Clock
from wabawatch.web.pages.alert import AlertPage
from wabawatch.web.pages.alerts import AlertsPage
from wabawatch.web.pages.uptime import UptimePage


def alert_pages(
    console: Console, alerts: AlertFlows, notices: NoticeFlows, uptime: UptimeDesk, clock: Clock
) -> list[Route]:
    """Their routes, through the door of *console*."""
    desk, views = console.desk(), console.views
    telling, silencing = notices.telling, notices.silencing
    every = AlertsPage(alerts.desk, silencing, alerts.figures, views, clock)
    one = AlertPage(alerts.desk, alerts.alerting, telling, silencing, uptime, views, clock)
    checks = UptimePage(uptime, alerts.desk.of_incidents, views, clock)
    return [*every.routes(desk), *one.routes(desk), *checks.routes(desk)]
