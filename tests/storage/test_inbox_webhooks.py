"""What waits is told by kind: a backlog of webhooks holds none of our own records."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from wabawatch.ports import Body, BodyKind
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.sealed import Keyring

commits = st.lists(st.lists(st.sampled_from(BodyKind), min_size=1, max_size=5), max_size=5)


@settings(max_examples=40)
@given(commits, st.data())
def test_the_webhooks_above_any_number_are_counted(kinds: list[list[BodyKind]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = SqliteInbox(Path(folder) / "inbox.db", Keyring.generate(), reserve_bytes=0)
        kept: dict[int, BodyKind] = {}
        for commit in kinds:
            kept |= dict(zip(inbox.append_all([Body(kind, 0, b"{}") for kind in commit]), commit, strict=True))
        after = data.draw(st.sampled_from([0, *kept]))

        counted = inbox.webhooks_waiting(after)

        inbox.close()
    assert counted == sum(kind is BodyKind.WEBHOOK for number, kind in kept.items() if number > after)


def test_waiting_records_are_no_backlog_of_webhooks(tmp_path: Path) -> None:
    inbox = SqliteInbox(tmp_path / "inbox.db", Keyring.generate(), reserve_bytes=0)
    inbox.append_all([Body(BodyKind.RECORD, 0, b"{}")] * 50)

    assert (inbox.waiting(0), inbox.webhooks_waiting(0)) == (50, 0)
    inbox.close()
