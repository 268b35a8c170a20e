"""`wabawatch doctor`: is this installation as it should be, and if not, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from rich.text import Text

from wabawatch.access_tokens import AccessTokens
from wabawatch.app_parts import graph_of
from wabawatch.app_places import SystemClock, places_of
from wabawatch.cli.common import HERE, Command, Where, out, print_json
from wabawatch.cli.main import FAILED, WELL
from wabawatch.domain.errors import Refusal
from wabawatch.domain.facts import Millis
from wabawatch.domain.findings import Finding, Level
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.premises import BooksState, Premises
from wabawatch.flows.doctoring import examine
from wabawatch.net import guard_of
from wabawatch.probes.channels import look_at_channels
from wabawatch.probes.forward_targets import look_at_targets
from wabawatch.probes.meta_look import look_at_meta
from wabawatch.probes.own_server import look_at_server
from wabawatch.settings import Settings, SettingsError, check_production
from wabawatch.settings_forward import targets_of
from wabawatch.storage.dialect import sqlite_file
from wabawatch.storage.premises import (
    look_at_books,
    look_at_folder,
    look_at_given_keys,
    look_at_inbox,
    look_at_keys,
    newest_sealed,
)
from wabawatch.storage.premises_postgres import look_at_inbox_table
from wabawatch.storage.premises_sqlite import look_at_sqlite

app = Command()

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "bold red"}


@app.default
def doctor(*, json: bool = False, offline: bool = False, where: Where = HERE) -> int:
    """Look at everything, and change nothing: no file is made, no webhook counted. With a token, Meta is asked, too.

    Exits with 1 when a check has failed.

    Parameters
    ----------
    json
        Print the checks as JSON.
    offline
        Ask Meta nothing: judge by what polling learnt.
    """
    findings = _findings(where, SystemClock().now(), offline=offline)
    is_failed = any(each.level is Level.FAILED for each in findings)
    if json:
        print_json({"ok": not is_failed, "checks": findings})
    else:
        show(findings)
    return FAILED if is_failed else WELL


def _findings(where: Where, now: Millis, *, offline: bool) -> list[Finding]:
    try:
        settings = where.settings()
    except SettingsError as error:
        return _mistakes(error)
    try:
        check_production(settings)
        first = [Finding("settings", Level.OK, f"understood, for {settings.app_env}")]
    except SettingsError as error:
        first = _mistakes(error)
    try:
        premises = look(settings, now, offline=offline)
    except Refusal as error:  # a database in which nothing can be kept
        return [*first, Finding("database", Level.FAILED, error.message, "see docs/settings.md")]
    return [*first, *examine(settings, premises, now)]


def _mistakes(error: SettingsError) -> list[Finding]:
    return [Finding("settings", Level.FAILED, problem, _fix(problem)) for problem in error.problems]


def _fix(problem: str) -> str:
    if "cannot be read" in problem:
        return "name a file that is there, and run this as the user that runs the server"
    return "put it right; docs/settings.md lists all settings"


def look(settings: Settings, now: Millis, *, offline: bool = False) -> Premises:
    """Look at everything that the installation consists of. Raises BadRequest when nothing can be kept there."""
    places = places_of(settings)
    database = sqlite_file(places.database_url)
    books = look_at_books(places.database_url, now)
    if database is None or places.inbox is None:
        inbox, sealed = look_at_inbox_table(places.database_url, books)
    else:
        inbox, sealed = look_at_inbox(places.inbox, books), newest_sealed(database, places.inbox)
    host, port = settings.server.host, settings.server.port
    guard, given = guard_of(settings.network.allow_private_urls), settings.storage.keys
    keys = look_at_given_keys(given.reveal(), sealed) if given else look_at_keys(places.key_file, sealed)
    return Premises(
        release=version("wabawatch"),
        folder=look_at_folder(places.folder),
        key_file=keys,
        books=books,
        inbox=inbox,
        sqlite=look_at_sqlite() if database else None,
        server=look_at_server(host, port, settings.apps) if port else None,
        targets=look_at_targets(targets_of(settings.forward).values(), books.targets, guard),
        channels=look_at_channels(settings.all_channels, settings.mail.server, guard),
        meta=books.meta if offline else ask_meta(settings, books, now),
    )


def ask_meta(settings: Settings, books: BooksState, now: Millis) -> MetaLook:
    """What Meta tells now, besides what polling learnt; only the latter where there is no token."""
    graph = graph_of(settings, AccessTokens(*settings.graph.token))
    if graph is None:
        return books.meta
    try:
        return look_at_meta(graph, books.meta, {*settings.polling.waba_ids, *books.wabas}, settings.app_tokens, now)
    finally:
        graph.close()


def show(findings: Sequence[Finding]) -> None:
    """Print one line for each check."""
    widest = max(len(each.check) for each in findings)
    for each in findings:
        fix = f"  ->  {each.fix}" if each.fix else ""
        verdict = (f"{each.level:<8}", STYLES[each.level])
        out.print(Text.assemble(verdict, f"{each.check:<{widest}}  {each.found}", (fix, "bold")))
