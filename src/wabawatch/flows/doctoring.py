"""Doctoring: what was found of an installation is judged, check by check, each with what to do about it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from wabawatch.domain.facts import Millis
from wabawatch.domain.findings import Finding, failed, ok, warning
from wabawatch.domain.graph_versions import Age, age_of, newest
from wabawatch.domain.premises import BooksState, Premises, Traffic
from wabawatch.domain.runs import SILENCE_MS
from wabawatch.flows import doctoring_channels as told
from wabawatch.flows import doctoring_forward as forwarded
from wabawatch.flows import doctoring_storage as kept
from wabawatch.flows import doctoring_webhooks as received
from wabawatch.flows.doctoring_counts import counted
from wabawatch.flows.doctoring_meta import examine_meta
from wabawatch.flows.doctoring_uptime import uptime
from wabawatch.ports import ALIVE, MONITORING, RUNNING, STOPPED
from wabawatch.settings import Settings

SHORT_TOKEN = 16


def examine(settings: Settings, premises: Premises, now: Millis) -> list[Finding]:
    """Judge everything that was looked at."""
    is_serving = premises.server is not None and premises.server.is_wabawatch
    books, apps = premises.books, settings.apps.items()
    return [
        *_storage(settings, premises, now, is_serving=is_serving),
        *(received.app_secret(name, app, settings) for name, app in apps),
        *(received.verify_token(name, app) for name, app in apps),
        api_token(settings, books.tokens),
        *(_traffic(settings, books.traffic, now) if books.traffic else ()),
        *([] if books.trouble else [monitoring(books, settings, now, is_serving=is_serving)]),
        *([] if books.trouble or not books.exists else [uptime(books.incidents, now)]),
        *(finding for each in premises.targets for finding in forwarded.target(each)),
        *told.channels(settings, premises.channels),
        graph_version(settings.graph.url.version, now),
        *(callers_versions(books.traffic, now) if books.traffic else ()),
        *examine_meta(settings, premises.meta, now),
        *([] if not settings.graph.token or books.trouble else [counted(books.counted)]),
        *server(premises),
    ]


def _storage(settings: Settings, premises: Premises, now: Millis, *, is_serving: bool) -> Iterator[Finding]:
    books, inbox = premises.books, premises.inbox
    yield kept.folder(premises.folder)
    yield kept.free_space(premises.folder, settings.storage.free_space_reserve)
    yield kept.key_file(premises.key_file, is_needed=books.exists or inbox.exists)
    yield kept.database(books, has_inbox=inbox.exists)
    yield from kept.postgres(books.postgres)
    yield from kept.file("database file", books.file)
    yield kept.inbox(inbox)
    yield from kept.file("inbox file", inbox.file)
    yield from kept.sqlite(premises.sqlite)
    if books.traffic:  # else nobody knows what of the inbox was digested
        yield kept.backlog(inbox, now, is_serving=is_serving)
        yield kept.set_aside(books.traffic)


def _traffic(settings: Settings, traffic: Traffic, now: Millis) -> Iterator[Finding]:
    for name, app in settings.apps.items():
        yield from received.last_webhook(name, app, traffic, now)
    yield received.redelivery(traffic)
    yield received.answer_time(traffic)
    yield received.clock(traffic)
    yield received.understood(traffic)
    yield received.news(traffic)


def api_token(settings: Settings, made: int = 0) -> Finding:
    """Whether the API is open to those who should use it, and to nobody else."""
    check, tokens = "API token", settings.server.api_token
    if not tokens and made:
        return ok(check, f"{made} made with `wabawatch tokens` are live")
    if not tokens:
        fix = "make one: wabawatch tokens create NAME --scope write,read"
        return warning(check, "missing: /api/v1 stays closed, so no sends can be logged", fix)
    fix = "set WABAWATCH_API_TOKEN to a long random text, such as `openssl rand -hex 32` prints"
    shortest = min(len(token.reveal()) for token in tokens)
    if shortest < SHORT_TOKEN:
        return warning(check, f"only {shortest} characters long: it can be guessed", fix)
    return ok(check, f"{len(tokens)} set, {shortest} characters or more")


def monitoring(books: BooksState, settings: Settings, now: Millis, *, is_serving: bool) -> Finding:
    """Whether figures are judged."""
    check, wanted = "monitoring", books.marks.get(MONITORING, 0)
    last = f"last cycle {_utc(books.last_cycle_at)}" if books.last_cycle_at else "no cycle yet"
    if wanted == STOPPED:
        return warning(check, f"stopped by hand, {last}", "wabawatch monitor start")
    if wanted != RUNNING:
        if settings.is_production and settings.monitoring.enabled:
            return ok(check, "starts by itself at the first start in production")
        return warning(check, "never started", "wabawatch monitor start (in production it starts by itself)")
    if abs(now - books.marks.get(ALIVE, 0)) < SILENCE_MS:
        return ok(check, f"running, {last}")
    if is_serving:
        return failed(check, f"wanted, but it gives no sign of life; {last}", "see the server's log, then restart it")
    return warning(check, f"wanted, but no server runs it; {last}", "wabawatch serve")


def graph_version(version: str, now: Millis) -> Finding:
    """Whether Meta still serves the version of its API that is used."""
    check, found = "Graph API version", age_of(version, datetime.fromtimestamp(now / 1000, UTC).date())
    fix = f"let WHATSAPP_API_URL end in a newer version; the newest known is {newest()}"
    match found.age:
        case Age.EXPIRED:
            return failed(check, f"{version} has expired: an older one than you think answers", fix)
        case Age.EXPIRING:
            return warning(check, f"{version} expires on {found.expires_on}", fix)
        case Age.UNKNOWN:
            return warning(check, f"{version} is not known to this release", f"if it is a mistake, {fix}")
        case Age.CURRENT:
            return ok(check, f"{version}, served until {found.expires_on or 'further notice'}")


def callers_versions(found: Traffic, now: Millis) -> Iterator[Finding]:
    """Whether those who send through the gateway use a version that Meta still serves."""
    check, today = "callers' API version", datetime.fromtimestamp(now / 1000, UTC).date()
    ages = {version: age_of(version, today) for version in sorted(found.versions)}
    worst = [version for version, each in ages.items() if each.age in (Age.EXPIRED, Age.EXPIRING)]
    fix = f"let the application name a newer version in its calls; the newest known is {newest()}"
    said = ", ".join(
        f"{version} ({'expired' if ages[version].age is Age.EXPIRED else f'expires on {ages[version].expires_on}'}; "
        f"{found.versions[version]:,} calls)"
        for version in worst
    )
    if any(ages[version].age is Age.EXPIRED for version in worst):
        yield failed(check, f"through the gateway: {said}; another version than they think answers", fix)
    elif worst:
        yield warning(check, f"through the gateway: {said}", fix)
    elif ages:
        yield ok(check, f"through the gateway: {', '.join(ages)}")


def server(premises: Premises) -> Iterator[Finding]:
    """Whether the server answers as it should, and is the one of this installation."""
    check, look = "server", premises.server
    if look is None:
        yield ok(check, "not asked: it takes a free port when it starts")
        return
    if not look.answers:
        yield warning(check, f"nothing answers at {look.address}", "wabawatch serve")
    elif not look.is_wabawatch:
        fix = "stop it, or choose another port with WABAWATCH_PORT"
        yield failed(check, f"what answers at {look.address} is another program", fix)
    elif not premises.books.exists:
        fix = "give this command the server's settings: its user, its environment, its working directory"
        yield warning(check, f"{look.address} answers, but keeps its data elsewhere than {premises.books.place}", fix)
    elif look.unwell:
        yield failed(check, f"{look.address}: {'; '.join(look.unwell)}", "docs/health.md says what each of them means")
    elif look.uneasy:
        yield warning(check, f"{look.address}: {'; '.join(look.uneasy)}", "docs/health.md says what each of them means")
    elif look.release != premises.release:
        found = f"{look.address} runs release {look.release or 'unknown'}, this is {premises.release}"
        yield warning(check, found, "restart the server")
    else:
        yield ok(check, f"{look.address} is well")
    for answers in look.apps:
        yield from received.receiver(answers)


def _utc(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
