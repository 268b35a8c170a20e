"""What users and tokens are called: `flows.naming.Register`."""

from __future__ import annotations

from sqlalchemy import select

from wabawatch.domain.actors import Names
from wabawatch.storage.database import Database
from wabawatch.storage.schema_access import api_tokens, users


class SqlRegister:
    """`flows.naming.Register` on one `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def names(self) -> Names:
        """What every user and token is called. Raises StoreUnavailable."""
        with self._database.reading() as connection:
            people = connection.execute(select(users.c.id, users.c.name)).all()
            programs = connection.execute(select(api_tokens.c.id, api_tokens.c.name)).all()
        return Names({row.id: row.name for row in people}, {row.id: row.name for row in programs})
