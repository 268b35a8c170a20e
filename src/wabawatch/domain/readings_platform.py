"""What the rules about templates, numbers and the token see: states as they are, and events as they come.

What was only imported or replayed is no news, and alerts nobody. A state rule gives a reading for what is bad: with
what it does not name nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from wabawatch.domain.alert_evidence import Happened
from wabawatch.domain.alerts import EVERYTHING, AlertScope, Reading, ScopeKind, Severity
from wabawatch.domain.error_codes import is_known
from wabawatch.domain.facts import DAY_MS, Millis, Source
from wabawatch.domain.graph_versions import age_of
from wabawatch.domain.platform import Kind, Known, States, Subject, of_kind, value

Found = Iterator[tuple[str, Reading]]
"""Names of rules with what they see"""

_CRITICAL, _WARNING, _INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO

QUALITY_IS = {"RED": _CRITICAL, "YELLOW": _WARNING}
NUMBER_STATUS_IS = {
    "CONNECTED": None,
    "": None,
    "UNKNOWN": None,
    "PENDING": _INFO,
    "MIGRATED": _WARNING,
    "FLAGGED": _WARNING,
}
"""How bad each status of a number is; any other is critical: it cannot send."""


def number_readings(states: States, owners: Mapping[str, str], now: Millis) -> Found:
    """Rating and status of each number."""
    for subject, aspects in of_kind(states, Kind.NUMBER):
        scope = AlertScope(ScopeKind.NUMBER, subject.id, value(aspects, "waba") or owners.get(subject.id, ""))
        rating, status, health = (live(aspects, name) for name in ("quality", "status", "health"))
        if rating and rating.value in QUALITY_IS:
            words = f"Meta rates number {subject.id} {rating.value}{since_words(rating)}"
            grave = QUALITY_IS[rating.value]
            yield "PHONE_QUALITY_LOW", bad(scope, now, rating, words, grave, "recipient")
        if status and (severity := NUMBER_STATUS_IS.get(status.value, _CRITICAL)):
            words = f"number {subject.id} is {status.value}{since_words(status)}"
            yield "PHONE_STATUS_CHANGED", bad(scope, now, status, words, severity, "account")
        elif health and health.value == "BLOCKED":
            words = f"Meta lets number {subject.id} send nothing{why_words(health)}"
            yield "PHONE_STATUS_CHANGED", bad(scope, now, health, words, _CRITICAL, "account")


def template_readings(templates: States, now: Millis) -> Found:
    """Templates that are paused, and those whose quality is low."""
    for subject, aspects in of_kind(templates, Kind.TEMPLATE):
        scope = AlertScope(ScopeKind.TEMPLATE, f"{subject.waba}/{subject.id}", subject.waba)
        status, quality = live(aspects, "status"), live(aspects, "quality")
        if status and status.value == "PAUSED":
            words = f"template {subject.id} is paused{since_words(status)}: sends with it are refused"
            yield "TEMPLATE_PAUSED", bad(scope, now, status, words, None, "template")
        is_gone = value(aspects, "status") in ("DELETED", "DISABLED", "REJECTED", "ARCHIVED")
        if quality and quality.value in QUALITY_IS and not is_gone:
            words = f"Meta rates template {subject.id} {quality.value}{since_words(quality)}"
            severity = _WARNING if quality.value == "RED" else _INFO
            yield "TEMPLATE_QUALITY_LOW", bad(scope, now, quality, words, severity, "template")


TOKEN = Subject(Kind.TOKEN, "")


def token_readings(states: States, now: Millis, expiring_days: float, grave_days: float = 3) -> Found:
    """Whether our token works, and for how long."""
    aspects = states.get(TOKEN, {})
    valid = live(aspects, "valid")
    if valid and valid.value == "false":
        words = f"Meta does not accept the access token{why_words(valid)}"
        yield "TOKEN_INVALID", bad(EVERYTHING, now, valid, words, None, "account")
        return
    for name, what in (("expires_at", "the access token"), ("data_access_expires_at", "the token's access to data")):
        written = value(aspects, name)
        ends = int(written) * 1_000 if written.isdecimal() and len(written) < 13 else 0
        left = (ends - now) / DAY_MS
        if ends and left < expiring_days:
            severity = _CRITICAL if left < grave_days else None
            when = "has ended" if left < 0 else f"ends on {_day(ends)}"
            reading = Reading(EVERYTHING, now, True, left, cause="account", words=f"{what} {when}", severity=severity)
            yield "TOKEN_EXPIRING", reading
            return


def version_readings(version: str, now: Millis, expiring_days: float, grave_days: float = 14) -> Found:
    """Whether Meta still serves the version of the Graph API that we call, and for how long. *version* "": unknown."""
    found = age_of(version, datetime.fromtimestamp(now / 1_000, UTC).date()) if version else None
    if found is None or found.expires_on is None:
        return
    ends = int(datetime(found.expires_on.year, found.expires_on.month, found.expires_on.day, tzinfo=UTC).timestamp())
    left = (ends * 1_000 - now) / DAY_MS
    if left < expiring_days:
        when = "has expired" if left < 0 else f"expires on {found.expires_on}"
        severity = _CRITICAL if left < grave_days else None
        words = f"version {version} of the Graph API {when}; calls to it behave otherwise from then on"
        yield "API_VERSION_EXPIRING", Reading(EVERYTHING, now, True, left, words=words, severity=severity)


# ---------------------------------------------------------------- events


def event_readings(happened: Happened) -> Found:
    """What one event is to the rules about events: nothing, if it is no news."""
    if not happened.is_live:
        return
    match happened.kind:
        case "template" if happened.subject:
            yield from _of_template(happened)
        case "account" if happened.event == "ACCOUNT_VIOLATION":
            scope = AlertScope(ScopeKind.WABA, happened.waba, happened.waba)
            said = f": {happened.reason}" if happened.reason else ""
            words = f"Meta tells of a violation of its policy by account {happened.waba}{said}"
            yield "ACCOUNT_VIOLATION", _told(scope, happened, words, "account")
        case "error":
            for word in happened.event.split(","):
                if word.isdigit() and not is_known(int(word)):
                    yield "NEW_ERROR_CODE", new_code(int(word), happened.seen_at)
        case _:
            return


def new_code(code: int, at: Millis) -> Reading:
    """That a code came of which nobody knows what it means."""
    words = f"Meta reported error {code}, which is in no catalogue of this release"
    return Reading(AlertScope(ScopeKind.ERROR, str(code)), at, True, cause="Meta", words=words, event=str(code))


def _of_template(happened: Happened) -> Found:
    scope = AlertScope(ScopeKind.TEMPLATE, f"{happened.waba}/{happened.subject}", happened.waba)
    name, after = happened.subject, happened.after
    why = f": {happened.reason}" if happened.reason and happened.reason != "NONE" else ""
    if happened.is_first_look:  # how things were before we looked is shown, and told to nobody
        return
    if happened.event == "status" and after == "REJECTED":
        yield "TEMPLATE_REJECTED", _told(scope, happened, f"template {name} was rejected{why}", "template")
    elif happened.event == "status" and after == "DISABLED":
        yield "TEMPLATE_DISABLED", _told(scope, happened, f"template {name} was disabled{why}", "template")
    elif happened.event == "category" and after and happened.before != after:
        was = f"from {happened.before} " if happened.before else ""
        words = f"Meta changed the category of template {name} {was}to {after}: it is charged as such"
        yield "TEMPLATE_CATEGORY_CHANGED", _told(scope, happened, words, "template")
    elif happened.event == "category_notice" and after:
        words = f"Meta will change the category of template {name} to {after} within a day"
        yield "TEMPLATE_CATEGORY_CHANGED", _told(scope, happened, words, "template")


def _told(scope: AlertScope, happened: Happened, words: str, cause: str) -> Reading:
    key = f"{happened.event}:{happened.after}:{happened.at}"
    return Reading(scope, happened.seen_at, True, since=happened.at, cause=cause, words=words, event=key)


# ---------------------------------------------------------------- words


def live(aspects: Mapping[str, Known], name: str) -> Known | None:
    """What is known of an aspect, where it was told live."""
    known = aspects.get(name)
    return known if known is not None and known.is_live else None


def bad(scope: AlertScope, now: Millis, known: Known, words: str, severity: Severity | None, cause: str) -> Reading:
    """Something that is not as it should be."""
    return Reading(scope, now, True, since=known.at or None, cause=cause, words=words, severity=severity)


def since_words(known: Known) -> str:
    """Since when it is so, after a comma."""
    if not known.at:
        return ""
    told = "as far as we know " if known.source is Source.POLL else ""
    return f", {told}since {moment(known.at)}"


def why_words(known: Known) -> str:
    """Why it is so, after a colon, where Meta says so."""
    return f": {known.note}" if known.note else ""


def moment(at: Millis) -> str:
    """A time in words; "" where it is none."""
    try:
        return f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "a time that no calendar has"


def _day(at: Millis) -> str:
    return moment(at)[:10]
