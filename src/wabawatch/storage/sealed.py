"""Sealing: AES-256-GCM with several keys, the key file, and a column type whose values are sealed."""

from __future__ import annotations

import base64
import fcntl
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator

from wabawatch.domain.errors import SealBroken, SealDamaged, StoreUnavailable
from wabawatch.storage.folders import make_private_folder, sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from sqlalchemy.engine import Dialect

_FORMAT = b"\x01"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
HEAD_BYTES = len(_FORMAT) + _KEY_ID_BYTES + _NONCE_BYTES
_FILE_VERSION = 1
REFRESH_S = 5.0
"""After so long at the latest a key that was added to the key file is used for new seals"""


class Keyring:
    """Keys by id, one of them current. New seals use the current key; any key of the ring opens its own.

    Sealed bytes are: format byte, key id (4 bytes), nonce (12 bytes), ciphertext with its tag. Safe in any thread.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str, file: Path | None = None) -> None:
        """Take *keys* (32 bytes each, by an id of 8 hex digits). Raises ValueError when they are not such.

        With *file* the ring follows that key file: a key that was added to it is known when it is met, and is used for
        new seals within REFRESH_S seconds.
        """
        if current not in keys:
            raise ValueError("the current key is not among the keys")
        for key_id, key in keys.items():
            if len(bytes.fromhex(key_id)) != _KEY_ID_BYTES or len(key) != _KEY_BYTES:
                raise ValueError(f"key {key_id} has not the right length")
        self._keys = dict(keys)
        self._current = current
        self._ciphers: dict[bytes, AESGCM] = {}
        self._derived: dict[bytes, tuple[bytes, ...]] = {}
        self._file = file
        self._seen: object = None if file is None else _stamp(file)
        self._looked = time.monotonic()

    @classmethod
    def generate(cls) -> Keyring:
        """Make a ring of one new random key."""
        key_id = secrets.token_hex(_KEY_ID_BYTES)
        return cls({key_id: secrets.token_bytes(_KEY_BYTES)}, key_id)

    def with_new_key(self) -> Keyring:
        """Return a ring whose current key is new and which still opens all that this one opens."""
        fresh = Keyring.generate()
        return Keyring({**fresh._keys, **self._keys}, fresh._current)

    def with_keys_of(self, other: Keyring) -> Keyring:
        """Return a ring that opens also what *other* opens; the current key stays this one's."""
        return Keyring({**other._keys, **self._keys}, self._current)

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Seal *plain* with the current key. *context* says what it is; the same must be given to open it."""
        if self._file is not None and time.monotonic() - self._looked > REFRESH_S:
            self._look_again()
        key_id = bytes.fromhex(self._current)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return b"".join((_FORMAT, key_id, nonce, self._cipher(key_id).encrypt(nonce, plain, context)))

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return what was sealed. Raises SealBroken: unknown key; SealDamaged: changed data, or another *context*."""
        from cryptography.exceptions import InvalidTag

        if len(sealed) < HEAD_BYTES or sealed[:1] != _FORMAT:
            raise SealDamaged("The sealed data is cut off or changed: it does not begin as sealed data does.")
        nonce = sealed[HEAD_BYTES - _NONCE_BYTES : HEAD_BYTES]
        cipher = self._cipher(sealed[1 : 1 + _KEY_ID_BYTES])
        try:
            return cipher.decrypt(nonce, sealed[HEAD_BYTES:], context)
        except InvalidTag as error:
            raise SealDamaged(
                "The sealed data was changed, or belongs in another place: its tag does not fit."
            ) from error

    def derived(self, purpose: bytes) -> tuple[bytes, ...]:
        """A key for *purpose* of each key in the ring, the current one's first: it opens nothing that is sealed."""
        made = self._derived.get(purpose)
        if made is None:
            keys, current = self._keys, self._current
            others = [key_id for key_id in keys if key_id != current]
            made = tuple(hmac.digest(keys[key_id], purpose, "sha256") for key_id in (current, *others))
            self._derived[purpose] = made
        return made

    def opening(self) -> bytes:
        """What everything begins with that is sealed with the current key."""
        return _FORMAT + bytes.fromhex(self._current)

    @property
    def current(self) -> str:
        """The id of the current key."""
        return self._current

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all keys."""
        return list(self._keys)

    def without(self, ids: Collection[str]) -> Keyring:
        """Return a ring without these keys; the current key always stays."""
        kept = {key_id: key for key_id, key in self._keys.items() if key_id not in ids or key_id == self._current}
        return Keyring(kept, self._current)

    def _look_again(self) -> None:
        """Take over what was added to the key file since. One that cannot be read now is looked at later."""
        self._looked = time.monotonic()
        if self._file is None or (stamp := _stamp(self._file)) == self._seen:
            return
        try:
            ring = Keyring.from_json(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError, TypeError):
            return
        self._seen = stamp
        # What was sealed with a key that was taken out is still opened by whoever knows it. Keys first: another thread
        # that sees the new current one must find it.
        self._keys = {**self._keys, **ring._keys}
        self._current = ring._current
        self._derived = {}

    def has_key_of(self, sealed: bytes) -> bool:
        """Whether the key that *sealed* was sealed with is in the ring."""
        return sealed[1 : 1 + _KEY_ID_BYTES].hex() in self._keys

    def _cipher(self, key_id: bytes) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        cipher = self._ciphers.get(key_id)
        if cipher is None:
            key = self._keys.get(key_id.hex())
            if key is None:
                self._look_again()
                key = self._keys.get(key_id.hex())
            if key is None:
                raise SealBroken(
                    f"The data is sealed with key {key_id.hex()}, which is not in the key file. "
                    "Put back the key file that was in use when it was written."
                )
            cipher = self._ciphers[key_id] = AESGCM(key)
        return cipher

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} keys, current {self._current})"

    def to_json(self) -> str:
        """Return the text of the key file: the keys are in it, in clear."""
        keys = {key_id: base64.b64encode(key).decode() for key_id, key in self._keys.items()}
        return json.dumps({"version": _FILE_VERSION, "current": self._current, "keys": keys}, indent=1)

    @classmethod
    def from_json(cls, text: str, file: Path | None = None) -> Keyring:
        """Read the text of a key file, and follow *file*. Raises ValueError when it is not one."""
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("version") != _FILE_VERSION:
            raise ValueError(f"it is not a key file of version {_FILE_VERSION}")
        keys, current = document.get("keys"), document.get("current")
        if not isinstance(keys, dict) or not isinstance(current, str):
            raise ValueError("keys or current is missing")
        return cls({key_id: base64.b64decode(key, validate=True) for key_id, key in keys.items()}, current, file)


def load_or_create(path: Path, holds_sealed: Callable[[], bool] = lambda: False) -> Keyring:
    """Read the key file at *path*, or make it (mode 0600) when there is none. Processes that race get the same key.

    None is made when *holds_sealed* says that something was sealed already: its key is missing, and a new one would
    not open it. Raises SealBroken then, and when there is a file that cannot be read as one (it is never overwritten);
    StoreUnavailable when none can be written.
    """
    ring = _load(path)
    if ring is not None:
        return ring
    with _writing(path):
        # Another process may have made it while we waited for the lock.
        ring = _load(path)
        if ring is None and holds_sealed():
            raise SealBroken(
                f"The key file {path} is missing, and there is data that only its keys can open. Put back a copy of "
                "it. Nothing was lost or changed, and no new key was made."
            )
        if ring is not None:
            return ring
        _save(path, Keyring.generate())
        return _loaded(path)


def given_keys(text: str) -> Keyring:
    """The keys in *text*, which is that of a key file, but in no file. Raises SealBroken when it is none."""
    try:
        return Keyring.from_json(text)
    except (ValueError, TypeError) as error:
        raise SealBroken(
            "WABAWATCH_KEYS does not hold what a key file holds: give it the whole text of one, or what `wabawatch "
            "keys new` prints. Nothing was lost or changed."
        ) from error


def rotate(path: Path) -> Keyring:
    """Add a new current key to the key file at *path* and return the ring; the older keys stay in it.

    Raises as load_or_create does.
    """
    with _writing(path):
        ring = _load(path)
        return _save(path, Keyring.generate() if ring is None else ring.with_new_key())


def drop_keys(path: Path, ids: Collection[str]) -> Keyring:
    """Take these keys out of the key file at *path*; the current key stays. Gives the ring. Raises as rotate does."""
    with _writing(path):
        return _save(path, _loaded(path).without(ids))


def add_keys(path: Path, ring: Keyring) -> Keyring:
    """Add the keys of *ring* to the key file at *path*, made if missing, and return the ring; its current key stays.

    Raises as load_or_create does.
    """
    with _writing(path):
        own = _load(path)
        return _save(path, ring if own is None else own.with_keys_of(ring))


def key_id_of(sealed: bytes) -> str:
    """The id of the key that *sealed*, or the first bytes of it, was sealed with."""
    return sealed[1 : 1 + _KEY_ID_BYTES].hex()


def _stamp(file: Path) -> object:
    """Another one when *file* was written or replaced."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _loaded(path: Path) -> Keyring:
    ring = _load(path)
    if ring is None:
        raise SealBroken(f"The key file {path} is missing. Put back a copy of it.")
    return ring


