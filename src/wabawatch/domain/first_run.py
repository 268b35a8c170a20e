"""From nothing to a verified webhook: five steps, and how far an installation has come, by what is true of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wabawatch.domain.checks import Outcome
from wabawatch.domain.facts import Millis
from wabawatch.domain.uptime import CheckView
from wabawatch.domain.webhook_fields import FIELDS_NEEDED, FIELDS_WANTED

LOCAL = frozenset({"localhost", "localhost.localdomain"})
LOST = ("too_large", "too_slow", "unavailable", "failed")
"""Why a genuine webhook may have been turned away, as `flows.ingest.Admission` calls it"""


class StepName(StrEnum):
    """The five steps, in their order."""

    PEOPLE = "people"
    SECRETS = "secrets"
    ADDRESS = "address"
    VERIFIED = "verified"
    WEBHOOK = "webhook"


class StepState(StrEnum):
    """How a step stands."""

    DONE = "done"
    OPEN = "open"
    WRONG = "wrong"
    """Something was seen that keeps it from being done"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, with what was found and what to do about it ("" nothing)."""

    name: StepName
    state: StepState
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What is true of an installation, as far as the first webhook of one of Meta's apps needs it."""

    people: int = 0
    """Who may sign in"""
    secret_name: str = "WABAWATCH_APP_SECRET"
    """How the settings of the app are called"""
    token_name: str = "WEBHOOK_VERIFY_TOKEN"
    has_secret: bool = False
    has_strange_secret: bool = False
    """It looks like an access token or an id"""
    has_token: bool = False
    takes_unsigned: bool = False
    """Webhooks are accepted without a signature, where no secret is set"""
    callback: str = ""
    """Where Meta should send webhooks; "" nobody said"""
    check: CheckView | None = None
    """How the callback URL answers when we ask it as Meta does; None: nobody asks"""
    is_monitoring: bool = False
    verified_at: Millis = 0
    """When somebody other than us verified the callback URL with the right token; 0: never"""
    mistaken_at: Millis = 0
    """... with a wrong one"""
    received_at: Millis | None = None
    """When the newest webhook came that was digested; None: none has"""
    waiting: int = 0
    """Webhooks that are kept and not digested yet"""
    refused: Mapping[str, int] = field(default_factory=dict)
    """POSTs that were turned away since the start of this process, by reason"""
    fields: frozenset[str] | None = None
    """What the app is subscribed to; None: Meta was not asked"""
    meta_callback: str = ""
    """Where the app sends webhooks, as Meta tells; "" not known, or nowhere"""

    @property
    def has_webhook(self) -> bool:
        """Whether a signed webhook has come through."""
        return self.has_secret and self.received_at is not None


def steps(look: Look) -> tuple[Step, ...]:
    """The five steps."""
    return _people(look), _secrets(look), _address(look), _verified(look), _webhook(look)


def _people(look: Look) -> Step:
    if look.people:
        said = "one person" if look.people == 1 else f"{look.people} people"
        return Step(StepName.PEOPLE, StepState.DONE, f"{said} can sign in")
    fix = "open the link that the command “wabawatch serve” printed when it started; each start prints a new one"
    return Step(StepName.PEOPLE, StepState.OPEN, "nobody can sign in", fix)


def _secrets(look: Look) -> Step:
    name, again = StepName.SECRETS, "then restart the server"
    if look.has_strange_secret:
        found = f"{look.secret_name} looks like an access token or an id, not like an app secret"
        fix = f"copy the app secret from App settings > Basic, {again}"
        return Step(name, StepState.WRONG, found, fix)
    missing = [*([] if look.has_secret else [look.secret_name]), *([] if look.has_token else [look.token_name])]
    if missing:
        said = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set"
        return Step(name, StepState.OPEN, said, f"set {'it' if len(missing) == 1 else 'them'} as below, {again}")
    return Step(name, StepState.DONE, "app secret and verify token are set")


def _address(look: Look) -> Step:
    name, check = StepName.ADDRESS, look.check
    if look.verified_at or look.has_webhook:
        return Step(name, StepState.DONE, "Meta has reached it")
    if not look.callback:
        fix = "set WABAWATCH_CALLBACK_URL to the https address at which the Internet reaches this server, then restart"
        return Step(name, StepState.OPEN, "nobody has said where Meta reaches this server", fix)
    if wrong := unfit(look.callback):
        fix = "put a proxy with a certificate in front of this server, and set WABAWATCH_CALLBACK_URL to its address"
        return Step(name, StepState.WRONG, wrong, fix)
    if check is None:
        found = "it is not tried from here; that Meta verifies it (step 4) proves it as well"
        fix = "to have it tried every minute, set WABAWATCH_CALLBACK_URL to the address below, then restart"
        return Step(name, StepState.OPEN, found, fix)
    if check.outcome is Outcome.OK:
        return Step(name, StepState.DONE, "it answers as Meta asks it to, over the way from outside")
    if check.outcome is Outcome.FAILED:
        fix = "see that the name leads to this server, that the proxy passes the path on, and no firewall is between"
        return Step(name, StepState.WRONG, check.words or "it does not answer", fix)
    if not look.is_monitoring:
        return Step(name, StepState.OPEN, "it is tried while monitoring runs, and that stands still", _START)
    return Step(name, StepState.OPEN, "it is being tried; the first answer takes a minute at most")


