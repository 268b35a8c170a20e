"""Installations that are filled by copying hold what digesting would have given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.filling import Installation, fill, opened

from tests.support.places import the_postgres
from wabawatch.flows.rebuilding import differences
from wabawatch.meta.countries import country_of
from wabawatch.storage.recounting import recounting


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        yield Installation(tmp_path, {})
        return
    with the_postgres().database() as url:
        yield Installation(tmp_path, {"DATABASE_URL": url})


def test_the_roll_ups_of_a_filled_installation_are_what_its_messages_say(where: Installation) -> None:
    total = fill(where, 600, lambda done, said="": None)

    with opened(where) as system, recounting(system.database, country_of) as books:
        assert books.how_many() == total == 620
        assert differences(books, lambda done, total: None) == {}
