"""How far dumps were imported, and what the body log says of their bodies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, select

from wabawatch.domain.dumps import ImportPlace
from wabawatch.ports import BodyId, BodyResult, BodySource
from wabawatch.storage.body_log import SOURCES, meaning_of
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks, insert
from wabawatch.storage.schema import bodies, imports

_STATE = ("done", "pending", "after_id", "is_finished")


class SqlImports:
    """What the import needs to remember. Every method may be called from any thread and raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, identity: bytes) -> ImportPlace | None:
        with self._database.reading() as connection:
            row = connection.execute(select(imports).where(imports.c.identity == identity)).one_or_none()
        if row is None:
            return None
        return ImportPlace(identity, row.done, row.pending, row.after_id, bool(row.is_finished))

    def keep(self, places: Sequence[ImportPlace]) -> None:
        if not places:
            return
        with self._database.writing() as connection:
            new = insert(connection, imports)
            latest = {name: new.excluded[name] for name in _STATE}
            statement = new.on_conflict_do_update(index_elements=["identity"], set_=latest)
            connection.execute(statement, [_row(place) for place in places])

    def outcomes(self, first: BodyId, last: BodyId) -> Mapping[BodyId, BodyResult]:
        query = select(bodies.c.id, bodies.c.code).where(bodies.c.id.between(first, last), _is_imported())
        with self._database.reading() as connection:
            return {row.id: meaning_of(row.code)[2] for row in connection.execute(query)}

    def imported_after(self, after: BodyId, fingerprints: Collection[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        later = select(bodies.c.fingerprint).where(bodies.c.id > after, _is_imported())
        with self._database.reading() as connection:
            for some in chunks(set(fingerprints)):
                query = later.where(bodies.c.fingerprint.in_(some))
                found |= {bytes(row.fingerprint) for row in connection.execute(query)}
        return found


def _row(place: ImportPlace) -> dict[str, object]:
    return {
        "identity": place.identity,
        "done": place.done,
        "pending": place.pending,
        "after_id": place.after,
        "is_finished": int(place.is_finished),
    }


def _is_imported() -> ColumnElement[bool]:
    """Whether a line of the body log is about an imported body: the source is bits 2 to 4 of its code."""
    return bodies.c.code.bitwise_and(0b11100) == SOURCES.index(BodySource.IMPORT) << 2
