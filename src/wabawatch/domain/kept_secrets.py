"""What is kept of secrets and of whoever tries to sign in: digests, which tell nothing."""

from __future__ import annotations

import hashlib
import ipaddress


def digest_of(secret: str) -> bytes:
    """What is kept of a secret of 256 random bits, which nobody can guess: so it need not be slow."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def code_digest(user_id: int, code: str) -> bytes:
    """What is kept of a recovery code of 80 random bits, however it was typed."""
    plain = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(f"recovery {user_id} {plain}".encode("utf-8", "replace")).digest()


def key_of_name(name: str) -> bytes:
    """Under what tries are counted by name: whether or not there is somebody of that name."""
    return hashlib.sha256(b"name " + name.strip().lower().encode("utf-8", "replace")).digest()


def key_of_address(address: str) -> bytes:
    """Under what tries are counted by address. IPv6 gives everybody 2**64 addresses: there the network counts."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        network = address
    else:
        network = address if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
    return hashlib.sha256(b"address " + network.encode("utf-8", "replace")).digest()
