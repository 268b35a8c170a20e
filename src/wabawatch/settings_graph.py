"""Meta's Graph API: how it is reached, what it is asked, and the way through to it."""

from __future__ import annotations

from dataclasses import dataclass

from wabawatch import kinds
from wabawatch.kinds import GraphUrl, Secret, whole
from wabawatch.sources import setting


@dataclass(frozen=True, slots=True)
class Graph:
    """How to reach Meta's Graph API."""

    url: GraphUrl = setting(
        "WHATSAPP_API_URL",
        kinds.GRAPH_URL,
        kinds.DEFAULT_GRAPH_URL,
        "Base address of the Graph API; a trailing version such as `/v25.0` is the one used for our own calls.",
    )
    token: tuple[Secret, ...] = setting(
        "WHATSAPP_TOKEN",
        kinds.SECRETS,
        (),
        "Access token for our own Graph API calls; with it, what only Meta knows is asked for while monitoring runs. "
        "Two, the new one first, while it is changed: the first that Meta takes is used.",
    )


@dataclass(frozen=True, slots=True)
class Polling:
    """What Meta is asked."""

    waba_ids: tuple[str, ...] = setting(
        "WABAWATCH_WABA_IDS",
        kinds.IDS,
        (),
        "WhatsApp Business Accounts to ask about, besides those that webhooks or the token name.",
    )
    calls_per_hour: int = setting(
        "WABAWATCH_POLL_CALLS_PER_HOUR",
        whole(0, 5_000),
        300,
        "Most calls to Meta an hour for each 50 numbers begun; 0: nothing is asked.",
    )
    callback_url: str | None = setting(
        "WABAWATCH_CALLBACK_URL",
        kinds.WEB_ADDRESS,
        None,
        "Where Meta should send webhooks, as it reaches us; `doctor` compares it with what Meta has.",
    )


@dataclass(frozen=True, slots=True)
class Gateway:
    """The way through to the Graph API, `/graph/`."""

    token: tuple[Secret, ...] = setting(
        "WABAWATCH_GATEWAY_TOKEN",
        kinds.SECRETS,
        (),
        "What a caller must show in `X-Wabawatch-Token`, or as bearer token; several, so that one can be changed; not "
        "set: everybody who has one of Meta's.",
    )
    timeout_s: int = setting(
        "WABAWATCH_GATEWAY_TIMEOUT",
        whole(1, unit="seconds"),
        60,
        "How long Meta may be silent before a call is answered with 504.",
    )
    spool_bytes: int = setting(
        "WABAWATCH_GATEWAY_SPOOL_BYTES",
        whole(0, unit="bytes"),
        256 * 1024 * 1024,
        "Most room in the data folder for records of calls while the store cannot be written to.",
    )
