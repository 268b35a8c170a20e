"""Rebuild: hold the roll-ups against the messages they count, and mend what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from wabawatch.flows.judging import count_all
from wabawatch.ports import Recount, RollupKey

Progress = Callable[[int, int], None]
"""Told how many messages are counted, of how many."""


def differences(books: Recount, progress: Progress) -> dict[RollupKey, int]:
    """What must be added to each roll-up row to make it what the messages say. Empty: all is right."""
    swept_until, total, done = books.swept_until(), books.how_many(), 0
    should: Counter[RollupKey] = Counter()
    for page in books.pages():
        should.update(books.rows_of(count_all(page, swept_until)))
        done += len(page)
        progress(done, total)
    should.subtract(books.rows())
    return {key: n for key, n in should.items() if n}
