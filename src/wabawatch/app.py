"""The composition: the only file that knows everybody. It opens what lasts, builds what acts, and closes in reverse."""

from __future__ import annotations

import platform
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

from wabawatch.access_tokens import AccessTokens
from wabawatch.app_access import AccessFlows
from wabawatch.app_alerts import AlertFlows
from wabawatch.app_answers import AnswerBook
from wabawatch.app_archive import ArchiveFlows
from wabawatch.app_channels import channel_desk
from wabawatch.app_console import Console
from wabawatch.app_erasure import ErasureFlows, raw_bodies
from wabawatch.app_exports import ExportFlows
from wabawatch.app_forwarding import Forwards
from wabawatch.app_life import note_steps, server_life, told_settings
from wabawatch.app_limits import LimitFlows
from wabawatch.app_monitoring import Watchman, rules_of
from wabawatch.app_notifying import NoticeFlows
from wabawatch.app_pages import console_pages
from wabawatch.app_parts import assessment_text, graph_of, translate
from wabawatch.app_places import Places, SystemClock, keyring_of, make_room, places_of
from wabawatch.app_reports import ReportFlows
from wabawatch.app_uptime import Around, Uptimes
from wabawatch.flows.access import Doorkeeper, Once, TokenDesk
from wabawatch.flows.browsing import Browsing
from wabawatch.flows.cycle import Cycle
from wabawatch.flows.digest import Digest
from wabawatch.flows.expiry import Expiry
from wabawatch.flows.ingest import admit, registry_of
from wabawatch.flows.polling import RHYTHM_MS as POLL_RHYTHM_MS
from wabawatch.flows.polling import Polling
from wabawatch.flows.retention import Retention
from wabawatch.flows.status import StatusFlow
from wabawatch.flows.tailing import Tailing
from wabawatch.loops import Bell, Group, Loop, Stopped, Supervisor
from wabawatch.meta.countries import country_of
from wabawatch.meta.signature import is_genuine
from wabawatch.ports import DIGESTED, Clock
from wabawatch.settings import Settings
from wabawatch.storage.api_answers import SqlAnswers
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.checkpoints import Checkpoints
from wabawatch.storage.database import Database
from wabawatch.storage.deeds import SqlAuditTrail
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.inbox import DurableInbox, PostgresInbox, SqliteInbox
from wabawatch.storage.kept_hours import KeptHours
from wabawatch.storage.listener import Listener
from wabawatch.storage.message_search import SqlMessages
from wabawatch.storage.migrations import migrate, schema_place
from wabawatch.storage.partitions import Partitions
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.sealed_data import holds_sealed
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.storage.spool import Spool
from wabawatch.storage.tokens import SqlTokens
from wabawatch.web import runbooks
from wabawatch.web.api import Api
from wabawatch.web.api_alerts import AlertsApi
from wabawatch.web.api_batches import Admit, BatchesApi
from wabawatch.web.api_channels import ChannelsApi
from wabawatch.web.api_exports import ExportsApi
from wabawatch.web.api_figures import FiguresApi
from wabawatch.web.api_forward import ForwardApi
from wabawatch.web.api_limits import LimitsApi
from wabawatch.web.api_logging import LoggingApi
from wabawatch.web.api_messages import MessagesApi
from wabawatch.web.api_reconciliation import ReconciliationApi
from wabawatch.web.api_reports import ReportsApi
from wabawatch.web.api_silences import SilencesApi
from wabawatch.web.api_uptime import UptimeApi
from wabawatch.web.call_log import CallLog
from wabawatch.web.docs import Docs
from wabawatch.web.gateway import Gateway, make_gateway
from wabawatch.web.metrics import Build
from wabawatch.web.metrics_alerts import AlertLook
from wabawatch.web.openapi import document
from wabawatch.web.operations import Subject
from wabawatch.web.own import Own, Schema
from wabawatch.web.site import Site
from wabawatch.web.webhook import make_receiver

GATHER_S = 0.5
"""So long bodies come together before they are digested, unless they are many"""


