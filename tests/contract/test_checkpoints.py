"""Signed checkpoints of the audit trail: each tampering shows by them that leaves a sound chain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, update

from tests.support.access import NOW
from tests.support.books import HandClock, Shelf
from wabawatch.domain.audit_trail import SERVER_STARTED
from wabawatch.domain.errors import BadRequest, SealBroken
from wabawatch.storage import audit
from wabawatch.storage.audit import Broken, Fault
from wabawatch.storage.checkpoints import PURPOSE, SIGNED_MS, Checkpoints, checkpoints_in, message_of
from wabawatch.storage.schema_audit import audit_checkpoints, audit_entries, signing_keys
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.signing_keys import SigningKeys

RING = Keyring.generate()


class Trail:
    """Six entries; checkpoints at 3 and 6."""

    def __init__(self, shelf: Shelf, file: Path) -> None:
        self.database, self.file, self.clock = shelf.database, file, HandClock(NOW)
        self.keys = SigningKeys(self.database, RING, self.clock)
        self.checkpoints = Checkpoints(self.database, self.keys, self.clock, file)
        self.write(2)
        self.checkpoints.step()
        self.write(3)
        self.clock.turn_to(NOW + 1)
        self.checkpoints.step()

    def write(self, n: int, actor: str = "user:1") -> None:
        with self.database.writing() as connection:
            for _ in range(n):
                audit.append(connection, NOW, actor, "login", actor)

    def change(self, act: Callable[[Connection], object]) -> None:
        with self.database.writing() as connection:
            act(connection)

    def faults(self) -> list[Broken]:
        return list(self.checkpoints.faults([], {}, lambda _: None).found)


@pytest.fixture
def trail(lasting_shelf: Shelf, tmp_path: Path) -> Trail:
    lasting_shelf.clear()
    return Trail(lasting_shelf, tmp_path / "checkpoints.jsonl")


def test_a_checkpoint_is_made_when_there_is_anything_new_and_anybody_can_check_it(trail: Trail) -> None:
    trail.checkpoints.step()

    kept = trail.checkpoints.kept()
    assert [each.entry for each in kept] == [3, 6], "the second is the signing key's own entry"
    assert kept == list(checkpoints_in(trail.file))
    (key,) = trail.keys.public_keys()
    last = kept[-1]
    assert key.is_signed(PURPOSE, message_of(last.entry, last.digest, last.at), last.signature)
    assert not key.is_signed(b"another purpose", message_of(last.entry, last.digest, last.at), last.signature)
    assert trail.checkpoints.faults([], {}, lambda _: None).proven == 6
    assert trail.faults() == []


def test_of_a_trail_without_an_entry_there_is_nothing_to_sign(lasting_shelf: Shelf, tmp_path: Path) -> None:
    lasting_shelf.clear()
    clock, file = HandClock(NOW), tmp_path / "checkpoints.jsonl"
    keys = SigningKeys(lasting_shelf.database, RING, clock)
    checkpoints = Checkpoints(lasting_shelf.database, keys, clock, file)

    assert not checkpoints.step()
    assert not checkpoints.kept()
    with pytest.raises(BadRequest, match="nothing to prove"):
        checkpoints.make()


def test_a_tail_cut_off_shows_and_is_told_of_in_the_log(trail: Trail, caplog: pytest.LogCaptureFixture) -> None:
    trail.change(lambda connection: connection.execute(delete(audit_entries).where(audit_entries.c.id > 4)))

    assert trail.faults() == [Broken(5, Fault.TRUNCATED, 6)]
    trail.checkpoints.step()
    assert "audit.tampered" in caplog.text


def test_a_tail_written_anew_with_its_digests_shows_also_when_a_new_checkpoint_was_made(trail: Trail) -> None:
    trail.change(lambda connection: connection.execute(delete(audit_entries).where(audit_entries.c.id > 4)))
    trail.write(2, "user:2")
    trail.change(lambda connection: connection.execute(delete(audit_checkpoints)))
    trail.clock.turn_to(NOW + 2)
    trail.checkpoints.make()

    assert trail.faults() == [Broken(6, Fault.REWRITTEN, since=3)]


def test_the_file_proves_what_was_taken_out_of_the_database_and_the_other_way_round(trail: Trail) -> None:
    trail.change(lambda connection: connection.execute(delete(audit_entries).where(audit_entries.c.id == 6)))
    lines = trail.file.read_bytes()

    trail.file.unlink()
    assert trail.faults() == [Broken(6, Fault.TRUNCATED)]
    trail.file.write_bytes(lines)
    trail.change(lambda connection: connection.execute(delete(audit_checkpoints)))
    assert trail.faults() == [Broken(6, Fault.TRUNCATED)]


def test_that_checkpoints_were_taken_away_everywhere_shows_once_a_server_was_started_and_has_signed(
    trail: Trail,
) -> None:
    with trail.database.writing() as connection:
        audit.append(connection, NOW, "serve", SERVER_STARTED, "server")
    trail.write(1)
    assert trail.faults() == [], "it has just begun"

    trail.clock.turn_to(NOW + SIGNED_MS + 1)
    assert trail.faults() == [Broken(7, Fault.UNPROVEN)]
    trail.checkpoints.make()
    assert trail.faults() == []
    trail.change(lambda connection: connection.execute(delete(audit_checkpoints)))
    trail.file.unlink()
    assert trail.faults() == [Broken(1, Fault.UNPROVEN, 7)]


def test_a_forged_checkpoint_shows_and_proves_nothing(trail: Trail) -> None:
    with trail.database.reading() as connection:
        at_five = audit.digest_at(connection, 5)
    trail.change(
        lambda connection: connection.execute(
            update(audit_checkpoints).where(audit_checkpoints.c.entry == 6).values(entry=5, digest=at_five)
        )
    )
    assert trail.faults() == [Broken(5, Fault.FORGED)]


def test_a_signing_key_put_in_by_who_has_not_the_key_file_signs_nothing(trail: Trail) -> None:
    foreign = SigningKeys(trail.database, Keyring.generate(), trail.clock)
    with pytest.raises(SealBroken, match="not in the key file"):
        foreign.sign(PURPOSE, b"")
    with pytest.raises(SealBroken):
        foreign.public_keys()

    with trail.database.reading() as connection:
        row = connection.execute(select(signing_keys)).one()
    assert row.key_id == trail.keys.public_keys()[0].key_id
    assert len(bytes(row.private)) > len(bytes(row.public)), "sealed"


def test_a_last_line_cut_off_by_a_crash_is_left_out_and_a_changed_one_refused(trail: Trail) -> None:
    lines = trail.file.read_bytes()
    trail.file.write_bytes(lines + b'{"kind":"waba')
    assert len(checkpoints_in(trail.file)) == 2
    trail.write(1)
    trail.checkpoints.step()
    assert [each.entry for each in checkpoints_in(trail.file)] == [3, 6, 7]

    trail.file.write_bytes(b"nothing\n" + lines)
    with pytest.raises(BadRequest, match="is no checkpoint"):
        trail.faults()
