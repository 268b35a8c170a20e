"""Before a campaign: what is known is gathered, and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from wabawatch.domain.campaigns import WATCHED, Campaign, Restriction, Surroundings
from wabawatch.domain.compliance import Thresholds
from wabawatch.domain.costs import PriceList
from wabawatch.domain.error_codes import RateScope
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import DAY_MS, Millis, TemplateRef
from wabawatch.domain.headroom import (
    LIMIT_WINDOW_MS,
    MessagingLimit,
    NumberPlace,
    Throughput,
    messaging_limit,
    placed,
    throughput,
)
from wabawatch.domain.limit_hits import scope_of
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.domain.metrics import Rate, delivery_rate, failure_rate
from wabawatch.domain.platform import RESTRICTION, Kind, Known, States, Subject, template_key, terms_of, until_of, value
from wabawatch.domain.preflight import Preflight, preflight
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS
from wabawatch.domain.templates import TemplateEvent, has_opted_out, in_force, status_meaning
from wabawatch.limits_ports import Conditions, Evidence, Hits, Reach
from wabawatch.polling_ports import Platform
from wabawatch.ports import Clock

TEMPLATE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Preflighting:
    """Gathers what is known, and judges a campaign by it."""

    conditions: Conditions
    evidence: Evidence
    reach: Reach
    hits: Hits
    platform: Platform
    clock: Clock
    prices: PriceList
    thresholds: Thresholds
    grace_ms: Millis
    country_of: Callable[[ContactKey], str]

    def check(self, template: TemplateRef, recipients: int, number: str, named: Sequence[str] = ()) -> Preflight:
        """Whether *template* can well be sent to *recipients* people (or to those *named* by phone number) from
        *number* ("" any). Raises BadRequest."""
        people = Counter("".join(filter(str.isdigit, each)) for each in named)
        if "" in people:
            raise BadRequest("to: every recipient is a phone number, with its country's code")
        count = len(people) or recipients
        if count < 1:
            raise BadRequest("recipients: missing; say to how many people, or name them with `to`")
        now, states = self.clock.now(), self.platform.states()
        places = placed(self.reach.places(), states)
        if number and number not in {place.number for place in places}:
            raise BadRequest(f"number: nothing is known of {number}; give a phone_number_id that was seen before")
        mine = [place for place in places if place.number == number] if number else places
        wabas = {place.waba for place in mine if place.waba}
        waba, history = self._template(template, wabas)
        contacts = {phone: ContactKey(ContactKind.PHONE, phone) for phone in people}
        campaign = Campaign(
            template,
            count,
            number,
            given=len(people),
            repeated=sum(n > 1 for n in people.values()),
            opted_out=self._opted_out(contacts.values(), wabas, now),
            by_country=Counter(self.country_of(contact) for contact in contacts.values()),
        )
        return preflight(campaign, self._seen(campaign, mine, places, states, waba, history, now), self.thresholds)

    def _template(self, template: TemplateRef, wabas: Collection[str]) -> tuple[str, list[TemplateEvent]]:
        """The template's history in the only one of *wabas* that has it, and which that is."""
        by_waba = self.evidence.template_histories([template]).get(template, {})
        having = [waba for waba in by_waba if waba in wabas or not waba] or list(by_waba)
        return (having[0], by_waba[having[0]]) if len(having) == 1 else ("", [])

    def _opted_out(self, contacts: Collection[ContactKey], wabas: Collection[str], now: Millis) -> int:
        said = self.evidence.consents(contacts) if contacts else {}
        return sum(
            any(has_opted_out([*events, *by_waba.get("", ())], now + 1) for waba, events in by_waba.items()
                if not waba or not wabas or waba in wabas)
            for by_waba in said.values()
        )  # fmt: skip

    def _seen(
        self,
        campaign: Campaign,
        mine: Sequence[NumberPlace],
        places: Sequence[NumberPlace],
        states: States,
        waba: str,
        history: Sequence[TemplateEvent],
        now: Millis,
    ) -> Surroundings:
        numbers, wabas = [place.number for place in mine], sorted({place.waba for place in mine if place.waba})
        status, quality, category = (in_force(history, aspect, now) for aspect in ("status", "quality", "category"))
        known = self.platform.templates(waba) if waba else {}
        key = template_key(campaign.template.name, campaign.template.language)
        aspects = known.get(Subject(Kind.TEMPLATE, key, waba), {})
        number = states.get(Subject(Kind.NUMBER, campaign.number), {})
        token = states.get(Subject(Kind.TOKEN, ""), {})
        of_template = self._rates(numbers, campaign.template, now - TEMPLATE_DAYS * DAY_MS, now)
        of_number = self._rates(numbers, None, now - DAY_MS, now)
        charged = (category.value if category else value(aspects, "category")).lower()
        return Surroundings(
            now,
            status=status_meaning(status.value, status.reason) if status else value(aspects, "status"),
            quality=quality.value if quality else value(aspects, "quality"),
            category=charged,
            new_category=value(aspects, "category_notice"),
            paused_at=max((e.at for e in history if e.aspect == "status" and e.value == "PAUSED"), default=None),
            template_delivery=of_template[0],
            template_failure=of_template[1],
            number_status=value(number, "status"),
            number_quality=value(number, "quality"),
            number_delivery=of_number[0],
            number_failure=of_number[1],
            health=dict(_health(number, states, mine)) if campaign.number else {},
            restrictions=tuple(each for name in wabas for each in self._restrictions(name, states, now)),
            limit=self._limit(mine, places, states, now),
            throughput=self._pace(campaign.number, states, now),
            hits=self._hits(numbers, wabas, now),
            failures=self.conditions.failures(numbers, WATCHED, now - DAY_MS, now),
            failures_before=self.conditions.failures(numbers, WATCHED, now - 2 * DAY_MS, now - DAY_MS),
            prices=tuple(sorted(set(self.prices.prices.get(charged, {}).values()))),
            amount=self._amount(charged, campaign.by_country),
            currency=self.prices.currency,
            token_valid=value(token, "valid"),
            token_expires_at=_seconds(value(token, "expires_at")),
            last_webhook_at=self.conditions.last_webhook_at(),
            last_accepted_at=self.conditions.last_accepted_at(),
        )

    def _restrictions(self, waba: str, states: States, now: Millis) -> Iterator[Restriction]:
        """What Meta told of an account that it restricted, with its end where that was told."""
        terms = terms_of(value(states.get(Subject(Kind.WABA, waba), {}), RESTRICTION))
        for each in self.conditions.restrictions(waba, now):
            yield each._replace(until=until_of(each.kinds, terms))

    def _rates(
        self, numbers: Collection[str], template: TemplateRef | None, start: Millis, now: Millis
    ) -> tuple[Rate, Rate]:
        """How many arrived, of those that had the time to, and how many failed."""
        matured = self.conditions.tally(numbers, template, start, (now - self.grace_ms) // MINUTE_MS * MINUTE_MS)
        return delivery_rate(matured), failure_rate(self.conditions.tally(numbers, template, start, now))

    def _limit(
        self, mine: Sequence[NumberPlace], places: Sequence[NumberPlace], states: States, now: Millis
    ) -> MessagingLimit | None:
        """The limit that all of *mine* share; None: they are of several portfolios."""
        owners = {place.owner for place in mine}
        if len(owners) != 1:
            return None
        return messaging_limit(
            owners.pop(), places, states, lambda some: self.reach.people(some, now - LIMIT_WINDOW_MS, now + 1)
        )

    def _pace(self, number: str, states: States, now: Millis) -> Throughput | None:
        if not number:
            return None
        pace = self.reach.paces([number], now - HOUR_MS, now).get(number)
        return throughput(number, states, pace) if pace else None

    def _hits(self, numbers: Collection[str], wabas: Collection[str], now: Millis) -> Mapping[int, int]:
        """The limits that stand in the way: of these numbers, of their accounts, and of the app and its token."""
        found: Counter[int] = Counter()
        for each in self.hits.hits(now - DAY_MS, now, 0).counts:
            is_shared = scope_of(each.code) in (RateScope.APP, RateScope.TOKEN) or each.waba in wabas
            is_mine = each.number in numbers or (not each.number and is_shared)
            if is_mine or (scope_of(each.code) in (RateScope.ACCOUNT, RateScope.PORTFOLIO) and is_shared):
                found[each.code] += each.n
        return dict(sorted(found.items()))

    def _amount(self, category: str, by_country: Mapping[str, int]) -> Decimal | None:
        """What messages to these countries cost; None where one of them has no price, or there is none."""
        prices = {country: self.prices.price(category, country) for country in by_country}
        if not prices or any(price is None for price in prices.values()):
            return None
        return sum((price * by_country[country] for country, price in prices.items() if price is not None), Decimal(0))


def _health(
    number: Mapping[str, Known], states: States, mine: Sequence[NumberPlace]
) -> Iterator[tuple[str, tuple[str, str, Millis]]]:
    """Whether the number, its account and its business can send, as far as Meta told."""
    account = states.get(Subject(Kind.WABA, mine[0].waba), {})
    for whose, aspects, aspect in (
        ("number", number, "health"),
        ("WABA", account, "health"),
        ("business", account, "health_business"),
    ):
        if known := aspects.get(aspect):
            yield whose, (known.value, known.note, known.at)


def _seconds(text: str) -> Millis | None:
    """A time that Meta tells in seconds; None: it did not."""
    return int(text) * 1_000 if text.isdigit() else None
