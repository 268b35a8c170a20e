"""The compact form of a contact's id: a phone number in half its length, and readable with plain SQL.

Packed, the hex digits of the usual forms are decimal digits, so that any database can spell them out:

- ``1``, then the digits of a phone number;
- ``2``, then two digits for each of the two letters of a country (00 is A), then the digits of a business-scoped user
  id such as ``US.13491208655302741918``;
- ``f`` and the kind, then the id in UTF-8: whatever does not look like that.

A last ``f`` fills up the byte. There is one packed form per contact, and no two contacts share one.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection

from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.storage.dialect import hex_text, utf8_text
from wabawatch.storage.views_spelling import choose

_USUAL_BSUID = re.compile(r"([A-Z])([A-Z])\.([0-9]+)")
_DIGITS = re.compile(r"[0-9]+")
_A = ord("A")
_PHONE, _BSUID, _OTHER = "1", "2", "f"


def pack(contact: ContactKey) -> bytes:
    """The bytes that *contact* is kept as."""
    if contact.kind == ContactKind.PHONE and _DIGITS.fullmatch(contact.value):
        return _from_digits(_PHONE + contact.value)
    if contact.kind == ContactKind.BSUID and (parts := _USUAL_BSUID.fullmatch(contact.value)):
        first, second, digits = parts.groups()
        return _from_digits(f"{_BSUID}{ord(first) - _A:02}{ord(second) - _A:02}{digits}")
    return bytes((0xF0 | contact.kind,)) + contact.value.encode("utf-8", "surrogatepass")


def unpack(packed: bytes) -> ContactKey:
    """The contact that `pack` made *packed* of."""
    if packed[0] >= 0xF0:
        return ContactKey(packed[0] & 0xF, packed[1:].decode("utf-8", "surrogatepass"))
    digits = packed.hex().rstrip("f")
    if digits[0] == _PHONE:
        return ContactKey(ContactKind.PHONE, digits[1:])
    country = chr(_A + int(digits[1:3])) + chr(_A + int(digits[3:5]))
    return ContactKey(ContactKind.BSUID, f"{country}.{digits[5:]}")


def _from_digits(digits: str) -> bytes:
    return bytes.fromhex(digits + "f" if len(digits) % 2 else digits)


def kind_of(connection: Connection, packed: str) -> str:
    """SQL for the name of the kind of the contact *packed* (SQL)."""
    digits = hex_text(connection, packed)
    names = {int(kind): kind.name.lower() for kind in ContactKind}
    other = choose(f"CAST(SUBSTR({digits}, 2, 1) AS INTEGER)", names)
    phone, bsuid = names[ContactKind.PHONE], names[ContactKind.BSUID]
    return f"CASE SUBSTR({digits}, 1, 1) WHEN '{_PHONE}' THEN '{phone}' WHEN '{_BSUID}' THEN '{bsuid}' ELSE {other} END"


def phone_of(connection: Connection, packed: str) -> str:
    """SQL for the phone number in *packed* (SQL); NULL for another contact."""
    digits = hex_text(connection, packed)
    unusual = f"{_OTHER}{int(ContactKind.PHONE)}"
    return (
        f"CASE WHEN SUBSTR({digits}, 1, 1) = '{_PHONE}' THEN {_filled(f'SUBSTR({digits}, 2)')}"
        f" WHEN SUBSTR({digits}, 1, 2) = '{unusual}' THEN {_text(connection, packed)} END"
    )


def value_of(connection: Connection, packed: str) -> str:
    """SQL for the id in *packed* (SQL)."""
    digits = hex_text(connection, packed)
    bsuid = f"{_letter(digits, 2)} || {_letter(digits, 4)} || '.' || {_filled(f'SUBSTR({digits}, 6)')}"
    return (
        f"CASE SUBSTR({digits}, 1, 1) WHEN '{_PHONE}' THEN {_filled(f'SUBSTR({digits}, 2)')}"
        f" WHEN '{_BSUID}' THEN {bsuid} WHEN '{_OTHER}' THEN {_text(connection, packed)} END"
    )


def _filled(digits: str) -> str:
    return f"RTRIM({digits}, 'f')"


def _letter(digits: str, place: int) -> str:
    return f"SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR({digits}, {place}, 2) AS INTEGER) + 1, 1)"


def _text(connection: Connection, packed: str) -> str:
    return utf8_text(connection, f"SUBSTR({packed}, 2)")