class System:
    """One opened installation. Close it when done: what was accepted before is kept, whatever happens."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        places = places_of(settings)
        make_room(places)
        self.database = Database(places.database_url)
        self.is_on_postgres = places.inbox is None
        self.applied = migrate(self.database, self.clock.now())
        note_steps(self.database, self.clock, self.applied)
        if self.is_on_postgres:
            Partitions(self.database).make_ahead()
        self.keyring: Keyring = keyring_of(settings.storage, lambda: holds_sealed(self.database, places.inbox))
        self.signing = SigningKeys(self.database, self.keyring, self.clock)
        self.checkpoints = Checkpoints(self.database, self.signing, self.clock, places.checkpoints)
        self.raw = raw_bodies(self.database, self.keyring, settings)
        self.inbox = self._open_inbox(places.inbox)
        self.figures = SqlFigures(self.database, self.inbox, self.clock)
        self.rules = rules_of(settings)
        self.answers = AnswerBook(self.figures)
        self.acks = self.answers.acks
        self.spool = Spool(places.folder, self.keyring, settings.gateway.spool_bytes)
        self.stopped = Stopped()
        self._draining = threading.Lock()
        self.expiry = Expiry(self._books(), self.clock)
        self.cycle = Cycle(self.figures, self.figures, self.rules, self.clock, assessment_text)
        self.platform = SqlPlatform(self.database)
        self.meta_tokens = AccessTokens(*settings.graph.token)
        self.graph = graph_of(settings, self.meta_tokens) if settings.polling.calls_per_hour else None
        self.browsing = Browsing(SqlMessages(self.database, country_of), self.clock, SqlAuditTrail(self.database))
        self.tailing = Tailing(SqlMessages(self.database, country_of), self.clock)
        self.archive = ArchiveFlows(self.database, places.database_url, places.folder, self.clock, settings)
        self.exports, self.erasure = self._exports(places)
        self.tokens = TokenDesk(SqlTokens(self.database), self.clock)
        self.access = AccessFlows(self.database, self.keyring, self.clock, settings)
        self.limits = LimitFlows(self.database, self.figures, self._books(), self.platform, self.clock, settings)
        boards, hits = self.platform if self.graph else None, self.limits.hits
        self.alerts = AlertFlows(self.database, self.figures, self.inbox, self.limits, self.clock, settings)
        self._spare = self.digest()
        self.notices = NoticeFlows(self.database, self.clock, settings, self.alerts.rules.rule, self.alerts.rules.rules)
        self.channels = channel_desk(settings, self.notices.notifiers, self.database, self.clock)
        self.watchman = Watchman(settings, self.database, self.figures, self.clock, places.monitor_lock)
        self.forwards = Forwards(settings, self.database, self.keyring, self.inbox, self.raw, self.clock)
        self.uptime = self._uptime()
        self.alerts.look_at(self.notices, self.watchman, self.uptime)
        runs, uptime, book = self.watchman.runs, self.uptime.desk.status, self.alerts.book
        self.status = StatusFlow(self.figures, self.clock, self.rules, hits, runs, book, boards, uptime)
        self.reports, self.console = self._reports(), self._console()
        self.retention = self._retention()

    def _open_inbox(self, path: Path | None) -> DurableInbox:
        # Above every body the books know of: also a new file that replaces a lost one must not repeat their numbers.
        above = max(self._books().mark(DIGESTED), self.raw.newest())
        if path is None:
            return PostgresInbox(self.database, self.keyring, above=above)
        return SqliteInbox(path, self.keyring, reserve_bytes=self.settings.storage.free_space_reserve, above=above)

    def digest(self) -> Digest:
        """A digest of its own for each thread: books remember words, for one thread at a time."""
        return Digest(self.inbox, self._books(), translate, self.clock, self.alerts.on_news)

    def _books(self) -> SqlBooks:
        return SqlBooks(self.database, self.keyring, country_of)

    def _polling(self) -> list[Loop]:
        """The loop that asks Meta, where there is a token to ask with."""
        asked, apps = self.settings.polling, self.settings.app_tokens
        if self.graph is None:
            return []
        pace = max(1, asked.calls_per_hour - self.uptime.calls_per_hour)  # both together keep to it
        polling = Polling(self.graph, self.platform, self._books(), self.clock, asked.waba_ids, apps, pace)
        return [Loop("polling", polling.step, POLL_RHYTHM_MS / 1000, group=Group.MONITORING)]

    def _uptime(self) -> Uptimes:
        meta, forwards = (self.graph, self.meta_tokens, self.platform), self.forwards.flow.states
        around = Around(self.database, self.keyring, self.inbox, self.figures, self.clock, *meta, forwards)
        return Uptimes(self.settings, around, self.notices.maintenance)

    def _retention(self) -> Retention:
        days, hours = self.settings.storage.body_retention_days, KeptHours(self.database)
        waiting = self.forwards.bodies, self.forwards.store
        return Retention(self.figures, self.figures, self.raw, *waiting, hours, self.inbox, self.clock, days)

    def _exports(self, places: Places) -> tuple[ExportFlows, ErasureFlows]:
        where = places.database_url, places.folder
        exports = ExportFlows(self.database, *where, self.keyring, self.clock, self.settings)
        more = exports, self.archive.work, self.is_drained, self.settings, self.clock
        return exports, ErasureFlows(self.database, self.keyring, places, *more)

    def _reports(self) -> ReportFlows:
        more = self.figures, self.uptime.desk.over, self.archive.judged, self.rules, self.clock, self.settings
        return ReportFlows(self.database, self.keyring, self.signing, *more)

    def _console(self) -> Console:
        people, prices = self.access.people, self.limits.costing.prices
        more = self.alerts.figures, self.alerts.book, self.watchman.runs, self.uptime.desk, self.rules, self.clock
        return Console(
            self.database, self.figures, self.browsing, self.tailing, *more, *people, self.archive.shown, prices
        )

    def supervisor(self, *, is_server: bool = True) -> Supervisor:
        """Who runs the `loops`."""
        return self.watchman.supervise(self.loops(is_server=is_server))

    def loops(self, *, is_server: bool = True) -> list[Loop]:
        """The loops that keep the installation going. Only a server forwards what it accepted."""
        bell = Bell()
        self.inbox.on_kept = bell.ring
        own = [Loop("partitions", Partitions(self.database).step, 3600.0)] if self.is_on_postgres else []
        for_servers = [*self.forwards.loops(bell), *self.exports.loops(), *self.archive.loops()] if is_server else []
        return [
            Loop("digest", self.digest().batch, 2.0, bell=bell, rest_s=GATHER_S),
            Loop("retry", self.digest().retry, 5.0),
            Loop("recheck", self.digest().recheck, 5.0),
            Loop("expiry", self.expiry.step, 30.0),
            Loop("answers", self.flush_answers, 5.0),
            Loop("storage", self.look_again, 5.0),
            Loop("spool", self.drain_spool, 5.0),
            Loop("pack", self.retention.pack, 15.0),
            Loop("drop", self.retention.drop, 3600.0),
            Loop("checkpoint", self.checkpoints.step, 3600.0),
            Loop("cycle", self.alerts.after_cycle(self.cycle.step), 5.0, group=Group.MONITORING),
            Loop("reach", self.limits.reaching.step, 60.0, group=Group.MONITORING),
            *self.alerts.loops(),
            *self.notices.loops(),
            *self.erasure.loops(),
            *self.reports.loops(),
            *self._polling(),
            *self.uptime.loops(),
            *own,
            *for_servers,
            *self.watchman.loops(),
        ]

    def site(self, supervisor: Supervisor) -> Site:
        """Everything that is served. Its lifespan starts *supervisor*, and stops it with everything else."""
        settings = self.settings
        apps = registry_of(settings.apps)
        is_open = settings.webhook.allow_unsigned and not settings.is_production
        receiver = make_receiver(
            apps=apps,
            inbox=self.inbox,
            clock=self.clock,
            acks=self.acks,
            max_body_bytes=settings.webhook.max_body_bytes,
            allow_unsigned=is_open,
            is_synthetic=self.uptime.is_synthetic,
            handshakes=self.answers.handshakes,
        )
        tokens = [token.reveal().encode() for token in settings.server.api_token]
        door = Doorkeeper(self.clock, tokens, self.tokens.tokens, settings.server.api_rate_limit)
        log = CallLog(self.inbox, self.spool, self.clock)
        gateway = make_gateway(settings, log, door, self.meta_tokens)
        once = Once(SqlAnswers(self.database, self.keyring), self.clock)
        admits = partial(admit, apps, is_genuine=is_genuine, allow_unsigned=is_open)
        api = Api(door, once, self._subjects(admits))
        build = Build(version("wabawatch"), platform.python_version(), self.database.engine.dialect.name)
        own = Own(
            self.status,
            self.figures,
            self.inbox,
            self.acks,
            self.clock,
            supervisor.health,
            self._schema,
            self.database.trouble,
            build,
            lambda: (self.spool.held(), self.spool.lost),
            self.forwards.figures,
            self.limits.limiting.usages,
            self.watchman.trouble,
            self.watchman.heartbeat_trouble,
            self.uptime.desk.views,
            lambda: AlertLook(self.alerts.book.firing(), self.notices.telling.tallies()),
        )
        docs = Docs(lambda: document(api.table, build.version))
        return Site(
            receiver,
            gateway,
            api,
            [*own.routes(), *docs.routes(), *runbooks.routes(), *console_pages(self, own)],
            lambda _: self._running(supervisor, gateway),
        )

    def _subjects(self, admits: Admit) -> list[Subject]:
        """What the API can do, subject by subject."""
        some = self.limits
        return [
            LoggingApi(self.inbox, self.clock),
            BatchesApi(self.inbox, self.clock, admits),
            MessagesApi(self.browsing, self.clock),
            ExportsApi(self.exports.desk, self.clock),
            ReportsApi(self.reports.reporting, self.reports.file, self.clock),
            FiguresApi(self.status, self.cycle),
            ForwardApi(self.forwards.flow),
            AlertsApi(self.alerts.desk, self.alerts.alerting, self.uptime.desk, self.clock),
            SilencesApi(self.notices.telling, self.notices.silencing),
            ChannelsApi(self.channels),
            UptimeApi(self.uptime.desk, self.alerts.desk.of_incidents, self.clock),
            LimitsApi(some.costing, some.limiting, some.proving, some.preflighting),
            ReconciliationApi(some.reconciling),
        ]

    @asynccontextmanager
    async def _running(self, supervisor: Supervisor, gateway: Gateway) -> AsyncIterator[None]:
        supervisor.add_closer("database", self.database.close)
        if self.graph is not None:
            supervisor.add_closer("graph", self.graph.close)
        supervisor.add_closer("uptime", self.uptime.close)
        supervisor.add_closer("inbox", self.inbox.close)
        supervisor.add_closer("watchman", self.watchman.close)
        supervisor.add_closer("exports", self.exports.close)
        supervisor.add_closer("archive", self.archive.close)
        if self.is_on_postgres:
            listener = Listener(self.database, self.inbox.on_kept)
            supervisor.add_closer("listener", listener.close)
            listener.start()
        supervisor.add_closer("answers", self.flush_answers)
        life = server_life(self.database, self.clock)
        supervisor.add_closer("life", life.stopped)
        await supervisor.start()
        life.started(lambda: told_settings(self.settings, self.signing))
        self.start_by_itself("serve")
        try:
            yield
        finally:
            await self.forwards.finish()
            await gateway.close()
            self.stopped = await supervisor.stop()

    def start_by_itself(self, actor: str) -> None:
        """Start monitoring if this is production and nobody ever decided about it (SPEC.md 1, Initialisation)."""
        if self.settings.is_production and self.settings.monitoring.enabled:
            self.cycle.start_first_time(actor)

    def _schema(self) -> Schema:
        return Schema(*schema_place(self.database))

    def flush_answers(self) -> bool:
        """Write down the receiver's answers since the last call. What cannot be written is tried again."""
        return self.answers.flush()

    def look_again(self) -> bool:
        """Find out whether a trouble with the inbox or the database has passed."""
        self.inbox.look_again()
        self.database.look_again()
        return False

    def drain_spool(self) -> bool:
        """Hand the inbox what it could not take before."""
        if not self.inbox.trouble():
            self.spool.drain(self.inbox.append_all)
        return False

    def drain(self) -> None:
        """Do everything that waits, in this thread: afterwards the figures hold all that was accepted.

        The loops may run meanwhile: of two that take the same bodies, one finds them done.
        """
        with self._draining:
            self.drain_spool()
            while self._spare.step() or self._spare.retry() or self._spare.recheck():
                pass
            self.flush_answers()

    def is_drained(self) -> bool:
        """Do everything that waits. False: another process holds records that it could not hand over yet."""
        self.drain()
        return self.spool.is_empty()

    def close(self) -> None:
        """Give everything back. What was accepted is kept."""
        if self.graph is not None:
            self.graph.close()
        self.watchman.close()
        self.inbox.close()
        self.database.close()
