"""Service windows: whoever writes opens 24 hours, and the order in which we hear of it changes nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wabawatch.domain.conversations import WINDOW_MS, ServiceWindow, joined, windows_of
from wabawatch.domain.facts import Feed, MessageReceived, Person, Source, when
from wabawatch.domain.messages import ContactKey, ContactKind

ANNA = Person(phone="15550101001")
KEY = ("1001", ContactKey(ContactKind.PHONE, "15550101001"))
T = 1_795_176_000_000
HOUR = 3_600_000


def wrote(at: int, **more: object) -> MessageReceived:
    told = {"when": when(at, T), "source": Source.WEBHOOK, "wamid": f"wamid.{at}", "number": "1001", "person": ANNA}
    return MessageReceived(**{**told, **more})  # type: ignore[arg-type]


def test_a_message_opens_a_window_of_24_hours() -> None:
    (window,) = windows_of([wrote(T)])[KEY]

    assert (window.opened_at, window.last_at, window.expires_at) == (T, T, T + 24 * HOUR)


def test_a_message_in_an_open_window_refreshes_it() -> None:
    assert windows_of([wrote(T - 30 * HOUR), wrote(T - 10 * HOUR)])[KEY] == [
        ServiceWindow(T - 30 * HOUR, T - 10 * HOUR)
    ]


def test_a_message_when_the_window_has_just_expired_opens_another() -> None:
    first, second = T - WINDOW_MS, T

    assert windows_of([wrote(second), wrote(first)])[KEY] == [
        ServiceWindow(first, first),
        ServiceWindow(second, second),
    ]


def test_a_late_message_between_two_windows_makes_them_one() -> None:
    apart = [ServiceWindow(T, T), ServiceWindow(T + 40 * HOUR, T + 40 * HOUR)]

    assert joined([*apart, ServiceWindow(T + 20 * HOUR, T + 20 * HOUR)]) == [ServiceWindow(T, T + 40 * HOUR)]


def test_groups_system_messages_and_our_own_tests_open_none() -> None:
    none = [wrote(T, group="g"), wrote(T, type="system"), wrote(T, feed=Feed.SYNTHETIC), wrote(T, person=Person())]

    assert windows_of(none) == {}


@given(st.lists(st.integers(0, 100), max_size=12), st.randoms())
def test_any_order_repetition_and_splitting_gives_the_same_windows(hours: list[int], random: object) -> None:
    all_at_once = joined(ServiceWindow(h * HOUR, h * HOUR) for h in hours)
    mixed = [*hours, *hours[::2]]
    random.shuffle(mixed)  # type: ignore[attr-defined]

    one_by_one: list[ServiceWindow] = []
    for hour in mixed:
        one_by_one = joined([*one_by_one, ServiceWindow(hour * HOUR, hour * HOUR)])

    assert one_by_one == all_at_once
