"""What the books hold of templates: counts by number, series, history, and what single messages tell."""

from __future__ import annotations

import pytest

from tests.support.books import Shelf
from tests.support.facts import DAY, HOUR, MINUTE, NUMBERS, OTHER_WABA, T0, TEMPLATES, WABA, at, recorded, told
from wabawatch.domain.facts import (
    ErrorSeen,
    Fact,
    NumberChanged,
    Person,
    Pricing,
    Source,
    Status,
    TemplateChanged,
    TemplateRef,
    When,
)
from wabawatch.domain.metrics import message_counts
from wabawatch.domain.rollups import Tier
from wabawatch.domain.standing import TemplateUse
from wabawatch.ports import Window
from wabawatch.ports_templates import Part
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.template_books import SqlTemplateBooks

ONE, TWO = TEMPLATES[0], TEMPLATES[1]
START = T0 - T0 % DAY
TODAY = Window(START, START + DAY)
GERMAN, SWISS = Person(phone="4915112345678"), Person(phone="41791234567")
PAID = Pricing("PMP", "regular", "marketing", True)


@pytest.fixture
def shelf(lasting_shelf: Shelf) -> Shelf:
    lasting_shelf.clear()
    return lasting_shelf


@pytest.fixture
def books(shelf: Shelf) -> SqlTemplateBooks:
    return SqlTemplateBooks(shelf.database, shelf.keyring)


def sent(wamid: str, offset: int, ref: TemplateRef = ONE, number: str = NUMBERS[0], **more: object) -> list[Fact]:
    """A template that was sent and arrived."""
    given = {"wamid": wamid, "number": number, "person": GERMAN} | more
    person = given.pop("person")
    record = recorded(
        START - T0 + offset, wamid=wamid, number=number, template=ref, category="marketing", person=person
    )
    status = told(Status.DELIVERED, START - T0 + offset + 1, wamid=wamid, number=number, waba=WABA, pricing=PAID)
    return [record, status]


def failed(wamid: str, offset: int, code: int, ref: TemplateRef = ONE) -> list[Fact]:
    record = recorded(START - T0 + offset, wamid=wamid, template=ref, category="marketing", person=SWISS)
    errors = (ErrorSeen(code),)
    return [record, told(Status.FAILED, START - T0 + offset + 1, wamid=wamid, waba=WABA, errors=errors)]


