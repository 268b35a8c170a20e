"""What waits is told by kind: a backlog of webhooks holds none of our own records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.places import Place
from wabawatch.ports import Body, BodyKind, Inbox
from wabawatch.storage.sealed import Keyring


@pytest.fixture(scope="module")
def lasting_inbox(lasting_place: Place) -> Iterator[Inbox]:
    database = lasting_place.database()
    inbox = lasting_place.inbox(database, Keyring.generate())
    yield inbox
    inbox.close()
    database.close()


commits = st.lists(st.lists(st.sampled_from(BodyKind), min_size=1, max_size=5), max_size=5)


@settings(max_examples=40)
@given(commits, st.data())
def test_the_webhooks_above_any_number_are_counted(
    lasting_inbox: Inbox, kinds: list[list[BodyKind]], data: st.DataObject
) -> None:
    before = lasting_inbox.newest()
    lasting_inbox.forget(before)
    kept: dict[int, BodyKind] = {}
    for commit in kinds:
        kept |= dict(zip(lasting_inbox.append_all([Body(kind, 0, b"{}") for kind in commit]), commit, strict=True))
    after = data.draw(st.sampled_from([before, *kept]))

    counted = lasting_inbox.webhooks_waiting(after)

    assert counted == sum(kind is BodyKind.WEBHOOK for number, kind in kept.items() if number > after)


def test_waiting_records_are_no_backlog_of_webhooks(place: Place) -> None:
    database = place.database()
    inbox = place.inbox(database, Keyring.generate())
    inbox.append_all([Body(BodyKind.RECORD, 0, b"{}")] * 50)

    assert (inbox.waiting(0), inbox.webhooks_waiting(0)) == (50, 0)
    inbox.close()
    database.close()
