"""What a person leaves in text and JSON: the number however it is written, in message ids too, BSUID and username."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection
from typing import Final

from wabawatch.domain.messages import ContactKey, ContactKind

Erased = Callable[[Collection[str]], set[str]]
"""Tells which of some message ids belong to the person, by whatever else is known"""

_BETWEEN: Final = "[\\s()./\\\\\u00ad\u200b-\u2015\u202a-\u202f\u2060-]{0,3}"
"""What may stand between two digits of a number: also what telephones put there that nobody sees"""
_BETWEEN_IN_BYTES: Final = (
    rb"(?:[\s()./\\-]|\\u(?:00a|20[0-6])[0-9a-f]|\xc2[\xa0\xad]|\xe2\x80[\x80-\xaf]|\xe2\x81\xa0){0,3}"
)
"""The same in UTF-8 and in JSON"""
_TRUNK: Final = r"(?:\(0\)\s?)?"
"""A zero for those at home, as in +49 (0)151: it stands behind the country code"""
_WAMID: Final = re.compile(rb"wamid\.[A-Za-z0-9+/=_-]+")
_HOLDING: Final = re.compile(r"wa[mc]id\.([A-Za-z0-9+/=_-]+)")
"""Ids of messages and calls: their base64 holds the number"""
_SURE: Final = (ContactKind.PHONE, ContactKind.BSUID)
_ESCAPED: Final = re.compile(rb"\\u(?:00[3-7]|06[6Ff]|09[6Ee]|[Ff][Ff]1)")
_FOREIGN: Final = re.compile(rb"\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xe0[\xa5\xa7][\xa6-\xaf]|\xef\xbc[\x90-\x99]")
"""Digits and letters can be written so, and digits of other scripts"""
_DIGITS: Final = {first + n: str(n) for first in (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10) for n in range(10)}
"""Arabic, Persian, Devanagari, Bengali and wide digits, and what they mean"""
_SHORTEST: Final = 5
_LONG_ENOUGH: Final = 8
"""A number of fewer digits is sought as a whole one only: it may stand inside any other"""


class Traces:
    """By what a person is found."""

    def __init__(self, keys: Collection[ContactKey], erased: Erased = lambda _: set()) -> None:
        """Look for the ids *keys*, and for the messages that *erased* knows."""
        self._erased = erased
        # One after the other, each with letters or digits at its beginning: as one pattern they take ten times as long.
        self._said = [re.compile(*_said(key)) for key in keys]
        names = [key for key in keys if key.kind == ContactKind.USERNAME]
        self._said_in_bytes = [re.compile(*_said_in_bytes(key)) for key in keys if key not in names]
        self._names = [key.value.encode("utf-8", "surrogatepass").lower() for key in names]
        sure = [key for key in keys if key.kind in _SURE and not _is_word(key)]
        self._coded = [each for key in sure for each in _coded(key.value.rpartition(".")[2].encode())]
        self.octets = [key.value.encode("utf-8", "surrogatepass") for key in sure] + self._coded
        """What bytes hold that name the person: the ids that are no words, and how base64 shows them"""

    def may_be_in(self, content: bytes) -> bool:
        """Whether anything of the person may be in the bytes *content*. False is sure; True had better be looked at."""
        plain = content.replace(rb"\/", b"/") if rb"\/" in content else content
        if any(each.search(plain) for each in self._said_in_bytes) or any(each in plain for each in self._coded):
            return True
        lower = plain.lower() if self._names else b""
        if any(each in lower for each in self._names):
            return True
        if _ESCAPED.search(plain) or (not plain.isascii() and _FOREIGN.search(plain)):
            return True
        wamids = {each.decode() for each in _WAMID.findall(plain)}
        return bool(wamids) and bool(self._erased(wamids))

    def are_in(self, text: str) -> bool:
        """Whether *text* names the person."""
        if self._are_said_in(text):
            return True
        held = _HOLDING.findall(text)
        if not held:
            return False
        return any(map(self._hold, held)) or bool(self._erased({text, *(f"wamid.{each}" for each in held)}))

    def _are_said_in(self, text: str) -> bool:
        plain = text if text.isascii() else text.translate(_DIGITS)
        return any(each.search(plain) for each in self._said)

    def _hold(self, coded: str) -> bool:
        try:
            raw = binascii.a2b_base64(coded + "==")
        except binascii.Error:
            return any(each.decode() in coded for each in self._coded)
        return self._are_said_in(raw.decode("latin-1"))


def _said(key: ContactKey) -> tuple[str, re.RegexFlag]:
    """A pattern for an id as people and programs write it."""
    if _is_word(key):
        return rf'(?:\A|"){re.escape(key.value)}(?:\Z|")', re.NOFLAG
    if key.kind == ContactKind.PHONE:
        code, rest = key.value[:4], key.value[4:]
        digits = (_BETWEEN + _TRUNK).join(code) + _BETWEEN + _BETWEEN.join(rest)
        return digits if len(key.value) >= _LONG_ENOUGH else rf"(?<![0-9]){digits}(?![0-9])", re.NOFLAG
    if key.kind == ContactKind.BSUID:
        return re.escape(key.value), re.NOFLAG
    # Many usernames are words: only where nothing else stands, or behind the sign that says that it is one.
    name = re.escape(key.value)
    return rf'(?:\A|")@?{name}(?:\Z|")|@{name}(?![\w.])', re.IGNORECASE


def _said_in_bytes(key: ContactKey) -> tuple[bytes, re.RegexFlag]:
    """The same pattern for what is not read yet."""
    pattern, flags = _said(key)
    octets = pattern.encode("utf-8", "surrogatepass")
    return octets.replace(_BETWEEN.encode(), _BETWEEN_IN_BYTES), flags


def _is_word(key: ContactKey) -> bool:
    """Whether it stands where a phone number belongs, and is none: such a thing may be a part of anything."""
    is_number = key.value.isascii() and key.value.isdecimal() and len(key.value) >= _SHORTEST
    return key.kind == ContactKind.PHONE and not is_number


def _coded(part: bytes) -> list[bytes]:
    """What *part* looks like inside of base64, wherever it begins: the characters that nothing around it changes."""
    found = []
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + part)
        first = -(-shift * 8 // 6)
        last = (shift + len(part)) * 8 // 6
        found.append(whole[first:last])
    return [each for each in found if len(each) >= 6]
