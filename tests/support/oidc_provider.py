"""A provider of OpenID Connect on loopback, made of Authlib's own server side on Flask: it checks client, redirect URI,
code and PKCE as providers do. On command it answers as one that somebody has taken over, or not at all."""

# Authlib brings no types.
# mypy: disable-error-code="misc, no-untyped-call, untyped-decorator"

from __future__ import annotations

import json
import secrets
import threading
import time
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, redirect, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT, CLIENT_SECRET = "wabawatch", "s3cret.of-many_words~"
Forge = Callable[[dict[str, Any]], str | None]
"""Makes another ID token of the claims that the right one has; None: the right one is given"""


class Client(ClientMixin):
    """The one client that is registered."""

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code:
    """A code that was not used yet."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    person: dict[str, Any]

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class IdProvider:
    """The provider. `person` is who is signed in there; it asks nobody for consent."""

    redirect_uri: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ann-1"})
    issuer: str = ""
    forge: Forge = field(default=lambda _claims: None)
    is_down: bool = False
    userinfo_only: tuple[str, ...] = ()
    """Claims that stand in no ID token"""
    userinfo_sub: str = ""
    """About whom the userinfo is, if not about who signed in"""
    asked: list[str] = field(default_factory=list)
    """Paths, in the order in which they were asked for"""
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: new_key())

    def rotate(self) -> None:
        """Sign with another key from now on, and know the old one no more."""
        self.key = new_key()

    def visit(self, url: str) -> dict[str, str]:
        """What a browser brings back that was sent to *url*."""
        answer = httpx.get(url)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert answer.headers["location"].startswith(self.redirect_uri)
        return dict(parse_qsl(back.query))

    def app(self) -> Flask:
        app = Flask(__name__)
        server = AuthorizationServer(app, query_client=self._client, save_token=self._save)
        server.register_grant(_grant_of(self), [_OpenId(self), CodeChallenge(required=True)])
        app.before_request(self._note)
        app.get("/.well-known/openid-configuration")(self._configuration)
        app.get("/jwks")(lambda: jsonify(KeySet([self.key]).as_dict(private=False)))
        app.get("/userinfo")(self._userinfo)

        @app.get("/authorize")
        def authorize() -> Any:
            if self.person.get("denies"):
                return redirect(f"{self.redirect_uri}?error=access_denied&state={request.args['state']}")
            grant = server.get_consent_grant(end_user=self.person)
            return server.create_authorization_response(grant_user=self.person, grant=grant)

        @app.post("/token")
        def token() -> Any:
            return server.create_token_response()

        return app

    def _note(self) -> Response | None:
        self.asked.append(request.path)
        return Response("down for maintenance", 503) if self.is_down else None

    def _client(self, client_id: str) -> Client | None:
        return Client(self.redirect_uri) if client_id == CLIENT else None

    def _save(self, token: dict[str, Any], asked: Any) -> None:
        self.tokens[token["access_token"]] = asked.user

    def _configuration(self) -> Response:
        at = self.issuer
        return jsonify(
            issuer=at,
            authorization_endpoint=f"{at}/authorize",
            token_endpoint=f"{at}/token",
            userinfo_endpoint=f"{at}/userinfo",
            jwks_uri=f"{at}/jwks",
            end_session_endpoint=f"{at}/logout",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
        )

    def _userinfo(self) -> Response:
        person = self.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        return jsonify(person | {"sub": self.userinfo_sub or person["sub"]})


class _OpenId(OpenIDCode):
    def __init__(self, provider: IdProvider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, asked: Any) -> bool:
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self.provider.key

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self.provider.issuer, "aud": [CLIENT]}

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": "RS256", "kid": self.provider.key.kid}

    def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
        return {name: value for name, value in user.items() if name not in self.provider.userinfo_only}

    def encode_id_token(self, token: Any, asked: Any) -> str:
        right = str(super().encode_id_token(token, asked))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joserfc warns of what a forger does
            return self.provider.forge(claims_in(right)) or right


def _grant_of(provider: IdProvider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        def save_authorization_code(self, code: str, asked: Any) -> Code:
            given = asked.payload.data
            made = Code(
                code, given["redirect_uri"], given["scope"], given["nonce"], given["code_challenge"],
                given["code_challenge_method"], asked.user,
            )  # fmt: skip
            provider.codes[code] = made
            return made

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, code: Code) -> None:
            provider.codes.pop(code.code)

        def authenticate_user(self, code: Code) -> dict[str, Any]:
            return code.person

    return Grant


def claims_in(token: str) -> dict[str, Any]:
    """The claims of a token, unchecked."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def new_key() -> RSAKey:
    """A key with a name of its own."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})


@contextmanager
def providing(redirect_uri: str) -> Iterator[IdProvider]:
    """A provider that answers on loopback while the block lasts."""
    provider = IdProvider(redirect_uri)
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
