"""Numbers and the accounts they belong to, as last seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select

from wabawatch.domain.headroom import NumberPlace
from wabawatch.storage.schema import number_wabas, numbers, portfolios, waba_portfolios, wabas

_NUMBERS = select(numbers.c.id, numbers.c.phone_number_id)
_WABAS = select(wabas.c.id, wabas.c.waba_id)
# Of several the last one stays.
_SEEN = select(number_wabas.c.number_id, number_wabas.c.waba_id).order_by(
    number_wabas.c.last_at, number_wabas.c.waba_id
)
_OWNED = (
    select(waba_portfolios.c.waba_id, portfolios.c.portfolio_id)
    .join(portfolios, portfolios.c.id == waba_portfolios.c.portfolio_id)
    .order_by(waba_portfolios.c.last_at, portfolios.c.portfolio_id)
)


class NumberPlaces:
    """Which number has which name and account: read once, for one connection."""

    def __init__(self, connection: Connection) -> None:
        self._numbers: dict[int, str] = _pairs(connection, _NUMBERS)
        self._wabas: dict[int, str] = _pairs(connection, _WABAS)
        self._waba_of: dict[int, int] = _pairs(connection, _SEEN)
        self._portfolio_of: dict[int, str] = _pairs(connection, _OWNED)

    def of(self, number_id: int, waba_id: int = 0) -> tuple[str, str]:
        """The phone_number_id and the WABA of a number, "" where they are not known."""
        waba_id = waba_id or self._waba_of.get(number_id, 0)
        return self._numbers.get(number_id, ""), self._wabas.get(waba_id, "")

    def knows(self, ids: Iterable[int]) -> bool:
        """Whether all of these numbers are known."""
        return all(number_id in self._numbers for number_id in ids if number_id)

    def ids(self) -> dict[str, int]:
        """Every number's id in the tables."""
        return {number: number_id for number_id, number in self._numbers.items()}

    def all(self) -> list[NumberPlace]:
        """Every number with its account and portfolio."""
        return sorted(
            NumberPlace(number, self.of(number_id)[1], self._portfolio_of.get(self._waba_of.get(number_id, 0), ""))
            for number_id, number in self._numbers.items()
        )


def _pairs(connection: Connection, query: Select[Any]) -> dict[int, Any]:
    return dict(list(connection.execute(query)))
