"""Everything that can be wrong with our access to Meta is found alone, with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.premises import NOW, SET_UP, WELL_KEPT
from wabawatch.domain.findings import Finding, Level
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.platform import Kind, Known, Subject
from wabawatch.domain.polls import Ask, Poll, Problem, Usage
from wabawatch.domain.webhook_fields import FIELDS_NEEDED, FIELDS_WANTED
from wabawatch.flows.doctoring import examine
from wabawatch.settings import load

DAY = 86_400_000
WABA, NUMBER, APP = "200000000000001", "100000000000001", "300000000000001"
URL = "https://hooks.example.com/webhooks/whatsapp"
SET = SET_UP | {
    "WHATSAPP_TOKEN": "EAAtoken",
    "WABAWATCH_APP_ID": APP,
    "WABAWATCH_CALLBACK_URL": URL,
    "WABAWATCH_WABA_IDS": WABA,
}
FIELDS = ",".join((*FIELDS_NEEDED, *FIELDS_WANTED))
ASKED = Poll(Ask.NUMBERS, WABA, due_at=NOW, asked_at=NOW - 60_000, ok_at=NOW - 60_000)

WELL: dict[Kind, dict[str, str]] = {
    Kind.TOKEN: {
        "valid": "true",
        "expires_at": "0",
        "data_access_expires_at": "0",
        "scopes": "whatsapp_business_management,whatsapp_business_messaging",
        "wabas": WABA,
    },
    Kind.APP: {"callback": URL, "active": "true", "fields": FIELDS, "oldest_version": "v25.0"},
    Kind.WABA: {"apps": APP, "override": "", "status": "ACTIVE", "review": "APPROVED", "health": "AVAILABLE"},
    Kind.NUMBER: {"status": "CONNECTED", "quality": "GREEN", "account_mode": "LIVE", "health": "AVAILABLE"},
}
IDS = {Kind.TOKEN: "", Kind.APP: APP, Kind.WABA: WABA, Kind.NUMBER: NUMBER}


def look(kind: Kind | None = None, note: str = "", /, **changes: str) -> MetaLook:
    """Everything as it should be, but for *changes* of the object of *kind*."""
    states = {}
    for each, aspects in WELL.items():
        values = aspects | changes if each is kind else aspects
        states[Subject(each, IDS[each])] = {
            name: Known(said, note if name in changes else "") for name, said in values.items()
        }
    return MetaLook(states, (ASKED,))


def examined(meta: MetaLook, changes: dict[str, str] | None = None) -> list[Finding]:
    return examine(load(SET | (changes or {})), replace(WELL_KEPT, meta=meta), NOW)


def troubles(meta: MetaLook, changes: dict[str, str] | None = None) -> dict[str, Level]:
    return {each.check: each.level for each in examined(meta, changes) if each.level is not Level.OK}


def seconds(days: float) -> str:
    return str(int(NOW + days * DAY) // 1000)


def refused(ask: Ask, subject: str, sentence: str = "no") -> MetaLook:
    return replace(look(), problems={(ask, subject): Problem(100, sentence)})


WRONG = {
    "token invalid": (look(Kind.TOKEN, valid="false"), "token", Level.FAILED),
    "token ended": (look(Kind.TOKEN, expires_at=seconds(-1)), "token", Level.FAILED),
    "token ends soon": (look(Kind.TOKEN, expires_at=seconds(13)), "token", Level.WARNING),
    "its access ends soon": (look(Kind.TOKEN, data_access_expires_at=seconds(3)), "token", Level.WARNING),
    "token not told": (refused(Ask.TOKEN, ""), "token", Level.FAILED),
    "no management": (look(Kind.TOKEN, scopes="whatsapp_business_messaging"), "token scopes", Level.FAILED),
    "no messaging": (look(Kind.TOKEN, scopes="whatsapp_business_management"), "token scopes", Level.WARNING),
    "out of reach": (look(Kind.TOKEN, wabas="7"), "token targets", Level.FAILED),
    "app secret wrong": (refused(Ask.APP, APP), "webhook fields", Level.FAILED),
    "subscription inactive": (look(Kind.APP, active="false"), "webhook fields", Level.FAILED),
    "no messages": (look(Kind.APP, fields=FIELDS.replace("messages,", "")), "webhook fields", Level.FAILED),
    "no standby": (look(Kind.APP, fields=FIELDS.replace("standby,", "")), "webhook fields", Level.WARNING),
    "callback elsewhere": (look(Kind.APP, callback="https://old.example/hook"), "callback URL", Level.FAILED),
    "payload expired": (look(Kind.APP, oldest_version="v19.0"), "payload version", Level.WARNING),
    "payload expiring": (look(Kind.APP, oldest_version="v21.0"), "payload version", Level.WARNING),
    "no app subscribed": (look(Kind.WABA, apps="none"), "subscribed apps", Level.FAILED),
    "another app subscribed": (look(Kind.WABA, apps="9"), "subscribed apps", Level.FAILED),
    "account not told": (refused(Ask.SUBSCRIBED, WABA), "subscribed apps", Level.WARNING),
    "account override": (look(Kind.WABA, override=f"{APP}=https://x.example/y"), "override", Level.WARNING),
    "number override": (look(Kind.NUMBER, override="https://x.example/y"), "override", Level.WARNING),
    "account disabled": (look(Kind.WABA, status="DISABLED"), "accounts", Level.FAILED),
    "review rejected": (look(Kind.WABA, review="REJECTED"), "accounts", Level.FAILED),
    "review pending": (look(Kind.WABA, review="PENDING"), "accounts", Level.WARNING),
    "account restricted": (
        look(Kind.WABA, restriction=f"RESTRICTED_BIZ_INITIATED_MESSAGING={seconds(2)}"),
        "accounts",
        Level.FAILED,
    ),
    "number banned": (look(Kind.NUMBER, status="BANNED"), "numbers", Level.FAILED),
    "number red": (look(Kind.NUMBER, quality="RED"), "numbers", Level.WARNING),
    "number in sandbox": (look(Kind.NUMBER, account_mode="SANDBOX"), "numbers", Level.WARNING),
    "blocked": (look(Kind.NUMBER, "Register.", health="BLOCKED"), "health", Level.FAILED),
    "limited": (look(Kind.WABA, "Verify.", health_business="LIMITED"), "health", Level.WARNING),
    "at the limit": (replace(look(), usages=(Usage(WABA, 96, NOW, NOW + 1),)), "polling", Level.WARNING),
    "near the limit": (replace(look(), usages=(Usage("", 82, NOW),)), "polling", Level.WARNING),
    "not answered": (
        replace(look(), polls=(replace(ASKED, ok_at=0, failures=3, error="no such thing"),)),
        "polling",
        Level.WARNING,
    ),
}


def test_access_as_it_should_be_is_ok() -> None:
    assert troubles(look()) == {}


@pytest.mark.parametrize(("meta", "check", "level"), WRONG.values(), ids=WRONG.keys())
def test_each_trouble_is_found_alone_and_has_a_fix(meta: MetaLook, check: str, level: Level) -> None:
    assert troubles(meta) == {check: level}

    (found,) = (each for each in examined(meta) if each.check == check)
    assert found.fix
    assert found.found


def test_no_callback_url_is_no_subscription_either() -> None:
    assert troubles(look(Kind.APP, callback="none")) == {"webhook fields": Level.FAILED, "callback URL": Level.FAILED}


def test_what_meta_advises_is_shown() -> None:
    (found,) = (
        each for each in examined(look(Kind.NUMBER, "141000 Register.", health="BLOCKED")) if each.check == "health"
    )

    assert "141000 Register." in found.found


def test_a_callback_url_is_known_by_its_path_where_none_is_set() -> None:
    unset = {"WABAWATCH_CALLBACK_URL": ""}

    assert troubles(look(), unset) == {}
    assert troubles(look(Kind.APP, callback="https://old.example/hook"), unset) == {"callback URL": Level.WARNING}


def test_an_override_that_leads_to_us_is_fine() -> None:
    assert troubles(look(Kind.WABA, override=f"{APP}={URL}/shop")) == {}


def test_without_a_token_it_says_what_is_not_checked() -> None:
    told = {each.check: each for each in examined(look(Kind.TOKEN, valid="false"), {"WHATSAPP_TOKEN": ""})}

    assert told["token"].level is Level.OK
    assert "not checked" in told["token"].found
    assert not told.keys() & {"token scopes", "numbers", "health", "polling"}


def test_without_an_app_id_it_says_what_is_not_checked() -> None:
    told = {each.check: each for each in examined(look(), {"WABAWATCH_APP_ID": ""})}

    assert "WABAWATCH_APP_ID" in told["webhook fields"].found
    assert "callback URL" not in told


def test_each_app_is_judged_by_itself() -> None:
    shop = {"WABAWATCH_APPS_SHOP_APP_SECRET": "s", "WABAWATCH_APPS_SHOP_APP_ID": "7"}
    meta = look()
    states = {**meta.states, Subject(Kind.APP, "7"): {"callback": Known(f"{URL}/shop"), "fields": Known("messages")}}

    found = troubles(replace(meta, states=states), shop)
    assert found["webhook fields (shop)"] is Level.WARNING
    assert "callback URL (shop)" not in found


def test_a_restriction_is_told_until_it_ends() -> None:
    kind = "RESTRICTED_BIZ_INITIATED_MESSAGING"

    assert troubles(look(Kind.WABA, restriction=f"{kind}={seconds(-1)},{kind}")) == {}
    (found,) = (e for e in examined(look(Kind.WABA, restriction=f"{kind}={seconds(2)}")) if e.check == "accounts")
    assert f"{kind} until 20" in found.found


def test_a_poll_that_failed_once_is_no_trouble() -> None:
    assert troubles(replace(look(), polls=(replace(ASKED, failures=1, error="no answer"),))) == {}


def test_nothing_known_yet_is_no_trouble() -> None:
    assert troubles(MetaLook()) == {}
