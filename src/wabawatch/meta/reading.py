"""Readers for single values of Meta's JSON: each takes whatever stands there and returns what can be stored."""

from __future__ import annotations

import json
import math
import re
from hashlib import blake2b
from typing import Any, Final, TypeAlias

from wabawatch.domain.facts import ErrorSeen, Millis

Json: TypeAlias = dict[str, Any]
"""An object of Meta's JSON; any value may have any type."""

TEXT_LIMIT: Final = 1_000
"""In bytes: two such texts and a few numbers still fit into one index row of PostgreSQL, which holds 2,704 bytes."""
WORDS_LIMIT: Final = 4_000
RAW_LIMIT: Final = 65_536

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT: Final = "\ufffd"
_DECORATION: Final = str.maketrans("", "", "+ -().\u00a0")
_MILLISECONDS_FROM: Final = 10**11  # as seconds this would be the year 5138
_LARGEST: Final = 2**63 - 1
_DEEPEST: Final = 40


def text(value: object, limit: int = TEXT_LIMIT) -> str:
    """*value* as text that every database accepts, at most *limit* bytes of UTF-8; ``""`` for no text or number."""
    if type(value) is str:
        if value.isascii() and len(value) <= limit and "\x00" not in value:
            return value
        return _UNSTORABLE.sub(_REPLACEMENT, value[:limit]).encode()[:limit].decode("utf-8", "ignore")
    return "" if value is None else _number_as_text(value)[:limit]


def _number_as_text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def exact(value: object) -> str:
    """An id of a message, unchanged whatever characters it has; a number in its place becomes text.

    One of more than 1,000 bytes is no id of Meta's: its beginning and a digest stand for it, so that it can be found.
    """
    found = value if type(value) is str else _number_as_text(value)
    if len(found) <= TEXT_LIMIT // 4:
        return found
    written = found.encode("utf-8", "surrogatepass")
    return found if len(written) <= TEXT_LIMIT else f"{found[:100]}~{blake2b(written, digest_size=16).hexdigest()}"


def phone(value: object) -> str:
    """A phone number as digits; what is no phone number stays as it is."""
    written = text(value)
    if written.isascii() and written.isdigit():
        return written
    bare = written.translate(_DECORATION)
    return bare if bare.isascii() and bare.isdigit() else written


def upper(value: object) -> str:
    """A word of one of Meta's lists, which are mostly, but not always, in capitals."""
    return _folded(text(value).upper())


def lower(value: object) -> str:
    """A word of one of Meta's lists that are mostly in small letters."""
    return _folded(text(value).lower())


def _folded(word: str) -> str:
    return word if word.isascii() else text(word)  # some letters become several


def flag(value: object) -> bool | None:
    """A yes or no, or None when it is neither."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def tri(value: object) -> int:
    """A yes (1) or no (0) as it is kept; -1 when it is neither."""
    found = flag(value)
    return -1 if found is None else int(found)


def integer(value: object) -> int:
    """A whole number of at most 64 bits, also one written as text; 0 for anything else."""
    if isinstance(value, str):
        value = int(value) if len(value) <= 20 and value.isascii() and value.isdigit() else 0
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) else 0
    if isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST:
        return value
    return 0


def millis(value: object) -> Millis | None:
    """A timestamp in seconds (or milliseconds), as number or text; None when it is neither."""
    if isinstance(value, str):
        value = _seconds(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**15:
        return None
    return int(value) if value >= _MILLISECONDS_FROM else int(value * 1000)


def _seconds(written: str) -> int | float | None:
    if len(written) > 32:
        return None
    try:
        return int(written) if written.isdigit() else float(written)
    except ValueError:
        return None


def mapping(value: object) -> Json:
    """*value* when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The items of a list. A single thing in place of a list is a list of one; nothing at all is an empty list."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def errors(value: object) -> tuple[ErrorSeen, ...]:
    """Meta's error objects, every one of them, however incomplete."""
    return tuple(_error(item) for item in items(value)) if value else ()


def _error(item: object) -> ErrorSeen:
    if not isinstance(item, dict):
        return ErrorSeen(code=integer(item), message=text(item, WORDS_LIMIT))
    data = mapping(item.get("error_data"))
    return ErrorSeen(
        code=integer(item.get("code")),
        title=text(item.get("title"), WORDS_LIMIT),
        message=text(item.get("message"), WORDS_LIMIT),
        details=text(data.get("details"), WORDS_LIMIT) or text(item.get("details"), WORDS_LIMIT),
        subcode=integer(item.get("error_subcode")) or integer(item.get("subcode")),
        fbtrace_id=text(item.get("fbtrace_id")),
        href=text(item.get("href")),
        transient=tri(item.get("is_transient")),
    )


def compact(value: object, omit: frozenset[str] = frozenset()) -> str:
    """*value* as JSON text without spaces and without the keys in *omit* (at any depth), cut at 64 Ki characters."""
    kept = _pruned(value, omit, 0)
    written = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    if _UNSTORABLE.search(written):
        written = json.dumps(kept, separators=(",", ":"))
    return written[:RAW_LIMIT]


def _pruned(value: object, omit: frozenset[str], depth: int) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, dict | list):
        return value
    if depth >= _DEEPEST:
        return None
    if isinstance(value, list):
        return [_pruned(item, omit, depth + 1) for item in value]
    return {key: _pruned(item, omit, depth + 1) for key, item in value.items() if key not in omit}
