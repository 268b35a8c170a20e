"""`/accounts/{waba_id}`: one account: its numbers, templates, standing with Meta, payment, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wabawatch.domain.access import Right
from wabawatch.domain.campaigns import Restriction
from wabawatch.domain.error_codes import ErrorClass, lookup
from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import message_counts
from wabawatch.domain.number_stands import worst_first
from wabawatch.domain.overview import Cause
from wabawatch.domain.platform import PAYMENT, RESTRICTION, Known, held, listed, terms_of, value
from wabawatch.domain.readings_accounts import PAYMENT_CODES, WORKS
from wabawatch.flows.number_desk import AccountSeen, NumberDesk
from wabawatch.ports import Clock
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.links import template_path
from wabawatch.web.pages.number import change_of, healths_of, token_of, versions_of, webhooks_of
from wabawatch.web.pages.numbers import common_words
from wabawatch.web.pages.places import Whereabouts, whereabouts
from wabawatch.web.pages.platform_words import plain_word, state_tag
from wabawatch.web.pages.views import Views
from wabawatch.web.visitors import Visitor

MOST_NUMBERS = 100
"""So many numbers of an account are listed, the worst first"""
EVENTS = {
    "ACCOUNT_REVIEW": "Review by Meta",
    "ACCOUNT_RESTRICTION": "Restriction",
    "ACCOUNT_VIOLATION": "Violation of Meta's policy",
    "DISABLED_UPDATE": "Ban",
    "ACCOUNT_DELETED": "Account deleted",
    "ACCOUNT_OFFBOARDED": "Account off-boarded",
    "ACCOUNT_RECONNECTED": "Account reconnected",
    "BUSINESS_CAPABILITY": "Messaging limit",
    "PARTNER_REMOVED": "Our access was taken away",
    "PARTNER_APP_UNINSTALLED": "Our app was removed",
    "PARTNER_ADDED": "Our access was given",
    "WABA_APPS": "Subscribed apps",
    "WABA_HEALTH": "Can send",
    "WABA_HEALTH_BUSINESS": "The business can send",
    "WABA_HEALTH_APP": "The app can send",
    "WABA_STATUS": "Status",
    "WABA_VERIFICATION": "Verification of the business",
    "WABA_NAME": "Name",
    "WABA_PORTFOLIO": "Business portfolio",
    "WABA_OVERRIDE": "Callback URL of its own",
}
"""What happens to an account, in words"""
RESTRICTIONS = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "No templates may be sent: it may only answer people who wrote",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "It may not answer people who wrote: nothing can be sent",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "No number may be added",
    "RESTRICTED_UTILITY_TEMPLATES": "No utility templates may be sent",
    "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES": "No utility messages may be sent without a template",
    "RESTRICTED_BUSINESS_INITIATED_CALLING": "It may not call people",
    "RESTRICTED_USER_INITIATED_CALLING": "People cannot call it",
    "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING": "No calls at all",
    "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN": "People do not see the button to call it",
    "DISABLE": "It is banned: nothing can be sent. Appeal in Business Support Home",
    "SCHEDULE_FOR_DISABLE": "Meta is going to ban it. Appeal in Business Support Home at once",
}
"""What Meta takes away, in words"""


@dataclass(frozen=True, slots=True)
class BusinessAccountPage:
    """The page of one account."""

    desk: NumberDesk
    views: Views
    clock: Clock

    def routes(self, desk: Desk) -> list[Route]:
        """Its route."""
        return [desk.page("/accounts/{waba}", Right.VIEW, self.page)]

    def page(self, request: Request, visitor: Visitor) -> Response:
        """The whole page."""
        at = whereabouts(request.query_params, self.clock.now())
        seen = self.desk.account(request.path_params["waba"], at.start, at.end)
        return self.views.render("business_account.html", request, visitor=visitor, at=at, **self._values(seen, at))

    def _values(self, seen: AccountSeen, at: Whereabouts) -> dict[str, Any]:
        now, aspects = self.clock.now(), seen.aspects
        numbers = worst_first(seen.numbers)
        return {
            "seen": seen,
            "aspects": {name: known.value for name, known in aspects.items()},
            "numbers": numbers[:MOST_NUMBERS],
            "heard": self.desk.heard([one.number for one in numbers[:MOST_NUMBERS]]),
            "messages": message_counts(seen.tally),
            "failed": sum(cause.n for cause in seen.causes),
            "statuses": _counted(seen.templates),
            "qualities": _counted(seen.qualities),
            "restrictions": restrictions_of(seen.restrictions, aspects, now),
            "payment": payment_of(aspects, seen.causes),
            "healths": healths_of({}, aspects),
            "webhooks": webhooks_of(seen.waba, {}, aspects, seen.access),
            "token": token_of(seen.access.token, now),
            "versions": versions_of(seen.access, now),
            "history": [change_of(each, EVENTS) for each in seen.history],
            "categories": sorted(seen.costs.by_category.items(), key=lambda each: -each[1].n),
            "template_path": template_path,
            **common_words(),
        }


def _counted(some: Mapping[str, int]) -> list[tuple[tuple[str, str], str, int]]:
    """How many templates are of each word of Meta's: what is good first."""
    order = {"bad": 0, "warn": 1, "none": 2, "good": 3}
    found = [(state_tag(word), word or "unknown", n) for word, n in some.items()]
    return sorted(found, key=lambda each: (order[each[0][0]], -each[2]))


def restrictions_of(
    told: Sequence[Restriction], aspects: Mapping[str, Known], now: Millis
) -> list[tuple[str, Millis | None, Millis | None]]:
    """What Meta has taken away now: in words, since when, and until when (None: nobody told)."""
    ends = terms_of(value(aspects, RESTRICTION))
    found: dict[str, tuple[str, Millis | None, Millis | None]] = {}
    for each in told:
        for kind in listed(each.kinds) or (each.event,):
            end = ends.get(kind)
            if end is None or end > now:
                found[kind] = _in_words(kind), each.at, end
    for kind, end in held(aspects, now).items():
        found.setdefault(kind, (_in_words(kind), None, end))
    return list(found.values())


def _in_words(kind: str) -> str:
    return RESTRICTIONS.get(kind) or EVENTS.get(kind) or plain_word(kind)


def payment_of(aspects: Mapping[str, Known], causes: tuple[Cause, ...]) -> dict[str, Any]:
    """Whether Meta is paid: configurations, what its health status says, and messages that failed for it."""
    configurations = [
        (name.removeprefix(PAYMENT) or "payments", known, known.value.lower() == WORKS)
        for name, known in sorted(aspects.items())
        if name.startswith(PAYMENT)
    ]
    healths = [known for name in ("health", "health_business") if (known := aspects.get(name))]
    failing = [cause for cause in causes if (found := lookup(cause.code)) and found.category is ErrorClass.PAYMENT]
    return {
        "configurations": configurations,
        "unpaid": [known for known in healths if any(code in known.note for code in PAYMENT_CODES)],
        "failing": failing,
    }
