"""The exceptions of wabawatch.

::

    WabawatchError
    ├── Refusal            the caller can mend it; carries a stable code and a sentence
    │   ├── BadRequest     the input is not what the call takes
    │   ├── NotAllowed     signature or token is missing or wrong
    │   │   └── Forbidden  the token is good, but not for this
    │   ├── TooMany        too many requests: later ones will be answered
    │   ├── NotFound       no such thing
    │   └── Conflict       it contradicts what is already known
    └── Trouble            the world's fault; says whether trying again makes sense
        ├── StoreUnavailable   a database or disk does not answer: nothing was kept
        │   └── SpoolFull          as much waits for the server as may wait: nothing was kept
        ├── ServerUnavailable  a wabawatch server does not answer, or not as it should
        ├── ProviderDown       who knows where people sign in elsewhere does not answer, or not as it should
        └── SealBroken         sealed data cannot be opened: wrong key, or it was changed
            └── SealDamaged    it was changed: no key will ever open it
                └── DamagedBodies   the next bodies of the inbox are such data

Anything else that is raised is a bug, and only the supervisor's step, the web error page and the parser's guard
catch it. What is expected (a verdict, a duplicate, a lost race) is a value, not an exception.
"""

from __future__ import annotations


class WabawatchError(Exception):
    """Base of all errors that wabawatch raises on purpose."""


class Refusal(WabawatchError):
    """The caller can mend it."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class BadRequest(Refusal):
    """The input is not what the call takes."""

    code = "bad_request"


class NotAllowed(Refusal):
    """Signature or token is missing or wrong."""

    code = "not_allowed"


class Forbidden(NotAllowed):
    """The token is good, but not for this."""

    code = "forbidden"


class TooMany(Refusal):
    """Too many requests. The same one will be answered in *retry_after_s* seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotFound(Refusal):
    """There is no such thing."""

    code = "not_found"


class Conflict(Refusal):
    """It contradicts what is already known."""

    code = "conflict"


class Trouble(WabawatchError):
    """The world's fault. `transient` says whether trying again makes sense."""

    transient = True


class StoreUnavailable(Trouble):
    """A database or disk does not answer. Nothing was kept."""


class ArchiveDamaged(Trouble):
    """A file of the archive is not what was written, or is gone. Nothing was removed for its sake."""

    transient = False


class SpoolFull(StoreUnavailable):
    """As much waits on disk for the server as may wait. Nothing was kept."""


class ServerUnavailable(Trouble):
    """A wabawatch server does not answer, or not as it should."""


class ProviderDown(Trouble):
    """The provider with which people sign in elsewhere does not answer, or not as it should."""


class SealBroken(Trouble):
    """Sealed data cannot be opened: the key is wrong or missing, or the data was changed."""

    transient = False


class SealDamaged(SealBroken):
    """Sealed data was changed since: its key is known, and does not open it."""


class DamagedBodies(SealDamaged):
    """The bodies numbered *first* to *last* of the inbox are damaged; *sealed* are the bytes that hold them."""

    def __init__(self, first: int, last: int, received_at: int, sealed: bytes) -> None:
        super().__init__(
            f"The inbox's block with the bodies {first} to {last} is damaged and cannot be opened. "
            f"Its sealed bytes are kept with body {first}."
        )
        self.first = first
        self.last = last
        self.received_at = received_at
        self.sealed = sealed
