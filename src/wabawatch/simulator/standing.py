"""How things stand with Meta: what of numbers, accounts, the app and its token changes while a simulation runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from wabawatch.domain.facts import Millis
from wabawatch.simulator.application import Json, PlannedSend
from wabawatch.simulator.envelope import Item
from wabawatch.simulator.failures import ERRORS, MetaError
from wabawatch.simulator.owner import Owned
from wabawatch.simulator.templates import Templates
from wabawatch.simulator.usage import Throttles, Usage
from wabawatch.simulator.world import Number, Waba, World

APP_ID = "1234500000000001"
CALLBACK = "https://wabawatch.example/webhooks/whatsapp"
"""The app's callback until somebody names another."""
MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"
VERSION = "v25.0"
"""Of webhooks, until a command changes it."""

FIELDS = (
    "account_alerts", "account_review_update", "account_settings_update", "account_update",
    "business_capability_update", "business_username_update", "calls", "flows", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update", "history",
    "message_template_components_update", "message_template_quality_update", "message_template_status_update",
    "messages", "messaging_handovers", "payment_configuration_update", "phone_number_name_update",
    "phone_number_quality_update", "security", "smb_app_state_sync", "smb_message_echoes", "standby",
    "template_category_update", "template_correct_category_detection", "user_preferences",
)  # fmt: skip
"""What the app is subscribed to at first. A field that nobody knows is brought all the same."""

OVERRIDABLE = frozenset({
    "messages", "message_echoes", "calls", "consumer_profile", "messaging_handovers", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update", "smb_message_echoes",
    "smb_app_state_sync", "history", "account_settings_update",
})  # fmt: skip
"""Only these follow an override of an account or number; templates and accounts always go to the app."""

THROTTLING = frozenset({"4", "80007", "80008", "130429", "131048", "131056"})
"""Errors that say: too much, or too fast."""

_NOT_CONNECTED = {"BANNED": 131031, "RESTRICTED": 131031, "FLAGGED": 131048, "RATE_LIMITED": 131048}
_CUSTOMER = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
_BUSINESS = "RESTRICTED_BIZ_INITIATED_MESSAGING"


@dataclass(slots=True)
class NumberState:
    """A business phone number as it is now."""

    number: Number
    verified_name: str
    quality: str
    limit: str
    status: str = "CONNECTED"
    name_status: str = "APPROVED"
    throughput: str = "STANDARD"
    callback: str = ""
    """Its override of the callback; ``""``: none."""
    owned: Owned = field(default_factory=Owned)


@dataclass(frozen=True, slots=True)
class Restriction:
    """What an account may not do until a time."""

    kind: str
    until: Millis


@dataclass(slots=True)
class WabaState:
    """An account as it is now."""

    waba: Waba
    status: str = "ACTIVE"
    review: str = "APPROVED"
    apps: dict[str, str] = field(default_factory=lambda: {APP_ID: ""})
    """The apps that are subscribed to it, each with its override of the callback."""
    restrictions: list[Restriction] = field(default_factory=list)

    def is_restricted(self, kind: str, at: Millis) -> bool:
        """Whether a restriction of that kind holds at that time."""
        return any(one.kind == kind and at < one.until for one in self.restrictions)


@dataclass(slots=True)
class TokenState:
    """The access token. Times are seconds; 0 is never."""

    targets: list[str]
    """The accounts it may reach."""
    scopes: list[str] = field(default_factory=lambda: [MANAGEMENT, MESSAGING])
    expires_at: int = 0
    data_access_expires_at: int = 0
    is_revoked: bool = False

    def error(self, now: Millis) -> MetaError | None:
        """Why it is no longer good; None while it is."""
        if self.is_revoked:
            details = "The session was invalidated by the user or the app."
            return MetaError(190, "Error validating access token", details, 401, subcode=467)
        return ERRORS[190] if self.expires_at and self.expires_at <= now // 1_000 else None


@dataclass(slots=True)
class AppState:
    """The app's subscription to the platform."""

    callback: str = CALLBACK
    is_active: bool = True
    fields: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FIELDS, VERSION))
    """Each with the version of its webhooks."""


