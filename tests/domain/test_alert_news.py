"""News of alerts for an open window: what is worth saying, and when many things are said at once."""

from __future__ import annotations

from dataclasses import replace

from tests.support.alert_books import RATE, bad, good
from tests.support.facts import MINUTE, T0, WABA
from wabawatch.domain.alert_news import MOST, AlertDeed, DeedKind, Item, ItemKind, items
from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alerts import AlertScope, Phase, Reason, ScopeKind, Severity, Transition


def scope(i: int) -> AlertScope:
    return AlertScope(ScopeKind.NUMBER, f"{i}", WABA)


def alert(i: int, **more: object) -> Alert:
    seen = bad(0, scope(i))
    known = Alert(
        f"a{i}", RATE.name, RATE.title, scope(i), Severity.CRITICAL, Phase.FIRING, T0, T0, None, "", False, seen, seen
    )
    return replace(known, **more)  # type: ignore[arg-type]


def ended(i: int) -> Alert:
    return alert(i, phase=Phase.RESOLVED, ended_at=T0 + MINUTE, ended="recovered")


def change(
    i: int,
    was: Phase = Phase.OK,
    became: Phase = Phase.FIRING,
    reason: Reason = Reason.FIRED,
    severity: Severity = Severity.CRITICAL,
) -> Transition:
    reading = bad(i, scope(i)) if became is Phase.FIRING else good(i, scope(i))
    return Transition(f"a{i}", RATE.name, scope(i), severity, T0 + i, was, became, reason, reading)


def end(i: int, reason: Reason = Reason.RECOVERED) -> Transition:
    return change(i, Phase.FIRING, Phase.RESOLVED, reason)


def news(
    *changes: Transition, alerts: list[Alert], silenced: tuple[str, ...] = (), kept: tuple[int, ...] = ()
) -> list[Item]:
    return items(list(enumerate(changes, 1)), [], {each.key: each for each in alerts}, silenced, kept)


def test_what_began_is_said_with_since_when_and_what_was_seen() -> None:
    (item,) = news(change(1), alerts=[alert(1)])

    assert (item.kind, item.alert, item.words, item.at, item.transitions) == (
        ItemKind.FIRED, "a1", "160 of 200 arrived", T0, (1,)
    )  # fmt: skip
    assert item.is_urgent


def test_a_warning_is_not_urgent_and_what_got_worse_may_be() -> None:
    (warning,) = news(change(1, severity=Severity.WARNING), alerts=[alert(1)])
    (worse,) = news(change(1, Phase.FIRING, Phase.FIRING, Reason.WORSENED), alerts=[alert(1)])

    assert not warning.is_urgent
    assert (worse.kind, worse.is_urgent) == (ItemKind.WORSENED, True)


def test_of_what_began_and_ended_since_only_the_end_is_said() -> None:
    (item,) = news(change(1), end(1), alerts=[ended(1)])

    assert item.kind is ItemKind.ENDED
    assert not item.is_urgent


def test_what_only_waited_is_not_said() -> None:
    waiting = change(1, Phase.OK, Phase.PENDING, Reason.BREACHED)
    cleared = change(1, Phase.PENDING, Phase.OK, Reason.CLEARED)

    assert news(waiting, cleared, alerts=[alert(1)]) == []


def test_an_end_that_something_else_tells_of_is_not_said_again() -> None:
    for reason in (Reason.REPLACED, Reason.ACKNOWLEDGED):
        assert news(end(1, reason), alerts=[ended(1)]) == []


def test_nobody_is_told_of_what_is_silenced_acknowledged_or_over_by_now() -> None:
    assert news(change(1), alerts=[alert(1)], silenced=("a1",)) == []
    assert news(change(1), alerts=[alert(1, ack_at=T0)]) == []
    assert news(change(1), alerts=[ended(1)]) == []


def test_what_is_shown_already_is_said_again_until_it_is_over() -> None:
    assert [item.alert for item in news(change(1), alerts=[alert(1)], kept=(1,))] == ["a1"]
    assert news(change(1), alerts=[ended(1)], kept=(1,)) == []


def test_many_at_once_are_one_with_the_count_of_each_severity_and_the_gravest_counts() -> None:
    changes = [change(i, severity=Severity.WARNING) for i in range(MOST)] + [change(MOST)]
    (item,) = news(*changes, alerts=[alert(i) for i in range(MOST + 1)])

    assert (item.title, item.words, item.n) == (
        f"{MOST + 1} alerts began to fire",
        f"1 critical, {MOST} warning",
        MOST + 1,
    )
    assert item.is_urgent
    assert sorted(item.transitions) == list(range(1, MOST + 2))


def test_so_many_are_said_one_by_one_the_gravest_first() -> None:
    changes = [change(1, severity=Severity.WARNING), change(2)]

    assert [item.alert for item in news(*changes, alerts=[alert(1), alert(2)])] == ["a2", "a1"]


def test_what_people_did_is_said_and_many_deeds_are_one() -> None:
    seen = AlertDeed(1, T0, "user:7", DeedKind.ACKNOWLEDGED, "a1", words="we call Meta")
    (one,) = items([], [seen], {"a1": alert(1)}, ())
    (many,) = items([], [seen] * (MOST + 1), {"a1": alert(1)}, ())

    assert (one.by, one.deed, one.title, one.words) == ("user:7", DeedKind.ACKNOWLEDGED, RATE.title, "we call Meta")
    assert (many.n, many.kind) == (MOST + 1, ItemKind.DONE)
