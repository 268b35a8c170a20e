"""Doctoring, of our access to Meta: the token, who gets the webhooks and where, and how accounts and numbers stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.findings import Finding, failed, ok, warning
from wabawatch.domain.graph_versions import Age, age_of
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.platform import Kind, Known, Subject, held, listed, of_kind, value
from wabawatch.domain.polls import EVERY_MS, MOST_PAUSES, OF_A_WABA, Ask, Pace, progress
from wabawatch.domain.webhook_fields import CALLBACK_PATH, FIELDS_NEEDED, FIELDS_WANTED
from wabawatch.settings import Settings

TOKEN_NOTICE_MS = 14 * DAY_MS
"""So long before a token ends somebody should see to it (META.md 8.1)."""
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")
SHOWN = 5
SETUP = "docs/meta-setup.md says how"

Aspects: TypeAlias = Mapping[str, Known]
Trouble: TypeAlias = Callable[[Aspects], tuple[str, bool] | None]
"""Reads what is wrong with an object: in words, and whether it cannot do its work. None: nothing."""
_NEW_TOKEN = "make a new one for a system user (Business settings > System users) and set it as WHATSAPP_TOKEN"


def examine_meta(settings: Settings, look: MetaLook, now: Millis) -> Iterator[Finding]:
    """Judge everything that is known of Meta's side."""
    if not settings.graph.token:
        yield ok("token", "none: what only Meta knows is not asked for, and not checked (docs/polling.md)")
        return
    yield from token(settings, look, now)
    yield from apps(settings, look, now)
    yield subscribed(settings, look)
    yield override(settings, look)
    yield standing("account", look, Kind.WABA, lambda aspects: _trouble_of_account(aspects, now))
    yield standing("number", look, Kind.NUMBER, _trouble_of_number)
    yield health(look)
    yield polling(settings, look, now)


def token(settings: Settings, look: MetaLook, now: Millis) -> Iterator[Finding]:
    """Whether our token works, for how long, and for what."""
    problem, known = look.problems.get((Ask.TOKEN, "")), look.states.get(Subject(Kind.TOKEN, ""), {})
    if problem is not None:
        fix = "see that this machine reaches WHATSAPP_API_URL, then run this again"
        yield failed("token", f"it cannot be checked: {problem.sentence}", fix)
    elif not known:
        yield ok("token", "set; not looked at yet: monitoring looks, and so does this command without --offline")
    elif value(known, "valid") == "false":
        why = known["valid"].note
        yield failed("token", f"it does not work{f': {why}' if why else ''}", _NEW_TOKEN)
    else:
        yield _expiry(known, now)
        yield _scopes(known)
        yield _targets(settings, known)


def _expiry(known: Aspects, now: Millis) -> Finding:
    ends = {
        "it": _time(value(known, "expires_at")),
        "its access to data": _time(value(known, "data_access_expires_at")),
    }
    what, at = min(((what, at) for what, at in ends.items() if at), key=lambda each: each[1], default=("it", 0))
    if not at:
        return ok("token", "it works, and does not end")
    if at <= now:
        return failed("token", f"{what} ended on {_day(at)}", _NEW_TOKEN)
    if at - now < TOKEN_NOTICE_MS:
        return warning("token", f"{what} ends on {_day(at)}", _NEW_TOKEN)
    return ok("token", f"it works; {what} ends on {_day(at)}")


def _time(seconds: str) -> Millis:
    return int(seconds) * 1000 if seconds.isdecimal() else 0


def _day(at: Millis) -> str:
    try:
        return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "a day that no calendar has"


def _scopes(known: Aspects) -> Finding:
    check, missing = "token scopes", [each for each in SCOPES if each not in listed(value(known, "scopes"))]
    fix = f"give it {' and '.join(missing)}, which means a new token"
    if SCOPES[0] in missing:
        return failed(check, f"{', '.join(missing)} missing: numbers, templates and accounts cannot be asked for", fix)
    if missing:
        return warning(check, f"{missing[0]} missing: sends through the gateway with it are refused", fix)
    return ok(check, "all that are needed")


def _targets(settings: Settings, known: Aspects) -> Finding:
    check, targets = "token targets", listed(value(known, "wabas"))
    missing = [waba for waba in settings.polling.waba_ids if targets and waba not in targets]
    if missing:
        fix = "assign them to the token's system user (Business settings > Accounts), or correct WABAWATCH_WABA_IDS"
        return failed(check, f"not in its reach: {_some(missing)}", fix)
    return ok(check, f"{len(targets)} accounts" if targets else "Meta names none: every account of its portfolio")


