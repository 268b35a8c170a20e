"""The processing log of webhook bodies for those who look: filters, pages, what was set aside, what was turned away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.books import Shelf
from tests.support.places import ON_EACH, Place
from tests.support.system import Bench, item, webhook
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.domain.webhook_bodies import Refused, Result
from wabawatch.flows.digest import fingerprint
from wabawatch.ports import Body, BodyNote, BodyResult, BodySource, Deed, Failing, StoredBody, Window
from wabawatch.storage import webhook_log
from wabawatch.storage.audit import verify
from wabawatch.storage.kept_hours import KeptHours
from wabawatch.storage.webhook_log import SqlWebhookLog
from wabawatch.webhook_ports import LineFilter, SetAside

pytestmark = ON_EACH

NOW = 1_795_176_000_000
LIVE = frozenset({BodySource.LIVE})
ALL = LineFilter(NOW - DAY_MS, NOW + DAY_MS, frozenset(BodySource))


class Rig:
    """Books with a log, and bodies noted in it by hand."""

    def __init__(self, place: Place) -> None:
        self.bench = Bench(place, NOW)
        self.shelf: Shelf = self.bench.shelf
        self.log = SqlWebhookLog(self.shelf.database, self.shelf.keyring)

    def note(self, id_: int, result: BodyResult = BodyResult.PROCESSED, at: int = NOW, **more: object) -> StoredBody:
        """Note body *id_*; *more*: its app, source, content, or what was counted of it."""
        counted = {name: int(str(more.pop(name, 0))) for name in ("facts", "unparsed", "unknown")}
        body = webhook("statuses", item(f"wamid.{id_}", at, status="sent"), received_at=at)._replace(**more)  # type: ignore[arg-type]
        stored = StoredBody(id_, body)
        with self.shelf.books.writing() as ledger:
            ledger.note_bodies([BodyNote(id_, body, fingerprint(stored), result, **counted)])
        return stored

    def ids(self, wanted: LineFilter = ALL, before: int | None = None, limit: int = 50) -> list[int]:
        return [line.id for line in self.log.lines(wanted, before, limit).lines]


@pytest.fixture
def rig(place: Place) -> Iterator[Rig]:
    found = Rig(place)
    yield found
    found.bench.close()


def test_lines_are_found_by_everything_they_say(rig: Rig) -> None:
    rig.note(1, facts=3)
    rig.note(2, unknown=1, app="shop")
    rig.note(3, BodyResult.DUPLICATE, app="shop")
    rig.note(4, BodyResult.PARKED, at=NOW - HOUR_MS)
    rig.note(5, source=BodySource.IMPORT, unparsed=2)

    assert rig.ids() == [5, 4, 3, 2, 1]
    assert rig.ids(replace(ALL, sources=LIVE)) == [4, 3, 2, 1]
    assert rig.ids(replace(ALL, result=Result.PROCESSED)) == [1]
    assert rig.ids(replace(ALL, result=Result.PARTLY)) == [5, 2]
    assert rig.ids(replace(ALL, result=Result.DUPLICATE)) == [3]
    assert rig.ids(replace(ALL, result=Result.WAITING)) == []
    assert rig.ids(replace(ALL, app="shop")) == [3, 2]
    assert rig.ids(replace(ALL, app="")) == [5, 4, 1]
    assert rig.ids(replace(ALL, app="nobody")) == []
    assert rig.ids(replace(ALL, since=NOW)) == [5, 3, 2, 1]
    assert rig.ids(replace(ALL, until=NOW)) == [4]
    line = rig.log.line(2)
    assert line is not None
    assert (line.app, line.result, line.unknown, line.received_at) == ("shop", Result.PARTLY, 1, NOW)
    assert rig.log.line(9) is None


def test_pages_follow_each_other_without_a_gap_however_little_one_looks_at(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_log, "STEP", 3)
    monkeypatch.setattr(webhook_log, "EXAMINED", 6)
    for id_ in range(1, 30):
        rig.note(id_ * 10, BodyResult.DUPLICATE if id_ % 5 == 0 else BodyResult.PROCESSED)
    found, before, pages = list[int](), None, 0
    wanted = replace(ALL, result=Result.DUPLICATE)
    while pages == 0 or before is not None:
        page = rig.log.lines(wanted, before, 2)
        found += [line.id for line in page.lines]
        before, pages = page.following, pages + 1

    assert found == [250, 200, 150, 100, 50]
    assert pages > 3


def test_the_hours_in_which_bodies_were_kept_lead_to_a_time_range(rig: Rig) -> None:
    hours = KeptHours(rig.shelf.database)
    for n in range(1, 6):
        at = NOW - (6 - n) * HOUR_MS
        rig.note(n, at=at)
        hours.note(at, n)
    rig.note(6, at=NOW - 4 * HOUR_MS, source=BodySource.IMPORT)

    wanted = replace(ALL, since=NOW - 4 * HOUR_MS, until=NOW - 2 * HOUR_MS, sources=LIVE)
    assert rig.ids(wanted) == [3, 2]
    assert rig.ids(replace(wanted, sources=frozenset(BodySource))) == [6, 3, 2]


def test_what_was_set_aside_says_why_and_is_tried_again_when_asked(rig: Rig) -> None:
    stored = rig.note(1, BodyResult.PARKED)
    with rig.shelf.books.writing() as ledger:
        ledger.fail(Failing(stored, 5, None, "KeyError"))
    asked = Deed("user:3", "body_tried_again", "body:1")

    assert rig.log.set_aside([1, 2]) == {1: SetAside(5, None, "KeyError")}
    assert rig.log.kept_aside([1, 2]) == {1: stored.body}
    assert rig.log.try_now(1, NOW, asked)
    assert not rig.log.try_now(2, NOW, asked)
    assert rig.log.set_aside([1])[1].next_try_at == NOW
    rig.bench.digest.retry()
    assert rig.log.set_aside([1]) == {}
    assert rig.ids(replace(ALL, result=Result.PARKED)) == []
    with rig.shelf.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_entries").scalar_one() == 1
        assert verify(connection) is None


def test_bodies_with_the_same_bytes_know_of_each_other(rig: Rig) -> None:
    body = webhook("statuses", item("wamid.same", NOW, status="sent"), received_at=NOW)
    ids = rig.bench.inbox.append_all([body, webhook("messages", received_at=NOW), body, body])
    rig.bench.drain()

    assert rig.log.copies(ids[0]) == (ids[0], [ids[3], ids[2]])
    assert rig.log.copies(ids[2]) == (ids[0], [ids[3], ids[0]])
    assert rig.log.copies(ids[1]) == (ids[1], [])
    assert rig.log.copies(10**9) == (None, [])
    assert rig.log.newest_at() == NOW


def test_what_was_turned_away_is_counted_by_reason_and_time(rig: Rig) -> None:
    minute, before = NOW - NOW % MINUTE_MS, NOW - NOW % MINUTE_MS - 3 * MINUTE_MS
    rig.bench.figures.keep_refusals(
        {(minute, "", "bad_signature"): 2, (minute, "shop", "too_large"): 1, (before, "shop", "too_large"): 4}
    )
    window = Window(NOW - HOUR_MS, NOW + MINUTE_MS)

    assert rig.log.refused_by(window) == {"bad_signature": 2, "too_large": 5}
    found = rig.log.refused(window, 10)
    assert sum(each.n for each in found) == 7
    assert found[0] == Refused(minute, minute + MINUTE_MS, "shop", "too_large", 1)
    assert found[1] == Refused(minute, minute + MINUTE_MS, "", "bad_signature", 2)
    assert found[2] == Refused(before, before + MINUTE_MS, "shop", "too_large", 4)
    assert rig.log.refused(window, 1) == found[:1]
    assert rig.log.refused_by(Window(NOW - 2 * DAY_MS, NOW - DAY_MS)) == {}


def test_an_unknown_body_is_no_line(rig: Rig) -> None:
    assert rig.log.lines(ALL, None, 50) == ([], None)
    assert isinstance(rig.note(1).body, Body)
    assert rig.log.lines(ALL, 1, 50) == ([], None)
