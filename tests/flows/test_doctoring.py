"""Everything that can be wrong with an installation is found alone, with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.premises import (
    MIB,
    NOTHING,
    NOW,
    SET_UP,
    WELL_KEPT,
    answers,
    books,
    folder,
    inbox,
    keys,
    server,
    traffic,
)
from wabawatch.domain.findings import Level
from wabawatch.domain.histograms import index_of
from wabawatch.domain.premises import FileState, Postgres, Premises, ServerLook, Sqlite
from wabawatch.flows.doctoring import examine
from wabawatch.ports import ALIVE, MONITORING, RUNNING, STOPPED
from wabawatch.settings import Settings, load

DAY = 86_400_000


def troubles(premises: Premises, settings: Settings | None = None) -> dict[str, Level]:
    found = examine(settings or load(SET_UP), premises, NOW)
    return {each.check: each.level for each in found if each.level is not Level.OK}


def test_what_is_as_it_should_be_is_ok() -> None:
    assert troubles(WELL_KEPT) == {}


def test_what_is_not_there_yet_is_ok() -> None:
    assert troubles(NOTHING) == {"monitoring": Level.WARNING}


WRONG = {
    "folder not writable": (folder(is_writable=False), "data folder", Level.FAILED),
    "folder on another machine": (folder(file_system="nfs4"), "data folder", Level.WARNING),
    "folder in memory": (folder(file_system="tmpfs"), "data folder", Level.WARNING),
    "data open to others": (folder(open_files=("wabawatch.db",)), "data folder", Level.WARNING),
    "disk nearly full": (folder(free_bytes=2047 * MIB), "free space", Level.WARNING),
    "disk full": (folder(free_bytes=1023 * MIB), "free space", Level.FAILED),
    "key file damaged": (keys(trouble="it is damaged"), "key file", Level.FAILED),
    "key file open to others": (keys(mode=0o644), "key file", Level.WARNING),
    "key file lost": (keys(exists=False), "key file", Level.FAILED),
    "key file of other data": (keys(foreign=("inbox.db",)), "key file", Level.FAILED),
    "database does not open": (books(trouble="disk I/O error", fix="Free space."), "database", Level.FAILED),
    "schema behind": (books(schema=2), "database", Level.WARNING),
    "schema missing": (books(schema=None), "database", Level.WARNING),
    "schema ahead": (books(schema=4), "database", Level.FAILED),
    "database damaged": (books(file=FileState("row 7 is missing")), "database file", Level.FAILED),
    "log too long": (books(file=FileState(log_bytes=300 * MIB)), "database file", Level.WARNING),
    "PostgreSQL too old": (books(postgres=Postgres("14.2", 14)), "database server", Level.FAILED),
    "PostgreSQL forgets": (books(postgres=Postgres("18.0", 18, ("fsync=off",))), "database server", Level.FAILED),
    "PostgreSQL follows": (books(postgres=Postgres("18.0", 18, is_standby=True)), "database server", Level.FAILED),
    "PostgreSQL in Latin": (books(postgres=Postgres("18", 18, encoding="LATIN1")), "database server", Level.FAILED),
    "clocks apart": (books(postgres=Postgres("18.0", 18, ahead_ms=-6_000)), "database server", Level.WARNING),
    "inbox does not open": (inbox(trouble="locked", fix="Wait."), "inbox", Level.FAILED),
    "inbox damaged": (inbox(file=FileState("row 7 is missing")), "inbox file", Level.FAILED),
    "SQLite without mathematics": (replace(WELL_KEPT, sqlite=Sqlite("3.34.0", False)), "SQLite", Level.WARNING),
    "backlog old": (inbox(oldest_waiting_at=NOW - 61_000), "backlog", Level.FAILED),
    "bodies given up": (traffic(parked=2, parked_error="KeyError"), "set aside", Level.WARNING),
    "no webhook ever": (traffic(last_at={}), "last webhook", Level.WARNING),
    "no webhook for days": (traffic(last_at={"": NOW - 4 * DAY}), "last webhook", Level.WARNING),
    "much repeated": (traffic(duplicates=51), "repeated", Level.WARNING),
    "slow at the median": (traffic(answers={index_of(300): 100}), "answer time", Level.WARNING),
    "slow at times": (traffic(answers={index_of(20): 97, index_of(1_500): 3}), "answer time", Level.WARNING),
    "clock slow": (traffic(delays={0: 30, index_of(900): 20}), "clock", Level.WARNING),
    "clock fast": (traffic(delays={index_of(3_600_000): 30}), "clock", Level.WARNING),
    "items not understood": (traffic(unparsed={"messages": 3}), "understood", Level.WARNING),
    "callers' version expired": (
        traffic(versions={"v20.0": 7, "v25.0": 9}),
        "callers' API version",
        Level.FAILED,
    ),
    "callers' version long gone": (traffic(versions={"older": 1}), "callers' API version", Level.FAILED),
    "callers' version expiring": (traffic(versions={"v21.0": 7}), "callers' API version", Level.WARNING),
    "monitoring stopped": (books(marks={MONITORING: STOPPED}), "monitoring", Level.WARNING),
    "monitoring never started": (books(marks={}), "monitoring", Level.WARNING),
    "monitoring stalled": (books(marks={MONITORING: RUNNING, ALIVE: NOW - 181_000}), "monitoring", Level.FAILED),
    "server unwell": (server(unwell=("backlog: old",)), "server", Level.FAILED),
    "server uneasy": (server(uneasy=("loop:digest: failed twice",)), "server", Level.WARNING),
    "server of another release": (server(release="0.9"), "server", Level.WARNING),
    "another program": (server(is_wabawatch=False, apps=()), "server", Level.FAILED),
    "handshake refused": (answers(handshake=403), "handshake", Level.FAILED),
    "handshake without echo": (answers(echoes=False), "handshake", Level.FAILED),
    "signature taken": (answers(app="shop", wrong_signature=200), "signature (shop)", Level.FAILED),
    "secret wrong": (answers(accepted=0, refused={"bad_signature": 3}), "refused", Level.FAILED),
    "somebody knocks": (answers(refused={"unsigned": 3}), "refused", Level.WARNING),
    "webhooks turned away": (answers(refused={"unavailable": 1}), "refused", Level.WARNING),
}


@pytest.mark.parametrize(("premises", "check", "level"), WRONG.values(), ids=WRONG.keys())
def test_each_trouble_is_found_alone_and_has_a_fix(premises: Premises, check: str, level: Level) -> None:
    assert troubles(premises) == {check: level}

    (found,) = (each for each in examine(load(SET_UP), premises, NOW) if each.check == check)
    assert found.fix
    assert found.found


def test_what_cannot_be_read_is_not_called_well() -> None:
    told = {each.check for each in examine(load(SET_UP), books(trouble="it is damaged", traffic=None), NOW)}

    assert not told & {"backlog", "set aside", "last webhook", "repeated", "clock", "understood", "monitoring"}


def test_a_lost_database_is_not_taken_for_a_new_one() -> None:
    lost = replace(WELL_KEPT, books=NOTHING.books, server=None)

    assert troubles(lost)["database"] is Level.FAILED


FINE = {
    "a good PostgreSQL": books(postgres=Postgres("15.1", 15), file=None),
    "waiting for a second": inbox(waiting=2, oldest_waiting_at=NOW - 1000),
    "bodies tried again": traffic(retrying=1),
    "callers of a current version": traffic(versions={"v25.0": 4}),
    "something new at Meta": traffic(unknown={"brand_new": 4}),
    "too few repeats to tell": traffic(processed=99, duplicates=99),
    "too large to look through": books(file=FileState(is_whole=False)),
    "our own probes": answers(accepted=0, refused={"probed": 9, "unknown_app": 9}),
    "an unknown file system": folder(file_system=""),
}


@pytest.mark.parametrize("premises", FINE.values(), ids=FINE.keys())
def test_what_needs_nobody_is_no_trouble(premises: Premises) -> None:
    assert troubles(premises) == {}


def test_without_a_server_what_only_it_could_mend_is_a_warning() -> None:
    stale = books(marks={MONITORING: RUNNING})
    alone = replace(stale, inbox=inbox(oldest_waiting_at=1).inbox, server=ServerLook("http://[::1]:1", answers=False))

    assert troubles(alone) == dict.fromkeys(("backlog", "monitoring", "server"), Level.WARNING)


def test_a_server_that_keeps_its_data_elsewhere_is_told() -> None:
    elsewhere = replace(NOTHING, server=WELL_KEPT.server)

    assert troubles(elsewhere)["server"] is Level.WARNING


def test_an_app_that_gets_nothing_while_another_does_is_named() -> None:
    settings = load(SET_UP | {"WABAWATCH_APPS_SHOP_APP_SECRET": "s"})

    assert troubles(WELL_KEPT, settings) == {"last webhook (shop)": Level.WARNING}


SETTINGS = {
    "no app secret": ({"WABAWATCH_APP_SECRET": ""}, {"app secret": Level.WARNING}),
    "no app secret in production": (
        {"WABAWATCH_APP_SECRET": "", "APP_ENV": "production"},
        {"app secret": Level.FAILED},
    ),
    "a token for a secret": ({"WABAWATCH_APP_SECRET": "right,EAAGm0PX4ZCps"}, {"app secret": Level.WARNING}),
    "an id for a secret": ({"WABAWATCH_APP_SECRET": "1029384756"}, {"app secret": Level.WARNING}),
    "one app without": (
        {"WABAWATCH_APPS_SHOP_VERIFY_TOKEN": "v", "APP_ENV": "production"},
        {"app secret (shop)": Level.FAILED},
    ),
    "only a named app": (
        {"WABAWATCH_APP_SECRET": "", "WABAWATCH_APPS_SHOP_APP_SECRET": "s"},
        {"last webhook (shop)": Level.WARNING},
    ),
    "no verify token": ({"WEBHOOK_VERIFY_TOKEN": ""}, {"verify token": Level.WARNING}),
    "no API token": ({"WABAWATCH_API_TOKEN": ""}, {"API token": Level.WARNING}),
    "short API token": ({"WABAWATCH_API_TOKEN": "0123456789abcdef,123"}, {"API token": Level.WARNING}),
    "expired version": ({"WHATSAPP_API_URL": "https://graph.facebook.com/v20.0"}, {"Graph API version": Level.FAILED}),
    "expiring version": ({"WHATSAPP_API_URL": "https://graph.facebook.com/v21.0"}, {"Graph API version": "warning"}),
    "unknown version": ({"WHATSAPP_API_URL": "https://graph.facebook.com/v99.0"}, {"Graph API version": "warning"}),
}


@pytest.mark.parametrize(("changes", "expected"), SETTINGS.values(), ids=SETTINGS.keys())
def test_each_setting_that_is_missing_or_weak_is_found(changes: dict[str, str], expected: dict[str, Level]) -> None:
    assert troubles(WELL_KEPT, load(SET_UP | changes)) == expected


def test_a_token_made_by_command_opens_the_api_as_one_of_the_settings_does() -> None:
    made = replace(WELL_KEPT, books=replace(WELL_KEPT.books, tokens=1))

    assert troubles(made, load(SET_UP | {"WABAWATCH_API_TOKEN": ""})) == {}


def test_no_finding_shows_a_secret() -> None:
    secrets = {name: f"https://confidential-{name}.example" for name in SET_UP}

    said = repr(examine(load(secrets | {"WHATSAPP_TOKEN": "confidential-token"}), WELL_KEPT, NOW))

    assert "confidential" not in said
