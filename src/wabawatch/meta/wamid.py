"""The compact form of a message id: any string in, a few bytes out, and the same string back.

A wamid is opaque by contract. Its usual layout (seen, never promised) is ``wamid.`` + base64 of
``1C 18 <n> <n digits> 15 02 00 <11|12> 18 <m> <m upper-case hex digits> 00``: a phone number and an id in text.
Packed, the first byte says how to read the rest:

- ``00``: UTF-8 text, lone surrogates allowed;
- ``01``: the bytes behind ``wamid.`` and canonical base64;
- ``80`` and above: the usual layout. Bit 6 is the 11 / 12 flag, bits 0-5 the number of digits; then the phone number
  as an integer (big-endian, as many bytes as so many digits can need), then the id.

No other knowledge is needed to read it, so a packed id can be moved, exported and archived alone. Where the phone
number stands beside it anyway, `without_phone` leaves it out: then bit 7 is off, and the first byte ``02`` or above.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64, hexlify, unhexlify

TAIL = 4
"""So many last bytes of a packed id are the same with and without its phone number: enough to find it by."""

_PREFIX = "wamid."
_TEXT = b"\x00"
_BASE64 = b"\x01"
_USUAL = 0x80
_FLAG_12 = 0x40
_DIGITS = 0x3F
_HEAD = b"\x1c\x18"
_MIDDLE = {b"\x15\x02\x00\x11\x18": _USUAL, b"\x15\x02\x00\x12\x18": _USUAL | _FLAG_12}
_MIDDLE_OF = {tag: middle for middle, tag in _MIDDLE.items()}
_WIDTH = tuple(((10**digits - 1).bit_length() + 7) // 8 for digits in range(_DIGITS + 1))
_MOST_DIGITS = 18
"""A number of more digits stays in: databases could not put it together again."""
HEX_WIDTHS = {digits: 2 * _WIDTH[digits] for digits in range(_MOST_DIGITS + 1)}
"""How many hex digits a phone number of so many digits takes in a packed id."""
_LONGEST_ID = 63
"""In bytes. The length of a longer one (127 characters and more) would not fit into one byte of the layout."""


def pack(wamid: str) -> bytes:
    """Pack any string. Two different strings never give the same bytes; a usual wamid of 62 characters gives 16."""
    if wamid.startswith(_PREFIX):
        try:
            raw = a2b_base64(wamid[6:])
        except ValueError:
            return _TEXT + wamid.encode("utf-8", "surrogatepass")
        if b2a_base64(raw, newline=False).decode() == wamid[6:]:
            return _pack_usual(raw) or _BASE64 + raw
    return _TEXT + wamid.encode("utf-8", "surrogatepass")


def unpack(packed: bytes) -> str:
    """Give back the string that was packed. Raises ValueError for bytes that `pack` cannot have made."""
    if not packed:
        raise ValueError("a packed wamid has at least one byte")
    if packed[0] >= _USUAL:
        return _as_text(_unpack_usual(packed))
    wamid = _unpack_rare(packed)
    # There is one packed form per string, so that packed ids can be compared; the rare forms are worth the check.
    if pack(wamid) != packed:
        raise ValueError("not the packed form of this wamid")
    return wamid


def phone_in(packed: bytes) -> str | None:
    """The digits of the phone number that *packed* could do without; None when there are none."""
    tag = packed[0]
    count = tag & _DIGITS
    start = 1 + _WIDTH[count]
    is_fit = tag >= _USUAL and tag & ~_USUAL > _BASE64[0] and len(packed) >= start + TAIL
    return f"{int.from_bytes(packed[1:start], 'big'):0{count}}" if is_fit and 0 < count <= _MOST_DIGITS else None


def without_phone(packed: bytes, digits: str) -> bytes | None:
    """*packed* without the phone number in it; None when that is not *digits*, or it cannot do without."""
    if phone_in(packed) != digits:
        return None
    return bytes((packed[0] & ~_USUAL,)) + packed[1 + _WIDTH[len(digits)] :]


def has_no_phone(short: bytes) -> bool:
    """Whether `without_phone` made *short*."""
    return _BASE64[0] < short[0] < _USUAL


def with_phone(short: bytes, digits: str) -> bytes:
    """What `without_phone` took *digits* out of."""
    return bytes((short[0] | _USUAL,)) + int(digits).to_bytes(_WIDTH[len(digits)], "big") + short[1:]


def beginnings(digits: str) -> tuple[bytes, ...]:
    """How packed ids of the usual layout begin that hold the phone number *digits*; none where it is no number."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        return ()
    number = int(digits).to_bytes(_WIDTH[len(digits)], "big")
    return tuple(bytes((tag | len(digits),)) + number for tag in (_USUAL, _USUAL | _FLAG_12))


def counterparty(wamid: str) -> str | None:
    """Return the phone digits inside a wamid, or None where none can be seen.

    Only for checking that an erased person's number is really gone. Never use it as a source of identity: the layout
    is not promised, and what stands there when a user hides the number is unknown.
    """
    if not wamid.startswith(_PREFIX):
        return None
    try:
        raw = a2b_base64(wamid[6:] + "==")
    except ValueError:
        return None
    if len(raw) < 3 or not raw.startswith(_HEAD):
        return None
    digits = raw[3 : 3 + raw[2]]
    return digits.decode() if len(digits) == raw[2] and digits.isdigit() else None


def _pack_usual(raw: bytes) -> bytes | None:
    """Pack the usual layout, or return None if anything in it is unusual."""
    if len(raw) < 12 or raw[:2] != _HEAD:
        return None
    count = raw[2]
    digits = raw[3 : 3 + count]
    tag = _MIDDLE.get(raw[3 + count : 8 + count])
    if tag is None or count > _DIGITS or not digits.isdigit():
        return None
    try:
        body = unhexlify(raw[9 + count : -1])
    except ValueError:
        return None
    if len(body) > _LONGEST_ID:
        return None
    packed = bytes((tag | count,)) + int(digits).to_bytes(_WIDTH[count], "big") + body
    # Lower-case hex, a wrong length and what nobody thought of all end here.
    return packed if _unpack_usual(packed) == raw else None


def _unpack_usual(packed: bytes) -> bytes:
    count = packed[0] & _DIGITS
    start = 1 + _WIDTH[count]
    digits = b"%0*d" % (count, int.from_bytes(packed[1:start], "big"))
    body = packed[start:]
    if len(packed) < start or len(digits) != count or len(body) > _LONGEST_ID:
        raise ValueError("a packed wamid of the usual layout is damaged")
    return b"%b%c%b%b%c%b\x00" % (
        _HEAD,
        count,
        digits,
        _MIDDLE_OF[packed[0] & ~_DIGITS],
        2 * len(body),
        hexlify(body).upper(),
    )


def _unpack_rare(packed: bytes) -> str:
    if packed[:1] == _TEXT:
        return packed[1:].decode("utf-8", "surrogatepass")
    if packed[:1] == _BASE64:
        return _as_text(packed[1:])
    raise ValueError(f"unknown form of a packed wamid: {packed[0]:#04x}")


def _as_text(raw: bytes) -> str:
    return _PREFIX + b2a_base64(raw, newline=False).decode()
