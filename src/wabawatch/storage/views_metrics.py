"""`monitoring_metrics`: the figures of every closed bucket, from the roll-ups."""

from __future__ import annotations

from sqlalchemy import Connection

from wabawatch.domain.metrics import Z_95
from wabawatch.domain.rollups import TIERS, Scope, Tier
from wabawatch.domain.standing import Outcome, Role, TemplateUse
from wabawatch.ports import CLOSED_UNTIL
from wabawatch.storage.counts import CATEGORIES
from wabawatch.storage.dialect import byte_at, character, iso_time
from wabawatch.storage.packed_counts import HISTOGRAMS, OFFSETS, PER_ROW
from wabawatch.storage.views_spelling import any_of, choose, quoted, rows_of

TIER_NAMES = {Tier.MINUTE: "minute", Tier.FIVE: "five_minutes", Tier.HOUR: "hour", Tier.DAY: "day"}

_ATTEMPTED = f"s.role = '{Role.ATTEMPTED}'"
_ARRIVED = f"s.status IN {any_of((Outcome.DELIVERED.value, Outcome.READ.value))}"

COUNTS = {
    "attempted": _ATTEMPTED,
    "accepted": "s.is_accepted = 1",
    **{status.value: f"{_ATTEMPTED} AND s.status = '{status}'" for status in Outcome},
    "rejected": "s.is_rejected = 1",
    "unlinked": "s.is_unlinked = 1",
    "orphan": f"s.role = '{Role.ORPHAN}'",
    "inbound": f"s.role = '{Role.INBOUND}'",
}
"""Which standings each count counts, as `domain.metrics.message_counts`."""

_IN_USE = "s.template_use <> ''"
RATES = {
    "delivery_rate": ("s.in_delivery = 1", _ARRIVED),
    "failure_rate": ("s.in_failure = 1", f"s.status = '{Outcome.FAILED}'"),
    "coverage": ("s.is_accepted = 1", "s.is_recorded = 1"),
    "template_usage": (_IN_USE, f"s.template_use <> '{TemplateUse.VIOLATION}'"),
}
"""Which standings belong to each rate, and which of them are hits, as in `domain.metrics`."""


def metrics(connection: Connection) -> str:
    """The SELECT of `monitoring_metrics`.

    A bucket is closed once it ends at or before the mark `closed_until`. A delivery rate is that of the bucket's own
    messages: it matures as they arrive.
    """
    return f"""SELECT at, scope, metric, value, n,
  CASE WHEN centre - half < 0 THEN 0.0 ELSE centre - half END AS low,
  CASE WHEN centre + half > 1 THEN 1.0 ELSE centre + half END AS high,
  tier, {iso_time(connection, "at")} AS created_at
FROM ({_with_intervals(connection)}) AS bounded"""


def _with_intervals(connection: Connection) -> str:
    """The Wilson interval of each rate, step by step as `domain.metrics.wilson` computes it."""
    z2 = repr(Z_95 * Z_95)
    return f"""
SELECT at, scope, metric, tier, n, CASE WHEN n IS NULL THEN CAST(hits AS DOUBLE PRECISION) ELSE share END AS value,
  (share + {z2} / (2 * cases)) / (1 + {z2} / cases) AS centre,
  {Z_95!r} * SQRT(share * (1 - share) / cases + {z2} / (4 * cases * cases)) / (1 + {z2} / cases) AS half
FROM (
SELECT at, scope, metric, tier, n, hits, cases, hits / cases AS share
FROM (
SELECT at, scope, metric, tier, n, hits, CAST(NULLIF(n, 0) AS DOUBLE PRECISION) AS cases
FROM ({_one_by_one(connection)}) AS counted
) AS divisible
) AS shared"""


