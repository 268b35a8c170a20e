"""`/numbers/{id}`: one number: quality for ever, limits, health, webhooks, token, errors and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.checks import CheckKind
from wabawatch.domain.connection import not_subscribed, wrong_address
from wabawatch.domain.facts import Millis
from wabawatch.domain.graph_versions import OLDER, Age, age_of
from wabawatch.domain.platform import Known, RatingEvent, listed, value
from wabawatch.domain.standing import DAY_MS
from wabawatch.domain.told import Told
from wabawatch.flows.number_desk import Access, NumberDesk, NumberSeen
from wabawatch.ports import Clock
from wabawatch.web.charts import rate_charts
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.numbers import common_words
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.platform_words import plain_word, state_tag, told_by
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

WAYS = frozenset(
    {
        CheckKind.GRAPH,
        CheckKind.TOKEN,
        CheckKind.RECEIVER,
        CheckKind.HANDSHAKE,
        CheckKind.PIPELINE,
        CheckKind.META_STATUS,
    }
)
"""The checks of what every number needs"""
EVENTS = {
    "name": "Display name",
    "throughput": "Throughput",
    "limit": "Messaging limit",
    "quality": "Quality rating",
    "settings": "Settings changed",
    "status": "Status",
    "health": "Can send",
    "name_status": "Status of the display name",
    "verified_name": "Display name is now",
    "code_verification": "Verification of the number",
    "account_mode": "Mode",
    "platform": "Platform",
    "override": "Callback URL of its own",
    "on_business_app": "Used with the WhatsApp Business app",
    "waba": "Account",
    "BUSINESS_CAPABILITY": "Messaging limit of the account",
}
"""What of a number changes, in words"""
PIECES = 1_000
"""A strip is so many units wide"""
AGES = {
    Age.CURRENT: ("good", "Current"),
    Age.EXPIRING: ("warn", "Expires soon"),
    Age.EXPIRED: ("bad", "Expired"),
    Age.UNKNOWN: ("none", "Unknown"),
}


class Spell(NamedTuple):
    """A stretch of time with one rating."""

    value: str
    start: Millis
    end: Millis | None
    """None: it still holds"""


class Piece(NamedTuple):
    """A spell in the strip that is drawn of them."""

    kind: str
    x: float
    width: float
    spell: Spell


class Change(NamedTuple):
    """A line of the history."""

    told: Told
    title: str
    kind: str
    before: str
    after: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class NumberPage:
    """The page of one number."""

    desk: NumberDesk
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its route."""
        return [desk.page("/numbers/{number}", Right.VIEW, self.page)]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        at = whereabouts(request.query_params, self.clock.now())
        seen = self.desk.number(request.path_params["number"], at.start, at.end)
        return self.views.render("number.html", request, visitor=visitor, at=at, **self._values(seen, at))

    def _values(self, seen: NumberSeen, at: Whereabouts) -> dict[str, Any]:
        now, lines = self.clock.now(), self.desk.rules.thresholds
        spells = spells_of(seen.ratings)
        limits = sorted(
            [each for each in seen.history if each.event == "limit"] + list(seen.limits),
            key=lambda t: t.at,
            reverse=True,
        )
        return {
            "seen": seen,
            "one": seen.state,
            "lines": lines,
            "specs": rate_charts(seen.points, seen.before, at.end - at.start, lines.delivery_rate, lines.failure_rate),
            "failed": sum(cause.n for cause in seen.causes),
            "spells": spells,
            "strip": strip_of(spells, now),
            "limits": [change_of(each, EVENTS) for each in limits],
            "history": [change_of(each, EVENTS) for each in seen.history if each.event not in ("quality", "limit")],
            "healths": healths_of(seen.state.aspects, seen.account),
            "webhooks": webhooks_of(seen.state.place.waba, seen.state.aspects, seen.account, seen.access),
            "token": token_of(seen.access.token, now),
            "versions": versions_of(seen.access, now),
            "checks": [each for each in seen.uptime.checks if each.view.kind in WAYS],
            **common_words(),
        }


def spells_of(ratings: Sequence[RatingEvent]) -> list[Spell]:
    """Stretches of one rating, the newest first. *ratings*: the newest first."""
    found: list[Spell] = []
    for event in reversed(ratings):
        if found and found[-1].value == event.value:
            continue
        if found:
            found[-1] = found[-1]._replace(end=event.at)
        found.append(Spell(event.value, event.at, None))
    return found[::-1]


