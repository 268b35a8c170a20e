"""Calls to the Graph API on disk: counted, and timed in histograms; only their errors have lines, among the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from wabawatch.domain.calls import CallCounts, call_counts, counters_of
from wabawatch.domain.facts import CallAnswered, CallKind
from wabawatch.domain.histograms import index_of
from wabawatch.domain.rollups import Floors, Span
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS
from wabawatch.domain.usage import usages_seen
from wabawatch.storage import counts, platform
from wabawatch.storage.dictionary import Dictionary


def note(connection: Connection, words: Dictionary, calls: Sequence[tuple[CallAnswered, str]], floors: Floors) -> None:
    """Count *calls*, and how long they took for the numbers beside them. Those without an answer took no time."""
    named = Counter(
        (at - at % MINUTE_MS, name) for call, _ in calls for at in [call.when.at] for name in counters_of(call)
    )
    counts.add_counters(connection, named, floors)
    numbers = words.numbers.ids(connection, {number for _, number in calls if number})
    for kind in CallKind:
        timed = Counter(
            (call.when.at - call.when.at % HOUR_MS, numbers.get(number, 0), index_of(call.latency_ms))
            for call, number in calls
            if call.kind is kind and call.http_status
        )
        counts.add_histogram(connection, HISTOGRAMS[kind], timed, floors)
    _note_usage(connection, words, calls, numbers)


def _note_usage(
    connection: Connection,
    words: Dictionary,
    calls: Sequence[tuple[CallAnswered, str]],
    numbers: Mapping[str, int],
) -> None:
    """Keep what *calls* tell of the limits, where they are about a number or WABA that is known: through an open
    gateway anybody may call for anything, with whatever app."""
    telling = [(call, number) for call, number in calls if call.is_ours and (call.loads or call.errors)]
    if not telling:
        return
    accounts = words.wabas.known(connection, {call.node for call, _ in telling if call.node})
    of_number = platform.accounts_of(connection, {numbers[number] for _, number in telling if number})
    told = [
        (call, of_number.get(numbers[number], "") if number else call.node)
        for call, number in telling
        if number or call.node in accounts
    ]
    platform.save_usages(connection, usages_seen(told, platform.read_usages(connection)))


HISTOGRAMS = {CallKind.SEND: "send", CallKind.OTHER: "call"}


def read(connection: Connection, spans: Sequence[Span], hours: Sequence[Span]) -> CallCounts:
    """The calls in *spans*, and how long those in *hours* took: the same window, in whole hours."""
    send_ms = counts.read_histogram(connection, HISTOGRAMS[CallKind.SEND], hours)
    return call_counts(counts.read_counters(connection, spans), send_ms)
