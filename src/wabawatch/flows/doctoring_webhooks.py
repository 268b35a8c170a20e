"""Doctoring, of what Meta sends: can it be trusted, does it come, is it understood. Pure judgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wabawatch.domain.compliance import SLOW_MEDIAN_MS, SLOW_MS, TOLERATED_SHARE
from wabawatch.domain.facts import Millis
from wabawatch.domain.findings import Finding, failed, of_app, ok, warning
from wabawatch.domain.histograms import above, percentile
from wabawatch.domain.premises import AppAnswers, Traffic
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.settings import App, Settings

SILENT_MS = 3 * DAY_MS
"""After this time without a webhook somebody should look."""
LATE_MS = 600_000
"""A usual delay of statuses above this is no network, but a clock."""
FEW_DELAYS = 5
FEW_BODIES = 100
MANY_REPEATS = 0.05
"""Share of repeated bodies from which something makes Meta send again."""
SHOWN = 5

UNTRUSTED = ("bad_signature", "unsigned", "no_secret")
LOST = ("too_large", "too_slow", "unavailable", "failed")


def app_secret(name: str, app: App, settings: Settings) -> Finding:
    """Whether the webhooks of one app can be trusted."""
    check = of_app("app secret", name)
    variable = f"WABAWATCH_APPS_{name.upper().replace('-', '_')}_APP_SECRET" if name else "WABAWATCH_APP_SECRET"
    fix = f"set {variable} to the app secret that Meta's app dashboard shows under App settings > Basic"
    if any(_looks_wrong(secret.reveal()) for secret in app.app_secret):
        return warning(check, "it looks like an access token or an id, not like an app secret", fix)
    if app.app_secret:
        return ok(check, f"{len(app.app_secret)} set")
    is_unused = not name and any(each.app_secret for each in settings.named_apps.values())
    if is_unused:
        return ok(check, "none, and other apps have one: webhooks without an app in their path are refused")
    if settings.is_production:
        return failed(check, "missing: webhooks are refused", fix)
    accepted = "accepted unsigned" if settings.webhook.allow_unsigned else "refused"
    return warning(check, f"missing: webhooks are {accepted}", fix)


def _looks_wrong(secret: str) -> bool:
    return secret.startswith("EAA") or secret.isdigit()


def verify_token(name: str, app: App) -> Finding:
    """Whether Meta can verify the callback URL of one app."""
    check = of_app("verify token", name)
    if app.verify_token:
        return ok(check, "set")
    return warning(
        check,
        "missing: Meta cannot verify the callback URL",
        "set WEBHOOK_VERIFY_TOKEN to a text of your own, and give Meta the same one",
    )


def last_webhook(name: str, app: App, found: Traffic, now: Millis) -> Iterator[Finding]:
    """Whether anything comes for one app."""
    if not app.app_secret:
        return
    check, at = of_app("last webhook", name), found.last_at.get(name)
    if at is None:
        others = ", and other apps get theirs" if found.last_at else ""
        yield warning(
            check, f"none has come{others}", "point Meta at it: docs/meta-setup.md says how, and how to check it"
        )
    elif now - at > SILENT_MS:
        fix = "send a message; if nothing comes, compare Meta's app dashboard with docs/meta-setup.md"
        yield warning(check, f"{_ago(now - at)} ago", fix)
    else:
        yield ok(check, f"{_ago(now - at)} ago")


def _ago(ms: Millis) -> str:
    for unit, name in ((DAY_MS, "days"), (HOUR_MS, "hours"), (MINUTE_MS, "minutes")):
        if ms >= 2 * unit:
            return f"{ms // unit} {name}"
    return f"{max(0, ms) // 1000} seconds"


def redelivery(found: Traffic) -> Finding:
    """Whether Meta has to repeat itself."""
    check = "repeated"
    if found.processed < FEW_BODIES:
        return ok(check, "too few webhooks in the last two days to tell")
    share = found.duplicates / found.processed
    said = f"{share:.1%} of {found.processed:,} webhooks in the last two days had come before"
    if share > MANY_REPEATS:
        fix = "some app of a WABA does not answer 200, and Meta repeats to all: see answer time and refused"
        return warning(check, said, fix)
    return ok(check, said)


def answer_time(found: Traffic) -> Finding:
    """Whether the receiver answers as quickly as Meta asks."""
    check, n = "answer time", sum(found.answers.values())
    p50, p99 = percentile(found.answers, 0.5), percentile(found.answers, 0.99)
    if p50 is None or p99 is None or n < FEW_BODIES:
        return ok(check, "too few webhooks in the last two days to tell")
    said = f"usually {p50:.0f} ms, 99 of 100 within {p99:.0f} ms"
    if p50 > SLOW_MEDIAN_MS or above(found.answers, SLOW_MS) > TOLERATED_SHARE * n:
        fix = (
            "the disk is slow to confirm writes, or the machine too busy: Meta wants 250 ms, and 1 % above 1 s at most"
        )
        return warning(check, said, fix)
    return ok(check, said)


def clock(found: Traffic) -> Finding:
    """Whether our clock agrees with Meta's, as far as webhooks tell."""
    check, usual = "clock", percentile(found.delays, 0.5)
    fix = "let the clock of this machine be set over the network (NTP)"
    if usual is None or sum(found.delays.values()) < FEW_DELAYS:
        return ok(check, "too few webhooks in the last two days to tell")
    if found.delays.get(0, 0) * 2 > sum(found.delays.values()):
        return warning(check, "most statuses came before they were made: this clock is slow", fix)
    if usual > LATE_MS:
        said = f"statuses usually come {usual / 60_000:.0f} min after they were made: late, or this clock is fast"
        return warning(check, said, fix)
    return ok(check, f"statuses usually come {usual / 1000:.1f} s after they were made")


