"""Looking at states: what is so now, of templates, numbers, accounts, the token, webhooks, checks and ourselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wabawatch.alerting_ports import AlertFigures, OwnSigns
from wabawatch.domain.alert_evidence import CheckKind, CheckStands, Owners
from wabawatch.domain.alerts import AlertScope, Reading, ScopeKind
from wabawatch.domain.connection import (
    LOOKED_BACK_MS,
    Connection,
    Judged,
    Signs,
    judge,
    not_subscribed,
    usual_wait,
    wrong_address,
)
from wabawatch.domain.facts import Millis
from wabawatch.domain.headroom import MessagingLimit
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.imported import imported_until, is_touched
from wabawatch.domain.metrics import Tally
from wabawatch.domain.platform import Kind, States, Subject, listed, of_kind, value
from wabawatch.domain.readings_accounts import account_readings, configuration_readings
from wabawatch.domain.readings_counts import (
    code_readings,
    headroom_readings,
    limit_readings,
    misuse_readings,
    payment_readings,
)
from wabawatch.domain.readings_own import (
    backlog_readings,
    channel_readings,
    check_readings,
    loop_readings,
    token_check_readings,
)
from wabawatch.domain.readings_platform import number_readings as number_states
from wabawatch.domain.readings_platform import template_readings, token_readings, version_readings
from wabawatch.domain.rule_set import Ruling
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS, TemplateUse
from wabawatch.flows.looking_own import OwnLooks
from wabawatch.limits_ports import Hits
from wabawatch.ports import Window

Found = list[tuple[str, Reading]]

NAMES = (
    *("PHONE_QUALITY_LOW", "PHONE_STATUS_CHANGED", "ACCOUNT_RESTRICTED", "PAYMENT_PROBLEM", "TEMPLATE_PAUSED"),
    *("TEMPLATE_QUALITY_LOW", "TOKEN_INVALID", "TOKEN_EXPIRING", "API_VERSION_EXPIRING", "UNAPPROVED_TEMPLATE_USED"),
    *("OPT_OUT_IGNORED", "RATE_LIMIT_HIT", "WEBHOOK_SILENT", "SIGNATURE_FAILURES", "API_ENDPOINT_DOWN"),
    *("CHECK_FAILED", "CERTIFICATE_EXPIRING", "DISK_LOW", "MESSAGING_LIMIT_NEAR", "WEBHOOK_TIMEOUT"),
)
"""The rules that are looked at here with every look; of those about rates, what they say of checks"""
DELAY_DAYS = 7
WEEKS = 4
BEHIND_MS = 30_000
"""With webhooks that have waited so long, a status that seems to be missing may be among them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the way from Meta to us should be, by the settings."""

    callback_url: str | None
    apps: Mapping[str, str]
    """Meta's id of each app by its name in our settings"""
    version: str
    """Of the Graph API that we call; "" none is called"""


