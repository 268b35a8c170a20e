"""What the flows of signing in need: users, sessions, counted tries, one-time links, passwords and codes.

Every method of the books raises StoreUnavailable. What changes something writes its *deeds* into the audit trail in the
same transaction. Secrets come and go as digests; what they are is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from wabawatch.domain.access import Role
from wabawatch.domain.facts import Millis
from wabawatch.domain.lockout import Patience
from wabawatch.domain.users import Session, Stage, User
from wabawatch.ports import Deed


class Origin(NamedTuple):
    """Where a request comes from."""

    address: str
    agent: str = ""


class Known(NamedTuple):
    """What is needed to find out whether somebody is who they say."""

    user: User
    password: str | None
    """What it hashes to, with how; None: there is none"""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened."""

    digest: bytes
    user_id: int
    stage: Stage
    ends_at: Millis
    origin: Origin


class Users(Protocol):
    """People who may sign in."""

    def any(self) -> bool:
        """Whether there is anybody at all, also somebody disabled."""

    def all(self) -> list[User]:
        """Everybody, by name."""

    def named(self, name: str) -> Known | None:
        """Who has this name."""

    def numbered(self, id: int) -> Known | None:
        """Who has this number."""

    def add(self, name: str, role: Role, now: Millis, actor: str, *, is_unmasking: bool = False) -> User:
        """Somebody new, without a password yet. Raises Conflict when the name is taken, also by somebody disabled."""

    def add_first(self, name: str, password: str, link: bytes, now: Millis) -> User | None:
        """The first admin, made with the one-time *link* (its digest). None: the link does not open that, or not any
        more. Of two that use it at once one wins."""

    def take_link(self, link: bytes, password: str, now: Millis) -> User | None:
        """Give the user whom *link* was made for a new password, and use the link up; their sessions end. None as in
        `add_first`."""

    def set_password(self, id: int, password: str, now: Millis, done: Deed, keep: int = 0) -> None:
        """A new password. All sessions but *keep* end."""

    def rehash(self, id: int, before: str, password: str) -> None:
        """The same password, hashed as is usual now; nothing happens when it was changed meanwhile. Not audited."""

    def set_role(self, id: int, role: Role, is_unmasking: bool, now: Millis, actor: str) -> None:
        """What they may do from now on. Raises Conflict when nobody would be left who administers."""

    def disable(self, id: int, now: Millis, actor: str) -> None:
        """Let them in no more, and end their sessions; repeatable. Raises Conflict as `set_role`."""

    def enable(self, id: int, now: Millis, actor: str) -> None:
        """Let them in again; repeatable."""


class Links(Protocol):
    """One-time links."""

    def make(self, digest: bytes, user_id: int | None, now: Millis, ends_at: Millis, actor: str) -> None:
        """Keep a link for *user_id* (None: for the first admin). Those made for the same before open nothing more."""

    def of(self, digest: bytes, now: Millis) -> tuple[bool, User | None]:
        """Whether the link opens anything, and for whom (None: for the first admin, while there is no user)."""

    def pending(self, now: Millis) -> Mapping[int, Millis]:
        """For whom there is a link that opens something, and until when."""


class Sessions(Protocol):
    """Where people are signed in."""

    def open(self, new: NewSession, now: Millis, replaces: bytes, done: Deed | None) -> int:
        """Open a session and end the one whose digest is *replaces*. Gives its number."""

    def find(self, digest: bytes) -> tuple[Session, User] | None:
        """The session and whose it is; None: there is none, it was ended, or they are disabled."""

    def touch(self, id: int, now: Millis) -> None:
        """Note that it is used."""

    def of(self, user_id: int, now: Millis, idle_ms: int) -> list[Session]:
        """Those of a user that are live, the newest first."""

    def counts(self, now: Millis, idle_ms: int) -> Mapping[int, int]:
        """In how many browsers each user is signed in, of those who are in any."""

    def end(self, user_id: int, ids: Sequence[int], now: Millis, done: Deed) -> int:
        """End those of *ids* that are the user's. Gives how many there were; nothing is audited for none."""


class Tried(Protocol):
    """Tries to sign in, counted."""

    def count(self, keys: Sequence[tuple[bytes, Patience]], now: Millis, done: Deed) -> int:
        """Count one try under all *keys*, or refuse it when one of them has to wait: gives how long, 0: go on.

        Durable on return, and one at a time: as many tries at once as one may make are made, and not one more.
        When it begins a pause, *done* is written into the audit trail.
        """

    def forgive(self, all_of: bytes, one_of: Sequence[bytes]) -> None:
        """It ended well: forget all tries under *all_of*, and this one under each of *one_of*."""

    def pauses(self, now: Millis) -> Mapping[bytes, Millis]:
        """Under which keys a pause lasts, and until when."""

    def note(self, now: Millis, done: Deed) -> None:
        """Write a failure into the audit trail."""


class SecondFactors(Protocol):
    """Codes beside the password."""

    def offer(self, user_id: int, seed: str) -> None:
        """Keep a seed that counts once a code of it was shown; it takes the place of one offered before."""

    def offered(self, user_id: int) -> str | None:
        """The seed that was offered last and not confirmed."""

    def confirm(self, user_id: int, step: int, codes: Sequence[bytes], now: Millis, done: Deed, keep: int) -> bool:
        """Let the offered seed count, with these recovery codes (digests), and end all sessions but *keep*.

        *step* counts as used. False: none is offered.
        """

    def seed(self, user_id: int) -> str | None:
        """The seed that counts. Raises SealBroken."""

    def use_step(self, user_id: int, step: int) -> bool:
        """Use up the codes of *step* and all before. False: they were used. Of two at once one gets True."""

    def use_code(self, user_id: int, digest: bytes, now: Millis) -> bool:
        """Use up a recovery code. False: it is none, or was used. Of two at once one gets True."""

    def codes_left(self, user_id: int) -> int:
        """How many recovery codes were not used."""

    def renew_codes(self, user_id: int, codes: Sequence[bytes], now: Millis, done: Deed) -> None:
        """Other recovery codes instead of those there are."""

    def drop(self, user_id: int, now: Millis, done: Deed, keep: int = 0) -> bool:
        """Ask no code any more; all sessions but *keep* end. False: none was asked; nothing is audited then."""


class Passwords(Protocol):
    """How passwords are kept. What hashes raises TooMany while too many wait for it."""

    def hash(self, password: bytes) -> str:
        """What is kept of it. Slow, and on purpose so."""

    def fits(self, kept: str | None, password: bytes) -> bool:
        """Whether *password* is the one; with None it takes as long, and it is not."""

    def is_old(self, kept: str) -> bool:
        """Whether it was hashed in another way than is usual now."""


class Codes(Protocol):
    """How the codes of an authenticator are made."""

    def new_seed(self) -> str:
        """A random one, as authenticators take it."""

    def step_of(self, seed: str, code: str, now: Millis) -> int | None:
        """The step of time that *code* belongs to, now or one beside now; None: it is wrong."""

    def address(self, seed: str, name: str) -> str:
        """What an authenticator reads from a picture: `otpauth://...`."""