def _load(path: Path) -> Keyring | None:
    try:
        return Keyring.from_json(path.read_text(encoding="ascii"), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SealBroken(
            f"The key file {path} cannot be read ({error.strerror}). Let the user that runs wabawatch read it."
        ) from error
    except (ValueError, TypeError) as error:
        raise SealBroken(
            f"The key file {path} is damaged ({error}). Put back a copy of it: what was sealed with its keys "
            "can be opened with them only. It was left as it is. Move it away to start with a new key."
        ) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Hold the folder of *path* locked, so that of two processes one writes after the other."""
    try:
        make_private_folder(path.parent)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreUnavailable(
            f"The key file {path} cannot be written ({error.strerror}). Make its folder writable for wabawatch."
        ) from error


def _save(path: Path, ring: Keyring) -> Keyring:
    """Put the key file in its place whole or not at all, and durably: a key must outlive all it has sealed."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(ring.to_json())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
    return ring


class Sealed(TypeDecorator[str]):
    """A column of text that is sealed on disk. `Sealed(keyring, b"tokens.secret")`: the context names the column."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, keyring: Keyring, context: bytes) -> None:
        super().__init__()
        self.keyring = keyring
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Seal on the way in."""
        return None if value is None else self.keyring.seal(value.encode(), context=self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Open on the way out. Raises SealBroken."""
        return None if value is None else self.keyring.open(value, context=self.context).decode()
