"""What a form of the console sends: small, in one encoding, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BYTES = 64 * 1024
MAX_FIELDS = 200
TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, in their order."""

    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def one(self, name: str) -> str:
        """The field *name*; "" when it is missing."""
        return next((value for each, value in self.pairs if each == name), "")

    def all(self, name: str) -> list[str]:
        """Every field *name*."""
        return [value for each, value in self.pairs if each == name]


async def read_form(request: Request) -> Form:
    """The form that *request* brings; an empty one when it brings nothing. The second call reads nothing more.

    Raises HTTPException when it is too large or none.
    """
    if not hasattr(request.state, "form"):
        body = await _body(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and kind != TYPE:
            raise HTTPException(415, f"a form of this console comes as {TYPE}")
        request.state.form = _parsed(body)
    return form_of(request)


def form_of(request: Request) -> Form:
    """The form that `read_form` has read."""
    return cast(Form, request.state.form)


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise HTTPException(413, f"a form may have {MAX_BYTES // 1024} KiB; this one has more")
        chunks.append(chunk)
    return b"".join(chunks)


def _parsed(body: bytes) -> Form:
    try:
        text = body.decode("utf-8", "replace")
        return Form(tuple(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)))
    except ValueError as error:
        raise HTTPException(413, f"a form may have {MAX_FIELDS} fields; this one has more") from error
