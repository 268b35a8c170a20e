"""A report as a file that shows by itself whether anybody has changed it: its JSON, a SHA-256 and a signature of that.

    {
    "report": { ... },
    "sha256": "...",
    "signature": {"algorithm": "Ed25519", "key_id": "...", "value": "..."}
    }

The SHA-256 is that of the bytes between `"report": ` and `,` before `"sha256"`, as they stand. Files of other kinds
have their signature in a file beside them, `NAME.sig`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from wabawatch.domain.compliance_report import ComplianceReport
from wabawatch.signatures import PublicKey, Signature

PURPOSE = b"wabawatch-report-v1"
FILE_PURPOSE = b"wabawatch-report-file-v1"
ALGORITHM = "Ed25519"


def encode(report: ComplianceReport) -> bytes:
    """*report* as JSON that people can read, too: the same bytes whenever it is the same."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2)


def decode(document: bytes) -> ComplianceReport:
    """The inverse of `encode`. Raises msgspec.MsgspecError."""
    return msgspec.json.decode(document, type=ComplianceReport)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a report."""
    found = msgspec.json.schema(ComplianceReport)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Compliance report", **found}


def digest_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


class SignatureIn(msgspec.Struct, forbid_unknown_fields=True):
    """A signature as files write it."""

    algorithm: str
    key_id: str
    value: str


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    report: msgspec.Raw
    sha256: str
    signature: SignatureIn


class Beside(msgspec.Struct, forbid_unknown_fields=True):
    """The file beside one that is no JSON: of which revision it was made, and its signature."""

    report: str
    revision: int
    format: str
    sha256: str
    signature: SignatureIn

    @property
    def signed(self) -> bytes:
        """What is signed."""
        return signed_of_file(self.report, self.revision, self.format, self.sha256)


def signed_of_file(report: str, revision: int, format: str, sha256: str) -> bytes:
    """What is signed of a file that is no JSON."""
    return f"{report} {revision} {format} {sha256}".encode()


def to_file(document: bytes, sha256: str, signature: Signature) -> bytes:
    """A report as a file of JSON."""
    told = msgspec.json.encode(_written(signature))
    return b'{\n"report": ' + document + b',\n"sha256": "' + sha256.encode() + b'",\n"signature": ' + told + b"\n}\n"


def to_file_beside(report: str, revision: int, format: str, sha256: str, signature: Signature) -> bytes:
    """What stands in the file beside one that is no JSON."""
    return msgspec.json.encode(Beside(report, revision, format, sha256, _written(signature))) + b"\n"


def _written(signature: Signature) -> SignatureIn:
    return SignatureIn(ALGORITHM, signature.key_id, signature.value.hex())


class Fault(StrEnum):
    """What is wrong with a file."""

    UNREADABLE = "unreadable"
    """It is no report: it was cut off, or it never was one."""
    CHANGED = "changed"
    """What stands in it is not what was signed."""
    REARRANGED = "rearranged"
    """The report in it is whole, and something around it was added, moved or written otherwise."""
    UNKNOWN_KEY = "unknown_key"
    """It names a key that is none of those it was held against."""
    FORGED = "forged"
    """Its digest fits, and the signature is not the key's."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a file showed."""

    fault: Fault | None
    report: ComplianceReport | None = None
    """What stands in it, where that can be read; of a file that is no JSON, nothing"""
    id: str = ""
    revision: int = 0
    key_id: str = ""


def check(content: bytes, keys: list[PublicKey]) -> Checked:
    """Hold the JSON file of a report against the keys that it may be signed with."""
    try:
        found = msgspec.json.decode(content, type=_Envelope)
        document = bytes(found.report)
        signature = _read(found.signature)
        report = decode(document)
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError):
        return Checked(Fault.UNREADABLE)
    fault = _fault(document, found.sha256, found.sha256.encode(), PURPOSE, signature, keys)
    if fault is None and content != to_file(document, found.sha256, signature):
        fault = Fault.REARRANGED
    return Checked(fault, report, report.id, report.revision, signature.key_id)


def check_beside(content: bytes, beside: bytes, keys: list[PublicKey]) -> Checked:
    """Hold a file that is no JSON, with what stands in the file beside it, against the keys."""
    try:
        told = msgspec.json.decode(beside, type=Beside)
        signature = _read(told.signature)
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError):
        return Checked(Fault.UNREADABLE)
    fault = _fault(content, told.sha256, told.signed, FILE_PURPOSE, signature, keys)
    return Checked(fault, None, told.report, told.revision, signature.key_id)


def check_any(content: bytes, beside: bytes | None, keys: list[PublicKey]) -> Checked:
    """As `check`, or as `check_beside` where something stands beside it."""
    return check(content, keys) if beside is None else check_beside(content, beside, keys)


def check_kept(document: bytes, sha256: str, signature: Signature, keys: list[PublicKey]) -> Fault | None:
    """Hold a kept revision against the keys."""
    return _fault(document, sha256, sha256.encode(), PURPOSE, signature, keys)


def _read(told: SignatureIn) -> Signature:
    if told.algorithm != ALGORITHM:
        raise ValueError(f"signed with {told.algorithm}")
    return Signature(told.key_id, bytes.fromhex(told.value))


def _fault(
    content: bytes, sha256: str, signed: bytes, purpose: bytes, signature: Signature, keys: list[PublicKey]
) -> Fault | None:
    if digest_of(content) != sha256:
        return Fault.CHANGED
    key = next((each for each in keys if each.key_id == signature.key_id), None)
    if key is None:
        return Fault.UNKNOWN_KEY
    return None if key.is_signed(purpose, signed, signature) else Fault.FORGED