def strip_of(spells: Sequence[Spell], now: Millis) -> list[Piece]:
    """*spells* side by side, as wide as they were long."""
    if not spells:
        return []
    start = spells[-1].start
    whole = max(1, now - start)
    return [
        Piece(
            state_tag(each.value)[0],
            round((each.start - start) * PIECES / whole, 1),
            round(max(1, ((each.end or now) - each.start) * PIECES / whole), 1),
            each,
        )
        for each in reversed(spells)
    ]


def change_of(told: Told, names: Mapping[str, str]) -> Change:
    """A line of history in words."""
    kind, word = state_tag(told.after)
    before, after = _shown(told.event, told.before), _shown(told.event, told.after) and word
    return Change(
        told, names.get(told.event, plain_word(told.event)), kind if told.after else "none", before, after,
        ", ".join(map(plain_word, listed(told.reason))) if told.reason.isupper() else told.reason, told_by(told),
    )  # fmt: skip


def _shown(event: str, said: str) -> str:
    return "" if event == "settings" else plain_word(said)


def healths_of(number: Mapping[str, Known], account: Mapping[str, Known]) -> list[tuple[str, Known]]:
    """Who can send, by Meta's health status: the number and what it belongs to."""
    rows = [("This number", number.get("health")), ("The account", account.get("health"))]
    rows += [("The business", account.get("health_business")), ("The app", account.get("health_app"))]
    return [(name, known) for name, known in rows if known is not None]


def webhooks_of(waba: str, number: Mapping[str, Known], account: Mapping[str, Known], access: Access) -> dict[str, Any]:
    """Who gets the webhooks of a number's account, and where they are sent."""
    apps = listed(value(account, "apps"))
    ours = frozenset(filter(None, access.own_apps.values()))
    wrong = list(not_subscribed({waba: apps}, ours).values()) if "apps" in account else []
    rows = []
    for name, app_id in sorted(access.own_apps.items()):
        aspects = access.apps.get(app_id, {})
        found = value(aspects, "callback")
        path = "/webhooks/whatsapp" + (f"/{name}" if name else "")
        why = wrong_address(found, access.callback_url, path)
        if not why and value(aspects, "active") == "false":
            why = "Meta has switched the app's subscription to webhooks off"
        rows.append((app_id, name, found, why, value(aspects, "fields"), value(aspects, "oldest_version")))
    return {
        "is_known": "apps" in account,
        "apps": [] if apps == ("none",) else apps,
        "ours": ours,
        "wrong": wrong,
        "rows": rows,
        "account_override": value(account, "override"),
        "number_override": value(number, "override"),
    }


def token_of(token: Mapping[str, Known], now: Millis) -> dict[str, Any]:
    """Whether our token works, and for how long. What it is nobody can see."""
    valid = token.get("valid")
    return {
        "is_known": valid is not None,
        "is_valid": value(token, "valid") == "true",
        "why": valid.note if valid else "",
        "type": plain_word(value(token, "type")),
        "looked_at": valid.told_at if valid else None,
        "ends": [
            (name, at, None if at is None else (at - now) / DAY_MS)
            for name, aspect in (("The token", "expires_at"), ("Its access to data", "data_access_expires_at"))
            for at in [_seconds(value(token, aspect))]
            if aspect in token
        ],
        "scopes": [] if value(token, "scopes") == "none" else list(listed(value(token, "scopes"))),
    }


def _seconds(written: str) -> Millis | None:
    """A time that Meta wrote in seconds; None: never."""
    return int(written) * 1_000 if written.isdecimal() and 0 < len(written) < 13 and int(written) else None


def versions_of(access: Access, now: Millis) -> list[tuple[str, str, tuple[str, str], date | None]]:
    """The versions of the Graph API that are called: who calls, which, how old it is, and the day on which it ends."""
    today = datetime.fromtimestamp(now / 1_000, UTC).date()
    rows = []
    if access.version:
        rows.append(("wabawatch itself", access.version))
    for version, n in sorted(access.versions.items(), key=lambda each: -each[1]):
        rows.append((f"{n:,} {'call' if n == 1 else 'calls'} through the gateway", version))
    found = []
    for who, version in rows:
        age = age_of(version, today)
        found.append((who, "an older one" if version == OLDER else version, AGES[age.age], age.expires_on))
    return found
