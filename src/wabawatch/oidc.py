"""OpenID Connect: authorization code with PKCE, state and nonce; what comes back is believed only when all of it fits.

The protocol's parts are Authlib's and joserfc's, loaded with the first sign-in; the calls go over the guarded client.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

from wabawatch.domain.errors import NotAllowed, ProviderDown
from wabawatch.domain.facts import Millis
from wabawatch.domain.outside import Told
from wabawatch.net import Guard, guard_of
from wabawatch.outside_ports import Begun
from wabawatch.ports import Clock
from wabawatch.probes.asking import Request, ask
from wabawatch.settings_oidc import Oidc

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_log = logging.getLogger(__name__)

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""How an ID token may be signed: with a key that only the provider has. Never `none`, never a shared secret (HS...)."""
LEEWAY_S: Final = 60
"""So far the provider's clock may be from ours."""
KEPT_MS: Final = 3_600_000
"""So long what the provider says of itself, and its keys, are taken for true; longer while it does not answer."""
AGAIN_MS: Final = 10_000
"""Keys are asked for again this soon at the earliest, whatever tokens say."""
DOWN_MS: Final = 60_000
TIMEOUT_S: Final = 10.0
_LONGEST_SUBJECT = 255
_BAD: Final = "what came back cannot be believed ({}); begin again, and if it stays so, ask an administrator"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider said of itself."""

    at: Millis
    metadata: Mapping[str, Any]
    keys_at: Millis = 0
    keys: KeySet | None = None


class OidcProvider:
    """`outside_ports.Provider`. One for all requests of a process; every method may be called from any thread."""

    def __init__(self, settings: Oidc, redirect_uri: str, allowed: tuple[str, ...], clock: Clock) -> None:
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._redirect_uri = redirect_uri
        self._clock = clock
        # The operator named the issuer, so it may be anywhere; where its words lead, it may not.
        guard = guard_of(allowed)
        self._guard = Guard(guard.hosts | {(urlsplit(self._issuer).hostname or "").rstrip(".")}, guard.networks)
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._down: tuple[Millis, str] = (0, "")

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.name

    def trouble(self) -> str:
        """Why it did not answer in the last minute, in a sentence; "" it did, or nobody asked."""
        at, said = self._down
        return said if said and 0 <= self._clock.now() - at < DOWN_MS else ""

    def begin(self) -> tuple[str, Begun]:
        """Where the browser goes, and what it keeps. Raises ProviderDown."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        metadata = self._metadata()
        begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
        url = prepare_grant_uri(
            metadata["authorization_endpoint"],
            self._settings.client_id,
            "code",
            redirect_uri=self._redirect_uri,
            scope=" ".join(self._settings.scopes),
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return str(url), begun

    def finish(self, code: str, issuer: str, begun: Begun) -> Told:
        """Who came back. Raises NotAllowed when anything is not as it must be, and ProviderDown."""
        metadata = self._metadata()
        must_tell = metadata.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._issuer and (issuer or must_tell):  # RFC 9207: of another provider, mixed up
            raise _unbelievable("it comes from another issuer")
        if not code:
            raise _unbelievable("there is no code")
        tokens = self._tokens(code, begun, metadata)
        claims = self._verified(str(tokens.get("id_token", "")), tokens, begun)
        return self._told(self._with_userinfo(claims, tokens, metadata))

    def way_out(self) -> str:
        """Where one signs out there, too; "" it is not known."""
        end = "" if self._known is None else self._known.metadata.get("end_session_endpoint", "")
        if not isinstance(end, str) or not _is_safe(end):
            return ""
        return f"{end}{'&' if '?' in end else '?'}{urlencode({'client_id': self._settings.client_id or ''})}"

    # ------------------------------------------------------------ what the provider says of itself

    def _metadata(self) -> Mapping[str, Any]:
        known = self._known
        if known is not None and 0 <= self._clock.now() - known.at < KEPT_MS:
            return known.metadata
        try:
            return self._discovered().metadata
        except ProviderDown:
            if known is None:
                raise
            return known.metadata

    def _discovered(self) -> _Known:
        from authlib.oidc.discovery import OpenIDProviderMetadata

        found = self._asked(Request("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
        metadata = OpenIDProviderMetadata(found)
        try:
            metadata.validate()
        except (ValueError, TypeError, AttributeError) as error:
            raise self._fell(f"what it says of itself cannot be used: {error}") from error
        if metadata["issuer"] != self._issuer:
            raise self._fell("it calls itself by another name than WABAWATCH_OIDC_ISSUER; both must be the same")
        keys_at, keys = (0, None) if self._known is None else (self._known.keys_at, self._known.keys)
        self._known = _Known(self._clock.now(), dict(metadata), keys_at, keys)
        return self._known

    def _keys(self, *, is_again: bool) -> KeySet:
        """Its keys: those that are known while they are fresh, or asked for again."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        with self._lock:
            metadata, now = self._metadata(), self._clock.now()
            known = self._known
            age = now - known.keys_at if known is not None else KEPT_MS
            if known is not None and known.keys is not None and 0 <= age < (AGAIN_MS if is_again else KEPT_MS):
                return known.keys
            found = self._asked(Request("GET", metadata["jwks_uri"]))
            try:
                keys = KeySet.import_key_set({"keys": [each for each in found["keys"] if each.get("kty") != "oct"]})
            except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                raise self._fell("its keys cannot be read") from error
            self._known = replace(known or _Known(now, metadata), keys_at=now, keys=keys)
            return keys

    # ------------------------------------------------------------ tokens

    def _tokens(self, code: str, begun: Begun, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        told = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": begun.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client, secret = self._settings.client_id or "", self._settings.client_secret
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        shown = "" if secret is None else secret.reveal()
        pair = f"{quote_plus(client)}:{quote_plus(shown)}"
        is_plain = pair == f"{client}:{shown}"  # else some providers read it as RFC 6749 says, and some as it stands
        if secret is None:
            told["client_id"] = client
        elif "client_secret_basic" in methods and (is_plain or "client_secret_post" not in methods):
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            told |= {"client_id": client, "client_secret": secret.reveal()}
        request = Request("POST", metadata["token_endpoint"], headers, urlencode(told).encode())
        return self._asked(request, is_code=True)

    def _verified(self, token: str, tokens: Mapping[str, Any], begun: Begun) -> Mapping[str, Any]:
        """The claims of an ID token, when everything about it is right. Raises NotAllowed and ProviderDown."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
        from joserfc.jwt import decode

        try:
            try:
                decoded = decode(token, self._keys(is_again=False), algorithms=ALGORITHMS)
            except (InvalidKeyIdError, BadSignatureError):  # it may have changed its keys
                decoded = decode(token, self._keys(is_again=True), algorithms=ALGORITHMS)
            needed = {"iss": self._issuer, "aud": self._settings.client_id, "nonce": begun.nonce}
            options: Any = {name: {"essential": True, "value": value} for name, value in needed.items()}
            given = {"client_id": self._settings.client_id, "nonce": begun.nonce}
            given["access_token"] = str(tokens.get("access_token", ""))
            claims = CodeIDToken(decoded.claims, decoded.header, options, given)
            claims.validate(now=self._clock.now() // 1000, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            _log.warning("oidc.refused: %s", type(error).__name__, extra={"action": "oidc.refused"})
            raise _unbelievable(f"its token: {type(error).__name__}") from error
        return dict(claims)

    def _with_userinfo(
        self, claims: Mapping[str, Any], tokens: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """*claims* with those that only the userinfo endpoint tells, where one is missing."""
        wanted = {self._settings.role_claim.partition(".")[0], "email"}
        where, token = metadata.get("userinfo_endpoint"), tokens.get("access_token")
        if wanted <= claims.keys() or not isinstance(where, str) or not isinstance(token, str) or not _is_safe(where):
            return claims
        more = self._asked(Request("GET", where, {"Authorization": f"Bearer {token}", "Accept": "application/json"}))
        if more.get("sub") != claims["sub"]:
            raise _unbelievable("its userinfo is about somebody else")
        return {**more, **claims}

    def _told(self, claims: Mapping[str, Any]) -> Told:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
            raise _unbelievable("it does not say who you are")
        groups: Any = claims
        for part in self._settings.role_claim.split("."):  # such as Keycloak's realm_access.roles
            groups = groups.get(part, ()) if isinstance(groups, Mapping) else ()
        groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return Told(
            issuer=self._issuer,
            subject=subject,
            email=_text(claims.get("email")).strip().lower(),
            is_email_verified=claims.get("email_verified") is True or claims.get("email_verified") == "true",
            username=_text(claims.get("preferred_username")),
            groups=frozenset(each for each in groups if isinstance(each, str)),
        )

    # ------------------------------------------------------------ calls

    def _asked(self, request: Request, *, is_code: bool = False) -> Mapping[str, Any]:
        """The JSON object that it answers with. *is_code*: 400 says that the code is not good."""
        came = ask(request, self._guard, TIMEOUT_S)
        if not came.status:
            raise self._fell(f"it does not answer: {came.words}")
        try:
            found = json.loads(came.body)
        except ValueError:
            found = None
        if is_code and came.status in (400, 401) and isinstance(found, dict):
            if found.get("error") == "invalid_grant":
                raise _unbelievable("its code was used already, is over, or belongs to somebody else")
            raise self._fell("it does not take our client id and secret")
        if came.status != 200 or not isinstance(found, dict):
            raise self._fell(f"it answers with HTTP {came.status}" + ("" if came.status != 200 else ", and no JSON"))
        self._down = (0, "")
        return found

    def _fell(self, why: str) -> ProviderDown:
        _log.warning("oidc.down: %s", why, extra={"action": "oidc.down"})
        said = f"{self.name} cannot be asked now ({why}); sign in with your password, or try again later"
        self._down = (self._clock.now(), said)
        return ProviderDown(said)


def _unbelievable(why: str) -> NotAllowed:
    return NotAllowed(_BAD.format(why), code="unbelievable")


def _is_safe(url: str) -> bool:
    from authlib.common.security import is_secure_transport

    return bool(is_secure_transport(url))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
