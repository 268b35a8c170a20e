"""The composition of the console's pages about templates, numbers and accounts."""

from __future__ import annotations

from starlette.routing import Route

from wabawatch.app_alerts import AlertFlows
from wabawatch.app_console import Console
from wabawatch.app_limits import LimitFlows
from wabawatch.flows.assessing import Rules
from wabawatch.flows.number_desk import NumberDesk, Wished
from wabawatch.flows.template_desk import TemplateDesk
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.meta.template_texts import texts_of
from wabawatch.ports import Clock
from wabawatch.storage.database import Database
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.number_books import SqlNumberBooks
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.slices import SqlSlices
from wabawatch.storage.template_books import SqlTemplateBooks
from wabawatch.web.pages.business_account import BusinessAccountPage
from wabawatch.web.pages.number import NumberPage
from wabawatch.web.pages.numbers import NumbersPage
from wabawatch.web.pages.template import TemplatePage
from wabawatch.web.pages.templates import TemplatesPage


def platform_pages(
    console: Console,
    database: Database,
    keyring: Keyring,
    limits: LimitFlows,
    alerts: AlertFlows,
    uptime: UptimeDesk,
    rules: Rules,
    clock: Clock,
) -> list[Route]:
    """Their routes, through the door of *console*."""
    desk, views, costing = console.desk(), console.views, limits.costing
    books, judged = SqlTemplateBooks(database, keyring), SqlEvidence(database)
    templates = TemplateDesk(books, costing.charges, costing.prices, judged, texts_of, rules, clock)
    numbers = number_desk(database, limits, alerts, uptime, rules, clock)
    return [
        *TemplatesPage(templates, views, clock).routes(desk),
        *TemplatePage(templates, views, clock).routes(desk),
        *NumbersPage(numbers, views, clock).routes(desk),
        *NumberPage(numbers, views, clock).routes(desk),
        *BusinessAccountPage(numbers, views, clock).routes(desk),
    ]


def number_desk(
    database: Database, limits: LimitFlows, alerts: AlertFlows, uptime: UptimeDesk, rules: Rules, clock: Clock
) -> NumberDesk:
    """Who reads what is known of numbers and accounts."""
    costing, looks = limits.costing, alerts.states
    wanted = looks.wanted
    return NumberDesk(
        SqlNumberBooks(database),
        alerts.figures,
        SqlSlices(database),
        SqlPlatform(database),
        alerts.book,
        costing.charges,
        costing.prices,
        looks.connections_of,
        limits.reaching.used,
        uptime.over,
        Wished(wanted.callback_url, wanted.apps, wanted.version),
        rules,
        clock,
    )
