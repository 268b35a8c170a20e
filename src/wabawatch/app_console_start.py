"""The composition of the console's guide for the first run."""

from __future__ import annotations

from typing import Protocol

from starlette.routing import Route

from wabawatch.app_answers import AnswerBook
from wabawatch.app_console import Console
from wabawatch.app_uptime import Uptimes
from wabawatch.flows.first_run import FirstRun
from wabawatch.ports import Clock
from wabawatch.settings import Settings
from wabawatch.storage.alert_figures import SqlAlertFigures
from wabawatch.storage.arrivals import SqlArrivals
from wabawatch.storage.database import Database
from wabawatch.storage.deeds import SqlAuditTrail
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.inbox import DurableInbox
from wabawatch.storage.users import SqlUsers
from wabawatch.web.pages.start import StartPage


class StartParts(Protocol):
    """What the guide is made of."""

    console: Console
    settings: Settings
    database: Database
    figures: SqlFigures
    inbox: DurableInbox
    answers: AnswerBook
    uptime: Uptimes
    clock: Clock


def start_pages(parts: StartParts) -> list[Route]:
    """Its routes, through the door of the console."""
    database, console = parts.database, parts.console
    flow = FirstRun(
        SqlUsers(database),
        parts.figures,
        parts.inbox,
        SqlArrivals(database),
        parts.uptime.desk.views,
        SqlAlertFigures(database),
        parts.answers.refused,
        SqlAuditTrail(database),
        parts.settings,
        parts.clock,
    )
    return StartPage(flow, console.views).routes(console.desk())
