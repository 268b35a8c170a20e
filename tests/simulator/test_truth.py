"""The truth's own rules, on messages made by hand."""

from __future__ import annotations

import pytest

from wabawatch.domain.facts import Feed, SendOutcome
from wabawatch.simulator.ledger import Effect, Entry, Ledger, SendLogged, Shown, StatusLogged, StatusTold, note
from wabawatch.simulator.truth import Totals, TruthMessage, messages, totals

MINUTE = 60_000
AT = 1_790_000_000_000
LATER = AT + 20 * MINUTE


def outbound(**known: object) -> Entry:
    return Entry(**{"number": "1", "recipient": "49151", "at": AT, "wamid": "wamid.A", "category": "utility"} | known)  # type: ignore[arg-type]


def told(entry: Entry, *effects: Effect, as_of: int = LATER) -> list[TruthMessage]:
    ledger = Ledger()
    ledger.open(entry)
    for effect in effects:
        note(effect)
    return messages(ledger, as_of)


def counted(entry: Entry, *effects: Effect, as_of: int = LATER) -> Totals:
    return totals(told(entry, *effects, as_of=as_of), as_of)


def logged(entry: Entry, outcome: SendOutcome = SendOutcome.ACCEPTED, *, with_wamid: bool = True) -> SendLogged:
    return SendLogged(entry, "local", outcome, with_wamid)


def status(entry: Entry, *names: str) -> list[Effect]:
    return [StatusTold(entry, name, AT + 1_000, entry.category) for name in names]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), "pending"),
        (("sent",), "sent"),
        (("sent", "delivered"), "delivered"),
        (("read", "sent"), "read"),
        (("sent", "played"), "read"),
        (("sent", "failed"), "failed"),
        (("failed", "delivered"), "delivered"),
        (("delivered", "failed", "read"), "read"),
    ],
)
def test_whatever_reached_a_device_wins(names: tuple[str, ...], expected: str) -> None:
    entry = outbound()

    (row,) = told(entry, logged(entry), *status(entry, *names))

    assert row["status"] == expected


def test_a_lone_delivered_is_an_orphan_in_no_count() -> None:
    entry = outbound()

    counts = counted(entry, *status(entry, "delivered"))

    assert (counts["orphan"], counts["attempted"], counts["delivery_rate"]) == (1, 0, (0, 0))


def test_a_record_makes_an_orphan_a_message() -> None:
    entry = outbound()

    counts = counted(entry, *status(entry, "delivered"), logged(entry))

    assert (counts["orphan"], counts["delivered"], counts["delivery_rate"]) == (0, 1, (1, 1))


def test_an_unlinked_record_and_its_statuses_are_two_messages() -> None:
    entry = outbound()

    counts = counted(entry, logged(entry, with_wamid=False), *status(entry, "sent", "read"))

    assert (counts["attempted"], counts["unlinked"], counts["pending"], counts["read"]) == (2, 1, 1, 1)
    assert counts["failure_rate"] == (0, 1)


def test_a_link_makes_them_one() -> None:
    entry = outbound()
    link = StatusLogged(entry, "sent", AT)

    counts = counted(entry, logged(entry, with_wamid=False), *status(entry, "read"), link)

    assert (counts["attempted"], counts["unlinked"], counts["read"]) == (1, 0, 1)


def test_a_refusal_is_failed_and_not_accepted() -> None:
    entry = outbound(wamid="")

    counts = counted(entry, logged(entry, SendOutcome.REJECTED, with_wamid=False))

    assert (counts["failed"], counts["rejected"], counts["accepted"], counts["unlinked"]) == (1, 1, 0, 0)
    assert (counts["delivery_rate"], counts["failure_rate"]) == ((0, 0), (1, 1))


@pytest.mark.parametrize(("names", "rate"), [((), (0, 0)), (("sent", "delivered"), (1, 1)), (("failed",), (0, 1))])
def test_a_held_message_is_rated_once_released_or_dropped(names: tuple[str, ...], rate: tuple[int, int]) -> None:
    entry = outbound()

    counts = counted(entry, logged(entry, SendOutcome.HELD), *status(entry, *names))

    assert counts["delivery_rate"] == rate


def test_a_reaction_is_attempted_but_in_no_delivery_rate() -> None:
    entry = outbound(type="reaction")

    counts = counted(entry, logged(entry), *status(entry, "sent"))

    assert (counts["sent"], counts["delivery_rate"], counts["failure_rate"]) == (1, (0, 0), (0, 1))


def test_a_young_message_is_in_no_delivery_rate() -> None:
    entry = outbound()

    counts = counted(entry, logged(entry), *status(entry, "sent"), as_of=AT + 15 * MINUTE - 1)

    assert (counts["sent"], counts["delivery_rate"]) == (1, (0, 0))


@pytest.mark.parametrize(
    ("category", "minutes", "expected"),
    [
        ("authentication", 69, "sent"),
        ("authentication", 70, "expired"),
        ("utility", 70, "sent"),
        ("utility", 30 * 24 * 60 + 60, "expired"),
    ],
)
def test_a_message_expires_an_hour_after_its_life(category: str, minutes: int, expected: str) -> None:
    entry = outbound(category=category)

    (row,) = told(entry, logged(entry), *status(entry, "sent"), as_of=AT + minutes * MINUTE)

    assert row["status"] == expected


@pytest.mark.parametrize("kind", [{"is_group": True}, {"type": "reaction"}])
def test_groups_and_reactions_never_expire(kind: dict[str, object]) -> None:
    entry = outbound(**kind)

    (row,) = told(entry, logged(entry), *status(entry, "sent"), as_of=AT + 10**12)

    assert row["status"] == "sent"


def test_an_unlinked_send_never_expires() -> None:
    entry = outbound()

    (row,) = told(entry, logged(entry, with_wamid=False), as_of=AT + 10**12)

    assert row["status"] == "pending"


@pytest.mark.parametrize(
    ("feed", "origin"),
    [(Feed.ECHO, "business_app"), (Feed.STANDBY, "meta_agent"), (Feed.HISTORY, "history")],
)
def test_what_others_sent_is_not_attempted(feed: Feed, origin: str) -> None:
    entry = outbound(feed=feed)

    rows = told(entry, Shown(entry), *status(entry, "sent", "delivered"))

    assert [row["origin"] for row in rows] == [origin]
    assert totals(rows, LATER)["attempted"] == 0


def test_inbound_messages_are_counted_apart_and_history_is_not() -> None:
    now, old = outbound(direction="inbound"), outbound(direction="inbound", feed=Feed.HISTORY)

    assert counted(now, Shown(now))["inbound"] == 1
    assert counted(old, Shown(old))["inbound"] == 0


def test_a_window_counts_by_request_time() -> None:
    entry = outbound()
    rows = told(entry, logged(entry), *status(entry, "sent"))

    assert totals(rows, LATER, since=AT)["attempted"] == 1
    assert totals(rows, LATER, since=AT + 1)["attempted"] == 0