def apps(settings: Settings, look: MetaLook, now: Millis) -> Iterator[Finding]:
    """Whether each app is subscribed to what we need, and sends it to us."""
    for name, app in settings.apps.items():
        suffix = f" ({name})" if name else ""
        check = f"webhook fields{suffix}"
        if not app.app_id or not app.app_secret:
            if not name and settings.named_apps and not app.app_secret:
                continue
            setting = f"the app_id of [apps.{name}]" if name else "WABAWATCH_APP_ID"
            yield ok(
                check, f"fields, callback URL and payload version not checked: {setting} and its secret are needed"
            )
            continue
        problem, known = look.problems.get((Ask.APP, app.app_id)), look.states.get(Subject(Kind.APP, app.app_id), {})
        if problem is not None:
            fix = "compare app id and app secret with Meta's app dashboard, App settings > Basic"
            yield failed(check, f"Meta does not tell: {problem.sentence}", fix)
        elif known:
            yield _fields(check, known)
            yield _callback(f"callback URL{suffix}", known, name, settings.polling.callback_url)
            yield _payload(f"payload version{suffix}", known, now)


def _fields(check: str, known: Aspects) -> Finding:
    subscribed = listed(value(known, "fields"))
    lacking = [each for each in (*FIELDS_NEEDED, *FIELDS_WANTED) if each not in subscribed]
    fix = f"subscribe to them under WhatsApp > Configuration; {SETUP}"
    if value(known, "active") == "false" or value(known, "callback") == "none":
        return failed(check, "the app is subscribed to nothing: no webhook comes", f"set its callback URL; {SETUP}")
    if any(each in lacking for each in FIELDS_NEEDED):
        return failed(check, f"not subscribed: {', '.join(lacking)}", fix)
    if lacking:
        return warning(check, f"not subscribed: {', '.join(lacking)}", fix)
    return ok(check, f"{len(subscribed)} subscribed, and all that are needed among them")


def _callback(check: str, known: Aspects, name: str, wanted: str | None) -> Finding:
    found = value(known, "callback")
    path = CALLBACK_PATH + (f"/{name}" if name else "")
    if found == "none":
        return failed(check, "none is set", f"set it to your address with {path}; {SETUP}")
    expected = wanted and _with_name(wanted, name)
    if expected and found.rstrip("/") != expected:
        fix = f"set it to {expected} in Meta's app dashboard, or correct WABAWATCH_CALLBACK_URL"
        return failed(check, f"Meta sends to {found}", fix)
    if not expected and not found.rstrip("/").endswith(path):
        fix = f"it should end in {path}; where another path is right, say so with WABAWATCH_CALLBACK_URL"
        return warning(check, f"Meta sends to {found}", fix)
    return ok(check, f"Meta sends to {found}")


def _with_name(wanted: str, name: str) -> str:
    wanted = wanted.rstrip("/")
    return f"{wanted}/{name}" if name else wanted


def _payload(check: str, known: Aspects, now: Millis) -> Finding:
    oldest = value(known, "oldest_version")
    if not oldest:
        return ok(check, "not told")
    found = age_of(oldest, datetime.fromtimestamp(now / 1000, UTC).date())
    fix = "choose a newer version for each field under WhatsApp > Configuration"
    if found.age is Age.EXPIRED:
        return warning(check, f"some field still has {oldest}, which has expired", fix)
    if found.age is Age.EXPIRING:
        return warning(check, f"some field has {oldest}, which expires on {found.expires_on}", fix)
    return ok(check, f"{oldest} or newer")


def subscribed(settings: Settings, look: MetaLook) -> Finding:
    """Whether each account sends its webhooks to our app."""
    check, ours = "subscribed apps", {app.app_id for app in settings.apps.values() if app.app_id}
    states = of_kind(look.states, Kind.WABA)
    told = {key.id: {*listed(value(aspects, "apps"))} for key, aspects in states if "apps" in aspects}
    refused = [f"{waba}: {each.sentence}" for (ask, waba), each in look.problems.items() if ask in OF_A_WABA]
    silent = [waba for waba, subscribers in told.items() if subscribers == {"none"}]
    others = [waba for waba, subscribers in told.items() if ours and not ours & subscribers]
    fix = "POST /WABA/subscribed_apps with a token of the app; docs/meta-setup.md, step 5"
    if silent:
        return failed(check, f"no app gets the webhooks of {_some(silent)}", fix)
    if others:
        return failed(check, f"only other apps get the webhooks of {_some(others)}", fix)
    if refused:
        fix = "see that the token reaches these accounts, and that they still exist"
        return warning(check, f"Meta does not tell of {_some(refused)}", fix)
    return ok(check, f"of {len(told)} accounts" if told else "not looked at yet")


