"""What doctor asks Meta, against a simulated one: few questions, and what is wrong there is found."""

from __future__ import annotations

from tests.support.polling import SaysMeta, template, token
from wabawatch.domain.meta_look import MetaLook
from wabawatch.domain.platform import Kind, Seen, Subject, value
from wabawatch.domain.polls import Ask
from wabawatch.probes.meta_look import MOST_WABAS, look_at_meta

T0 = 1_790_000_000_000


def test_what_meta_tells_now_takes_the_place_of_what_polling_learnt() -> None:
    meta = SaysMeta()
    meta.says(Ask.TOKEN, "", token(wabas="5"))
    meta.says(Ask.SUBSCRIBED, "5", Seen(Subject(Kind.WABA, "5"), {"apps": "none"}))

    found = look_at_meta(meta, MetaLook(), (), (), T0)

    assert value(found.states[Subject(Kind.WABA, "5")], "apps") == "none"
    assert found.has_asked


def test_a_dead_token_is_asked_nothing_more() -> None:
    meta = SaysMeta()
    meta.says(Ask.TOKEN, "", token("false"))

    look_at_meta(meta, MetaLook(), ("5",), ("7",), T0)

    assert [ask for ask, _, _ in meta.asked] == [Ask.TOKEN]


def test_of_many_accounts_only_some_are_asked_about() -> None:
    meta = SaysMeta()

    look_at_meta(meta, MetaLook(), [str(n) for n in range(100)], (), T0)

    assert len(meta.asked) == 1 + 3 * MOST_WABAS


def test_what_is_not_answered_is_told() -> None:
    meta = SaysMeta()
    meta.says(Ask.TEMPLATES, "5", template())
    meta.refuses(Ask.NUMBERS, "5", 100, "no such thing")

    found = look_at_meta(meta, MetaLook(), ("5",), (), T0)

    assert found.problems[Ask.NUMBERS, "5"].sentence == "no such thing"
