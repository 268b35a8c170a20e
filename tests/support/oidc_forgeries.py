"""Tokens that a provider of OpenID Connect never gave."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from tests.support.oidc_provider import CLIENT, Forge, IdProvider, new_key


def forged(**changes: Any) -> Forge:
    """A token with other claims, signed as it should be."""

    def forge(claims: dict[str, Any]) -> str:
        return sign(claims | changes)

    return forge


KEPT: dict[str, Any] = {}


def sign(claims: dict[str, Any], **header: str) -> str:
    provider: IdProvider = KEPT["provider"]
    told = {"alg": "RS256", "kid": provider.key.kid or ""} | header
    return jwt.encode(told, {n: v for n, v in claims.items() if v is not None}, provider.key)


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "none"}, claims, OctKey.generate_key(256), ["none"])


def with_the_public_key_as_secret(claims: dict[str, Any]) -> str:
    public = KEPT["provider"].key.as_pem(private=False)
    head = {"alg": "HS256", "kid": KEPT["provider"].key.kid}
    text = b".".join(urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (head, claims))
    return (text + b"." + urlsafe_b64encode(hmac.digest(public, text, "sha256")).rstrip(b"=")).decode()


def with_another_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": KEPT["provider"].key.kid}, claims, new_key())


def with_a_key_of_its_own(claims: dict[str, Any]) -> str:
    key = new_key()
    header: dict[str, Any] = {"alg": "RS256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key)


FORGERIES: dict[str, Forge] = {
    "another nonce": forged(nonce="another"),
    "no nonce": forged(nonce=None),
    "another audience": forged(aud="somebody-else"),
    "no audience": forged(aud=None),
    "several audiences, and issued to another": forged(aud=[CLIENT, "other"], azp="other"),
    "several audiences, and issued to nobody": forged(aud=["other", CLIENT]),
    "another issuer": forged(iss="https://evil.example"),
    "the issuer with a slash": lambda claims: sign(claims | {"iss": claims["iss"] + "/"}),
    "expired": forged(exp=int(time.time()) - 120, iat=int(time.time()) - 600),
    "no end": forged(exp=None),
    "an end that is no number": forged(exp="tomorrow"),
    "not valid yet": forged(nbf=int(time.time()) + 600),
    "made in the future": forged(iat=int(time.time()) + 600),
    "nobody": forged(sub=None),
    "nobody, in an empty text": forged(sub=""),
    "another access token": forged(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "not signed": unsigned,
    "signed with the public key as a shared secret": with_the_public_key_as_secret,
    "signed with another key": with_another_key,
    "signed with a key that it brings": with_a_key_of_its_own,
    "no token at all": lambda _claims: " ",
    "three words": lambda _claims: "a.b.c",
}
