"""`/templates` and the page of one template: what they show, filter and link to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from tests.support.books import HandClock
from tests.support.console import ADMIN, client

from wabawatch.app import System
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    Person,
    Pricing,
    SendRecorded,
    Source,
    Status,
    StatusChanged,
    TemplateChanged,
    When,
    when,
)
from wabawatch.domain.facts import TemplateRef as Ref
from wabawatch.domain.platform import Kind, Known, Subject
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.settings import load
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.platform import save_states

NOW = 1_795_176_000_000
WABA, OTHER, NUMBER = "201100000000001", "201100000000002", "101100000000001"
EVIL = "<img src=x onerror=alert(1)>"
PROMO, ORDER, GERMAN, WILD = Ref("promo", "en"), Ref("order", "en"), Ref("order", "pt_BR"), Ref(EVIL, "en")
TEXTS = '{"message_template_element":"Hello {{1}} <b>","message_template_footer":"Bye"}'


class Templates:
    """An installation with four templates: one paused that was sent all the same, two in good order, one full of
    markup."""

    def __init__(self, folder: Path) -> None:
        told = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
        prices = {"WABAWATCH_PRICES_CURRENCY": "EUR", "WABAWATCH_PRICES_MARKETING_DEFAULT": "0.05"}
        self.system = System(load(told | prices), HandClock(NOW))
        self.learn(
            self.changed(PROMO, "status", "APPROVED", 9 * DAY_MS, source=Source.POLL),
            self.changed(PROMO, "status", "PAUSED", 2 * DAY_MS, reason="FIRST_PAUSE"),
            self.changed(PROMO, "quality", "RED", 2 * DAY_MS, before="YELLOW"),
            self.changed(PROMO, "components", "", DAY_MS, detail=TEXTS),
            *(self.changed(each, "status", "APPROVED", 9 * DAY_MS) for each in (ORDER, GERMAN)),
            self.changed(WILD, "status", EVIL, DAY_MS, reason=EVIL),
            *(fact for i in range(3) for fact in self.sent(PROMO, f"p{i}", Status.DELIVERED)),
            *(fact for i in range(2) for fact in self.sent(PROMO, f"f{i}", Status.FAILED)),
            *(
                fact
                for i in range(40)
                for fact in self.sent(ORDER, f"o{i}", Status.READ if i % 2 else Status.DELIVERED)
            ),
            *self.sent(WILD, "wild", Status.DELIVERED),
        )
        states = {
            (PROMO, "status"): "PAUSED", (PROMO, "quality"): "RED", (PROMO, "category"): "MARKETING",
            (ORDER, "status"): "APPROVED", (ORDER, "quality"): "GREEN", (ORDER, "category"): "UTILITY",
            (ORDER, "category_notice"): "MARKETING", (GERMAN, "status"): "APPROVED", (WILD, "status"): EVIL,
        }  # fmt: skip
        with self.system.database.writing() as connection:
            for (ref, aspect), value in states.items():
                subject = Subject(Kind.TEMPLATE, f"{ref.name}/{ref.language}", WABA)
                save_states(connection, {(subject, aspect): Known(value, "", NOW - 2 * DAY_MS, NOW - 2 * DAY_MS)})

    def learn(self, *facts: Fact) -> None:
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            learn(ledger, facts)

    def changed(self, ref: Ref, aspect: str, after: str, ago: int, **more: str | Source) -> TemplateChanged:
        told = When(NOW - ago, NOW - ago + 5 * MINUTE_MS)
        given = {"source": Source.WEBHOOK, "before": "", "reason": "", "detail": ""} | more
        return TemplateChanged(
            told,
            waba=WABA,
            aspect=aspect,
            name=ref.name,
            language=ref.language,
            after=after,
            **given,  # type: ignore[arg-type]
        )

    def sent(self, ref: Ref, wamid: str, status: Status) -> Sequence[Fact]:
        at, person = NOW - 4 * HOUR_MS, Person(phone="4915112345678")
        category = "marketing" if ref == PROMO else "utility"
        record = SendRecorded(
            when(at, at), Source.API, wamid=wamid, number=NUMBER, template=ref, category=category, person=person
        )
        errors = (ErrorSeen(131049),) if status is Status.FAILED else ()
        pricing = None if errors else Pricing("PMP", "regular", category, True)
        later = when(at + 1_000, at + 1_000)
        return record, StatusChanged(
            later, Source.WEBHOOK, status, wamid=wamid, number=NUMBER, waba=WABA, errors=errors, pricing=pricing
        )

    def get(self, path: str, status: int = 200) -> str:
        answer: httpx.Response = client(self.system, ADMIN).get(path)
        assert answer.status_code == status, answer.text
        return " ".join(answer.text.split())


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    found = Templates(tmp_path_factory.mktemp("templates"))
    yield found
    found.system.close()


def rows(text: str) -> list[str]:
    """The rows of the table, without markup."""
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in body.split("<tr>")[1:]]


def names(text: str) -> list[str]:
    return [html.unescape(name) for name in re.findall(r'id="template-\d+" title="([^"]*)"', text)]


def test_the_list_shows_each_template_with_its_state_and_figures_the_worst_first(templates: Templates) -> None:
    first, *rest = rows(templates.get("/templates"))

    assert first.startswith("promo en client 201100000000001 Against the rules 5 sends Paused Red Marketing 5 60 %")
    assert "3 of 5 0 % 0 of 3 40 % 2 of 5 0.15 EUR 3 charged" in first
    assert "order en client 201100000000001 Needs a look Approved Green Utility to be marketing 40 100 %" in rest[0]
    assert "20 of 40" in rest[0]
    assert "no price 40 charged" in rest[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=PAUSED", ["promo"]),
        ("status=paused", ["promo"]),
        ("quality=GREEN", ["order"]),
        ("quality=unknown&q=ORD", ["order"]),
        ("category=UTILITY", ["order"]),
        ("q=PT_br", ["order"]),
        ("q=rom", ["promo"]),
        ("status=DISABLED", []),
        (f"client={OTHER}", []),
        (f"client={WABA}&sort=sent", ["order", "promo", EVIL, "order"]),
        (f"number={NUMBER}&sort=name", [EVIL, "order", "order", "promo"]),
        ("sort=delivery", ["promo", "order", EVIL, "order"]),
    ],
)
def test_filters_and_order_stand_in_the_address(templates: Templates, query: str, found: list[str]) -> None:
    text = templates.get(f"/templates?{query}")

    assert names(text) == found


def test_filters_say_how_many_templates_have_each_value(templates: Templates) -> None:
    text = templates.get("/templates?status=DISABLED")

    assert '<option value="APPROVED">Approved (2)</option>' in text
    assert '<option value="DISABLED" selected>Disabled (0)</option>' in text
    assert "No template fits" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sort=luck", "There is no such order"),
        ("q=" + "x" * 300, "longer than 200"),
        ("page=0", "There is no such page"),
    ],
)
def test_a_filter_that_makes_no_sense_is_said_at_its_field(templates: Templates, query: str, said: str) -> None:
    text = templates.get(f"/templates?{query}", 422)

    assert said in text
    assert "Nothing was looked for" in text


def counted(text: str) -> list[tuple[str, str, int]]:
    """The links into the log that say how many messages they lead to."""
    found = re.findall(r'<a id="([^"]+)" href="(/logs[^"]*)">([\d,]+)(?: sends?)?</a>', text)
    return [(id, html.unescape(href), int(n.replace(",", ""))) for id, href, n in found]


@pytest.mark.parametrize(
    ("path", "at_least"),
    [("/templates", 10), (f"/templates/{WABA}/promo/en", 6), (f"/templates/{WABA}/order/en", 4), ("/", 8)],
)
def test_every_count_leads_to_just_the_messages_that_it_counts(templates: Templates, path: str, at_least: int) -> None:
    links = counted(templates.get(path))

    assert len(links) >= at_least
    for id, href, n in links:
        there = templates.get(f"{href}{'&' if '?' in href else '?'}count=yes")
        assert f"<h2>{n} message{'' if n == 1 else 's'}</h2>" in there, (id, href)


def test_the_overview_says_who_can_mend_sends_that_broke_the_rule_and_leads_to_them(templates: Templates) -> None:
    text = templates.get("/")

    assert '<a id="violations" href="/logs?compliance_status=violation">5 sends</a> broke the rule' in text
    assert "it can be mended by the sending application" in text


def test_a_template_that_is_allowed_again_need_not_be_stopped(templates: Templates, tmp_path: Path) -> None:
    assert "Stop sending it until Meta allows it" in templates.get(f"/templates/{WABA}/promo/en")
    later = Templates(tmp_path)
    subject = Subject(Kind.TEMPLATE, "promo/en", WABA)
    with later.system.database.writing() as connection:
        save_states(connection, {(subject, "status"): Known("APPROVED", "", NOW - HOUR_MS, NOW - HOUR_MS)})

    assert "It may be sent again; find out what sent it meanwhile" in later.get(f"/templates/{WABA}/promo/en")
    later.system.close()


def test_one_template_says_what_happened_who_told_and_what_to_do(templates: Templates) -> None:
    text = templates.get(f"/templates/{WABA}/promo/en")

    assert "<strong>Paused.</strong> The first pause lasts 3 hours and ends by itself." in text
    assert "<strong>Red.</strong> Many people block or report it" in text
    assert '<strong>Status: Paused</strong> <span class="soft">because: First pause</span>' in text
    assert "<strong>Quality: Yellow → Red</strong>" in text
    assert "told by a webhook, 5 min later" in text
    assert "told by asking Meta" in text
    assert text.index("Quality: Yellow") < text.index("Status: Approved")


def test_its_rates_are_drawn_with_the_line_of_the_requirement_and_the_period_before(templates: Templates) -> None:
    text = templates.get(f"/templates/{WABA}/order/en")

    assert "with its 95 % interval and the threshold of 95 %" in text
    assert "Read rate over time, with its 95 % interval" in text
    assert "20 of 40 that arrived" in re.sub("<[^>]+>", "", text)


def test_what_it_says_is_shown_where_it_was_told_and_as_text(templates: Templates) -> None:
    text = templates.get(f"/templates/{WABA}/promo/en")

    assert "Hello {{1}} &lt;b&gt;" in text
    assert ">Footer</th>" in text
    assert "Its text is not known" in templates.get(f"/templates/{WABA}/order/en")


def test_the_other_languages_are_linked(templates: Templates) -> None:
    text = templates.get(f"/templates/{WABA}/order/en")

    assert f'href="/templates/{WABA}/order/pt_BR"' in text


def test_its_messages_tell_failures_costs_and_the_sends_against_the_rule(templates: Templates) -> None:
    text = templates.get(f"/parts/template-evidence/{WABA}/promo/en")

    assert '<a class="num" id="cause-131049"' in text
    assert "2 · 100 %" in text
    assert ">DE</th>" in text
    assert "0.15 EUR" in text
    assert text.count("Template paused") == 5
    assert "accepted 10 minutes or more after we were told" in text.lower()
    assert "not sendable, as a webhook told" in text


def test_text_of_others_is_text(templates: Templates) -> None:
    found = template_address(templates)
    for path in ("/templates", found, f"/parts/template-evidence{found[10:]}", f"/templates?q={EVIL}"):
        text = templates.get(path)
        assert "<img src=x" not in text, path
    assert templates.get(found).count("&lt;img") > 3


def template_address(templates: Templates) -> str:
    """The link to the template that is full of markup."""
    text = templates.get("/templates?q=onerror")
    return html.unescape(re.findall(r'href="(/templates/2[^"]+)"', text)[0])


@pytest.mark.parametrize("path", ["nobody/knows/it", "only-one", "a/b", f"{WABA}//en"])
def test_a_template_that_nobody_told_of_is_said_not_to_be_there(templates: Templates, path: str) -> None:
    assert "There is no such thing" in templates.get(f"/templates/{path}", 404)


def test_without_templates_it_says_how_to_have_some(tmp_path: Path) -> None:
    told = {"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
    system = System(load(told), HandClock(NOW))

    text = client(system, ADMIN).get("/templates").text

    assert "No template is known yet" in text
    assert "WHATSAPP_TOKEN" in text
    system.close()
