"""What Meta would have told of the numbers, accounts and templates of a stage, had it been asked for half a year."""

from __future__ import annotations

from collections.abc import Iterator

from wabawatch.app import System
from wabawatch.app_places import SystemClock
from wabawatch.domain.facts import AccountChanged, Fact, Millis, NumberChanged, Source, TemplateChanged, when
from wabawatch.domain.platform import Kind, Known, Subject
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.simulator.simulation import Simulation
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.platform import save_states

RATINGS = [
    [("GREEN", 170), ("YELLOW", 64), ("GREEN", 51), ("YELLOW", 9), ("RED", 2)],
    [("GREEN", 170), ("YELLOW", 30), ("GREEN", 22), ("YELLOW", 4)],
    [("UNKNOWN", 170), ("GREEN", 160)],
]
"""Of each number what it was rated, and how many days ago; the last one's hold for all that follow"""
STATUSES = {1: ("PAUSED", "FIRST_PAUSE"), 4: ("REJECTED", "INVALID_FORMAT"), 7: ("PENDING", "")}
"""Templates that are not approved, by their place"""
QUALITIES = ["GREEN", "RED", "GREEN", "YELLOW", "UNKNOWN"]
TEXTS = (
    '{"message_template_title":"Your order is on its way","message_template_element":"Hello {{1}}, parcel {{2}} comes '
    'today.","message_template_footer":"Lucky Shrub","message_template_buttons":[{"message_template_button_text":'
    '"Track it","message_template_button_url":"https://example.com/track"}]}'
)
Told = dict[tuple[Subject, str], Known]


def tell(system: System, simulation: Simulation) -> None:
    """Tell *system* of everything in the world of *simulation*."""
    now = SystemClock().now()
    facts = [*_numbers(simulation, now), *_templates(simulation, now), *_accounts(simulation, now)]
    with SqlBooks(system.database, system.keyring, country_of).writing() as ledger:
        learn(ledger, facts)
    with system.database.writing() as connection:
        save_states(connection, _states(simulation, now))


def _numbers(simulation: Simulation, now: Millis) -> Iterator[Fact]:
    for i, number in enumerate(simulation.world.numbers):
        of = {"number": number.id, "waba": number.waba.id}
        before = ""
        for rating, days in RATINGS[min(i, len(RATINGS) - 1)]:
            at = when(now - days * DAY_MS, now - days * DAY_MS)
            yield NumberChanged(at, Source.POLL, "quality", **of, before=before, after=rating)
            before = rating
        raised = when(now - 40 * DAY_MS, now - 40 * DAY_MS + 60_000)
        yield NumberChanged(raised, Source.WEBHOOK, "limit", **of, before="TIER_250", after="TIER_2K", reason="UPGRADE")
        named = when(now - 120 * DAY_MS, now - 120 * DAY_MS)
        yield NumberChanged(named, Source.WEBHOOK, "name", **of, after="APPROVED")


def _templates(simulation: Simulation, now: Millis) -> Iterator[Fact]:
    for i, template in enumerate(simulation.world.templates):
        of = {"waba": template.waba, "name": template.name, "language": template.language}
        asked = when(now - 150 * DAY_MS, now - 150 * DAY_MS)
        yield TemplateChanged(asked, Source.POLL, aspect="status", **of, after="APPROVED")
        yield TemplateChanged(asked, Source.POLL, aspect="quality", **of, after="GREEN")
        later = when(now - 30 * HOUR_MS, now - 30 * HOUR_MS + 4_000)
        if i in STATUSES:
            status, reason = STATUSES[i]
            yield TemplateChanged(later, Source.WEBHOOK, aspect="status", **of, after=status, reason=reason)
        quality = QUALITIES[i % len(QUALITIES)]
        if quality != "GREEN":
            fallen = when(now - 3 * DAY_MS, now - 3 * DAY_MS + 4_000)
            yield TemplateChanged(fallen, Source.WEBHOOK, aspect="quality", **of, before="GREEN", after=quality)
        if i % 3 == 0:
            edited = when(now - 20 * DAY_MS, now - 20 * DAY_MS)
            yield TemplateChanged(edited, Source.WEBHOOK, aspect="components", **of, detail=TEXTS)


def _accounts(simulation: Simulation, now: Millis) -> Iterator[Fact]:
    for i, waba in enumerate(simulation.world.wabas):
        reviewed = when(now - 160 * DAY_MS, now - 160 * DAY_MS)
        yield AccountChanged(reviewed, Source.WEBHOOK, "ACCOUNT_REVIEW", waba.id, waba.portfolio, after="APPROVED")
        if i == 0:
            warned = when(now - 5 * DAY_MS, now - 5 * DAY_MS)
            yield AccountChanged(warned, Source.WEBHOOK, "ACCOUNT_VIOLATION", waba.id, waba.portfolio, reason="ALCOHOL")


def _states(simulation: Simulation, now: Millis) -> Told:
    told: Told = {}

    def note(subject: Subject, days: float, **values: str) -> None:
        at = now - int(days * DAY_MS)
        told.update({(subject, aspect): Known(value, "", at, at) for aspect, value in values.items()})

    for i, number in enumerate(simulation.world.numbers):
        subject = Subject(Kind.NUMBER, number.id)
        note(
            subject, 120, status="CONNECTED", limit="TIER_2K", throughput="STANDARD", name_status="APPROVED",
            verified_name=number.verified_name, waba=number.waba.id, health="AVAILABLE",
        )  # fmt: skip
        rating, days = RATINGS[min(i, len(RATINGS) - 1)][-1]
        note(subject, days, quality=rating)
        if i == 1:
            why = "Your display name has not been approved yet; messages are limited until it is."
            told[subject, "health"] = Known("LIMITED", why, now - DAY_MS, now - DAY_MS)
    for i, template in enumerate(simulation.world.templates):
        subject = Subject(Kind.TEMPLATE, f"{template.name}/{template.language}", template.waba)
        note(subject, 1.25 if i in STATUSES else 150, status=STATUSES.get(i, ("APPROVED", ""))[0])
        note(subject, 3 if i % 5 else 150, quality=QUALITIES[i % len(QUALITIES)], category=template.category.upper())
    for waba in simulation.world.wabas:
        subject = Subject(Kind.WABA, waba.id)
        note(
            subject, 160, name=waba.name, status="ACTIVE", review="APPROVED", verification="VERIFIED", apps="7001",
            limit="TIER_2K", portfolio=waba.portfolio, health="AVAILABLE", health_business="AVAILABLE",
        )  # fmt: skip
    ends = {"expires_at": str(now // 1000 + 40 * 86_400), "data_access_expires_at": str(now // 1000 + 75 * 86_400)}
    scopes = "whatsapp_business_management,whatsapp_business_messaging"
    note(Subject(Kind.TOKEN, ""), 30, valid="true", type="SYSTEM_USER", scopes=scopes, **ends)
    return told