_START = "run “wabawatch monitor start”"


def unfit(url: str) -> str:
    """Why Meta can send nothing to *url*, a web address, as far as its looks tell; "" it can."""
    scheme, _, rest = url.partition("://")
    place = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].lower()
    host = re.sub(r":[0-9]*$", "", place).strip("[]").rstrip(".")
    if scheme.lower() != "https":
        return f"{url} is not https, and Meta sends to nothing else"
    try:
        is_private = not ipaddress.ip_address(host).is_global
    except ValueError:
        is_private = host in LOCAL or host.endswith((".localhost", ".local", ".internal"))
    return f"{host} is an address of this machine or network alone: Meta cannot reach it" if is_private else ""


def _verified(look: Look) -> Step:
    name = StepName.VERIFIED
    if look.verified_at:
        return Step(name, StepState.DONE, "it was asked with the right verify token, and answered")
    if look.has_webhook:
        return Step(name, StepState.DONE, "webhooks come, so it was verified before")
    if look.mistaken_at:
        found = "somebody asked with another verify token, and was refused"
        fix = f"give Meta exactly the text of {look.token_name}; after a change of it, restart the server"
        return Step(name, StepState.WRONG, found, fix)
    fix = "paste the two values below under WhatsApp > Configuration, then press Verify and save"
    return Step(name, StepState.OPEN, "Meta has not asked yet", fix)


def _webhook(look: Look) -> Step:
    name = StepName.WEBHOOK
    if look.has_webhook:
        return Step(name, StepState.DONE, "it came, its signature was right, and it was digested")
    if look.received_at is not None or (look.takes_unsigned and not look.has_secret):
        found = "webhooks are accepted unsigned here, so nothing proves where they come from"
        return Step(name, StepState.OPEN, found, f"set {look.secret_name}, then restart the server")
    if look.waiting:
        fix = "it takes seconds; if it does not change, run “wabawatch doctor”, and see the server's log"
        return Step(name, StepState.OPEN, "a webhook is kept, and is being digested", fix)
    return _refused(look) or _unsubscribed(look) or Step(name, StepState.OPEN, "none has come yet", _SEND)


_SEND = (
    "press Test beside the field messages, or send a message from your application to a phone of yours. If nothing "
    "comes: is the app subscribed to the account (below), and is it Live?"
)


def _refused(look: Look) -> Step | None:
    if n := look.refused.get("bad_signature", 0):
        found = f"{_times(n)} the signature was wrong, so it was refused"
        fix = f"{look.secret_name} is that of another app, or was reset: copy it anew; or a proxy changes the body"
        return Step(StepName.WEBHOOK, StepState.WRONG, found, fix)
    if n := look.refused.get("no_secret", 0):
        fix = f"set {look.secret_name}, then restart the server; Meta sends it again, for up to 7 days"
        return Step(StepName.WEBHOOK, StepState.WRONG, f"{_times(n)} there was no app secret to check it with", fix)
    if n := sum(look.refused.get(reason, 0) for reason in LOST):
        fix = "the server's log says why, and docs/health.md what to do"
        return Step(StepName.WEBHOOK, StepState.WRONG, f"{_times(n)} one could not be taken", fix)
    return None


def _unsubscribed(look: Look) -> Step | None:
    if look.fields is None:
        return None
    if lacking := [each for each in FIELDS_NEEDED if each not in look.fields]:
        found = f"Meta says that the app is not subscribed to {', '.join(lacking)}"
        return Step(StepName.WEBHOOK, StepState.WRONG, found, "subscribe to it under WhatsApp > Configuration")
    if look.callback and look.meta_callback and look.meta_callback.rstrip("/") != look.callback.rstrip("/"):
        found = f"Meta says that the app sends to {look.meta_callback}"
        return Step(StepName.WEBHOOK, StepState.WRONG, found, f"set it to {look.callback} in the dashboard")
    return None


def lacking_fields(look: Look) -> tuple[str, ...]:
    """The fields that should be subscribed to and are not, as Meta tells; nothing where it was not asked."""
    if look.fields is None:
        return ()
    return tuple(each for each in (*FIELDS_NEEDED, *FIELDS_WANTED) if each not in look.fields)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"
