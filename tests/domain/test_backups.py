"""Whether a backup is what was written, and what it needs."""

from __future__ import annotations

import pytest

from wabawatch.domain.backups import VERSION, KeptFile, Manifest, faults_of, lacking_keys

BOOKS, INBOX = KeptFile(4_096, "aa"), KeptFile(8_192, "bb")
MADE = Manifest(VERSION, 1_000, "1.0", 25, {"books": BOOKS, "inbox": INBOX}, ["1a", "2b"], False, 7, "cc")


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        ({"books": BOOKS, "inbox": INBOX}, []),
        ({"books": BOOKS, "inbox": INBOX, "more": BOOKS}, []),
        ({"books": BOOKS}, ["inbox is missing"]),
        (
            {"books": KeptFile(1_024, "aa"), "inbox": INBOX},
            ["books has 1,024 bytes, and had 4,096 when it was written"],
        ),
        (
            {"books": BOOKS, "inbox": KeptFile(8_192, "b0")},
            ["inbox was changed: its SHA-256 is another than when it was written"],
        ),
    ],
)
def test_each_file_that_is_not_as_it_was_written_is_named(found: dict[str, KeptFile], faults: list[str]) -> None:
    assert faults_of(MADE, found) == faults


def test_what_opens_it_and_is_not_known_is_named() -> None:
    assert lacking_keys(MADE, {"2b", "3c"}) == ["1a"]
    assert lacking_keys(MADE, ["1a", "2b"]) == []


def test_its_size_is_that_of_its_files() -> None:
    assert MADE.size == 12_288
