"""Templates by webhook, by poll only, and late: how sends are judged by what was known when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.facts import T0, WABA
from tests.support.places import ON_EACH, Place
from tests.support.polled_templates import HELLO, events, verdict, webhook
from tests.support.polling import MINUTE, Watch, template
from wabawatch.domain.platform import Kind, Subject, value
from wabawatch.domain.polls import Ask
from wabawatch.domain.standing import TemplateUse

pytestmark = ON_EACH


@pytest.fixture
def watch(place: Place) -> Iterator[Watch]:
    watch = Watch(place)
    yield watch
    watch.shelf.database.close()


# ---------------------------------------------------------------- templates: by webhook, by poll only, and late


def test_a_template_paused_between_two_sends_known_by_webhook(watch: Watch) -> None:
    webhook(watch, "APPROVED", -60, -60)
    webhook(watch, "PAUSED", 10, 10)

    assert [verdict(watch, m, f"wamid.{m}") for m in (5, 12, 25)] == ["compliant", "unverified", "violation"]


def test_a_template_paused_between_two_sends_known_by_poll_only(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(5)
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))
    watch.run(30)
    told_at = watch.platform.templates(WABA)[HELLO]["status"].told_at
    minutes = (told_at - T0) / MINUTE

    found = [verdict(watch, m, f"wamid.{m}") for m in (minutes - 0.1, minutes + 9, minutes + 11)]
    assert found == ["compliant", "unverified", "violation"]


def verdict_now(watch: Watch, wamid: str) -> str:
    """How a send is judged now that more is known."""
    watch.shelf.settle(T0)
    with watch.shelf.books.writing() as ledger:
        (held,), _ = ledger.find([wamid], [])
    use: TemplateUse = held.judgement.use
    return use.value


def test_an_un_pause_that_a_webhook_tells_late_clears_the_sends_after_it(watch: Watch) -> None:
    webhook(watch, "PAUSED", 0, 0)
    assert [verdict(watch, m, f"wamid.{m}") for m in (15, 25)] == ["violation", "violation"]

    webhook(watch, "APPROVED", 20, 40)

    assert [verdict_now(watch, f"wamid.{m}") for m in (15, 25)] == ["violation", "compliant"]


def test_an_un_pause_that_only_a_look_finds_leaves_the_sends_before_it_unverified(watch: Watch) -> None:
    webhook(watch, "PAUSED", 0, 0)
    assert verdict(watch, 15) == "violation"

    watch.clock.turn_to(T0 + 20 * MINUTE)
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(10)

    assert verdict_now(watch, "wamid.one") == "unverified"
    assert verdict(watch, 31, "wamid.two") == "compliant"


def taken_while_paused(watch: Watch) -> None:
    """Lists are long done when a paused template is sent, and Meta takes it."""
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))
    watch.run(14)
    watch.meta.asked.clear()
    minutes = (watch.clock.now() - T0) / MINUTE
    assert verdict(watch, minutes, "wamid.taken") == "violation"


def test_an_accepted_send_that_contradicts_what_is_known_has_meta_asked_at_once(watch: Watch) -> None:
    taken_while_paused(watch)
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(0.5)

    assert (Ask.ONE_TEMPLATE, f"{WABA}/hello/en", "") in watch.meta.asked
    assert verdict_now(watch, "wamid.taken") == "unverified"


def test_where_meta_says_that_it_cannot_be_sent_the_send_stays_a_violation(watch: Watch) -> None:
    taken_while_paused(watch)
    watch.run(0.5)
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(70)

    assert watch.asked(Ask.ONE_TEMPLATE) > 0
    assert verdict_now(watch, "wamid.taken") == "violation"
    assert events(watch, "template", "status")[:2] == [("", "PAUSED"), ("PAUSED", "PAUSED")]


def test_what_is_in_doubt_is_asked_about_every_ten_minutes_and_not_for_ever(watch: Watch) -> None:
    taken_while_paused(watch)

    watch.run(300, step_ms=30_000)

    assert 6 <= watch.asked(Ask.ONE_TEMPLATE) <= 12


def test_a_send_that_breaks_no_rule_has_nobody_asked(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(14)
    assert verdict(watch, (watch.clock.now() - T0) / MINUTE) == "compliant"
    watch.run(30)

    assert not watch.asked(Ask.ONE_TEMPLATE)


def test_a_poll_that_repeats_gives_no_new_margin(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("PAUSED"))
    watch.run(5)
    before = watch.platform.templates(WABA)[HELLO]["status"].told_at

    watch.run(90)

    assert watch.platform.templates(WABA)[HELLO]["status"].told_at == before
    assert verdict(watch, (before - T0) / MINUTE + 11) == "violation"


def test_a_pause_that_we_learn_late_makes_no_earlier_send_a_violation(watch: Watch) -> None:
    webhook(watch, "APPROVED", -60, -60)
    assert verdict(watch, 30) == "compliant"

    webhook(watch, "PAUSED", 10, 40)
    watch.shelf.settle(T0)

    assert verdict(watch, 30) == "compliant"
    assert [verdict(watch, m, f"wamid.{m}") for m in (45, 55)] == ["unverified", "violation"]


def test_a_late_webhook_does_not_overrule_a_later_look(watch: Watch) -> None:
    """The pause was over when we looked; its webhook comes after that, and the one that ended it never comes."""
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(130, step_ms=30_000)

    webhook(watch, "PAUSED", 30, 131)

    assert [verdict(watch, m, f"wamid.{m}") for m in (132, 150)] == ["compliant", "compliant"]
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "APPROVED"


def test_a_look_that_was_on_its_way_does_not_undo_a_webhook(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(14)

    webhook(watch, "PAUSED", 14, 14)
    watch.run(0.9)

    assert value(watch.platform.templates(WABA)[HELLO], "status") == "PAUSED"


def test_a_webhook_and_the_poll_after_it_are_one_change(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template("APPROVED"))
    watch.run(5)
    webhook(watch, "FLAGGED", 6, 6)
    watch.run(70)

    assert events(watch, "template", "status") == [("", "APPROVED"), ("", "FLAGGED")]


def test_a_template_that_two_whole_lists_lack_is_deleted(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template(), template(name="promo/pt_BR"))
    watch.run(10)
    watch.meta.says(Ask.TEMPLATES, WABA, template(name="promo/pt_BR"))

    watch.run(62)
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "APPROVED"
    watch.run(62)
    assert value(watch.platform.templates(WABA)[HELLO], "status") == "DELETED"
    assert value(watch.platform.templates(WABA)[Subject(Kind.TEMPLATE, "promo/pt_BR", WABA)], "status") == "APPROVED"


def test_a_list_of_several_pages_is_read_to_its_end(watch: Watch) -> None:
    watch.meta.says(Ask.TEMPLATES, WABA, template(), after="two")
    watch.meta.says(Ask.TEMPLATES, f"{WABA}@two", template(name="promo/pt_BR"))

    watch.run(4, step_ms=12_000)

    assert len(watch.platform.templates(WABA)) == 2
    assert ("templates", WABA, "two") in watch.meta.asked
