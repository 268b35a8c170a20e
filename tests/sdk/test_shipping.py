"""Shipping: what waits goes to the server in order, and only the server's own word lets a record go."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from wabawatch.sdk.shipping import LONGEST_PAUSE_S, Answer, Shipper, Verdict, pause_s, verdict_of
from wabawatch.sdk.spool import Spool


class Desk:
    """A server that answers as it is told to and keeps what it took."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.wrong: set[bytes] = set()
        self.away = threading.Event()
        self.asked = threading.Event()

    def __call__(self, records: Sequence[bytes]) -> Answer:
        self.asked.set()
        if self.away.is_set():
            return Answer(503, detail="away")
        if self.wrong.intersection(records):
            return Answer(422, is_problem=True, detail="wrong")
        self.kept += records
        return Answer(202)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def shipper(tmp_path: Path, desk: Desk) -> Iterator[Shipper]:
    shipper = Shipper(Spool(tmp_path, 1 << 20), desk)
    yield shipper
    shipper.close(0)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(202), Verdict.KEPT),
        (Answer(422, is_problem=True), Verdict.REFUSED),
        (Answer(413, is_problem=True), Verdict.REFUSED),
        (Answer(413), Verdict.LATER),
        (Answer(400), Verdict.LATER),
        (Answer(401, is_problem=True), Verdict.LATER),
        (Answer(403, is_problem=True), Verdict.LATER),
        (Answer(404, is_problem=True), Verdict.LATER),
        (Answer(301), Verdict.LATER),
        (Answer(429, is_problem=True), Verdict.LATER),
        (Answer(500), Verdict.LATER),
        (Answer(0), Verdict.LATER),
    ],
    ids=str,
)
def test_only_the_servers_own_word_that_a_record_is_wrong_lets_it_go(answer: Answer, verdict: Verdict) -> None:
    assert verdict_of(answer) is verdict


def test_pauses_grow_up_to_a_minute_unless_the_server_asks_for_more() -> None:
    assert [pause_s(n, None, 1.0) for n in (1, 2, 3, 8, 100)] == [0.5, 1.0, 2.0, 60.0, LONGEST_PAUSE_S]
    assert pause_s(3, None, 0.0) == 1.0
    assert pause_s(1, 90.0, 0.0) == 90.0


def test_what_is_kept_arrives_in_order(shipper: Shipper, desk: Desk) -> None:
    records = [b"%d" % i for i in range(1200)]
    for record in records:
        shipper.keep(record)

    assert shipper.flush(30)
    assert desk.kept == records
    assert shipper.sent == 1200


def test_one_wrong_record_holds_up_no_other(shipper: Shipper, desk: Desk) -> None:
    desk.wrong = {b"7", b"23"}
    desk.away.set()
    for i in range(40):
        shipper.keep(b"%d" % i)
    desk.away.clear()

    assert shipper.flush(30)
    assert desk.kept == [b"%d" % i for i in range(40) if i not in (7, 23)]
    assert shipper.refused == 2


def test_a_server_that_is_away_gets_all_of_it_when_it_is_back(shipper: Shipper, desk: Desk) -> None:
    desk.away.set()
    shipper.keep(b"one")
    assert desk.asked.wait(30)
    assert not shipper.flush(0)
    assert shipper.last_error == "away" or not desk.kept
    desk.away.clear()

    assert shipper.flush(30)
    assert (desk.kept, shipper.last_error) == ([b"one"], "")


def test_whoever_waits_does_not_miss_a_server_that_comes_back_after_a_long_time(
    shipper: Shipper, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wabawatch.sdk.shipping.pause_s", lambda *_: 3_600.0)
    desk.away.set()
    shipper.keep(b"one")
    assert desk.asked.wait(30)
    waiting = threading.Thread(target=lambda: shipper.flush(60), daemon=True)
    waiting.start()
    desk.asked.clear()
    assert desk.asked.wait(30)  # it was tried once more, in vain
    desk.away.clear()
    waiting.join(30)

    assert desk.kept == [b"one"]


def test_a_server_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    asked, over = threading.Event(), threading.Event()

    def post(records: Sequence[bytes]) -> Answer:
        assert records == [b"one"]
        asked.set()
        over.wait(60)
        return Answer(202)

    shipper = Shipper(Spool(tmp_path, 1 << 20), post)
    shipper.keep(b"one")
    assert asked.wait(30)
    shipper.close(0)

    assert not over.is_set()
    desk = Desk()
    successor = Shipper(Spool(tmp_path, 1 << 20), desk)
    assert successor.flush(30)
    successor.close(0)
    over.set()
    assert desk.kept == [b"one"]


def test_what_a_closed_shipper_could_not_send_the_next_one_sends(tmp_path: Path, desk: Desk) -> None:
    desk.away.set()
    first = Shipper(Spool(tmp_path, 1 << 20), desk)
    first.keep(b"one")
    first.close(0)
    desk.away.clear()

    second = Shipper(Spool(tmp_path, 1 << 20), desk)
    second.keep(b"two")
    assert second.flush(30)
    second.close(0)
    assert desk.kept == [b"one", b"two"]
