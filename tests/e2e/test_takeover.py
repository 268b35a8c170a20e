"""Of two servers on one PostgreSQL one runs monitoring; the other takes over when it is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.health import check_of, eventually
from tests.support.places import the_postgres
from tests.support.server import Server


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with the_postgres().database() as url:
        servers = tuple(Server(tmp_path, {"DATABASE_URL": url}) for _ in range(2))
        yield servers[0], servers[1]
        for server in servers:
            server.close()


def leads(server: Server) -> bool:
    """Whether it runs the cycle."""
    return str(check_of(server, "loop:cycle")["detail"]) == ""


def test_a_monitor_that_is_killed_is_taken_over_and_leaves_no_gap(pair: tuple[Server, Server]) -> None:
    first, second = pair
    first.start()
    assert first.call("/monitoring/start", None).json() == {"wanted": True}
    eventually(lambda: leads(first))
    second.start()
    assert second.call("/monitoring/start", None).json() == {"wanted": True}
    assert not leads(second)

    first.kill()

    eventually(lambda: leads(second))
    monitoring = second.status()["monitoring"]
    assert monitoring["running"]
    assert monitoring["gaps"] == []
    first.start()
    assert not leads(first)


def test_a_stop_told_to_one_rests_the_other_and_receiving_goes_on(pair: tuple[Server, Server]) -> None:
    first, second = pair
    first.start()
    first.call("/monitoring/start", None)
    eventually(lambda: leads(first))
    second.start()

    second.call("/monitoring/stop", None)

    eventually(lambda: not leads(first))
    assert first.post(b'{"object": "whatsapp_business_account", "entry": []}').status_code == 200
    assert first.settled()["webhooks"]["processed"] == 1
    [gap] = first.status()["monitoring"]["gaps"]
    assert (gap["why"], gap["to"]) == ("stopped", None)
