"""What becomes of webhook bodies, in words for people: results, refusals, fates at targets, and the facts in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wabawatch.domain.facts import (
    AccountChanged,
    ConsentChanged,
    ErrorReported,
    Fact,
    MessageEchoed,
    MessageReceived,
    NumberChanged,
    Occurred,
    StatusChanged,
    TemplateChanged,
    Unrecognised,
    Why,
)
from wabawatch.domain.forwarding import Outcome, TargetState
from wabawatch.domain.webhook_bodies import Fate, Result
from wabawatch.ports import BodySource

RESULTS: Mapping[Result, tuple[str, str]] = {
    Result.PROCESSED: ("good", "Processed"),
    Result.PARTLY: ("warn", "Partly understood"),
    Result.DUPLICATE: ("none", "Repeat"),
    Result.RETRYING: ("warn", "Tried again"),
    Result.PARKED: ("bad", "Set aside"),
    Result.WAITING: ("none", "Waiting"),
}
"""Of each result its colour and its word"""
MEANT: Mapping[Result, str] = {
    Result.PROCESSED: "Everything in it was understood and written down.",
    Result.PARTLY: "Some of it was not understood, or is new to this release. That is kept as it came; the rest was "
    "processed. Update wabawatch, or report what is below.",
    Result.DUPLICATE: "Byte for byte a body that came before: there was nothing new in it, and nothing is counted "
    "twice. Meta repeats a body when any app of the account has not answered 200.",
    Result.RETRYING: "It could not be processed. It is kept, and tried again with growing pauses.",
    Result.PARKED: "It could not be processed after several tries, and is set aside: kept, and in no figure. Mend the "
    "cause or update wabawatch, then process it again.",
    Result.WAITING: "It is kept safely, and processed as soon as its turn comes. If it stays so for a minute, look at "
    "the backlog.",
}
"""What each means, and what to do"""
SOURCES: Mapping[BodySource, str] = {
    BodySource.LIVE: "posted by Meta",
    BodySource.COPY: "a copy from your application's middleware",
    BodySource.SYNTHETIC: "our own test event",
    BodySource.IMPORT: "imported from a dump",
    BodySource.REPLAY: "replayed",
}
FATES: Mapping[Fate, tuple[str, str]] = {
    Fate.TAKEN: ("good", "Taken"),
    Fate.WAITING: ("none", "Not tried yet"),
    Fate.RETRYING: ("warn", "Tried again"),
    Fate.DEAD: ("bad", "Dead letter"),
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DELIVERED: "answered 2xx",
    Outcome.REDIRECTED: "answered with a redirect",
    Outcome.REFUSED: "refused (4xx)",
    Outcome.FAILED: "failed (5xx)",
    Outcome.TIMED_OUT: "no answer in time",
    Outcome.BROKEN_OFF: "broke off",
    Outcome.UNREACHABLE: "not reached",
    Outcome.FORBIDDEN: "a private address",
    Outcome.GONE: "the body is gone",
    Outcome.HELD: "never tried",
}
"""How an attempt to forward ended"""


class Refusal(NamedTuple):
    """Why a POST was turned away."""

    status: str
    """HTTP status of our answer; "–" none"""
    why: str
    fix: str


REFUSALS: Mapping[str, Refusal] = {
    "unknown_app": Refusal(
        "404",
        "No such app",
        "The last part of the callback path names no app of the settings: correct the URL at Meta.",
    ),
    "unsigned": Refusal(
        "401", "Signature missing", "Meta signs every webhook: this was somebody else, or a proxy that drops headers."
    ),
    "bad_signature": Refusal(
        "401",
        "Signature wrong",
        "If it was Meta: set the app secret that App settings > Basic shows. A proxy must not change the bytes.",
    ),
    "no_secret": Refusal("401", "No app secret to check with", "Set WABAWATCH_APP_SECRET to the secret of the app."),
    "too_large": Refusal("413", "Too large", "Meta sends up to 3 MB: raise WABAWATCH_MAX_BODY_BYTES if it is lower."),
    "too_slow": Refusal("408", "Too slow", "The body did not arrive within 20 s: look at the network and the proxy."),
    "broken_off": Refusal("–", "Broken off", "The sender went away in the middle of the body. Meta sends it again."),
    "unavailable": Refusal(
        "503", "Could not be kept", "The disk or database did not take it: free space. Meta sends it again for days."
    ),
    "failed": Refusal("500", "A fault of ours", "The server's log says more (webhook.bug). Meta sends it again."),
}
"""By `flows.ingest.Admission`"""

VERDICTS: Mapping[str, tuple[str, str, str]] = {
    "accepted": ("good", "Right", "It was made over exactly these bytes with an app secret that is set now."),
    "unsigned": ("warn", "None", "The app has a secret now, and had none when this body came."),
    "bad_signature": (
        "warn",
        "Does not match now",
        "It was right when the body came: the app secret that made it is not set any more.",
    ),
    "no_secret": ("warn", "Not checked", "The app has no secret: anybody could have sent it. Set one."),
    "unchecked": ("warn", "Not checked", "The app has no secret, and unsigned webhooks are allowed: for tests only."),
    "unknown_app": ("none", "Cannot be checked", "The settings do not name the app any more."),
}
"""What a signature is worth, by `flows.ingest.Admission`"""


class Became(NamedTuple):
    """What an item became."""

    kind: str
    """The colour of its mark"""
    words: str
    detail: str = ""
    wamid: str = ""
    """Of the message it tells of"""


def became(fact: Fact) -> Became:
    """*fact* in words. The wamid stands apart, for it holds a phone number."""
    match fact:
        case StatusChanged():
            errors = "; ".join(f"{error.code} {error.title}".strip() for error in fact.errors)
            return Became("bad" if errors else "good", f"Status {fact.status}", errors, fact.wamid)
        case MessageReceived():
            return Became("good", "Message received", fact.type, fact.wamid)
        case MessageEchoed():
            return Became("good", "Message that the business wrote elsewhere", fact.type, fact.wamid)
        case TemplateChanged():
            return Became("good", f"Template {fact.name or fact.template_id}: {fact.aspect}", _change(fact))
        case NumberChanged():
            return Became("good", f"Number {fact.number or fact.display_number}: {fact.aspect}", _change(fact))
        case AccountChanged():
            return Became("good", f"Account {fact.waba}: {fact.event}", _change(fact))
        case ConsentChanged():
            return Became("good", f"Consent to {fact.category or 'messages'}", fact.value)
        case ErrorReported():
            return Became("bad", "Error", "; ".join(f"{error.code} {error.title}".strip() for error in fact.errors))
        case Unrecognised():
            return Became("warn", UNREAD[fact.why], fact.reason)
        case Occurred():
            return Became("good", f"Event {fact.kind}", fact.event)
        case _:
            return Became("good", "Noted")


UNREAD: Mapping[Why, str] = {
    Why.UNPARSED: "Not understood",
    Why.UNKNOWN_FIELD: "A field that this release does not know",
    Why.UNKNOWN_VALUE: "Something that this release does not know",
}


def _change(fact: TemplateChanged | NumberChanged | AccountChanged) -> str:
    change = f"{fact.before} → {fact.after}" if fact.before else fact.after
    return f"{change} ({fact.reason})" if fact.reason else change


def state_of(state: TargetState) -> tuple[str, str]:
    """How a target is doing: colour and word."""
    if not state.is_wanted:
        return "none", "Not in use"
    if state.is_paused:
        return "warn", "Paused"
    return ("bad", "Left alone") if state.open_since is not None else ("good", "Open")
