"""Templates that Meta takes although they are known not to be sendable: found by the counts of the last hours."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.platform import Kind, template_key
from wabawatch.domain.rollups import Scope, Tier
from wabawatch.domain.standing import HOUR_MS, TemplateUse
from wabawatch.domain.templates import APPROVED, status_meaning
from wabawatch.storage.dialect import chunks
from wabawatch.storage.schema import number_wabas, platform_states, rollups, standings, templates, wabas

SOME = 100


def doubted(connection: Connection, now: Millis) -> Collection[str]:
    """The templates of accepted sends that break the rule, of this hour and the one before, whose status is known and
    not sendable; as `WABA/name/language`."""
    sent = _sent_against_the_rule(connection, now // HOUR_MS)
    found: set[str] = set()
    c = platform_states.c
    for some in chunks(sorted(sent), SOME):
        accounts, keys = {waba for waba, _ in some}, {key for _, key in some}
        mine = (c.kind == str(Kind.TEMPLATE), c.waba_id.in_(accounts), c.subject.in_(keys), c.aspect == "status")
        for waba, key, value in connection.execute(select(c.waba_id, c.subject, c.value).where(*mine)):
            if (waba, key) in sent and status_meaning(value) not in ("", APPROVED):
                found.add(f"{waba}/{key}")
    return found


def _sent_against_the_rule(connection: Connection, hour: int) -> set[tuple[str, str]]:
    r, s = rollups.c, standings.c
    broke = list(
        connection.execute(
            select(s.id).where(s.template_use == TemplateUse.VIOLATION.value, s.is_accepted == 1)
        ).scalars()
    )
    if not broke:
        return set()
    counted = and_(
        r.tier == int(Tier.HOUR),
        r.bucket.in_((hour - 1, hour)),
        r.scope == int(Scope.TEMPLATE),
        r.standing_id.in_(broke),
        r.n > 0,
    )
    query = (
        select(wabas.c.waba_id, templates.c.name, templates.c.language)
        .select_from(rollups)
        .join(templates, templates.c.id == r.ref)
        .join(number_wabas, number_wabas.c.number_id == r.number_id)
        .join(wabas, wabas.c.id == number_wabas.c.waba_id)
        .where(counted)
        .distinct()
    )
    return {(row.waba_id, template_key(row.name, row.language)) for row in connection.execute(query)}