def understood(found: Traffic) -> Finding:
    """Whether every item of a known field gave something."""
    check = "understood"
    if not found.unparsed:
        return ok(check, "every item of the last seven days whose field is known")
    said = f"items that gave nothing in the last seven days, by field: {_listed(found.unparsed)}"
    return warning(check, said, "they are kept as they came: upgrade, or report it (docs/health.md#understood)")


def news(found: Traffic) -> Finding:
    """What Meta sent in the last days that this release has never heard of: no defect, but worth knowing."""
    check = "new at Meta"
    return ok(
        check,
        f"fields with something unknown to this release: {_listed(found.unknown)}" if found.unknown else "nothing",
    )


def _listed(counted: Mapping[str, int]) -> str:
    most = sorted(counted, key=lambda name: (-counted[name], name))
    said = ", ".join(f"{name or 'no field'} ({counted[name]})" for name in most[:SHOWN])
    return said + (f" and {len(most) - SHOWN} more" if len(most) > SHOWN else "")


def receiver(answers: AppAnswers) -> Iterator[Finding]:
    """Whether the receiver answers one app as it should, and what it had to refuse since it was started."""
    fix = "restart the server: it runs with other settings than these"
    if answers.handshake is not None:
        check = of_app("handshake", answers.app)
        is_right = answers.handshake == 200 and answers.echoes
        said = f"answered with {answers.handshake or 'nothing'}"
        yield ok(check, "the callback URL can be verified") if is_right else failed(check, said, fix)
    if answers.wrong_signature is not None:
        check = of_app("signature", answers.app)
        said = f"a wrong one was answered with {answers.wrong_signature or 'nothing'} instead of 401"
        is_right = answers.wrong_signature == 401
        yield ok(check, "a wrong one is refused") if is_right else failed(check, said, fix)
    yield refused(answers)


def refused(answers: AppAnswers) -> Finding:
    """Whether webhooks are turned away."""
    check = of_app("refused", answers.app)
    counted = {reason: n for reason in (*UNTRUSTED, *LOST) if (n := answers.refused.get(reason, 0))}
    if not counted:
        return ok(check, f"none since the server was started, and {answers.accepted:,} accepted")
    said = f"since the server was started, beside {answers.accepted:,} accepted: {_listed(counted)}"
    if any(reason in counted for reason in LOST):
        return warning(check, said, "docs/health.md says what each means; the server's log says more")
    if answers.accepted or "bad_signature" not in counted:
        return warning(check, said, "if they are Meta's, an app secret is missing here; else somebody else knocks")
    return failed(check, said, "set the app secret of that Meta app: App settings > Basic shows it (docs/health.md)")