def override(settings: Settings, look: MetaLook) -> Finding:
    """Whether somebody sends webhooks elsewhere, past the app's own address."""
    check, wanted = "override", (settings.polling.callback_url or "").rstrip("/")
    found = [
        f"{key.kind} {key.id}: {url}"
        for kind in (Kind.WABA, Kind.NUMBER)
        for key, aspects in of_kind(look.states, kind)
        for each in listed(value(aspects, "override"))
        for url in [each.rpartition("=")[2] if kind is Kind.WABA else each]
        if not (wanted and url.startswith(wanted))
    ]
    if not found:
        return ok(check, "none that leads elsewhere")
    fix = (
        "if that is not meant: remove it (docs/meta-setup.md, override URLs); if it is ours, set WABAWATCH_CALLBACK_URL"
    )
    return warning(check, f"messages go past the app's address. {_some(found)}", fix)


def standing(check: str, look: MetaLook, kind: Kind, trouble_of: Trouble) -> Finding:
    """How the accounts, or the numbers, stand with Meta."""
    every = list(of_kind(look.states, kind))
    told = [(key.id, *trouble) for key, aspects in every if (trouble := trouble_of(aspects)) is not None]
    if not told:
        return ok(f"{check}s", f"{len(every)} in good standing" if every else "none looked at yet")
    said = _some([f"{each} {what}" for each, what, _ in told])
    fix = "Meta's Business Support Home says why, and takes appeals"
    is_bad = any(is_bad for _, _, is_bad in told)
    return failed(f"{check}s", said, fix) if is_bad else warning(f"{check}s", said, fix)


def _trouble_of_account(aspects: Aspects, now: Millis) -> tuple[str, bool] | None:
    status, review = value(aspects, "status"), value(aspects, "review")
    if status not in ("", "ACTIVE"):
        return f"is {status}", True
    if restricted := held(aspects, now):
        return " and ".join(f"is {kind} until {_day(end)}" for kind, end in sorted(restricted.items())), True
    return (f"has the review {review}", review == "REJECTED") if review not in ("", "APPROVED") else None


def _trouble_of_number(aspects: Aspects) -> tuple[str, bool] | None:
    status, rating, mode = (value(aspects, name) for name in ("status", "quality", "account_mode"))
    if status not in ("", "CONNECTED"):
        return f"is {status}: it cannot send", True
    if rating in ("RED", "YELLOW"):
        return f"has the quality rating {rating}", False
    return ("is in SANDBOX mode", False) if mode == "SANDBOX" else None


def health(look: MetaLook) -> Finding:
    """Whether Meta lets everything send, and if not, what it advises."""
    told = [
        (
            known.value,
            f"{subject.kind} {subject.id} ({aspect}) is {known.value}{f': {known.note}' if known.note else ''}",
        )
        for kind in (Kind.WABA, Kind.NUMBER)
        for subject, aspects in of_kind(look.states, kind)
        for aspect, known in sorted(aspects.items())
        if aspect.startswith("health") and known.value not in ("", "AVAILABLE")
    ]
    if not told:
        return ok("health", "nothing that Meta keeps from sending")
    said, fix = _some([each for _, each in told]), "do what Meta advises there"
    is_blocked = any(level == "BLOCKED" for level, _ in told)
    return failed("health", said, fix) if is_blocked else warning("health", said, fix)


def polling(settings: Settings, look: MetaLook, now: Millis) -> Finding:
    """Whether Meta is asked as often as it should be."""
    check = "polling"
    if not settings.polling.calls_per_hour:
        return ok(check, "not wanted (WABAWATCH_POLL_CALLS_PER_HOUR=0)")
    found = progress(look.polls, look.usages, now)
    fix = "ask less: other programs use the same app's limits, or lower WABAWATCH_POLL_CALLS_PER_HOUR"
    if found.pace is Pace.STOPPED:
        until = datetime.fromtimestamp((found.resumes_at or now) / 1000, UTC).strftime("%H:%M UTC")
        return warning(check, f"stopped until {until}: {found.detail}", fix)
    if found.pace is Pace.SLOW:
        return warning(check, f"slowed down: {found.detail}", fix)
    lasting = [poll for poll in found.failing if now - poll.ok_at > MOST_PAUSES * EVERY_MS[poll.ask] or not poll.ok_at]
    if lasting:
        said = _some([f"{each.ask} {each.subject}".strip() + f": {each.error}" for each in lasting])
        return warning(check, f"not answered: {said}", "see that the token reaches them; docs/polling.md")
    if found.last_at is None:
        return ok(check, "nothing asked yet: it begins when monitoring runs")
    return ok(check, f"last asked {datetime.fromtimestamp(found.last_at / 1000, UTC):%Y-%m-%d %H:%M UTC}")


def _some(items: list[str]) -> str:
    return "; ".join(items[:SHOWN]) + (f" and {len(items) - SHOWN} more" if len(items) > SHOWN else "")
