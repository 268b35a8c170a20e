"""Each accepted body counts exactly once, whatever breaks; what breaks is kept, tried again, and shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.support.digesting import NOW, POISON, attempted, body, counted, digest_of, failing, run, understand
from tests.support.facts import HOUR, MINUTE, NUMBERS, PERSONS, T0, TEMPLATES, WABA, at, recorded, told
from tests.support.places import Place
from tests.support.system import Bench
from wabawatch.domain.errors import BadRequest, StoreUnavailable
from wabawatch.domain.facts import (
    ConsentChanged,
    Fact,
    Feed,
    MessageReceived,
    Person,
    Source,
    Status,
    TemplateChanged,
    Unrecognised,
    Why,
)
from wabawatch.flows import digest as flow
from wabawatch.flows.digest import Digest
from wabawatch.ports import Body, BodyKind, BodySource, StoredBody
from wabawatch.storage.bodies import decode_block
from wabawatch.storage.body_log import PARKED


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


# ---------------------------------------------------------------- the same body again


def test_what_waits_is_the_backlog_and_what_is_digested_is_processed(bench: Bench) -> None:
    bench.accept([body(b"a"), body(b"b")])
    assert counted(bench) == (2, 0, 2, 0, 0)

    run(digest_of(bench))

    assert counted(bench) == (2, 2, 0, 0, 0)
    assert attempted(bench) == 2


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "later"])
def test_a_repeated_body_is_a_processed_duplicate_and_counts_nothing_twice(bench: Bench, at_once: bool) -> None:
    digest = digest_of(bench)
    bench.accept([body(b"a"), body(b"b")])
    if not at_once:
        run(digest)
    bench.accept([body(b"a"), body(b"a")])

    run(digest)

    assert counted(bench) == (4, 4, 0, 0, 2)
    assert attempted(bench) == 2
    assert bench.status().bodies.distinct_live == 2


def test_a_duplicate_is_not_even_translated_into_facts_that_count(bench: Bench) -> None:
    strange = Unrecognised(at(), Why.UNPARSED, "messages")
    digest = digest_of(bench, lambda _: [strange, Unrecognised(at(), Why.UNKNOWN_FIELD, "news")])
    bench.accept([body(b"a"), body(b"a")])

    run(digest)

    bodies = bench.status().bodies
    assert (bodies.unparsed_items, bodies.unknown) == (1, 1)


def test_the_same_bytes_for_two_apps_are_two_bodies_and_one_message(bench: Bench) -> None:
    bench.accept([body(b"a", app="one"), body(b"a", app="two")])

    run(digest_of(bench))

    assert counted(bench) == (2, 2, 0, 0, 0)
    assert attempted(bench) == 1


def test_our_own_records_are_no_webhooks(bench: Bench) -> None:
    bench.accept([Body(BodyKind.RECORD, T0, b"a"), body(b"a")])

    run(digest_of(bench))

    assert counted(bench) == (1, 1, 0, 0, 0)


def test_an_imported_body_counts_and_is_not_live(bench: Bench) -> None:
    bench.accept([body(b"a", source=BodySource.IMPORT), body(b"b")])

    run(digest_of(bench))

    assert counted(bench) == (2, 2, 0, 0, 0)
    assert bench.status().bodies.distinct_live == 1


def test_unknown_values_count_apart_from_items_that_gave_no_fact(bench: Bench) -> None:
    told_of: dict[bytes, list[Fact]] = {
        b"a": [Unrecognised(at(), Why.UNPARSED, "messages"), told(Status.SENT)],
        b"b": [Unrecognised(at(), Why.UNKNOWN_VALUE, "x"), Unrecognised(at(), Why.UNKNOWN_FIELD, "y")],
    }
    bench.accept([body(b"a"), body(b"b")])

    run(digest_of(bench, lambda stored: told_of[stored.body.content]))

    bodies = bench.status().bodies
    assert (bodies.processed, bodies.unparsed_items, bodies.unknown) == (2, 1, 2)


# ---------------------------------------------------------------- a body that breaks something


def test_a_poison_body_does_not_hold_up_its_siblings(bench: Bench) -> None:
    bench.accept([body(b"a"), body(POISON), body(b"b")])

    run(digest_of(bench))

    assert attempted(bench) == 2
    assert counted(bench) == (3, 2, 1, 0, 0)


def test_a_poison_body_is_tried_five_times_with_growing_pauses_and_parked(bench: Bench) -> None:
    digest, pauses = digest_of(bench), []
    bench.accept([body(POISON)])
    run(digest)
    while (row := failing(bench)).next_try_at is not None:
        pauses.append(row.next_try_at - bench.clock.now())
        bench.clock.turn_to(row.next_try_at)
        run(digest)

    assert row.tries == 5
    assert len(pauses) == 4
    assert pauses == sorted(set(pauses))


def park(bench: Bench, digest: Digest) -> None:
    bench.accept([body(POISON)])
    for _ in range(5):
        run(digest)
        bench.clock.turn_to(bench.clock.now() + HOUR)


def test_a_parked_body_is_kept_and_shown_and_not_tried_again(bench: Bench) -> None:
    park(bench, digest_of(bench))
    assert counted(bench) == (1, 0, 0, 1, 0)

    run(digest_of(bench, lambda _: [told(Status.SENT)]))

    assert counted(bench) == (1, 0, 0, 1, 0)
    row = failing(bench)
    assert row.error == "ValueError"  # its words may quote the body
    assert decode_block(row.body, bench.shelf.keyring, context=PARKED) == [body(POISON)]


def test_our_own_words_about_what_broke_are_kept(bench: Bench) -> None:
    def refuse(_: StoredBody) -> Sequence[Fact]:
        raise BadRequest("a record without a send")

    bench.accept([body(b"a")])
    run(digest_of(bench, refuse))

    assert failing(bench).error == "BadRequest: a record without a send"


def test_before_its_pause_is_over_a_body_is_not_tried_again(bench: Bench) -> None:
    bench.accept([body(POISON)])
    run(digest_of(bench))

    bench.clock.turn_to(failing(bench).next_try_at - 1)

    assert digest_of(bench).retry() is False


def test_a_body_that_is_understood_at_a_later_try_counts_once(bench: Bench) -> None:
    bench.accept([body(POISON), body(b"a")])
    run(digest_of(bench))
    bench.clock.turn_to(NOW + HOUR)

    run(digest_of(bench, lambda _: [told(Status.SENT)]))

    assert counted(bench) == (2, 2, 0, 0, 0)
    assert attempted(bench) == 2


def test_a_repeat_of_a_body_that_broke_is_no_duplicate(bench: Bench) -> None:
    bench.accept([body(POISON)])
    run(digest_of(bench))
    bench.accept([body(POISON)])

    run(digest_of(bench, lambda _: [told(Status.SENT)]))

    assert counted(bench) == (2, 1, 1, 0, 0)
    assert attempted(bench) == 1


def test_trouble_is_no_try_and_loses_nothing(bench: Bench) -> None:
    def in_trouble(_: StoredBody) -> Sequence[Fact]:
        raise StoreUnavailable("the disk is away")

    bench.accept([body(b"a"), body(b"b")])
    with pytest.raises(StoreUnavailable):
        digest_of(bench, in_trouble).step()
    assert counted(bench) == (2, 0, 2, 0, 0)

    run(digest_of(bench))

    assert counted(bench) == (2, 2, 0, 0, 0)


def test_trouble_at_a_later_try_is_no_try_either(bench: Bench) -> None:
    def in_trouble(_: StoredBody) -> Sequence[Fact]:
        raise StoreUnavailable("the disk is away")

    bench.accept([body(POISON)])
    run(digest_of(bench))
    bench.clock.turn_to(NOW + HOUR)

    with pytest.raises(StoreUnavailable):
        digest_of(bench, in_trouble).retry()

    assert failing(bench).tries == 1


def test_bodies_with_very_many_facts_are_taken_in_by_several_transactions(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "ENOUGH_FACTS", 3)
    digest = digest_of(bench, lambda s: [told(Status.SENT, wamid=f"wamid.{s.id}.{i}") for i in range(2)])
    bench.accept([body(bytes([i])) for i in range(9)])

    steps = Counter(digest.step() for _ in range(6))

    assert steps == {True: 5, False: 1}
    assert attempted(bench) == 18


def test_a_batch_says_whether_another_whole_one_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "BATCH", 3)
    digest = digest_of(bench)
    bench.accept([body(bytes([i])) for i in range(8)])

    answers = [digest.batch() for _ in range(4)]

    assert answers == [True, False, False, False]
    assert attempted(bench) == 8


# ---------------------------------------------------------------- two at once


class Interrupted:
    """Translates; and before the first body, something else happens."""

    def __init__(self, meanwhile: Callable[[], object], translate: Callable[[StoredBody], Sequence[Fact]]) -> None:
        self.meanwhile: Callable[[], object] | None = meanwhile
        self.translate = translate

    def __call__(self, stored: StoredBody) -> Sequence[Fact]:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return self.translate(stored)


def test_two_digests_of_the_same_bodies_count_them_once(bench: Bench) -> None:
    bench.accept([body(b"a"), body(b"b"), body(b"a")])
    other = digest_of(bench)

    run(digest_of(bench, Interrupted(other.step, understand)))

    assert counted(bench) == (3, 3, 0, 0, 1)
    assert attempted(bench) == 2


def test_two_digests_of_a_poison_body_count_one_try(bench: Bench) -> None:
    bench.accept([body(POISON), body(b"a")])
    other = digest_of(bench)

    run(digest_of(bench, Interrupted(other.step, understand)))

    assert failing(bench).tries == 1
    assert counted(bench) == (2, 1, 1, 0, 0)


def test_two_later_tries_at_once_count_the_body_once(bench: Bench) -> None:
    bench.accept([body(POISON)])
    run(digest_of(bench))
    bench.clock.turn_to(NOW + HOUR)
    other = digest_of(bench, lambda _: [told(Status.SENT)])

    run(digest_of(bench, Interrupted(other.retry, lambda _: [told(Status.SENT)])))

    assert counted(bench) == (1, 1, 0, 0, 0)


def test_a_try_that_fails_does_not_undo_one_that_succeeded_meanwhile(bench: Bench) -> None:
    bench.accept([body(POISON)])
    run(digest_of(bench))
    bench.clock.turn_to(NOW + HOUR)
    other = digest_of(bench, lambda _: [told(Status.SENT)])

    run(digest_of(bench, Interrupted(other.retry, understand)))
    bench.clock.turn_to(NOW + 2 * HOUR)
    run(digest_of(bench, lambda _: [told(Status.SENT)]))

    assert counted(bench) == (1, 1, 0, 0, 0)


# ---------------------------------------------------------------- judged again


def template(value: str, offset_ms: int) -> TemplateChanged:
    ref = TEMPLATES[0]
    return TemplateChanged(at(offset_ms), Source.WEBHOOK, WABA, "status", ref.name, ref.language, after=value)


SEND = recorded(0, template=TEMPLATES[0], category="marketing", person=PERSONS[1])
SENT = told(Status.SENT, 1, waba=WABA)


def uses(bench: Bench, *facts: Fact) -> tuple[int, int, int]:
    """Template sends, violations and unverified ones once *facts* are known, one after the other."""
    for fact in facts:
        bench.shelf.learn([fact])
        bench.drain()
    seen = bench.status().assessment
    return seen.template_usage.n, seen.template_violations, seen.template_unverified


def test_a_send_is_judged_again_when_earlier_history_arrives(bench: Bench) -> None:
    assert uses(bench, SEND, SENT) == (1, 0, 1)
    assert uses(bench, template("APPROVED", -HOUR)) == (1, 0, 0)
    assert uses(bench, template("PAUSED", -20 * MINUTE)) == (1, 1, 0)
    assert uses(bench, template("APPROVED", -MINUTE)) == (1, 0, 0)


def test_history_of_another_account_judges_nothing(bench: Bench) -> None:
    ref = TEMPLATES[0]
    elsewhere = TemplateChanged(at(-HOUR), Source.WEBHOOK, "other", "status", ref.name, ref.language, after="PAUSED")

    assert uses(bench, SEND, SENT, elsewhere) == (1, 0, 1)


def test_a_send_is_judged_again_when_an_earlier_opt_out_arrives(bench: Bench) -> None:
    opt_out = ConsentChanged(at(-HOUR), Source.WEBHOOK, PERSONS[1], "marketing_messages", "stop")

    assert uses(bench, SEND, SENT, template("APPROVED", -HOUR)) == (1, 0, 0)
    assert uses(bench, opt_out) == (1, 1, 0)


def test_an_opt_out_under_another_id_of_the_person_counts(bench: Bench) -> None:
    opt_out = ConsentChanged(at(-HOUR), Source.WEBHOOK, Person(bsuid="US.1"), "marketing_messages", "stop")
    same = MessageReceived(at(9), Source.WEBHOOK, "wamid.in", NUMBERS[0], WABA, Feed.MESSAGES, PERSONS[0], type="text")

    assert uses(bench, SEND, SENT, template("APPROVED", -HOUR), opt_out) == (1, 0, 0)
    assert uses(bench, same) == (1, 1, 0)
