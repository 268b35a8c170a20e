"""The errors with which the simulated platform refuses or fails a message, and how often each is met."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True, slots=True)
class MetaError:
    """One of Meta's errors, with the HTTP status of a refusal."""

    code: int
    title: str
    details: str
    http: int = 400
    subcode: int = 0
    is_transient: bool = False


ERRORS = {
    error.code: error
    for error in (
        MetaError(2, "Service temporarily unavailable", "The service is down for a moment.", 503, is_transient=True),
        MetaError(
            4, "Application request limit reached", "Too many calls of the app.", subcode=2446079, is_transient=True
        ),
        MetaError(10, "Permission Denied", "The token lacks the permission for this.", 403),
        MetaError(15, "This method must be called with an app access_token", "Only an app's own token may ask this."),
        MetaError(100, "Invalid parameter", "A parameter has a value that is not allowed."),
        MetaError(190, "Access token has expired", "The access token is no longer valid.", 401, subcode=463),
        MetaError(200, "API Permission", "The token was given no access to this account.", 403),
        MetaError(368, "Temporarily blocked for policies violations", "The account is restricted.", 403),
        MetaError(80007, "Rate limit issues", "Too many calls to this account.", subcode=2446079, is_transient=True),
        MetaError(
            80008,
            "There have been too many calls to this WhatsApp Business account. Wait a bit and try again.",
            "Too many calls to this account.",
            subcode=2446079,
            is_transient=True,
        ),
        MetaError(130403, "Business has blocked this user", "Unblock the user first."),
        MetaError(130429, "Rate limit hit", "The throughput of this number has been reached.", is_transient=True),
        MetaError(130472, "User's number is part of an experiment", "Not sent: the recipient is in an experiment."),
        MetaError(131000, "Something went wrong", "An unknown error happened.", 500, is_transient=True),
        MetaError(131008, "Required parameter is missing", "A required parameter is missing."),
        MetaError(131009, "Parameter value is not valid", "A parameter value is not valid."),
        MetaError(131020, "Bad group", "The group has a single member."),
        MetaError(131026, "Message undeliverable", "The recipient cannot receive this message."),
        MetaError(131031, "Account has been locked", "The account or number was locked.", 403),
        MetaError(131048, "Spam rate limit hit", "Too many messages of this number were blocked or reported."),
        MetaError(131042, "Business eligibility payment issue", "The payment method of the account is not valid."),
        MetaError(131047, "Re-engagement message", "More than 24 hours since the recipient last wrote."),
        MetaError(131049, "Message not delivered to keep the ecosystem healthy", "Marketing limit of this recipient."),
        MetaError(131050, "User has stopped marketing messages", "The recipient opted out of marketing messages."),
        MetaError(131053, "Media upload error", "The media of the message could not be loaded."),
        MetaError(131055, "Method not allowed", "Only marketing templates can be sent here."),
        MetaError(131056, "Pair rate limit hit", "Too many messages to this recipient in a short time."),
        MetaError(132000, "Template param count mismatch", "The number of parameters differs from the template's."),
        MetaError(132001, "Template does not exist", "The template does not exist in this language.", 404),
        MetaError(132015, "Template is paused", "The template is paused because of low quality."),
        MetaError(132016, "Template is disabled", "The template was paused too often and is disabled."),
        MetaError(133005, "Two-step verification PIN mismatch", "The PIN is wrong."),
        MetaError(133010, "Phone number not registered", "The number is not registered on the platform."),
    )
}

_REFUSALS = {131026: 5, 130429: 3, 131056: 2, 131009: 2, 131000: 1}
_REFUSALS_IN_TROUBLE = {132001: 4, 132015: 2, 132000: 2, 132016: 1}
_REFUSALS_FREE_FORM = {131047: 6, 131026: 3, 130429: 1, 190: 1}
_FAILURES = {
    "marketing": {131049: 60, 131026: 22, 130472: 8, 131050: 6, 131053: 4},
    "utility": {131026: 80, 131053: 12, 131000: 8},
    "authentication": {131026: 90, 131000: 10},
    "service": {131047: 50, 131026: 40, 131053: 10},
}


def because(code: int, details: str) -> MetaError:
    """The error of that code, with *details* of its own."""
    return replace(ERRORS[code], details=details)


def refusal_of(category: str, rng: Random, *, is_troubled: bool) -> MetaError:
    """Why the API refuses a send of that category; *is_troubled*: because of its template."""
    if is_troubled:
        return _pick(_REFUSALS_IN_TROUBLE, rng)
    return _pick(_REFUSALS_FREE_FORM if category == "service" else _REFUSALS, rng)


def failure_of(category: str, rng: Random, *, is_troubled: bool) -> MetaError:
    """Why an accepted message of that category fails."""
    return ERRORS[132015] if is_troubled else _pick(_FAILURES[category], rng)


def _pick(weights: dict[int, int], rng: Random) -> MetaError:
    return ERRORS[rng.choices(list(weights), list(weights.values()))[0]]
