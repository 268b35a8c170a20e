"""The whole OpenAPI document against the real application: whatever it allows or forbids is answered as it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from tests.support.books import HandClock
from tests.support.thorough import examples

from wabawatch.app import System
from wabawatch.settings import load
from wabawatch.web.site import Site

NOW = 1_795_176_000_000
TOKEN = "token"
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20_261_125,
        "auth": {"openapi": {"token": {"bearer": TOKEN}}},
        # Rules between fields (an inbound message needs its wamid) stand in no schema: 422 says so.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409, 422]}},
    }
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("document")
    given = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_API_TOKEN": TOKEN, "WABAWATCH_API_RATE_LIMIT": "0"}
    system = System(
        load({**given, "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_EXPORTS_MOST": "100"}), HandClock(NOW)
    )
    yield schemathesis.openapi.from_asgi(
        "/openapi.json", _without_lifespan(system.site(system.supervisor())), config=CONFIG
    )
    system.close()


def _without_lifespan(site: Site) -> Any:
    """*site* without its loops: schemathesis would start and stop them for every request."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await site(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    return app


def _has_null(query: Any) -> bool:
    """Whether a query says `null`, which cannot be told from that word: somebody may be called so."""
    values = (query or {}).values()
    return any(each is None or (isinstance(each, list) and None in each) for each in values)


EXAMPLES = settings(
    max_examples=examples(4),
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_every_operation_answers_as_the_document_says(api: Any, mode: GenerationMode) -> None:
    operations = [each.ok() for each in api.get_all_operations()]
    assert len(operations) >= 7
    for operation in operations:

        @EXAMPLES
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: Any) -> None:
            assume(not _has_null(case.query))
            case.call_and_validate()

        answers()
