"""Forms as bodies of calls to the Graph API: the Graph API takes them wherever it takes JSON. Nothing here raises."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from wabawatch.meta.reading import Json

_BOUNDARY = re.compile(r"multipart/form-data\b.*;\s*boundary=(?:\"([^\"]{1,200})\"|([^\s;,\"]{1,200}))", re.I | re.S)
_NAME = re.compile(rb"(?im)^content-disposition:\s*form-data\b[^\r\n]*?;\s*name=(?:\"([^\"\r\n]*)\"|([^\s;\"]+))")
_FILE = re.compile(rb"(?im)^content-disposition:[^\r\n]*;\s*filename\*?=")


def is_form(content_type: str) -> bool:
    """Whether a body of this type is a form."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("application/x-www-form-urlencoded", "multipart/form-data")


def read_form(content: bytes, content_type: str) -> Json:
    """The fields of a form, the last of each name. Files are left out, and what is out of form."""
    if not content_type.strip().lower().startswith("multipart/"):
        return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    boundary = _BOUNDARY.match(content_type.strip())
    if boundary is None:
        return {}
    delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1", "replace")
    found: Json = {}
    for part in (b"\r\n" + content).split(delimiter)[1:]:
        if part.startswith(b"--"):  # the end
            break
        head, _, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None and _FILE.search(head) is None:
            found[(name[1] or name[2] or b"").decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    return found
