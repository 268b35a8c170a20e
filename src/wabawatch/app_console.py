"""The composition of the console: its pages, and what they need."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.routing import BaseRoute

from wabawatch.alerting_ports import AlertBook, AlertFigures
from wabawatch.domain.costs import PriceList
from wabawatch.flows.alert_news import AlertNews
from wabawatch.flows.assessing import Rules
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.log_summing import LogSumming
from wabawatch.flows.log_views import LogViewDesk
from wabawatch.flows.naming import Naming
from wabawatch.flows.overviewing import Overviewing
from wabawatch.flows.own_account import OwnAccount
from wabawatch.flows.signing_in import SigningIn
from wabawatch.flows.signing_in_outside import SigningInOutside
from wabawatch.flows.tailing import Tailing
from wabawatch.flows.uptime import UptimeDesk
from wabawatch.meta.countries import country_of
from wabawatch.monitoring_ports import Runs
from wabawatch.ports import Clock, Figures
from wabawatch.storage.actor_names import SqlRegister
from wabawatch.storage.alert_news import SqlAlertNews
from wabawatch.storage.database import Database
from wabawatch.storage.log_views import SqlLogViews
from wabawatch.storage.message_sums import SqlMessageSums
from wabawatch.storage.slices import SqlSlices
from wabawatch.web.assets import Assets
from wabawatch.web.live import Live
from wabawatch.web.pages.account import AccountPages
from wabawatch.web.pages.alert_news import AlertNewsPart, bell_of
from wabawatch.web.pages.archived import Archived
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.log_tail import LogTailPage
from wabawatch.web.pages.log_views import LogViewForms
from wabawatch.web.pages.logs import LogsPage, lines_of
from wabawatch.web.pages.message import MessagePage
from wabawatch.web.pages.overview import OverviewPage
from wabawatch.web.pages.sign_in import SignInPages
from wabawatch.web.pages.views import Views
from wabawatch.web.sessions import Sessions
from wabawatch.web.visitors import Visitor, Visitors

BARS = 60
"""Pieces of a check's row"""
NO_PRICES = PriceList()


class Console:
    """Everything that people look at in a browser."""

    def __init__(
        self,
        database: Database,
        figures: Figures,
        browsing: Browsing,
        tailing: Tailing,
        books: AlertFigures,
        alerts: AlertBook,
        runs: Runs,
        uptime: UptimeDesk,
        rules: Rules,
        clock: Clock,
        door: SigningIn,
        account: OwnAccount,
        public_url: str | None,
        outside: SigningInOutside | None,
        archived: Archived,
        prices: PriceList = NO_PRICES,
    ) -> None:
        self.sessions = Sessions(door, public_url)
        self.visitors: Visitors = self.sessions
        """Who comes in."""
        self._door = door
        self._account = account
        self._outside = outside
        self.assets = Assets()
        signs = SqlAlertNews(database)
        self.news = AlertNews(signs, clock)
        self.naming = Naming(SqlRegister(database))
        self.views = Views(self.assets, clock.now, partial(bell_of, self.news), self.naming.who)
        self.live = Live(self._visitor, figures, signs, clock)
        self.slices = SqlSlices(database)
        overviewing = Overviewing(
            figures,
            self.slices,
            books,
            alerts,
            runs,
            lambda start, end: uptime.over(start, end, BARS),
            rules,
            clock,
        )
        self.overview = OverviewPage(overviewing, self.views, clock)
        self.log_views = LogViewForms(LogViewDesk(SqlLogViews(database), clock), clock)
        summing = LogSumming(SqlMessageSums(database, country_of), SqlSlices(database), books, clock)
        self.logs = LogsPage(browsing, summing, books.owners, self.log_views.listed, archived, self.views, clock)
        self.tail = LogTailPage(tailing, browsing, lines_of, self.views, clock)
        self.message = MessagePage(browsing, prices, country_of, archived, self.views, clock)

    def desk(self) -> Desk:
        """The door that every page is behind."""
        return Desk(self._visitor, self.views, self.sessions.guard)

    def routes(self) -> list[BaseRoute]:
        """The routes of the frame, of signing in, and of the overview."""
        desk = self.desk()
        return [
            *self.assets.routes(),
            *self.live.routes(),
            *SignInPages(self._door, self.sessions, self.views, self._outside).routes(),
            *AccountPages(self._account, self._door, desk, self._outside).routes(),
            *self.overview.routes(desk),
            *self.logs.routes(desk),
            *self.tail.routes(desk),
            *self.log_views.routes(desk),
            *self.message.routes(desk),
            *AlertNewsPart(self.news, self.views).routes(desk),
        ]

    def _visitor(self, request: Request) -> Visitor | None:
        return self.visitors.of(request)
