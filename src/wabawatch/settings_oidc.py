"""Signing in with a provider of OpenID Connect: the section `oidc`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from wabawatch import kinds
from wabawatch.domain.access import Role
from wabawatch.domain.outside import Policy
from wabawatch.kinds import Kind, Secret
from wabawatch.sources import setting

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANYBODYS = frozenset({"accounts.google.com"})
"""Issuers with which anybody has an account"""


def _default_role(raw: object) -> Role | None:
    text = str(kinds.TEXT.read(raw)).strip().lower()
    if text == "none":
        return None
    if text not in (Role.VIEWER, Role.OPERATOR):
        raise ValueError(f"{text!r} is none of none, viewer, operator")
    return Role(text)


@dataclass(frozen=True, slots=True)
class Oidc:
    """People who sign in with a provider of OpenID Connect, beside those who have a password here."""

    issuer: str | None = setting(
        "WABAWATCH_OIDC_ISSUER",
        kinds.WEB_ADDRESS,
        None,
        "The provider's issuer, exactly as it calls itself, such as `https://id.example.com/realms/staff`; "
        "not set: passwords only.",
    )
    client_id: str | None = setting(
        "WABAWATCH_OIDC_CLIENT_ID", kinds.TEXT, None, "What wabawatch is called at the provider."
    )
    client_secret: Secret | None = setting(
        "WABAWATCH_OIDC_CLIENT_SECRET", kinds.SECRET, None, "Its secret there; not set: a public client."
    )
    name: str = setting("WABAWATCH_OIDC_NAME", kinds.TEXT, "single sign-on", "What people call the provider.")
    scopes: tuple[str, ...] = setting(
        "WABAWATCH_OIDC_SCOPES", kinds.WORDS, ("openid", "email", "profile"), "What the provider is asked to tell."
    )
    role_claim: str = setting(
        "WABAWATCH_OIDC_ROLE_CLAIM",
        kinds.TEXT,
        "groups",
        "The claim whose values give roles; a dot leads into it, as in `realm_access.roles`.",
    )
    admins: tuple[str, ...] = setting("WABAWATCH_OIDC_ADMINS", kinds.WORDS, (), "Values of it that make an admin.")
    operators: tuple[str, ...] = setting(
        "WABAWATCH_OIDC_OPERATORS", kinds.WORDS, (), "Values of it that make an operator."
    )
    viewers: tuple[str, ...] = setting("WABAWATCH_OIDC_VIEWERS", kinds.WORDS, (), "Values of it that make a viewer.")
    default_role: Role | None = setting(
        "WABAWATCH_OIDC_DEFAULT_ROLE",
        Kind("none, viewer, operator", _default_role),
        None,
        "What everybody else is whom the provider signs in; `none`: they are not let in.",
    )
    email_domains: tuple[str, ...] = setting(
        "WABAWATCH_OIDC_EMAIL_DOMAINS",
        kinds.WORDS,
        (),
        "Only people with a verified e-mail address in one of these domains are let in.",
    )
    link_by_email: bool = setting(
        "WABAWATCH_OIDC_LINK_BY_EMAIL",
        kinds.SWITCH,
        False,
        "Whether somebody whose verified e-mail address is the name of a user here becomes that user.",
    )

    @property
    def policy(self) -> Policy:
        """Who is let in, and as what."""
        admins, operators, viewers = map(frozenset, (self.admins, self.operators, self.viewers))
        domains = frozenset(each.lower().lstrip("@") for each in self.email_domains)
        return Policy(admins, operators, viewers, self.default_role, domains, self.link_by_email)

    def mistakes(self, public_url: str | None) -> list[str]:
        """What in the section contradicts itself, in sentences."""
        if self.issuer is None:
            lost = self.client_id or self.policy.gives_roles or self.link_by_email
            return ["WABAWATCH_OIDC_ISSUER: missing, and other settings of the section oidc are set"] if lost else []
        parts, found = urlsplit(self.issuer), []
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            found.append("WABAWATCH_OIDC_ISSUER: it must be https, or anybody between could let himself in")
        if self.client_id is None:
            found.append("WABAWATCH_OIDC_CLIENT_ID: missing; the provider gives it when wabawatch is registered there")
        if public_url is None:
            found.append("WABAWATCH_PUBLIC_URL: missing; the provider sends people back to it")
        if "openid" not in self.scopes:
            found.append("WABAWATCH_OIDC_SCOPES: openid is missing")
        if not self.policy.gives_roles and not self.link_by_email:
            found.append(
                "WABAWATCH_OIDC_DEFAULT_ROLE: nobody would be let in; set it, or WABAWATCH_OIDC_ADMINS, _OPERATORS or "
                "_VIEWERS, or WABAWATCH_OIDC_LINK_BY_EMAIL"
            )
        if parts.hostname in ANYBODYS and self.default_role is not None and not self.email_domains:
            found.append("WABAWATCH_OIDC_EMAIL_DOMAINS: missing; with this issuer anybody in the world would be let in")
        return found
