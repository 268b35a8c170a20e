"""What signing in elsewhere needs: a provider of OpenID Connect, and the users that belong to its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wabawatch.access_ports import Known
from wabawatch.domain.access import Role
from wabawatch.domain.facts import Millis
from wabawatch.domain.outside import Told
from wabawatch.domain.users import User


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: what the browser that began it keeps until it comes back."""

    state: str
    nonce: str
    verifier: str
    """What its code is good for alone (PKCE)"""


class Provider(Protocol):
    """Somebody else who knows who people are."""

    @property
    def name(self) -> str:
        """What people call it."""

    def begin(self) -> tuple[str, Begun]:
        """Where the browser goes, and what it keeps. Raises ProviderDown."""

    def finish(self, code: str, issuer: str, begun: Begun) -> Told:
        """Who came back with *code* (and *issuer*, "" not told) to what *begun* says.

        Raises NotAllowed when anything in it is not as it must be, and ProviderDown.
        """

    def trouble(self) -> str:
        """Why it did not answer in the last minute, in a sentence; "" it did, or nobody asked."""

    def way_out(self) -> str:
        """Where one signs out there, too; "" it is not known."""


class OutsideUsers(Protocol):
    """Users who sign in elsewhere. Each method raises StoreUnavailable."""

    def find(self, key: str) -> Known | None:
        """Whose key it is (`Told.key`), also somebody disabled."""

    def add(self, name: str, role: Role, key: str, now: Millis) -> User:
        """Somebody new. Raises Conflict when name or key is taken, or when there would be nobody who administers."""

    def link(self, id: int, key: str, now: Millis) -> bool:
        """Let who has *key* be the user *id* from now on. False: the user belongs to somebody else there."""

    def unlink(self, id: int, now: Millis, actor: str) -> bool:
        """Let nobody sign in elsewhere as the user *id*, and end their sessions. False: nobody could."""
