"""Doctoring: what was found of an installation is judged, check by check, each with what to do about it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from wabawatch.domain.facts import Millis
from wabawatch.domain.graph_versions import Age, age_of, newest
from wabawatch.domain.histograms import percentile
from wabawatch.domain.premises import AppAnswers, BooksState, Folder, InboxState, KeyFile, Premises, ServerLook
from wabawatch.ports import ALIVE, MONITORING, RUNNING, STOPPED
from wabawatch.settings import App, Settings

BACKLOG_S = 60
SILENCE_MS = 180_000
"""After this time without a sign of life, monitoring does not run."""
LATE_MS = 600_000
"""A usual delay of statuses above this is no network, but a clock."""
FEW_DELAYS = 5
SHORT_TOKEN = 16


class Level(StrEnum):
    """How a check ended, the best first."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, and what to do about it ("" nothing)."""

    check: str
    level: Level
    found: str
    fix: str = ""


def examine(settings: Settings, premises: Premises, now: Millis) -> list[Finding]:
    """Judge everything that was looked at."""
    is_serving = premises.server is not None and premises.server.is_wabawatch
    return [
        folder(premises.folder),
        free_space(premises.folder, settings.storage.free_space_reserve),
        key_file(premises.key_file, is_needed=premises.books.exists or premises.inbox.exists),
        database(premises.books),
        inbox(premises.inbox),
        backlog(premises.inbox, now, is_serving=is_serving),
        *(app_secret(name, app, settings) for name, app in settings.apps.items()),
        *(verify_token(name, app) for name, app in settings.apps.items()),
        api_token(settings),
        monitoring(premises.books, settings, now, is_serving=is_serving),
        clock(premises.books),
        graph_version(settings.graph.url.version, now),
        *server(premises.server),
    ]


