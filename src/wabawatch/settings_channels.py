"""Who is told of which alerts, and where: the sections `channels.NAME`."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import entry_points

from wabawatch import kinds
from wabawatch.domain.alerts import Severity
from wabawatch.kinds import Kind, Secret, whole
from wabawatch.schedules import check_zone
from wabawatch.sources import setting

EMAIL, SLACK, WEBHOOK, APPRISE = KINDS = ("email", "slack", "webhook", "apprise")
OUTSIDE = "wabawatch.notifiers"
"""Entry points of this group bring further kinds"""


def _severity(raw: object) -> Severity:
    text = str(raw).strip().lower()
    if text not in list(Severity):
        raise ValueError(f"{text!r} is none of {', '.join(Severity)}")
    return Severity(text)


SEVERITY = Kind(", ".join(Severity), _severity)
ZONE = Kind("time zone, such as Europe/Berlin", lambda raw: check_zone(str(kinds.TEXT.read(raw))))


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: where notices go, and which."""

    kind: str | None = setting(
        "WABAWATCH_CHANNELS_<name>_KIND",
        kinds.TEXT,
        None,
        f"What it is: {', '.join(f'`{kind}`' for kind in KINDS)}, or what another package brings. "
        "The channels named `email` and `slack` need not say it.",
    )
    to: tuple[str, ...] = setting(
        "WABAWATCH_CHANNELS_<name>_TO",
        kinds.ADDRESSES,
        (),
        "Receivers of its e-mail; the channel named `email` takes those of `ALERT_EMAIL`.",
    )
    url: Secret | None = setting(
        "WABAWATCH_CHANNELS_<name>_URL",
        kinds.SECRET,
        None,
        "Address of the webhook, of Slack's incoming webhook, or of a service as Apprise writes it, such as "
        "`tgram://TOKEN/CHAT`; the channel named `slack` takes that of `SLACK_WEBHOOK_URL`.",
    )
    token: Secret | None = setting(
        "WABAWATCH_CHANNELS_<name>_TOKEN",
        kinds.SECRET,
        None,
        "Slack: token of a bot (`xoxb-…`) with the scope `chat:write`, instead of `url`; then each alert has a thread.",
    )
    channel: str | None = setting(
        "WABAWATCH_CHANNELS_<name>_CHANNEL",
        kinds.TEXT,
        None,
        "Slack, with `token`: id of the channel, such as `C012AB3CD`.",
    )
    secret: Secret | None = setting(
        "WABAWATCH_CHANNELS_<name>_SECRET",
        kinds.SECRET,
        None,
        "Webhook: what signs it, such as `whsec_` and 32 bytes in base64; not set: it is not signed.",
    )
    timeout_s: int = setting(
        "WABAWATCH_CHANNELS_<name>_TIMEOUT", whole(1, 30, unit="seconds"), 15, "How long one delivery may take."
    )
    time_zone: str = setting(
        "WABAWATCH_CHANNELS_<name>_TIME_ZONE", ZONE, "UTC", "In which its texts tell times, such as `Europe/Berlin`."
    )
    enabled: bool = setting("WABAWATCH_CHANNELS_<name>_ENABLED", kinds.SWITCH, True, "Whether it is told anything.")
    severity: Severity = setting(
        "WABAWATCH_CHANNELS_<name>_SEVERITY", SEVERITY, Severity.INFO, "The least severity that it is told of."
    )
    types: tuple[str, ...] = setting(
        "WABAWATCH_CHANNELS_<name>_TYPES",
        kinds.WORDS,
        (),
        "The only types of alerts that it is told of, such as `TOKEN_INVALID`; not set: all.",
    )
    wabas: tuple[str, ...] = setting(
        "WABAWATCH_CHANNELS_<name>_WABAS",
        kinds.WORDS,
        (),
        "The only WABAs whose alerts it is told of, and of none that belongs to no WABA; not set: all.",
    )
    escalation: bool = setting(
        "WABAWATCH_CHANNELS_<name>_ESCALATION",
        kinds.SWITCH,
        False,
        "Whether it is told only when nobody acknowledges an alert in time.",
    )


def channels_of(
    channels: Mapping[str, Channel], email: tuple[str, ...], slack_webhook_url: Secret | None
) -> dict[str, Channel]:
    """All channels that are enabled, by name: those of the settings, and `email` and `slack`, which `ALERT_EMAIL` and
    `SLACK_WEBHOOK_URL` make alone."""
    found = dict(channels)
    if email or EMAIL in found:
        given = found.get(EMAIL, Channel())
        found[EMAIL] = replace(given, kind=given.kind or EMAIL, to=given.to or email)
    if slack_webhook_url or SLACK in found:
        given = found.get(SLACK, Channel())
        # A bot needs no webhook.
        url = given.url if given.url or given.token else slack_webhook_url
        found[SLACK] = replace(given, kind=given.kind or SLACK, url=url)
    return {name: channel for name, channel in found.items() if channel.enabled}


def channel_mistakes(
    channels: Mapping[str, Channel], email: tuple[str, ...], slack_webhook_url: Secret | None
) -> Iterator[str]:
    """What is wrong with channels, a sentence each; never with what is secret in them."""
    for name, given in channels_of(channels, email, slack_webhook_url).items():
        for key, wrong in _wrong_with(given):
            yield f"channels.{name}.{key}: {wrong}"


def _wrong_with(given: Channel) -> Iterator[tuple[str, str]]:
    match given.kind:
        case None:
            yield "kind", f"missing; give one of {', '.join(KINDS)}"
        case "email":
            if not given.to:
                yield "to", "missing; give the addresses that get e-mail, or set ALERT_EMAIL"
        case "slack":
            yield from _wrong_with_slack(given)
        case "webhook":
            yield from _wrong_url(given.url, "give the address that notices are posted to")
            if given.secret is not None and not _is_key(given.secret.reveal()):
                yield "secret", "after whsec_ there is no base64"
        case "apprise":
            if given.url is None or "://" not in given.url.reveal():
                yield "url", "missing, or no address as Apprise writes it, such as tgram://TOKEN/CHAT"
        case other if other not in outside_kinds():
            yield "kind", f"{other!r} is none of {', '.join((*KINDS, *sorted(outside_kinds())))}"
        case _:
            pass


def _wrong_with_slack(given: Channel) -> Iterator[tuple[str, str]]:
    if given.token is None:
        yield from _wrong_url(given.url, "give Slack's incoming webhook, or token and channel of a bot")
    elif given.url is not None:
        yield "token", "it does not go with url; give the incoming webhook, or token and channel of a bot"
    elif not given.channel:
        yield "channel", "missing; the bot must know the id of the channel that it posts to"


def _is_key(secret: str) -> bool:
    """Whether it can sign: what begins with `whsec_` goes on in base64."""
    try:
        base64.b64decode(secret.removeprefix("whsec_"), validate=secret.startswith("whsec_"))
    except ValueError:
        return not secret.startswith("whsec_")
    return True


def _wrong_url(url: Secret | None, fix: str) -> Iterator[tuple[str, str]]:
    if url is None:
        yield "url", f"missing; {fix}"
        return
    try:
        kinds.SECRET_URL.read(url.reveal())
    except ValueError as wrong:
        yield "url", str(wrong)


def outside_kinds() -> frozenset[str]:
    """The kinds of channels that other installed packages bring."""
    return frozenset(each.name for each in entry_points(group=OUTSIDE))
