"""Who may sign in with a provider of OpenID Connect, for tests of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.oidc_house import BACK, PUBLIC, House
from tests.support.oidc_provider import IdProvider, providing


@pytest.fixture(scope="module")
def provider() -> Iterator[IdProvider]:
    with providing(PUBLIC + BACK) as provider:
        yield provider


@pytest.fixture
def make(provider: IdProvider, tmp_path: Path) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def built(**told: str) -> House:
        houses.append(House(tmp_path / str(len(houses)), provider, **told))
        return houses[-1]

    yield built
    for house in houses:
        house.system.close()
    provider.forge, provider.is_down, provider.userinfo_only, provider.userinfo_sub = _nothing, False, (), ""


def _nothing(_claims: dict[str, Any]) -> None:
    return None


@pytest.fixture
def house(make: Callable[..., House]) -> House:
    return make()