def changed(aspect: str, after: str, offset: int, ref: TemplateRef = ONE, **more: object) -> TemplateChanged:
    given = {"source": Source.WEBHOOK, "waba": WABA, "reason": "", "before": "", "detail": ""} | more
    return TemplateChanged(
        when=When(T0 + offset, T0 + offset + MINUTE), aspect=aspect, name=ref.name, language=ref.language, after=after,
        **given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_sends_are_counted_by_number_and_template(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([*sent("a", 0), *sent("b", 3 * HOUR), *sent("c", 0, TWO), *sent("d", 0, ONE, NUMBERS[1])])

    counts = books.counts(TODAY, None)
    of_one = books.counts(TODAY, [NUMBERS[1]])

    attempted = {key: message_counts(tally).attempted for key, tally in counts.items()}
    assert attempted == {(NUMBERS[0], ONE): 2, (NUMBERS[0], TWO): 1, (NUMBERS[1], ONE): 1}
    assert of_one == {(NUMBERS[1], ONE): counts[NUMBERS[1], ONE]}
    assert books.counts(TODAY, ["never seen"]) == {}


def test_packed_counts_are_read_as_others_are(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([fact for i in range(300) for fact in sent(f"w{i}", i * MINUTE, TEMPLATES[i % 2])])
    hours = [books.series(TODAY, ONE, [NUMBERS[0]], tier) for tier in (Tier.HOUR, Tier.DAY)]
    before = books.counts(TODAY, None), books.counts(TODAY, [NUMBERS[0]])
    figures = SqlFigures(shelf.database, None, None)  # type: ignore[arg-type]
    end = START + 9 * DAY

    while figures.pack_old({Tier.HOUR: end // HOUR, Tier.DAY: end // DAY}):
        pass

    assert (books.counts(TODAY, None), books.counts(TODAY, [NUMBERS[0]])) == before
    assert [books.series(TODAY, ONE, [NUMBERS[0]], tier) for tier in (Tier.HOUR, Tier.DAY)] == hours


def test_a_series_is_of_one_template_and_of_some_numbers(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([*sent("a", 0), *sent("b", 3 * HOUR), *sent("c", 0, TWO), *sent("d", 0, ONE, NUMBERS[1])])

    hours = books.series(TODAY, ONE, [NUMBERS[0]], Tier.HOUR)

    assert {at - START: message_counts(tally).delivered for at, tally in hours.items()} == {0: 1, 3 * HOUR: 1}
    assert books.series(TODAY, TemplateRef("never", "en"), NUMBERS, Tier.DAY) == {}


def test_the_history_tells_what_changed_when_and_who_told(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([changed("status", "APPROVED", 0, source=Source.POLL)])
    shelf.learn(
        [changed("status", "PAUSED", HOUR, reason="FIRST_PAUSE"), changed("quality", "RED", 2 * HOUR, before="GREEN")]
    )
    shelf.learn([changed("status", "REJECTED", HOUR, TWO), changed("status", "DISABLED", HOUR, waba=OTHER_WABA)])

    found = books.history(WABA, ONE, 9)

    assert [(each.event, each.before, each.after, each.reason) for each in found] == [
        ("quality", "GREEN", "RED", ""), ("status", "", "PAUSED", "FIRST_PAUSE"), ("status", "", "APPROVED", ""),
    ]  # fmt: skip
    assert [each.source for each in found] == [Source.WEBHOOK, Source.WEBHOOK, Source.POLL]
    assert (found[0].at, found[0].told_at) == (T0 + 2 * HOUR, T0 + 2 * HOUR + MINUTE)
    assert len(books.history(WABA, ONE, 1)) == 1
    assert books.history("never", ONE, 9) == []


def test_the_newest_text_is_read_as_it_came(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn(
        [changed("components", "", 0, detail='{"a":"old"}'), changed("components", "", HOUR, detail='{"a":"né"}')]
    )

    assert books.content(WABA, ONE) == '{"a":"né"}'
    assert books.content(WABA, TWO) == ""


def test_failures_by_code_and_charges_by_country_come_from_single_messages(
    shelf: Shelf, books: SqlTemplateBooks
) -> None:
    shelf.learn([*sent("a", 0), *sent("b", HOUR), *sent("c", 0, person=SWISS), *sent("x", 0, TWO)])
    shelf.learn([*failed("d", 0, 131026), *failed("e", 0, 131026), *failed("f", 0, 131049, TWO)])

    parts, is_whole = books.parts(TODAY, ONE, NUMBERS, 1_000)

    assert is_whole
    assert set(parts) == {
        Part(NUMBERS[0], "CH", "marketing", None, 1),
        Part(NUMBERS[0], "CH", "", 131026, 2),
        Part(NUMBERS[0], "DE", "marketing", None, 2),
    }


def test_of_more_messages_than_are_looked_at_the_newest_count_and_it_says_so(
    shelf: Shelf, books: SqlTemplateBooks
) -> None:
    shelf.learn([fact for i in range(6) for fact in failed(f"w{i}", i * HOUR, 131026 if i < 3 else 131049)])

    parts, is_whole = books.parts(TODAY, ONE, [NUMBERS[0]], 3)

    assert not is_whole
    assert [(part.error_code, part.n) for part in parts] == [(131049, 3)]


def test_sends_that_break_the_rule_are_found_by_template(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([changed("status", "PAUSED", -DAY), changed("status", "PAUSED", -DAY, TWO)])
    shelf.learn([*sent("a", 5 * HOUR), *sent("b", 6 * HOUR), *sent("c", 6 * HOUR, TWO)])
    window = Window(START, START + DAY)

    held = books.judged(TemplateUse.VIOLATION, window, ONE, NUMBERS, 9)

    assert [each.message.wamid for each in held] == ["b", "a"]
    assert len(books.judged(TemplateUse.VIOLATION, window, ONE, NUMBERS, 1)) == 1
    assert books.judged(TemplateUse.UNVERIFIED, window, ONE, NUMBERS, 9) == []


def test_other_languages_are_those_of_the_same_name_and_account(shelf: Shelf, books: SqlTemplateBooks) -> None:
    german = TemplateRef(ONE.name, "de")
    longer = TemplateRef(f"{ONE.name}_2", "en")
    shelf.learn([changed("status", "APPROVED", 0, ref) for ref in (ONE, german, longer)])
    shelf.learn([changed("status", "APPROVED", 0, german, waba=OTHER_WABA)])

    found = books.languages(WABA, ONE.name)

    assert sorted(subject.id for subject in found) == sorted(f"{ref.name}/{ref.language}" for ref in (ONE, german))
    assert len(books.states("")) == 4
    assert {subject.waba for subject in books.states(OTHER_WABA)} == {OTHER_WABA}


def test_a_template_is_known_once_anything_spoke_of_it(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([*sent("a", 0)])

    assert books.is_known(ONE)
    assert not books.is_known(TWO)


def test_a_number_has_the_account_that_it_was_last_seen_in(shelf: Shelf, books: SqlTemplateBooks) -> None:
    shelf.learn([*sent("a", 0), NumberChanged(at(0), Source.POLL, "quality", number=NUMBERS[1], after="GREEN")])

    assert books.owners() == {NUMBERS[0]: WABA, NUMBERS[1]: ""}