@dataclass
class Delays:
    """How long statuses usually take: read once an hour."""

    hour: int = -1
    of_numbers: Mapping[str, Histogram] = field(default_factory=dict)
    at_this_hour: Histogram = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StateLooks:
    """Looks at everything that is a state."""

    figures: AlertFigures
    own: OwnSigns
    hits: Hits
    used: Callable[[States], Sequence[MessagingLimit]]
    """How much of each messaging limit is used at least, by what is known of numbers and accounts"""
    rules: Ruling
    wanted: Wanted
    delays: Delays
    further: OwnLooks

    def names(self) -> list[str]:
        """The rules that `readings` is complete for."""
        return [*NAMES, *self.further.names()]

    def readings(self, now: Millis) -> Found:
        """What is not as it should be."""
        states, checks, owners = self.figures.states(), self.own.checks(now), self.figures.owners()
        hour = _this_hour(now)
        start, imported = hour.start or 0, imported_until(states)
        failed = {
            (number, code): n
            for (number, code), n in self.figures.failures(hour).items()
            if not is_touched(number, start, imported)
        }
        hits = [h for h in self.hits.hits(start, now, 0).counts if not is_touched(h.number, start, imported)]
        found: Found = [
            *number_states(states, owners, now),
            *account_readings(states, self.figures.restrictions(now), now),
            *payment_readings(failed, owners, start, now),
            *configuration_readings(states, now),  # after what is graver: of one thing the first reading counts
            *template_readings(self.figures.troubled_templates(), now),
            *token_check_readings(checks, now),
            *token_readings(states, now, self._line("TOKEN_EXPIRING", 14)),
            *version_readings(self.wanted.version, now, self._line("API_VERSION_EXPIRING", 60)),
            *limit_readings(hits, 0, start, now),
            *code_readings(failed, now),
            *check_readings(checks, now),
            *headroom_readings(self.used(states), now),
            *self._silent(states, owners, checks, now),
            *self._refused(now),
        ]
        found += self._misused(imported, now)
        return found + self.further.readings(found, now)

    def connections(self, now: Millis) -> dict[str, Judged]:
        """How the way from Meta to each number stands, with the reasons."""
        return self.connections_of(self.figures.states(), self.figures.owners(), now)

    def connections_of(self, states: States, owners: Owners, now: Millis) -> dict[str, Judged]:
        """The same, for whoever has read *states* and *owners* already."""
        return self._connections(states, owners, self.own.checks(now), now)

    def _line(self, name: str, usual: float) -> float:
        rule = self.rules.rules.get(name)
        return usual if rule is None or rule.threshold is None else rule.threshold

    def _misused(self, imported: Mapping[str, Millis], now: Millis) -> Found:
        window = Window(now - HOUR_MS, now)
        minute = MINUTE_MS
        tallies = self.figures.numbers(Window(now // minute * minute - HOUR_MS, now // minute * minute + minute))
        if not any(map(_has_misuse, tallies.values())):  # else it would be looked for among all messages of the hour
            return []
        misuses = self.figures.misuses(window)
        return misuse_readings([each for each in misuses if not is_touched(each.number, now - HOUR_MS, imported)], now)

    def _refused(self, now: Millis) -> Found:
        found: Found = []
        for app, n in sorted(self.figures.refused_signatures(Window(now - HOUR_MS, now)).items()):
            name = f"app {app}" if app else "the app without a name"
            words = f"{n} webhooks for {name} had a wrong signature in the last hour: they were refused"
            found.append(
                ("SIGNATURE_FAILURES", Reading(AlertScope(ScopeKind.APP, app), now, True, float(n), n, words=words))
            )
        return found

    # ------------------------------------------------------------ the way from Meta to us

    def _silent(self, states: States, owners: Owners, checks: Sequence[CheckStands], now: Millis) -> Found:
        unsubscribed, misdirected = self._unsubscribed(states), self._misdirected(states)
        found: Found = []
        for number, judged in self._connections(states, owners, checks, now).items():
            scope = AlertScope(ScopeKind.NUMBER, number, owners.get(number, ""))
            if misdirected or scope.waba in unsubscribed:
                words = "the account or the app is not subscribed: that is told as a whole"
                found.append(("WEBHOOK_SILENT", Reading(scope, now, False, words=words, is_replaced=True)))
            elif judged.state is Connection.SUSPICIOUS and judged.silent:
                is_bad = True if judged.is_certain else None
                words = "; ".join(judged.reasons)
                reading = Reading(
                    scope, now, is_bad, float(judged.silent), judged.sent, since=judged.since, words=words
                )
                found.append(("WEBHOOK_SILENT", reading))
        for waba, why in unsubscribed.items():
            found.append(("WEBHOOK_SILENT", Reading(AlertScope(ScopeKind.WABA, waba, waba), now, True, words=why)))
        for app, why in misdirected.items():
            found.append(("WEBHOOK_SILENT", Reading(AlertScope(ScopeKind.APP, app), now, True, words=why)))
        return found

    def _connections(
        self, states: States, owners: Owners, checks: Sequence[CheckStands], now: Millis
    ) -> dict[str, Judged]:
        end = now // MINUTE_MS * MINUTE_MS
        minutes = self.figures.minutes(Window(end - LOOKED_BACK_MS, end + MINUTE_MS))
        delays = self._delays(now)
        unsubscribed = self._unsubscribed(states)
        shared = tuple(self._misdirected(states).values())
        missing = tuple(c.words for c in checks if c.is_bad and c.kind in (CheckKind.PIPELINE, CheckKind.HANDSHAKE))
        down = next((c.words for c in checks if c.is_bad and c.kind is CheckKind.GRAPH), "")
        told = [*token_check_readings(checks, now), *token_readings(states, now, 0)]
        refused = next((r.words for name, r in told if name == "TOKEN_INVALID"), "")
        oldest = self.own.backlog().oldest_at
        found = {}
        for number in sorted(owners):
            why = unsubscribed.get(owners[number], "")
            signs = Signs(
                minutes.get(number, ()),
                usual_wait(delays.of_numbers.get(number, {}), delays.at_this_hour),
                (*shared, *([why] if why else [])),
                missing,
                refused,
                down,
                is_behind=oldest is not None and now - oldest > BEHIND_MS,
            )
            found[number] = judge(signs, now)
        return found

    def _delays(self, now: Millis) -> Delays:
        hour = now // HOUR_MS
        if self.delays.hour != hour:
            today, week = now // DAY_MS * DAY_MS, 7 * DAY_MS
            same = [(hour * HOUR_MS) - back * week for back in range(1, WEEKS + 1)]
            hours = [Window(start, start + HOUR_MS) for start in same]
            days = Window(today - DELAY_DAYS * DAY_MS, today)
            self.delays.of_numbers, self.delays.at_this_hour = self.figures.delays(days, hours)
            self.delays.hour = hour
        return self.delays

    def _unsubscribed(self, states: States) -> dict[str, str]:
        apps = {
            subject.id: listed(value(aspects, "apps"))
            for subject, aspects in of_kind(states, Kind.WABA)
            if "apps" in aspects
        }
        return not_subscribed(apps, frozenset(filter(None, self.wanted.apps.values())))

    def _misdirected(self, states: States) -> dict[str, str]:
        found = {}
        for name, app_id in sorted(self.wanted.apps.items()):
            aspects = states.get(Subject(Kind.APP, app_id), {})
            path = "/webhooks/whatsapp" + (f"/{name}" if name else "")
            why = wrong_address(value(aspects, "callback"), self.wanted.callback_url, path)
            if not why and value(aspects, "active") == "false":
                why = "Meta has switched the app's subscription to webhooks off"
            if why:
                found[name] = why
        return found


def own_readings(own: OwnSigns, rules: Ruling, now: Millis) -> Found:
    """What is to be seen of ourselves at any moment."""
    line = rules.rules["BACKLOG_OLD"].threshold or 0
    return [
        *backlog_readings(own.backlog(), line, now),
        *loop_readings(own.loops(), now),
        *channel_readings(own.channels(), now),
    ]


def _this_hour(now: Millis) -> Window:
    """The hour that runs; in its first quarter the one before as well."""
    began = now // HOUR_MS * HOUR_MS
    return Window(began if now - began > HOUR_MS // 4 else began - HOUR_MS, now)


def _has_misuse(tally: Tally) -> bool:
    return any(standing.template_use is TemplateUse.VIOLATION for standing in tally)
