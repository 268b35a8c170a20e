"""Asks the server on this machine how it is, and tries its receiver: a handshake, and a body that it must refuse."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from wabawatch.domain.premises import AppAnswers, ServerLook
from wabawatch.ports import OUR_CHALLENGE, PROBE_SIGNATURE
from wabawatch.settings import App

TIMEOUT_S = 5.0
NOTHING = b'{"object":"whatsapp_business_account","entry":[]}'
"""A webhook that tells nothing, should it be taken after all."""

LEVELS = ("failing", "degraded")
"""Of the checks of `/healthz`, those that should be told."""

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
        said = {level: tuple(_said(each) for each in checks if each["status"] == level) for level in LEVELS}
        counted = _counted(client)
        tried = tuple(_try(client, name, app, counted) for name, app in apps.items())
        return ServerLook(address, True, True, said["failing"], said["degraded"], tried, counted.release)


def _said(check: Mapping[str, Any]) -> str:
    return f"{check['name']}: {check['detail']}"


def _checks(answer: httpx.Response) -> list[dict[str, Any]] | None:
    """The checks that `/healthz` tells of; None: this is no wabawatch."""
    with suppress(ValueError, KeyError, TypeError):
        checks = [{name: each[name] for name in ("name", "status", "detail")} for each in answer.json()["checks"]]
        return checks or None
    return None


@dataclass
class _Counted:
    """What `/metrics` tells of the receiver, by app; nothing when it does not answer."""

    release: str = ""
    accepted: dict[str, int] = field(default_factory=dict)
    refused: dict[str, dict[str, int]] = field(default_factory=dict)


def _counted(client: httpx.Client) -> _Counted:
    found = _Counted()
    with suppress(httpx.HTTPError, ValueError):
        for family in text_string_to_metric_families(client.get("/metrics").text):
            for sample in family.samples:
                app = sample.labels.get("app", "")
                if sample.name == "wabawatch_receiver_accepted_total":
                    found.accepted[app] = int(sample.value)
                elif sample.name == "wabawatch_receiver_refused_total":
                    found.refused.setdefault(app, {})[sample.labels["reason"]] = int(sample.value)
                elif sample.name == "wabawatch_build_info":
                    found.release = sample.labels["version"]
    return found


def _try(client: httpx.Client, name: str, app: App, counted: _Counted) -> AppAnswers:
    path = "/webhooks/whatsapp" + (f"/{name}" if name else "")
    handshake, echoes = _shake_hands(client, path, app)
    # Where no secret is set, a wrong signature may pass: then it would count as a webhook.
    signature = _post_wrongly(client, path) if app.app_secret else None
    accepted, refused = counted.accepted.get(name, 0), counted.refused.get(name, {})
    return AppAnswers(name, handshake, echoes, signature, accepted, refused)


def _shake_hands(client: httpx.Client, path: str, app: App) -> tuple[int | None, bool]:
    if app.verify_token is None:
        return None, False
    challenge = OUR_CHALLENGE + secrets.token_hex(8)
    query = {"hub.mode": "subscribe", "hub.verify_token": app.verify_token.reveal(), "hub.challenge": challenge}
    try:
        answer = client.get(path, params=query)
    except httpx.HTTPError:
        return 0, False
    return answer.status_code, answer.text == challenge


def _post_wrongly(client: httpx.Client, path: str) -> int:
    try:
        return client.post(path, content=NOTHING, headers={"x-hub-signature-256": PROBE_SIGNATURE}).status_code
    except httpx.HTTPError:
        return 0