class Standing:
    """Everything that a command or a call can change."""

    def __init__(self, world: World, seed: int, start_at: Millis) -> None:
        self.templates = Templates(world, seed, start_at)
        self.numbers = {one.id: NumberState(one, one.verified_name, one.quality, one.limit) for one in world.numbers}
        self.wabas = {one.id: WabaState(one) for one in world.wabas}
        self.token = TokenState([one.id for one in world.wabas])
        self.app = AppState()
        self.usage = Usage()
        self.throttles = Throttles()
        self.health: dict[str, Json] = {}
        """By id of the entity: what was commanded about it."""
        self.orders: list[Json] = []
        """Every command, in the order given."""
        self.calls: Counter[tuple[str, str]] = Counter()
        """Calls by kind and by how they were answered: ``200`` or the code of the error."""
        self._history: dict[str, list[Json]] = {}
        """By id of number or account: what it was from when on."""
        self.remember(start_at)
        self.unseen = 0
        """Updates that reached no callback of ours: not subscribed, or sent elsewhere by an override."""

    def refusal(self, send: PlannedSend) -> MetaError | None:
        """Why the platform refuses *send* as things stand; one that it takes counts against the limits."""
        number, account = self.numbers[send.number.id], self.wabas[send.number.waba.id]
        if account.status != "ACTIVE":
            return ERRORS[131031]
        if number.status != "CONNECTED":
            return ERRORS[_NOT_CONNECTED.get(number.status, 133010)]
        if number.owned.blocks(send.recipient):
            return ERRORS[130403]
        is_started = send.template is not None and account.is_restricted(_BUSINESS, send.at)
        if is_started or account.is_restricted(_CUSTOMER, send.at):
            return ERRORS[368]
        unsendable = self.templates.refusal(send.template.id) if send.template is not None else None
        return unsendable or self.throttles.refusal(send)

    def remember(self, at: Millis) -> None:
        """Write down which numbers and accounts changed, for the truth."""
        now = {one: _number_stand(state) for one, state in self.numbers.items()}
        now |= {one: _account_stand(state, at) for one, state in self.wabas.items()}
        for one, stand in now.items():
            history = self._history.setdefault(one, [])
            if not history or {key: history[-1][key] for key in stand} != stand:
                history.append({"at": at} | stand)

    def reaches(self, item: Item) -> bool:
        """Whether *item* is brought to the app's own callback; one that is not is counted."""
        account = self.wabas.get(item.waba)
        is_wanted = self.app.is_active and (item.field in self.app.fields or item.field not in FIELDS)
        is_here = account is None or (APP_ID in account.apps and not self._is_diverted(item, account))
        if not (is_wanted and is_here):
            self.unseen += item.size
        return is_wanted and is_here

    def published(self) -> Json:
        """Its part of the truth: ready to be written as JSON."""
        calls: dict[str, dict[str, int]] = {}
        throttled: Counter[str] = Counter()
        for (kind, answer), count in sorted(self.calls.items()):
            calls.setdefault(kind, {})[answer] = count
            if answer in THROTTLING:
                throttled[answer] += count
        return {
            "commands": self.orders,
            "calls": calls,
            "throttled": dict(throttled),
            "unseen": self.unseen,
            "numbers": {one: self._history[one] for one in self.numbers},
            "wabas": {one: self._history[one] for one in self.wabas},
            "templates": self.templates.published(),
        }

    def _is_diverted(self, item: Item, account: WabaState) -> bool:
        if item.field not in OVERRIDABLE:
            return False
        own = self.numbers[item.number.id].callback if item.number is not None else ""
        override = own or account.apps[APP_ID]
        return override not in ("", self.app.callback)


def _number_stand(state: NumberState) -> Json:
    found: Json = {"status": state.status, "quality": state.quality, "limit": state.limit}
    found |= {"throughput": state.throughput, "name_status": state.name_status, "verified_name": state.verified_name}
    return found | {"override": state.callback}


def _account_stand(state: WabaState, at: Millis) -> Json:
    found: Json = {"status": state.status, "review": state.review, "subscribed": APP_ID in state.apps}
    found |= {"override": state.apps.get(APP_ID, "")}
    return found | {"restrictions": [one.kind for one in state.restrictions if at < one.until]}
