"""Signatures that anybody can check who has the public key: Ed25519, of a purpose and a message."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

KEY_BYTES = 32
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, and the id of the key that made it."""

    key_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key."""

    raw: bytes
    """32 bytes"""

    @property
    def key_id(self) -> str:
        """What it is called: the first 8 bytes of its SHA-256, in hex."""
        return hashlib.sha256(self.raw).digest()[:8].hex()

    def to_pem(self) -> str:
        """As other programs read it, such as `openssl pkeyutl -verify -rawin`."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @classmethod
    def from_pem(cls, text: str) -> PublicKey:
        """Read what `to_pem` wrote. Raises ValueError when it is no Ed25519 public key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(text.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("it is a public key, but none of Ed25519")
        return cls(key.public_bytes_raw())

    def is_signed(self, purpose: bytes, message: bytes, signature: Signature) -> bool:
        """Whether the private key of this one made *signature* of *message* for *purpose*."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if signature.key_id != self.key_id:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature.value, signed(purpose, message))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """An Ed25519 private key: never shown."""

    raw: bytes
    """32 bytes"""

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new random one."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> PublicKey:
        """What its signatures are checked with."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return PublicKey(Ed25519PrivateKey.from_private_bytes(self.raw).public_key().public_bytes_raw())

    def sign(self, purpose: bytes, message: bytes) -> Signature:
        """Sign *message* for *purpose*: for another purpose the signature counts nothing."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        value = Ed25519PrivateKey.from_private_bytes(self.raw).sign(signed(purpose, message))
        return Signature(self.public.key_id, value)


def signed(purpose: bytes, message: bytes) -> bytes:
    """What is signed: the purpose, a zero byte, the message."""
    return purpose + b"\0" + message
