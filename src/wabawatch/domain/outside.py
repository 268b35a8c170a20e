"""People who sign in elsewhere (OpenID Connect): who of them is let in, as what, and under which name. Pure rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from wabawatch.domain.access import Role
from wabawatch.domain.errors import BadRequest
from wabawatch.domain.users import name_of


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider has said of somebody, after everything in it was checked."""

    issuer: str
    subject: str
    """Who it is, there and for ever"""
    email: str = ""
    is_email_verified: bool = False
    """Whether the provider says that the address is theirs. Without it anybody may have typed it"""
    username: str = ""
    groups: frozenset[str] = frozenset()
    """The values of the claim that roles are read from"""

    @property
    def key(self) -> str:
        """Who it is, among all providers: neither part has a space in it."""
        return f"{self.issuer} {self.subject}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is let in, as the settings say."""

    admins: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    viewers: frozenset[str] = frozenset()
    """Values of the claim that give a role"""
    default_role: Role | None = None
    """What they are whom no value gives a role; None: they are not let in"""
    domains: frozenset[str] = frozenset()
    """Where their e-mail must be; empty: anywhere"""
    may_link: bool = False
    """Whether a verified e-mail that is the name of a user here makes them that user"""

    @property
    def gives_roles(self) -> bool:
        """Whether the provider decides about roles. If not, only users that there are here come in."""
        return bool(self.admins or self.operators or self.viewers or self.default_role)

    def admits(self, told: Told) -> bool:
        """Whether their e-mail is where it must be."""
        domain = told.email.rpartition("@")[2].lower()
        return not self.domains or (told.is_email_verified and domain in self.domains)

    def role_of(self, told: Told) -> Role | None:
        """The most that the provider's words give them; None: nothing."""
        given = ((Role.ADMIN, self.admins), (Role.OPERATOR, self.operators), (Role.VIEWER, self.viewers))
        return next((role for role, values in given if values & told.groups), self.default_role)


def new_name(told: Told) -> str:
    """What somebody is called here who comes for the first time: their verified e-mail, else what they are called
    there, else something that is theirs alone."""
    for text in (told.email if told.is_email_verified else "", told.username):
        try:
            return name_of(text)
        except BadRequest:
            continue
    return f"sso-{hashlib.sha256(told.key.encode()).hexdigest()[:12]}"


def linked_name(told: Told) -> str:
    """The name of the user that *told* may be one with; "" none: the e-mail is not verified, or nobody's name."""
    try:
        return name_of(told.email) if told.is_email_verified and "@" in told.email else ""
    except BadRequest:
        return ""
