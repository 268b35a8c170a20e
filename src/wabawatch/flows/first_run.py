"""The first run: how far an installation has come to its first verified webhook. Facts are looked at, not clicks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wabawatch.access_ports import Users
from wabawatch.domain.checks import CheckKind
from wabawatch.domain.errors import NotFound
from wabawatch.domain.facts import Millis
from wabawatch.domain.first_run import Look
from wabawatch.domain.handshakes import Handshake, handshake_mark
from wabawatch.domain.platform import Kind, States, Subject, listed, value
from wabawatch.domain.runs import SILENCE_MS
from wabawatch.domain.uptime import CheckView
from wabawatch.domain.webhook_fields import CALLBACK_PATH, callback_of
from wabawatch.ports import ALIVE, DIGESTED, MONITORING, RUNNING, Clock, Deed, Figures, Inbox
from wabawatch.settings import App, Settings


class Newest(Protocol):
    """When webhooks came."""

    def newest(self) -> Mapping[str, Millis]:
        """When the newest live webhook of each app came, of those that were digested. Raises StoreUnavailable."""


class Boards(Protocol):
    """What Meta told."""

    def states(self) -> States:
        """What is known of numbers, accounts, apps and the token. Raises StoreUnavailable."""


class AuditTrail(Protocol):
    """Where deeds are written down."""

    def note(self, at: Millis, done: Deed) -> None:
        """Write down a deed, durably. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class FirstRun:
    """Looks at an installation as somebody does who sets it up."""

    users: Users
    figures: Figures
    inbox: Inbox
    arrivals: Newest
    checks: Callable[[], Sequence[CheckView]]
    boards: Boards
    refused: Callable[[str], Mapping[str, int]]
    """How many POSTs of an app were turned away since the start of this process, by reason"""
    audit: AuditTrail
    settings: Settings
    clock: Clock

    def apps(self) -> list[str]:
        """The apps to choose from, by name: those that have something of their own; the one without a name, else."""
        apps = self.settings.apps
        if not self.settings.named_apps:
            return [""]
        return [name for name, app in apps.items() if name or app.app_secret]

    def look(self, app: str) -> Look:
        """What is true of *app*. Raises NotFound."""
        known, webhook = self._app(app), self.settings.webhook
        secrets, names = [each.reveal() for each in known.app_secret], _names(app)
        verified, mistaken = (
            self.figures.mark(handshake_mark(app, answer)) for answer in (Handshake.CONFIRMED, Handshake.REFUSED)
        )
        fields, meta_callback = self._told(known)
        return Look(
            people=sum(
                user.disabled_at is None and (user.has_password or user.is_outside) for user in self.users.all()
            ),
            secret_name=names[0],
            token_name=names[1],
            has_secret=bool(secrets),
            has_strange_secret=any(each.startswith("EAA") or each.isdigit() for each in secrets),
            has_token=known.verify_token is not None,
            takes_unsigned=webhook.allow_unsigned and not self.settings.is_production,
            callback=self.callback(app),
            check=self._check(app),
            is_monitoring=self._is_monitoring(),
            verified_at=verified,
            mistaken_at=mistaken if mistaken > verified else 0,
            received_at=self.arrivals.newest().get(app),
            waiting=self.inbox.webhooks_waiting(self.figures.mark(DIGESTED)),
            refused=self.refused(app),
            fields=fields,
            meta_callback=meta_callback,
        )

    def callback(self, app: str) -> str:
        """Where Meta should send the webhooks of *app*; "" nobody said."""
        told, public = self.settings.polling.callback_url, self.settings.server.public_url
        return callback_of(told or (f"{public.rstrip('/')}{CALLBACK_PATH}" if public else ""), app)

    def show_token(self, app: str, actor: str) -> str:
        """The verify token of *app*, for who administers; noted in the audit trail. "" there is none."""
        token = self._app(app).verify_token
        if token is None:
            return ""
        self.audit.note(self.clock.now(), Deed(actor, "verify_token_shown", f"app:{app}" if app else "app"))
        return token.reveal()

    def _app(self, app: str) -> App:
        if app not in self.settings.apps:
            raise NotFound("there is no app of that name in the settings")
        return self.settings.apps[app]

    def _check(self, app: str) -> CheckView | None:
        name = f"handshake:{app}" if app else "handshake"
        return next((each for each in self.checks() if each.kind is CheckKind.HANDSHAKE and each.name == name), None)

    def _is_monitoring(self) -> bool:
        is_wanted = self.figures.mark(MONITORING) == RUNNING
        return is_wanted and abs(self.clock.now() - self.figures.mark(ALIVE)) < SILENCE_MS

    def _told(self, app: App) -> tuple[frozenset[str] | None, str]:
        """The fields that the app is subscribed to, and where it sends them; None and "" while Meta was not asked."""
        known = self.boards.states().get(Subject(Kind.APP, app.app_id or ""), {})
        if "fields" not in known:
            return None, ""
        callback = value(known, "callback")
        return frozenset(listed(value(known, "fields"))), "" if callback == "none" else callback


def _names(app: str) -> tuple[str, str]:
    """How the settings of an app's secret and verify token are called."""
    if not app:
        return "WABAWATCH_APP_SECRET", "WEBHOOK_VERIFY_TOKEN"
    stem = f"WABAWATCH_APPS_{app.upper().replace('-', '_')}"
    return f"{stem}_APP_SECRET", f"{stem}_VERIFY_TOKEN"
