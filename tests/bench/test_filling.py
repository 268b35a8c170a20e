"""Installations that are filled by copying hold what digesting would have given."""

from __future__ import annotations

from pathlib import Path

from bench.filling import Installation, fill, opened

from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.storage.recounting import recounting


def test_the_roll_ups_of_a_filled_installation_are_what_its_messages_say(tmp_path: Path) -> None:
    where = Installation(tmp_path, {})

    total = fill(where, 600, lambda done, said="": None)

    with opened(where) as system, recounting(system.database, country_of) as books:
        assert books.how_many() == total == 620
        assert differences(books, lambda done, total: None) == {}
