"""`/numbers`, one number and one account: what they show of Meta's words, figures and the way to us."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.alert_books import RATE, bad, look
from tests.support.books import HandClock
from tests.support.console import ADMIN, client

from wabawatch.app import System
from wabawatch.domain.alerts import AlertScope, ScopeKind
from wabawatch.domain.facts import (
    AccountChanged,
    ErrorSeen,
    Fact,
    MessageReceived,
    NumberChanged,
    Pricing,
    Source,
    Status,
    StatusChanged,
    TemplateChanged,
    when,
)
from wabawatch.domain.platform import Kind, Known, RatingEvent, Subject
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.settings import load
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.platform import save_states
from wabawatch.web.pages.number import spells_of, strip_of

NOW = 1_795_176_000_000
SHOP, DESK, WABA, APP = "101100000000001", "101100000000002", "201100000000001", "7001"
EVIL = "<img src=x onerror=alert(1)>"
TOKEN = "EAAsecret-token"
NO_TEMPLATES, TOMORROW_S = "RESTRICTED_BIZ_INITIATED_MESSAGING", NOW // 1000 + 86_400
HOOK = "https://elsewhere.example.com/hook"


class Numbers:
    """An installation with a number that Meta blocks and one that works; the account is restricted."""

    def __init__(self, folder: Path) -> None:
        told = {
            "WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false",
            "WABAWATCH_PRICES_CURRENCY": "EUR", "WABAWATCH_PRICES_UTILITY_DEFAULT": "0.02", "WABAWATCH_APP_ID": APP,
            "WABAWATCH_APP_SECRET": "app secret", "WHATSAPP_TOKEN": TOKEN,
            "WHATSAPP_API_URL": "https://graph.example.com/v21.0",
            "WABAWATCH_CALLBACK_URL": "https://we.example.com/webhooks/whatsapp",
        }  # fmt: skip
        self.system = System(load(told), HandClock(NOW))
        self.learn(
            *(fact for i in range(20) for fact in self.sent(SHOP, f"s{i}", Status.DELIVERED)),
            *(fact for i in range(20) for fact in self.sent(SHOP, f"f{i}", Status.FAILED)),
            *(fact for i in range(3) for fact in self.sent(DESK, f"d{i}", Status.READ)),
            MessageReceived(when(NOW - 2 * HOUR_MS, NOW), Source.WEBHOOK, "in", DESK, WABA, type="text"),
            *(self.rated(SHOP, value, ago) for value, ago in (("GREEN", 90), ("YELLOW", 30), ("RED", 2))),
            self.changed(SHOP, "limit", "TIER_2K", 20, before="TIER_250", source=Source.WEBHOOK),
            self.changed(SHOP, "status", "RESTRICTED", 2, before="CONNECTED"),
            AccountChanged(
                when(NOW - DAY_MS, NOW - DAY_MS), Source.WEBHOOK, "ACCOUNT_RESTRICTION", WABA,
                after=NO_TEMPLATES, terms=f"{NO_TEMPLATES}={TOMORROW_S}",
            ),
            AccountChanged(when(NOW, NOW), Source.WEBHOOK, "ACCOUNT_REVIEW", WABA, after="APPROVED", reason=EVIL),
            *(
                TemplateChanged(when(NOW, NOW), Source.WEBHOOK, WABA, "status", name, "en", after=status)
                for name, status in (("one", "APPROVED"), ("two", "APPROVED"), ("three", "PAUSED"))
            ),
        )  # fmt: skip
        self.save()

    def save(self) -> None:
        shop = {"quality": "RED", "status": "RESTRICTED", "limit": "TIER_2K", "throughput": "STANDARD", "waba": WABA}
        states = {
            Subject(Kind.NUMBER, SHOP): shop | {"verified_name": f"Shop {EVIL}", "name_status": "PENDING_REVIEW"},
            Subject(Kind.NUMBER, DESK): {
                "status": "CONNECTED", "quality": "GREEN", "waba": WABA, "verified_name": "Desk",
            },
            Subject(Kind.WABA, WABA): {
                "name": "Lucky Shrub", "status": "ACTIVE", "review": "APPROVED", "apps": "9999", "limit": "TIER_2K",
                "payment:upi": "Needs Testing", "restriction": f"{NO_TEMPLATES}={TOMORROW_S}",
            },
            Subject(Kind.TOKEN, ""): {
                "valid": "true", "expires_at": str(TOMORROW_S + 8 * 86_400), "type": "SYSTEM_USER",
            },
            Subject(Kind.APP, APP): {"callback": HOOK, "active": "true", "fields": "messages"},
            **{
                Subject(Kind.TEMPLATE, f"{name}/en", WABA): {"status": status}
                for name, status in (("one", "APPROVED"), ("two", "APPROVED"), ("three", "PAUSED"))
            },
        }  # fmt: skip
        told = {
            (subject, aspect): Known(value, "", NOW - DAY_MS, NOW - DAY_MS)
            for subject, aspects in states.items()
            for aspect, value in aspects.items()
        }
        note = "141010 The account owes money; Pay the invoice"
        told[Subject(Kind.NUMBER, SHOP), "health"] = Known("BLOCKED", note, NOW - DAY_MS, NOW)
        told[Subject(Kind.WABA, WABA), "health"] = Known("BLOCKED", note, NOW - DAY_MS, NOW)
        with self.system.database.writing() as connection:
            save_states(connection, told)

    def learn(self, *facts: Fact) -> None:
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            learn(ledger, facts)

    def sent(self, number: str, wamid: str, status: Status) -> Iterator[Fact]:
        at = NOW - 3 * HOUR_MS
        pricing = Pricing("PMP", "regular", "utility", True)
        errors = (ErrorSeen(131042),) if status is Status.FAILED else ()
        yield StatusChanged(when(at, at), Source.WEBHOOK, Status.SENT, wamid=wamid, number=number, waba=WABA)
        yield StatusChanged(
            when(at + 1_000, at + 1_000), Source.WEBHOOK, status, wamid=wamid, number=number, waba=WABA,
            pricing=None if errors else pricing, errors=errors, display_number="15550100001",
        )  # fmt: skip

    def rated(self, number: str, value: str, days: int) -> NumberChanged:
        return self.changed(number, "quality", value, days)

    def changed(self, number: str, aspect: str, after: str, days: int, **more: str | Source) -> NumberChanged:
        at = NOW - days * DAY_MS
        given = {"source": Source.POLL, "waba": WABA} | more
        return NumberChanged(when(at, at), aspect=aspect, number=number, after=after, **given)  # type: ignore[arg-type]

    def get(self, path: str, status: int = 200) -> str:
        answer = client(self.system, ADMIN).get(path)
        assert answer.status_code == status, answer.text
        return " ".join(answer.text.split())


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Numbers]:
    found = Numbers(tmp_path_factory.mktemp("numbers"))
    yield found
    found.system.close()


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", text)).split())


def row_of(text: str, number: str) -> str:
    rows = text.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")
    return plain(next(row for row in rows if number in row))


def test_the_list_shows_figures_meta_s_words_and_the_way_to_us_the_worst_first(numbers: Numbers) -> None:
    text = numbers.get("/numbers")

    shop, desk = row_of(text, SHOP), row_of(text, DESK)
    assert text.index(SHOP) < text.index(DESK)
    assert "Cannot work 50 % 20 of 40 50 % 20 of 40" in shop
    assert "Red Restricted Blocked name pending review, 80 a second" in shop
    assert "of 2,000" in shop or "not counted yet" in shop
    assert "status 2 h 59 min ago" in shop
    assert "Desk •••001" in desk
    assert "100 % 3 of 3" in desk
    assert "inbound 2 h ago" in desk
    assert "1 cannot work" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=desk", [DESK]), (f"q={SHOP}", [SHOP]), ("q=nobody", []), ("client=999", []), (f"client={WABA}", [SHOP, DESK])],
)
def test_numbers_are_found_by_name_id_and_client(numbers: Numbers, query: str, found: list[str]) -> None:
    text = numbers.get(f"/numbers?{query}")

    assert [each for each in (SHOP, DESK) if f"/numbers/{each}" in text] == found


@pytest.mark.parametrize("query", ["page=0", "page=x", "q=" + "x" * 300])
def test_an_address_that_makes_no_sense_says_what_is_wrong(numbers: Numbers, query: str) -> None:
    text = numbers.get(f"/numbers?{query}", 422)

    assert "This address does not make sense" in text
    assert '<a class="btn btn-primary" href="/numbers">This page as it opens</a>' in text


def test_a_number_shows_its_ratings_for_ever_with_colour_and_word(numbers: Numbers) -> None:
    text = numbers.get(f"/numbers/{SHOP}")

    ratings = text.partition("Quality rating, for ever")[2].partition("</table>")[0]
    assert re.findall(r'<span class="tag (\w+)">(\w+)</span>', ratings) == [
        ("bad", "Red"),
        ("warn", "Yellow"),
        ("good", "Green"),
    ]
    assert '<rect class="bad"' in ratings
    assert "60 days" in ratings


def test_a_number_says_why_it_cannot_send_in_meta_s_words(numbers: Numbers) -> None:
    text = plain(numbers.get(f"/numbers/{SHOP}"))

    assert "Meta lets it send nothing. 141010 The account owes money; Pay the invoice" in text
    assert "This number Blocked since" in text
    assert "Messaging limit: 250 people a day → 2,000 people a day" in text
    assert "Status: Connected → Restricted" in text


def test_a_number_shows_who_gets_its_webhooks_and_how_long_the_token_lives(numbers: Numbers) -> None:
    text = plain(numbers.get(f"/numbers/{SHOP}"))

    assert f"our app is not subscribed to account {WABA}" in text.replace("Our app", "our app")
    assert "Wrong https://elsewhere.example.com/hook" in text
    assert "Valid System user" in text
    assert "Ends in 9 days" in text
    assert "v21.0 Expires soon served until 2027-01-21" in text
    assert TOKEN not in numbers.get(f"/numbers/{SHOP}")


def test_errors_lead_to_their_messages(numbers: Numbers) -> None:
    text = html.unescape(numbers.get(f"/numbers/{SHOP}"))

    assert f'href="/logs?error=131042&number={SHOP}"' in text
    assert "20 · 100 %" in text


def test_what_fires_about_a_number_is_listed_and_linked(numbers: Numbers) -> None:
    scope = AlertScope(ScopeKind.NUMBER, SHOP, WABA)
    seen = replace(bad(0, scope), at=NOW - 9 * MINUTE_MS)
    look(numbers.system.alerts.book, RATE, seen, replace(seen, at=NOW - MINUTE_MS))
    (alert,) = numbers.system.alerts.book.open()

    for path in (f"/numbers/{SHOP}", f"/accounts/{WABA}"):
        assert f'href="/alerts/{alert.key}"' in numbers.get(path)
    assert "1 Critical".lower() in row_of(numbers.get("/numbers"), SHOP).lower()
    assert f'href="/alerts/{alert.key}"' not in numbers.get(f"/numbers/{DESK}")


def test_an_account_shows_restrictions_payment_templates_and_costs(numbers: Numbers) -> None:
    text = plain(numbers.get(f"/accounts/{WABA}"))

    assert "Lucky Shrub Active Review: approved" in text
    assert "No templates may be sent: it may only answer people who wrote. Since" in text
    assert "Meta cannot charge this account. 141010 The account owes money" in text
    assert "upi Needs Testing" in text
    assert "Messages that failed with 131042 20" in text
    assert "Paused 1 Approved 2" in text
    assert "0.46 EUR" in text
    assert "Utility 23 0.46 EUR" in text
    assert "Review by Meta: Approved" in text
    assert "9999" in text


def test_counts_of_an_account_lead_to_what_they_count(numbers: Numbers) -> None:
    text = html.unescape(numbers.get(f"/accounts/{WABA}"))

    assert f'href="/templates?client={WABA}&status=PAUSED"' in text
    assert f'href="/logs?client={WABA}&status=failed"' in text


def test_text_of_others_is_text(numbers: Numbers) -> None:
    for path in ("/numbers", "/parts/numbers", f"/numbers/{SHOP}", f"/accounts/{WABA}", f"/numbers?q={EVIL}"):
        text = numbers.get(path)
        assert "<img src=x" not in text, path
        assert "&lt;img" in text, path


@pytest.mark.parametrize("path", ["/numbers/never", "/accounts/never", "/accounts/-"])
def test_what_nobody_told_of_is_said_not_to_be_there(numbers: Numbers, path: str) -> None:
    assert "There is no such thing" in numbers.get(path, 404)


def test_without_numbers_it_says_how_to_have_some(tmp_path: Path) -> None:
    told = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
    system = System(load(told), HandClock(NOW))

    text = client(system, ADMIN).get("/numbers").text

    assert "No number is known yet" in text
    assert "WHATSAPP_TOKEN" in text
    system.close()


def test_a_repeated_rating_begins_no_new_spell() -> None:
    events = [RatingEvent(at, at, value) for at, value in ((9, "RED"), (5, "GREEN"), (3, "GREEN"), (1, "NA"))]

    spells = spells_of(events)

    assert [(each.value, each.start, each.end) for each in spells] == [("RED", 9, None), ("GREEN", 3, 9), ("NA", 1, 3)]
    assert [piece.kind for piece in strip_of(spells, 11)] == ["none", "good", "bad"]
    assert sum(piece.width for piece in strip_of(spells, 11)) == pytest.approx(1_000)
    assert strip_of([], 11) == []
