"""Codes beside the password, on disk: `access_ports.SecondFactors`. Seeds are sealed, recovery codes are digests."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, or_, select, update

from wabawatch.domain.facts import Millis
from wabawatch.ports import Deed
from wabawatch.storage import audit
from wabawatch.storage.database import Database
from wabawatch.storage.schema_access import recovery_codes, users
from wabawatch.storage.sealed import Keyring
from wabawatch.storage.users import end_sessions


class SqlSecondFactors:
    """`access_ports.SecondFactors` on one `Database`. Every method may be called from any thread.

    Each raises StoreUnavailable; those that give a seed raise SealBroken, too.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def offer(self, user_id: int, seed: str) -> None:
        """Keep a seed that counts once a code of it was shown; it takes the place of one offered before."""
        sealed = self._keyring.seal(seed.encode(), context=context_of(user_id))
        with self._database.writing() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(totp_offered=sealed))

    def offered(self, user_id: int) -> str | None:
        """The seed that was offered last and not confirmed."""
        return self._seed(user_id, "totp_offered")

    def confirm(self, user_id: int, step: int, codes: Sequence[bytes], now: Millis, done: Deed, keep: int) -> bool:
        """Let the offered seed count, with these recovery codes, and end all sessions but *keep*. False: none is."""
        mine = (users.c.id == user_id, users.c.totp_offered.is_not(None))
        values = {"totp": users.c.totp_offered, "totp_offered": None, "totp_step": step}
        with self._database.writing() as connection:
            if not connection.execute(update(users).where(*mine).values(values)).rowcount:
                return False
            _renew(connection, user_id, codes)
            end_sessions(connection, user_id, keep)
            audit.write(connection, now, done)
        return True

    def seed(self, user_id: int) -> str | None:
        """The seed that counts."""
        return self._seed(user_id, "totp")

    def use_step(self, user_id: int, step: int) -> bool:
        """Use up the codes of *step* and all before. False: they were used. Of two at once one gets True."""
        is_new = or_(users.c.totp_step.is_(None), users.c.totp_step < step)
        with self._database.writing() as connection:
            used = connection.execute(update(users).where(users.c.id == user_id, is_new).values(totp_step=step))
            return bool(used.rowcount)

    def use_code(self, user_id: int, digest: bytes, now: Millis) -> bool:
        """Use up a recovery code. False: it is none, or was used. Of two at once one gets True."""
        c = recovery_codes.c
        mine = (c.user_id == user_id, c.digest == digest, c.used_at.is_(None))
        with self._database.writing() as connection:
            if not connection.execute(update(recovery_codes).where(*mine).values(used_at=now)).rowcount:
                return False
            audit.append(connection, now, f"user:{user_id}", "recovery_code_used", f"user:{user_id}")
        return True

    def codes_left(self, user_id: int) -> int:
        """How many recovery codes were not used."""
        c = recovery_codes.c
        query = select(func.count()).select_from(recovery_codes).where(c.user_id == user_id, c.used_at.is_(None))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def renew_codes(self, user_id: int, codes: Sequence[bytes], now: Millis, done: Deed) -> None:
        """Other recovery codes instead of those there are."""
        with self._database.writing() as connection:
            _renew(connection, user_id, codes)
            audit.write(connection, now, done)

    def drop(self, user_id: int, now: Millis, done: Deed, keep: int = 0) -> bool:
        """Ask no code any more; all sessions but *keep* end. False: none was asked; nothing is audited then."""
        mine = (users.c.id == user_id, or_(users.c.totp.is_not(None), users.c.totp_offered.is_not(None)))
        nothing = {"totp": None, "totp_offered": None, "totp_step": None}
        with self._database.writing() as connection:
            if not connection.execute(update(users).where(*mine).values(nothing)).rowcount:
                return False
            _renew(connection, user_id, ())
            end_sessions(connection, user_id, keep)
            audit.write(connection, now, done)
        return True

    def _seed(self, user_id: int, column: str) -> str | None:
        with self._database.reading() as connection:
            sealed = connection.execute(select(users.c[column]).where(users.c.id == user_id)).scalar()
        return None if sealed is None else self._keyring.open(bytes(sealed), context=context_of(user_id)).decode()


def _renew(connection: Connection, user_id: int, codes: Sequence[bytes]) -> None:
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    if codes:
        connection.execute(recovery_codes.insert(), [{"user_id": user_id, "digest": digest} for digest in codes])


def context_of(user_id: int) -> bytes:
    """So that a seed moved to another user's row does not open."""
    return b"users.totp:%d" % user_id
