"""The flows of costs, limits, evidence, preflight and Meta's own counts, as `app` puts them together."""

from __future__ import annotations

from wabawatch.domain.compliance import Thresholds
from wabawatch.flows.costing import Costing
from wabawatch.flows.limiting import Limiting
from wabawatch.flows.preflighting import Preflighting
from wabawatch.flows.proving import Proving
from wabawatch.flows.reaching import Reaching
from wabawatch.flows.reconciling import Reconciling
from wabawatch.meta.countries import country_of
from wabawatch.ports import Books, Clock, Figures
from wabawatch.settings import Settings
from wabawatch.storage.charges import SqlCharges
from wabawatch.storage.conditions import SqlConditions
from wabawatch.storage.database import Database
from wabawatch.storage.evidence import SqlEvidence
from wabawatch.storage.limit_hits import SqlLimitHits
from wabawatch.storage.platform import SqlPlatform
from wabawatch.storage.reach import SqlReach
from wabawatch.storage.reconciliation import SqlDays


class LimitFlows:
    """What is asked of costs and limits."""

    def __init__(
        self,
        database: Database,
        figures: Figures,
        books: Books,
        platform: SqlPlatform,
        clock: Clock,
        settings: Settings,
    ) -> None:
        prices, lines = settings.prices.price_list(), settings.thresholds
        reach, evidence = SqlReach(database), SqlEvidence(database)
        self.hits = SqlLimitHits(database)
        self.costing = Costing(SqlCharges(database), prices, clock)
        self.limiting = Limiting(self.hits, reach, platform, clock)
        self.reconciling = Reconciling(SqlDays(database), clock)
        self.reaching = Reaching(reach, platform, books, clock)
        self.proving = Proving(figures, evidence, clock)
        self.preflighting = Preflighting(
            SqlConditions(database),
            evidence,
            reach,
            self.hits,
            platform,
            clock,
            prices,
            Thresholds(lines.delivery_rate, lines.failure_rate, lines.quality_score, lines.min_sample),
            lines.delivery_grace_s * 1_000,
            country_of,
        )
