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

_BETWEEN: Final = r"[\s()./\\-]{0,3}"
"""What may stand between two digits of a number"""
_WAMID: Final = re.compile(rb"wamid\.[A-Za-z0-9+/=_-]+")
_HOLDING: Final = re.compile(r"wa[mc]id\.([A-Za-z0-9+/=_-]+)")
"""Ids of messages and calls: their base64 holds the number"""
_SURE: Final = (ContactKind.PHONE, ContactKind.BSUID)
_ESCAPED: Final = re.compile(rb"\\u00[3-7]")
"""Digits and letters can be written so"""
_LONG_ENOUGH: Final = 8
"""A number of fewer digits is sought as a whole one only: it may stand inside any other"""


class Traces:
    """By what a person is found."""

    def __init__(self, keys: Collection[ContactKey], erased: Erased = lambda _: set()) -> None:
        """Look for the ids *keys*, and for the messages that *erased* knows."""
        self._erased = erased
        said = [_said(key) for key in keys]
        # One after the other, each with letters or digits at its beginning: as one pattern they take ten times as long.
        self._said = [re.compile(each, flags) for each, flags in said]
        self._said_in_bytes = [re.compile(each.encode("utf-8", "surrogatepass"), flags) for each, flags in said]
        sure = [key for key in keys if key.kind in _SURE]
        self._coded = [each for key in sure for each in _coded(key.value.rpartition(".")[2].encode())]
        self.octets = [key.value.encode("utf-8", "surrogatepass") for key in sure] + self._coded
        """What bytes hold that name the person: the ids that are no words, and how base64 shows them"""

    def may_be_in(self, content: bytes) -> bool:
        """Whether anything of the person may be in the bytes *content*. False is sure; True had better be looked at."""
        plain = content.replace(rb"\/", b"/") if rb"\/" in content else content
        if any(each.search(plain) for each in self._said_in_bytes) or any(each in plain for each in self._coded):
            return True
        if _ESCAPED.search(plain):
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
        return any(each.search(text) for each in self._said)

    def _hold(self, coded: str) -> bool:
        try:
            raw = binascii.a2b_base64(coded + "==")
        except binascii.Error:
            return any(each.decode() in coded for each in self._coded)
        return self._are_said_in(raw.decode("latin-1"))


def _said(key: ContactKey) -> tuple[str, re.RegexFlag]:
    """A pattern for an id as people and programs write it."""
    if key.kind == ContactKind.PHONE:
        digits = _BETWEEN.join(key.value)
        return digits if len(key.value) >= _LONG_ENOUGH else rf"(?<![0-9]){digits}(?![0-9])", re.NOFLAG
    if key.kind == ContactKind.BSUID:
        return re.escape(key.value), re.NOFLAG
    # Many usernames are words: only where nothing else stands, or behind the sign that says that it is one.
    name = re.escape(key.value)
    return rf'(?:\A|")@?{name}(?:\Z|")|@{name}(?![\w.])', re.IGNORECASE


def _coded(part: bytes) -> list[bytes]:
    """What *part* looks like inside of base64, wherever it begins: the characters that nothing around it changes."""
    found = []
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + part)
        first = -(-shift * 8 // 6)
        last = (shift + len(part)) * 8 // 6
        found.append(whole[first:last])
    return [each for each in found if len(each) >= 6]
