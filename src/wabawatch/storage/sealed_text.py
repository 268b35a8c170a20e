"""Secrets that stand sealed in the settings: text, which opens only for the setting that it was sealed for."""

from __future__ import annotations

import base64
import binascii

from wabawatch.domain.errors import SealDamaged
from wabawatch.sources import SEALED
from wabawatch.storage.sealed import Keyring, key_id_of


def check_sealable(key: str) -> None:
    """Raises ValueError when the setting *key* cannot stand sealed."""
    if key.startswith("storage."):
        raise ValueError("it says where things are kept, keys too, so it cannot be sealed with them")


def seal_text(ring: Keyring, key: str, plain: str) -> str:
    """*plain* for the setting *key*, as it can stand there."""
    return SEALED + base64.urlsafe_b64encode(ring.seal(plain.encode(), context=_context(key))).decode()


def open_text(ring: Keyring, key: str, text: str) -> str:
    """What was sealed for the setting *key*, without `SEALED`.

    Raises SealBroken: its key is unknown; SealDamaged: it was changed, or was sealed for another setting.
    """
    return ring.open(_bytes(text), context=_context(key)).decode()


def key_of_text(text: str) -> str:
    """The id of the key that a sealed secret, as it stands in the settings, was sealed with. Raises SealDamaged."""
    return key_id_of(_bytes(text.removeprefix(SEALED)))


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise SealDamaged("The sealed text was changed: it is not what `wabawatch keys seal` printed.") from error


def _context(key: str) -> bytes:
    return b"setting:" + key.encode()
