"""Importing: what is in dumps comes into the books once, wherever an earlier import was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import pytest

from tests.support.books import HandClock
from tests.support.dumps import body
from tests.support.facts import T0
from tests.support.places import Place
from tests.support.system import Bench
from wabawatch.app_parts import translate
from wabawatch.domain.archives import day_name, day_of
from wabawatch.domain.dumps import Dumped
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Why
from wabawatch.domain.standing import DAY_MS
from wabawatch.flows import importing
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.importing import Findings, Importing, Unknown, UnparsedItem, Unreadable, survey
from wabawatch.ports import Body, BodyId, BodySource
from wabawatch.storage.imports import SqlImports
from wabawatch.wire import status_json

NOW = T0 + DAY_MS
NUMBER = "100000000000009"


class Killed(BaseException):
    """The process ended here."""


@dataclass
class ListDump:
    """A dump in memory, which breaks after some bodies if it is told to."""

    name: str
    dumped: list[Dumped]
    breaks_after: int | None = None
    opened: int = 0
    closed: int = 0

    def identity(self) -> bytes:
        return blake2b(repr(self.dumped).encode()).digest()

    def bodies(self) -> Iterator[Dumped]:
        self.opened += 1
        for number, each in enumerate(self.dumped):
            if number == self.breaks_after:
                raise BadRequest("it is cut off")
            yield each

    def close(self) -> None:
        self.closed += 1


def dump_of(name: str, numbers: Sequence[int], **more: Any) -> ListDump:
    contents = [json.dumps(body(number)).encode() for number in numbers]
    return ListDump(name, [Dumped(content, line) for line, content in enumerate(contents, 1)], **more)


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    bench = Bench(place, NOW)
    yield bench
    bench.close()


def importing_into(bench: Bench) -> Importing:
    imports = SqlImports(bench.shelf.database)
    return Importing(bench.inbox, imports, translate, fingerprint, bench.drain, bench.clock)


def run(bench: Bench, *dumps: ListDump) -> Findings:
    return importing_into(bench).run(dumps)


def figures(bench: Bench) -> dict[str, Any]:
    found = status_json(bench.status())
    return {name: found[name] for name in ("messages", "webhooks", "requirements")}


@pytest.fixture
def once(place: Place) -> dict[str, Any]:
    """The figures after one import of two dumps that nothing disturbed."""
    bench = Bench(place.beside("once"), NOW)
    run(bench, *two_dumps())
    found = figures(bench)
    bench.close()
    return found


def two_dumps() -> tuple[ListDump, ListDump]:
    return dump_of("one", [*range(7), 3]), dump_of("two", range(5, 12))


def test_what_tells_of_archived_days_waits_until_they_are_restored(bench: Bench) -> None:
    day = DAY_MS // 1000
    today, archived = [0, 1, 2], [-2 * day, 3, -day]
    dump = dump_of("some", [*today, *archived])
    of_days = {day_of(T0) - 2, day_of(T0) - 1}

    findings = replace(importing_into(bench), archived_days=of_days).run([dump])
    (refused,) = findings.unreadable
    first, last = day_name(min(of_days)), day_name(max(of_days))
    assert refused.reason.startswith("from line 4 on it tells of messages of archived days")
    assert f"`wabawatch archive restore {first} {last}`" in refused.reason
    assert (findings.bodies, findings.messages.count) == (3, 1)

    findings = run(bench, dump)
    assert (findings.unreadable, findings.bodies_before, findings.bodies) == ([], 3, 3)
    assert run(bench, *two_dumps()).unreadable == []


class DyingInbox:
    """Hands everything on to a real inbox, and dies before or after one of the times it keeps bodies."""

    def __init__(self, bench: Bench, keeps: int, dies_after: bool) -> None:
        self._inbox = bench.inbox
        self._left = keeps
        self._dies_after = dies_after

    def append_all(self, bodies: Sequence[Body]) -> list[BodyId]:
        self._left -= 1
        if self._left < 0 and not self._dies_after:
            raise Killed
        ids = self._inbox.append_all(bodies)
        if self._left < 0:
            raise Killed
        return ids

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inbox, name)


@pytest.mark.parametrize("dies_after", [False, True], ids=["before it is kept", "after it is kept"])
@pytest.mark.parametrize("keeps", range(5))
def test_an_import_that_is_killed_goes_on_as_if_nothing_had_been(
    bench: Bench, once: dict[str, Any], keeps: int, dies_after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_BODIES", 3)
    dying = replace(importing_into(bench), inbox=DyingInbox(bench, keeps, dies_after))

    with pytest.raises(Killed):
        dying.run(two_dumps())
    run(bench, *two_dumps())

    assert figures(bench) == once


def test_an_import_that_is_killed_before_anything_is_digested_goes_on(bench: Bench, once: dict[str, Any]) -> None:
    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        replace(importing_into(bench), drain=die).run(two_dumps())
    found = run(bench, *two_dumps())

    assert (found.bodies, found.files_before) == (0, 2)
    assert figures(bench) == once


def test_a_second_import_reads_nothing_and_changes_nothing(bench: Bench) -> None:
    run(bench, *two_dumps())
    before = figures(bench)
    again = two_dumps()

    found = run(bench, *again)

    assert figures(bench) == before
    assert (found.files, found.files_before, found.bodies, found.bodies_before) == (2, 2, 0, 15)
    assert [(each.opened, each.closed) for each in again] == [(0, 1), (0, 1)]


def test_every_body_is_received_and_a_repeated_one_is_a_duplicate(bench: Bench) -> None:
    found = run(bench, *two_dumps())

    assert (found.bodies, found.duplicates, found.messages.count) == (15, 3, 4)
    assert (figures(bench)["webhooks"]["received"], figures(bench)["webhooks"]["duplicates"]) == (15, 3)
    assert figures(bench)["messages"]["read"] == 4


def test_two_copies_of_a_dump_are_one(bench: Bench) -> None:
    found = run(bench, dump_of("one", range(3)), dump_of("copy", range(3)))

    assert (found.files_before, found.bodies, found.duplicates) == (1, 3, 0)


def test_a_dump_that_breaks_gives_what_came_before_and_the_others_go_on(bench: Bench) -> None:
    broken = dump_of("broken", range(6), breaks_after=3)

    found = run(bench, broken, dump_of("good", range(6, 9)))
    again = run(bench, broken)

    assert found.unreadable == again.unreadable == [Unreadable("broken", "it is cut off")]
    assert (found.bodies, found.messages.count) == (6, 2)
    assert (again.bodies, again.bodies_before) == (0, 3)


def test_imported_bodies_count_at_their_own_time_and_enter_no_latency(bench: Bench) -> None:
    dump = dump_of("one", range(3))
    dump.dumped = [replace(each, received_at=T0 + 60_000) for each in dump.dumped]
    kept: list[Body] = []
    bench.inbox.append_all = _noting(bench.inbox.append_all, kept)  # type: ignore[method-assign]

    run(bench, dump)

    assert {(each.source, each.received_at) for each in kept} == {(BodySource.IMPORT, T0 + 60_000)}
    assert bench.status().assessment.webhook_response.n == 0
    with bench.shelf.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM histograms").scalar() == 0


def _noting(append_all: Any, kept: list[Body]) -> Any:
    def noted(bodies: Sequence[Body]) -> list[BodyId]:
        kept.extend(bodies)
        ids: list[BodyId] = append_all(bodies)
        return ids

    return noted


def test_a_time_of_receipt_that_is_still_to_come_is_not_believed(bench: Bench) -> None:
    kept: list[Body] = []
    bench.inbox.append_all = _noting(bench.inbox.append_all, kept)  # type: ignore[method-assign]

    run(bench, ListDump("one", [Dumped(b"{}", 1, NOW + 1)]))

    assert kept[0].received_at == NOW


STRANGE = ListDump(
    "strange",
    [
        Dumped(b"no json", 3),
        Dumped(json.dumps({"object": "page", "entry": []}).encode(), 4),
        Dumped(
            json.dumps(
                {
                    "object": "whatsapp_business_account",
                    "entry": [{"id": "1", "changes": [{"field": "from_tomorrow", "value": {}}, "odd"]}],
                }
            ).encode(),
            9,
        ),
        Dumped(json.dumps(body(0)).replace('"sent"', '"teleported"').encode(), 10),
    ],
)


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_what_is_not_understood_is_listed_with_its_place_and_reason(bench: Bench, is_dry_run: bool) -> None:
    found = survey([STRANGE], translate, HandClock(NOW)) if is_dry_run else run(bench, STRANGE)

    first, *others = found.unparsed_items
    assert (first.line, first.path, first.reason[:7]) == (3, "", "no JSON")
    assert others[:2] == [
        UnparsedItem("strange", 4, "", "the object of a webhook body is whatsapp_business_account"),
        UnparsedItem("strange", 9, "entry[0].changes[1]", "a change is an object with a field"),
    ]
    assert len(others) == 2
    assert found.unknown == {
        Unknown(Why.UNKNOWN_FIELD, "from_tomorrow"): 1,
        Unknown(Why.UNKNOWN_VALUE, "messages.statuses[].status", "teleported"): 1,
    }
    if not is_dry_run:
        counted = figures(bench)["webhooks"]
        assert (counted["unparsed_items"], counted["unknown"]) == (found.unparsed, found.unknown.total())


def test_a_survey_keeps_nothing(bench: Bench) -> None:
    before = figures(bench)

    found = survey(two_dumps(), translate, HandClock(NOW))

    assert (found.bodies, found.messages.count) == (15, 4)
    assert figures(bench) == before


def test_beyond_a_limit_findings_are_counted_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LISTED", 2)
    odd = [Dumped(b"no json", line) for line in range(5)]
    new = [
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": f"new_{i}", "value": {}}]}]}
        for i in range(5)
    ]
    dump = ListDump("odd", [*odd, *(Dumped(json.dumps(each).encode(), 1) for each in new)])

    found = survey([dump], translate, HandClock(NOW))

    assert (found.unparsed, len(found.unparsed_items)) == (5, 2)
    assert (found.unknown.total(), len(found.unknown)) == (5, 3)
