"""Asks the server on this machine how it is, and tries its receiver: a handshake, and a body that it must refuse."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from wabawatch.domain.premises import AppAnswers, ServerLook
from wabawatch.settings import App

TIMEOUT_S = 5.0
NOTHING = b'{"object":"whatsapp_business_account","entry":[]}'
"""A webhook that tells nothing, should it be taken after all."""
WRONG = "sha256=" + "0" * 64

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where to ask a server that listens everywhere."""


def look_at_server(host: str, port: int, apps: Mapping[str, App]) -> ServerLook:
    """What answers on *host* and *port*. The secrets of *apps* are sent nowhere, their verify tokens only to a
    wabawatch."""
    host = _ANY.get(host, host)
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    with httpx.Client(base_url=address, timeout=TIMEOUT_S, trust_env=False) as client:
        try:
            answer = client.get("/healthz")
        except httpx.HTTPError:
            return ServerLook(address, answers=False)
        checks = _checks(answer)
        if checks is None:
            return ServerLook(address, answers=True)
        unwell = tuple(f"{each['name']}: {each['detail']}" for each in checks if each["status"] != "ok")
        tried = tuple(_try(client, name, app) for name, app in apps.items())
        return ServerLook(address, True, True, unwell, tried)


def _checks(answer: httpx.Response) -> list[dict[str, Any]] | None:
    """The checks that `/healthz` tells of; None: this is no wabawatch."""
    with suppress(ValueError, KeyError, TypeError):
        checks = [{name: each[name] for name in ("name", "status", "detail")} for each in answer.json()["checks"]]
        return checks or None
    return None


def _try(client: httpx.Client, name: str, app: App) -> AppAnswers:
    path = "/webhooks/whatsapp" + (f"/{name}" if name else "")
    handshake, echoes = _shake_hands(client, path, app)
    # Where no secret is set, a wrong signature may pass: then it would count as a webhook.
    signature = _post_wrongly(client, path) if app.app_secret else None
    return AppAnswers(name, handshake, echoes, signature)


def _shake_hands(client: httpx.Client, path: str, app: App) -> tuple[int | None, bool]:
    if app.verify_token is None:
        return None, False
    challenge = secrets.token_hex(8)
    query = {"hub.mode": "subscribe", "hub.verify_token": app.verify_token.reveal(), "hub.challenge": challenge}
    try:
        answer = client.get(path, params=query)
    except httpx.HTTPError:
        return 0, False
    return answer.status_code, answer.text == challenge


def _post_wrongly(client: httpx.Client, path: str) -> int:
    try:
        return client.post(path, content=NOTHING, headers={"x-hub-signature-256": WRONG}).status_code
    except httpx.HTTPError:
        return 0