def _one_by_one(connection: Connection) -> str:
    """One row per metric of each bucket: its hits, and of how many (NULL for a count)."""
    cases = {name: name for name in COUNTS} | {name: f"{name}_hits" for name in RATES}
    hits = " ".join(f"WHEN '{name}' THEN c.{column}" for name, column in cases.items())
    cases_of = " ".join(f"WHEN '{name}' THEN c.{name}_n" for name in RATES)
    tiers = "\nUNION ALL\n".join(_counted(connection, tier) for tier in Tier)
    return f"""
SELECT c.at, {_scope(connection)} AS scope, metric.column1 AS metric, c.tier,
  CASE metric.column1 {hits} END AS hits,
  CASE metric.column1 {cases_of} END AS n
FROM (
{tiers}
) AS c
LEFT JOIN numbers ON numbers.id = c.number_id
LEFT JOIN wabas ON c.scope = {int(Scope.WABA)} AND wabas.id = c.ref
LEFT JOIN templates ON c.scope = {int(Scope.TEMPLATE)} AND templates.id = c.ref
CROSS JOIN {rows_of([*RATES, *COUNTS])} AS metric"""


def _counted(connection: Connection, tier: Tier) -> str:
    """The counts of each closed bucket of one tier. A tier of its own, so that the roll-ups' key finds it."""
    wanted = dict(COUNTS)
    for name, (belongs, hits) in RATES.items():
        wanted |= {f"{name}_n": belongs, f"{name}_hits": f"{belongs} AND {hits}"}
    sums = ",\n  ".join(
        f"CAST(SUM(CASE WHEN {counts} THEN r.n ELSE 0 END) AS BIGINT) AS {name}" for name, counts in wanted.items()
    )
    width = TIERS[tier].width_ms
    closed = f"COALESCE((SELECT k.value FROM marks AS k WHERE k.name = '{CLOSED_UNTIL}'), 0) / {width}"
    counted = f"x.tier = {int(tier)} AND x.bucket < {closed}"
    return f"""SELECT {quoted(TIER_NAMES[tier])} AS tier, CAST(r.bucket AS BIGINT) * {width} AS at,
  r.scope, r.number_id, r.ref,
  {sums}
FROM (
SELECT bucket, scope, number_id, ref, standing_id, n FROM rollups AS x WHERE {counted}
UNION ALL
{_unpacked(connection, counted)}
) AS r
JOIN standings AS s ON s.id = r.standing_id
GROUP BY r.bucket, r.scope, r.number_id, r.ref"""


def _unpacked(connection: Connection, counted: str) -> str:
    """The roll-ups in the packed rows that *counted* (SQL on `x`) chooses, as `storage.packed_counts` has them."""
    first, second, standing, digit = (byte_at(connection, "x.entries", f"4 * step.column1 + {i}") for i in range(4))
    ref = f"x.ref + ({first} & {(OFFSETS >> 8) - 1}) * 256 + {second}"
    n = f"CAST({digit} AS BIGINT) << (8 * ({first} / {OFFSETS >> 8}))"
    steps = ", ".join(f"({i})" for i in range(PER_ROW))
    return (
        f"SELECT x.bucket, x.scope, x.number_id, {ref} AS ref, {standing} AS standing_id, {n} AS n\n"
        f"FROM packed_counts AS x JOIN (VALUES {steps}) AS step ON 4 * step.column1 < LENGTH(x.entries)\n"
        f"WHERE x.scope < {HISTOGRAMS} AND {counted}"
    )


def _scope(connection: Connection) -> str:
    number = "COALESCE(numbers.phone_number_id, 'unknown')"
    ref = "CAST(c.ref AS TEXT)"
    category = choose("c.ref", dict(enumerate(CATEGORIES, 1)))
    country = f"{character(connection, '(c.ref >> 8)')} || {character(connection, '(c.ref & 255)')}"
    named = {
        Scope.ALL: "'all'",
        Scope.WABA: "'waba:' || wabas.waba_id",
        Scope.NUMBER: f"'number:' || {number}",
        Scope.TEMPLATE: f"'template:' || templates.name || '/' || templates.language || '@' || {number}",
        Scope.CATEGORY: f"'category:' || COALESCE({category}, 'other-' || {ref})",
        Scope.COUNTRY: f"'country:' || {country}",
        Scope.ERROR: f"'error:' || {ref} || '@' || {number}",
    }
    cases = " ".join(f"WHEN {int(scope)} THEN {text}" for scope, text in named.items())
    return f"CASE c.scope {cases} END"