def _ok(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def _warning(check: str, found: str, fix: str) -> Finding:
    return Finding(check, Level.WARNING, found, fix)


def _failed(check: str, found: str, fix: str) -> Finding:
    return Finding(check, Level.FAILED, found, fix)


def folder(found: Folder) -> Finding:
    """Whether the data folder can be used, or made."""
    check = "data folder"
    if not found.is_writable:
        fix = "let the user that runs wabawatch write there, or name another folder with WABAWATCH_DATA_DIR"
        return _failed(check, f"{found.path} cannot be {'written to' if found.exists else 'made'}", fix)
    return _ok(check, found.path if found.exists else f"{found.path} is made at the first start")


def free_space(found: Folder, reserve: int) -> Finding:
    """Whether webhooks can be kept for a while."""
    check, free = "free space", f"{found.free_bytes >> 20} MiB free, {reserve >> 20} MiB in reserve"
    fix = "free some space on that disk, or lower WABAWATCH_FREE_SPACE_RESERVE (bytes)"
    if found.free_bytes < reserve:
        return _failed(check, f"{free}: webhooks are answered with 503", fix)
    return _warning(check, free, fix) if found.free_bytes < 2 * reserve else _ok(check, free)


def key_file(found: KeyFile, *, is_needed: bool) -> Finding:
    """Whether what is sealed can be opened, by us and by nobody else. *is_needed*: something is sealed already."""
    check = "key file"
    if found.trouble:
        return _failed(check, f"{found.path}: {found.trouble}", "let wabawatch read it, or put back a copy of it")
    if not found.exists and is_needed:
        return _failed(check, f"{found.path} is missing", "put back a copy of it: nothing else opens what was sealed")
    if not found.exists:
        return _ok(check, f"{found.path} is made at the first start")
    if found.mode & 0o077:
        return _warning(check, f"{found.path} is open to others (mode {found.mode:o})", f"chmod 600 {found.path}")
    return _ok(check, found.path)


def database(found: BooksState) -> Finding:
    """Whether the books can be opened and have the tables of this release."""
    check = "database"
    if found.trouble:
        return _failed(check, f"{found.place}: {found.trouble}", "let wabawatch write there, or restore a backup")
    if not found.exists:
        return _ok(check, f"{found.place} is made at the first start")
    if (found.schema or 0) < found.schema_needed:
        steps = f"{found.place} is at step {found.schema or 0} of {found.schema_needed}"
        return _warning(check, steps, "wabawatch migrate (`serve` does so by itself)")
    if (found.schema or 0) > found.schema_needed:
        steps = f"{found.place} is at step {found.schema}, this release knows {found.schema_needed}"
        return _failed(check, steps, "run the newer release, or restore a backup from before it")
    return _ok(check, f"{found.place}, at step {found.schema}")


def inbox(found: InboxState) -> Finding:
    """Whether webhooks can be kept."""
    check = "inbox"
    if found.trouble:
        return _failed(check, f"{found.place}: {found.trouble}", "let wabawatch write there; without it Meta gets 503")
    return _ok(check, found.place if found.exists else f"{found.place} is made at the first start")


def backlog(found: InboxState, now: Millis, *, is_serving: bool) -> Finding:
    """Whether what was received is digested."""
    check = "backlog"
    if found.oldest_waiting_at is None:
        return _ok(check, "nothing waits")
    age_s = max(0, now - found.oldest_waiting_at) // 1000
    waits = f"{found.waiting} bodies wait, the oldest for {age_s} s"
    if not is_serving:
        return _warning(check, waits, "start the server: it digests what waits")
    if age_s > BACKLOG_S:
        return _failed(check, waits, "see the server's log: the digest does not keep up, or hangs; restart it")
    return _ok(check, waits)


def app_secret(name: str, app: App, settings: Settings) -> Finding:
    """Whether the webhooks of one app can be trusted."""
    check = _of_app("app secret", name)
    if app.app_secret:
        return _ok(check, f"{len(app.app_secret)} set")
    variable = f"WABAWATCH_APPS_{name.upper().replace('-', '_')}_APP_SECRET" if name else "WABAWATCH_APP_SECRET"
    fix = f"set {variable} to the app secret that Meta's app dashboard shows under App settings > Basic"
    is_unused = not name and any(each.app_secret for each in settings.named_apps.values())
    if is_unused:
        return _ok(check, "none, and other apps have one: webhooks without an app in their path are refused")
    if settings.is_production:
        return _failed(check, "missing: webhooks are refused", fix)
    accepted = "accepted unsigned" if settings.webhook.allow_unsigned else "refused"
    return _warning(check, f"missing: webhooks are {accepted}", fix)


def verify_token(name: str, app: App) -> Finding:
    """Whether Meta can verify the callback URL of one app."""
    check = _of_app("verify token", name)
    if app.verify_token:
        return _ok(check, "set")
    return _warning(
        check,
        "missing: Meta cannot verify the callback URL",
        "set WEBHOOK_VERIFY_TOKEN to a text of your own, and give Meta the same one",
    )


def api_token(settings: Settings) -> Finding:
    """Whether the API is open to those who should use it, and to nobody else."""
    check, tokens = "API token", settings.server.api_token
    fix = "set WABAWATCH_API_TOKEN to a long random text, such as `openssl rand -hex 32` prints"
    if not tokens:
        return _warning(check, "missing: /api/v1 stays closed, so no sends can be logged", fix)
    shortest = min(len(token.reveal()) for token in tokens)
    if shortest < SHORT_TOKEN:
        return _warning(check, f"only {shortest} characters long: it can be guessed", fix)
    return _ok(check, f"{len(tokens)} set, {shortest} characters or more")


def monitoring(books: BooksState, settings: Settings, now: Millis, *, is_serving: bool) -> Finding:
    """Whether figures are judged."""
    check, wanted = "monitoring", books.marks.get(MONITORING, 0)
    last = f"last cycle {_utc(books.last_cycle_at)}" if books.last_cycle_at else "no cycle yet"
    if wanted == STOPPED:
        return _warning(check, f"stopped by hand, {last}", "wabawatch monitor start")
    if wanted != RUNNING:
        if settings.is_production and settings.monitoring.enabled:
            return _ok(check, "starts by itself at the first start in production")
        return _warning(check, "never started", "wabawatch monitor start (in production it starts by itself)")
    if now - books.marks.get(ALIVE, 0) < SILENCE_MS:
        return _ok(check, f"running, {last}")
    if is_serving:
        return _failed(check, f"wanted, but it gives no sign of life; {last}", "see the server's log, then restart it")
    return _warning(check, f"wanted, but no server runs it; {last}", "wabawatch serve")


def clock(books: BooksState) -> Finding:
    """Whether our clock agrees with Meta's, as far as webhooks tell."""
    check, usual = "clock", percentile(books.delays, 0.5)
    fix = "let the clock of this machine be set over the network (NTP)"
    if usual is None or sum(books.delays.values()) < FEW_DELAYS:
        return _ok(check, "too few webhooks in the last two days to tell")
    if books.delays.get(0, 0) * 2 > sum(books.delays.values()):
        return _warning(check, "most statuses came before they were made: this clock is slow", fix)
    if usual > LATE_MS:
        found = f"statuses usually come {usual / 60_000:.0f} min after they were made: late, or this clock is fast"
        return _warning(check, found, fix)
    return _ok(check, f"statuses usually come {usual / 1000:.1f} s after they were made")


def graph_version(version: str, now: Millis) -> Finding:
    """Whether Meta still serves the version of its API that is used."""
    check, found = "Graph API version", age_of(version, datetime.fromtimestamp(now / 1000, UTC).date())
    fix = f"let WHATSAPP_API_URL end in a newer version; the newest known is {newest()}"
    match found.age:
        case Age.EXPIRED:
            return _failed(check, f"{version} has expired: an older one than you think answers", fix)
        case Age.EXPIRING:
            return _warning(check, f"{version} expires on {found.expires_on}", fix)
        case Age.UNKNOWN:
            return _warning(check, f"{version} is not known to this release", f"if it is a mistake, {fix}")
        case Age.CURRENT:
            return _ok(check, f"{version}, served until {found.expires_on or 'further notice'}")


def server(look: ServerLook | None) -> Iterator[Finding]:
    """Whether the server answers as it should."""
    check = "server"
    if look is None:
        yield _ok(check, "not asked: it takes a free port when it starts")
    elif not look.answers:
        yield _warning(check, f"nothing answers at {look.address}", "wabawatch serve")
    elif not look.is_wabawatch:
        fix = "stop it, or choose another port with WABAWATCH_PORT"
        yield _failed(check, f"what answers at {look.address} is another program", fix)
    elif look.unwell:
        yield _failed(check, f"{look.address}: {'; '.join(look.unwell)}", "see the server's log")
    else:
        yield _ok(check, f"{look.address} is well")
    for answers in look.apps if look else ():
        yield from _receiver(answers)


def _receiver(answers: AppAnswers) -> Iterator[Finding]:
    fix = "restart the server: it runs with other settings than these"
    if answers.handshake is not None:
        check = _of_app("handshake", answers.app)
        is_right = answers.handshake == 200 and answers.echoes
        found = f"answered with {answers.handshake or 'nothing'}"
        yield _ok(check, "the callback URL can be verified") if is_right else _failed(check, found, fix)
    if answers.wrong_signature is not None:
        check = _of_app("signature", answers.app)
        found = f"a wrong one was answered with {answers.wrong_signature or 'nothing'} instead of 401"
        is_right = answers.wrong_signature == 401
        yield _ok(check, "a wrong one is refused") if is_right else _failed(check, found, fix)


def _of_app(check: str, name: str) -> str:
    return f"{check} ({name})" if name else check


def _utc(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
