"""Rules as the console changed them, on disk: `rule_ports.RuleEdits` on one `Database`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from wabawatch.domain.alerts import ScopeKind
from wabawatch.domain.facts import Millis
from wabawatch.domain.rule_edits import Edit
from wabawatch.ports import Deed
from wabawatch.rule_ports import Plain
from wabawatch.storage import audit
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert, is_inserted
from wabawatch.storage.marks import set_marks
from wabawatch.storage.schema_alerts import rule_edits

CHANGED = "rules_changed"
"""The mark that grows with each change"""


class SqlRuleEdits:
    """Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self) -> int:
        """Another one after each change."""
        with self._database.reading() as connection:
            return read_mark(connection, CHANGED)

    def edits(self) -> Sequence[Edit]:
        """Everything that is said, by rule."""
        c = rule_edits.c
        with self._database.reading() as connection:
            rows = connection.execute(select(rule_edits).order_by(c.rule, c.place, c.place_id))
            return [_edit_of(row) for row in rows]

    def save(self, edit: Edit, before: Millis, done: Deed, detail: Mapping[str, Plain]) -> bool:
        """Keep *edit* instead of what was said *before*. False: it was changed since, and nothing was written."""
        with self._database.writing() as connection:
            if not _saved(connection, edit, before):
                return False
            set_marks(connection, {CHANGED: read_mark(connection, CHANGED) + 1})
            audit.append(connection, edit.changed_at, done.actor, done.action, done.subject, detail)
        return True


def _saved(connection: Connection, edit: Edit, before: Millis) -> bool:
    c, (kind, id_) = rule_edits.c, edit.place
    key = {"rule": edit.rule, "place": str(kind), "place_id": id_}
    told = {"said": json.dumps(edit.said, sort_keys=True), "changed_at": edit.changed_at, "changed_by": edit.changed_by}
    mine = [*(c[name] == value for name, value in key.items()), c.changed_at == before]
    if not edit.said:
        return connection.execute(delete(rule_edits).where(*mine)).rowcount == 1
    if before:
        return connection.execute(update(rule_edits).where(*mine).values(told)).rowcount == 1
    return is_inserted(connection, insert(connection, rule_edits).values(key | told).on_conflict_do_nothing())


def _edit_of(row: Any) -> Edit:
    said = json.loads(row.said)
    return Edit(row.rule, (ScopeKind(row.place), row.place_id), said, row.changed_at, row.changed_by)
