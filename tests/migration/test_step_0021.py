"""Of a number that had two states of one rule, from before and after its account was known, one stays after step 21."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert

from tests.migration.pictures import kept, rebuild
from wabawatch.domain.alerts import AlertScope, Phase, ScopeKind
from wabawatch.storage.alerts import SqlAlerts
from wabawatch.storage.database import Database
from wabawatch.storage.migrations import STEPS, migrate
from wabawatch.storage.schema import schema_steps

STATES = [
    ("FAILURE_RATE_HIGH", "number", "1", "", "firing", "old", 7),
    ("FAILURE_RATE_HIGH", "number", "1", "9", "firing", "new", 8),
    ("FAILURE_RATE_HIGH", "number", "2", "", "firing", "fires", 3),
    ("FAILURE_RATE_HIGH", "number", "2", "9", "ok", "", 5),
    ("TEMPLATE_PAUSED", "template", "9/promo/en", "9", "resolved", "other", 2),
]


def test_the_one_that_fires_stays_and_an_alert_of_the_other_ends(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'main.db'}")
    with database.writing() as connection:
        rebuild(connection, kept(20).read_text("utf-8"))
        steps = [{"number": step.number, "name": step.name, "applied_at": 0} for step in STEPS if step.number <= 20]
        connection.execute(insert(schema_steps), steps)
        for state in STATES:
            connection.exec_driver_sql("INSERT INTO alert_states VALUES (?, ?, ?, ?, ?, ?, ?, '{}')", state)
        for key, number in (("old", "1"), ("new", "1"), ("fires", "2")):
            connection.exec_driver_sql(
                "INSERT INTO alerts VALUES (?, 'FAILURE_RATE_HIGH', '', 'number', ?, '', 'critical', 'firing', 5, 5,"
                " NULL, '', 0, '{\"at\": 5}', '{\"at\": 5}', '', NULL, '', '')",
                (key, number),
            )
        connection.exec_driver_sql(
            "INSERT INTO alert_transitions VALUES (1, 'old', 'FAILURE_RATE_HIGH', 'number', '1', '', 'critical', 5,"
            " 'ok', 'firing', 'fired', 0, '{}', NULL)"
        )

    migrate(database, 1)

    book = SqlAlerts(database)
    found = {(scope.id, scope.waba): (state.phase, state.alert) for (_, scope), state in book.states().items()}
    ended = book.alert("old")
    is_open = {alert.key for alert in book.open()}
    database.close()
    assert found == {
        ("1", "9"): (Phase.FIRING, "new"),
        ("2", ""): (Phase.FIRING, "fires"),
        ("9/promo/en", "9"): (Phase.RESOLVED, "other"),
    }
    assert ended is not None
    assert (ended.phase, ended.ended, ended.ended_at) == (Phase.RESOLVED, "replaced", 5)
    assert is_open == {"new", "fires"}
    assert AlertScope(ScopeKind.NUMBER, "1") == AlertScope(ScopeKind.NUMBER, "1", "9")
