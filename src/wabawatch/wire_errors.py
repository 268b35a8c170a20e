"""Meta's errors as whoever got them hands them over: an answer's `error`, or an item of a webhook's `errors`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from wabawatch.domain.values import ErrorSeen

# What every database can keep: neither NUL nor lone surrogates, and no number above 64 bits.
Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=1_000, pattern=r"^[^\x00\ud800-\udfff]*$")]
Words: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[^\x00\ud800-\udfff]*$")]
Code: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class ErrorData(msgspec.Struct, omit_defaults=True):
    """Of an error, `error_data`."""

    details: Words | None = ""


class ErrorIn(msgspec.Struct, omit_defaults=True):
    """One of Meta's errors, whole or in part, as the sender got it: an answer's `error`, or one of a webhook's
    `errors`. Members that are not listed here are taken, and left out: Meta adds some from time to time."""

    code: Code
    title: Words | None = ""
    message: Words | None = ""
    details: Words | None = ""
    """As `error_data.details`"""
    error_subcode: Code | None = 0
    fbtrace_id: Word | None = ""
    href: Words | None = ""
    is_transient: bool | None = None
    """As Meta says it, if it does"""
    type: Words | None = ""
    """Such as `OAuthException`; the title where there is none"""
    error_data: ErrorData | Words | None = None
    error_user_title: Words | None = ""
    error_user_msg: Words | None = ""

    def seen(self) -> ErrorSeen:
        """What is kept of it."""
        data = self.error_data.details if isinstance(self.error_data, ErrorData) else self.error_data
        said = dict.fromkeys(words for words in (data, self.details, self.error_user_msg) if words)
        return ErrorSeen(
            code=self.code,
            title=self.title or self.error_user_title or self.type or "",
            message=self.message or "",
            details="\n".join(said),
            subcode=self.error_subcode or 0,
            fbtrace_id=self.fbtrace_id or "",
            href=self.href or "",
            transient=-1 if self.is_transient is None else int(self.is_transient),
        )


Errors: TypeAlias = ErrorIn | Annotated[list[ErrorIn], msgspec.Meta(max_length=100)]
"""One, or several as a webhook tells them"""


def errors_in(given: Errors | None) -> list[ErrorIn]:
    """Each of those that were given."""
    return given if isinstance(given, list) else [] if given is None else [given]
