"""What every channel must do, whatever its kind, against a real service on this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.notifiers.contract.subjects import SECRET, SUBJECTS, Subject
from tests.notifiers.notices import DELIVERY, EXAMPLES, PAUSED, SLOW, ended, notice
from wabawatch.domain.notices import NoticeKind, Outcome


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with SUBJECTS[request.param]() as made:
        yield made


def test_a_notice_arrives_with_what_a_person_needs(subject: Subject) -> None:
    delivered = subject.deliver(EXAMPLES["firing"])

    assert delivered.outcome is Outcome.SENT, delivered
    [taken] = subject.taken()
    for words in (
        "CRITICAL",
        "Delivery rate low",
        "106540352242922",
        "91.2",
        "2,000",
        "promo_7",
        "What to check first",
    ):
        assert words in taken.text


def test_a_resolved_notice_can_be_read_without_the_one_before(subject: Subject) -> None:
    subject.deliver(notice(NoticeKind.RESOLVED, ended(SLOW, "recovered", 42 * 60_000)))

    [taken] = subject.taken()
    for words in ("RESOLVED", "Application answers webhooks too late", "forward target crm", "42 min", "It was: "):
        assert words in taken.text
    assert "What to check first" not in taken.text


def test_a_repeat_carries_the_same_key_and_another_notice_does_not(subject: Subject) -> None:
    for name in ("firing", "firing", "resolved"):
        assert subject.deliver(EXAMPLES[name]).outcome is Outcome.SENT

    first, again, other = subject.taken()
    assert first == again
    assert EXAMPLES["firing"].key in first.key
    assert other.key != first.key


def test_a_text_of_any_length_arrives_and_says_that_it_was_cut(subject: Subject) -> None:
    endless = "Meta says: " + "ä<&>*_`\u202e\x00 word " * 20_000
    told = replace(DELIVERY, title=endless, about=endless, words=endless, first_steps=(endless,) * 30)

    assert subject.deliver(notice(NoticeKind.FIRING, *[told] * 20, total=500)).outcome is Outcome.SENT

    [taken] = subject.taken()
    assert "…" in taken.text
    assert len(taken.text) < 200_000
    assert not {"\u202e", "\x00"} & set(taken.text)


def test_no_word_of_others_becomes_markup(subject: Subject) -> None:
    evil = "<!channel> <script>alert(1)</script>\r\nBcc: all@example.com"

    assert subject.deliver(notice(NoticeKind.FIRING, replace(PAUSED, title=evil))).outcome is Outcome.SENT

    [taken] = subject.taken()
    assert "Bcc: all@example.com" in taken.text  # as a part of the title, in its line
    assert "\nBcc:" not in taken.text


def test_a_failure_tells_no_secret_in_its_detail_nor_in_any_log(
    subject: Subject, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    subject.break_()

    delivered = subject.deliver(EXAMPLES["firing"])

    assert delivered.outcome is not Outcome.SENT
    printed = "".join(capfd.readouterr())
    for place in (delivered.detail, caplog.text, printed, repr(subject.notifier)):
        assert SECRET not in place
    assert delivered.detail


def test_a_test_notice_says_that_nothing_is_wrong(subject: Subject) -> None:
    assert subject.deliver(EXAMPLES["test"]).outcome is Outcome.SENT

    [taken] = subject.taken()
    assert "nothing is wrong" in taken.text
