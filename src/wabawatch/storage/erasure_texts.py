"""Texts of Meta's that may name a person: those of errors, and the lines and sealed details of events."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, select, update

from wabawatch.domain.errors import SealBroken
from wabawatch.domain.facts import ErrorSeen
from wabawatch.meta.erasing import cut
from wabawatch.meta.traces import Traces
from wabawatch.storage.bulk import insert_missing
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.event_rows import DETAIL
from wabawatch.storage.schema import error_texts, events, message_errors
from wabawatch.storage.sealed import Keyring

_ROWS = 500
_TOLD = ("title", "message", "details", "href")
_LINE = ("event", "subject", "before", "after", "reason")
_FINGERPRINT_BYTES = 16

Note = Callable[[str, Any], None]
"""Told of what was found: of what kind it is, and what it says"""


def errors_naming(connection: Connection, traces: Traces) -> list[int]:
    """The texts of errors that name the person."""
    columns = [error_texts.c[name] for name in _TOLD]
    rows = connection.execute(select(error_texts.c.id, *columns))
    return [id_ for id_, *said in rows if any(traces.are_in(each) for each in said)]


def rewrite_errors(connection: Connection, traces: Traces, ids: list[int]) -> int:
    """Leave out of the errors *ids* what names the person. In a transaction that writes. Gives how many changed."""
    words = Dictionary(lambda _: "")
    for id_, error in words.errors.words(connection, ids).items():
        new_id = words.errors.ids(connection, [plain := _without(error, traces)])[plain]
        of = message_errors.c
        rows = connection.execute(select(of.message_id, of.at, of.fbtrace_id).where(of.error_id == id_)).all()
        insert_missing(connection, message_errors, [{**row._mapping, "error_id": new_id} for row in rows])
        connection.execute(delete(message_errors).where(of.error_id == id_))
        connection.execute(delete(error_texts).where(error_texts.c.id == id_))
    return len(ids)


def _without(error: ErrorSeen, traces: Traces) -> ErrorSeen:
    said = (getattr(error, name) for name in _TOLD)
    title, message, details, href = ("" if traces.are_in(text) else text for text in said)
    return replace(error, title=title, message=message, details=details, href=href)


def sweep_events(database: Database, ring: Keyring, traces: Traces, sure: Traces, note: Note, *, is_dry: bool) -> int:
    """Take out of events what names the person. Gives how many cannot be opened, so that nobody knows.

    Of their lines only what *sure* finds counts: a username may be any word. *note* is told of each.
    """
    unopened = 0
    for rows in _pages(database):
        changes = []
        for row in rows:
            try:
                detail = ring.open(bytes(row.detail), context=DETAIL) if row.detail else b""
            except SealBroken:
                unopened += 1
                continue
            line = {name: "" for name in _LINE if sure.are_in(getattr(row, name))}
            is_told = bool(detail) and (traces.are_in(detail.decode("utf-8", "surrogatepass")) or cut(detail, traces))
            if line or is_told:
                note(
                    "events",
                    {"kind": row.kind, "event": row.event, "at": row.at, "detail": detail.decode("utf-8", "replace")},
                )
                kept = None if is_told else row.detail
                print_ = secrets.token_bytes(_FINGERPRINT_BYTES)  # the old one was made of what it said
                changes.append((row.id, {**line, "detail": kept, "fingerprint": print_}))
        if changes and not is_dry:
            with database.writing() as connection:
                for id_, values in changes:
                    connection.execute(update(events).where(events.c.id == id_).values(**values))
    return unopened


def _pages(database: Database) -> Iterator[list[Any]]:
    after = 0
    query = select(events).order_by(events.c.id).limit(_ROWS)
    while True:
        with database.reading() as connection:
            rows = connection.execute(query.where(events.c.id > after)).all()
        if not rows:
            return
        yield list(rows)
        after = rows[-1].id
