"""Step 21 of the schema: one state per rule and thing, also before it is known to which account that belongs; and a way
to alerts that ended lately.

A number that had a state from before its account was known and one from afterwards keeps the one that fires, or was
written more often; an alert that is open only by the other ends as replaced.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, MetaData, Table, Text, func, insert, select, text, update

_metadata = MetaData()
_NAMES = ("rule", "scope", "scope_id")
_states = Table(
    "alert_states",
    _metadata,
    *(Column(name, Text, primary_key=True) for name in _NAMES),
    *(Column(name, Text, nullable=False) for name in ("waba_id", "phase", "alert")),
    Column("version", BigInteger, nullable=False),
    Column("memory", Text, nullable=False),
)
_alerts = Table(
    "alerts",
    _metadata,
    *(Column(name, Text) for name in ("alert", "phase", "ended")),
    Column("ended_at", BigInteger),
)
_transitions = Table("alert_transitions", _metadata, Column("alert", Text), Column("at", BigInteger))
_RANK = {"firing": 2, "pending": 1}


def name_by_thing(connection: Connection) -> None:
    """Keep one state of each rule and thing."""
    kept: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in connection.execute(select(_states)).mappings():
        name = tuple(row[each] for each in _NAMES)
        other = kept.get(name)
        kept[name] = dict(row) if other is None else max((dict(row), other), key=_worth)
        if other is not None:
            _end(connection, min((dict(row), other), key=_worth), kept[name]["alert"])
    connection.execute(text("DROP TABLE alert_states"))
    _states.create(connection)
    if kept:
        connection.execute(insert(_states), list(kept.values()))
    Index("alerts_ended", _alerts.c.ended_at).create(connection)


def _worth(row: dict[str, Any]) -> tuple[int, int, str]:
    return _RANK.get(row["phase"], 0), row["version"], row["waba_id"]


def _end(connection: Connection, row: dict[str, Any], kept: str) -> None:
    """End the alert that is open by a state that goes."""
    if row["phase"] not in _RANK or row["alert"] == kept:
        return
    c = _transitions.c
    last_at = select(func.max(c.at)).where(c.alert == row["alert"]).scalar_subquery()
    phase = "resolved" if row["phase"] == "firing" else "ok"
    is_open = (_alerts.c.alert == row["alert"], _alerts.c.ended_at.is_(None))
    connection.execute(update(_alerts).where(*is_open).values(phase=phase, ended="replaced", ended_at=last_at))
