"""The kinds of channels, and how one is made of its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TypeAlias
from zoneinfo import ZoneInfo

from wabawatch.net import Guard, place
from wabawatch.notifiers.answers import masked
from wabawatch.notifiers.posting import Poster
from wabawatch.notifying_ports import Notifier
from wabawatch.settings_channels import APPRISE, EMAIL, OUTSIDE, SLACK, WEBHOOK, Channel
from wabawatch.settings_mail import MailServer


@dataclass(frozen=True, slots=True)
class Means:
    """What all channels share."""

    guard: Guard
    """Which addresses may be reached"""
    mail_server: MailServer
    mail_from: str = ""
    """"": wabawatch at this machine"""

    def poster(self, channel: Channel) -> Poster:
        """Who posts for *channel*."""
        return Poster(self.guard, channel.timeout_s)


Factory: TypeAlias = Callable[[Channel, Means], Notifier]
"""What makes a channel of its settings; an entry point of the group `wabawatch.notifiers` is one"""


def build(channels: Mapping[str, Channel], means: Means) -> dict[str, Notifier]:
    """Every one of *channels*, ready to deliver. Nothing is connected before it delivers."""
    return {name: factory_of(channel.kind or "")(channel, means) for name, channel in channels.items()}


def factory_of(kind: str) -> Factory:
    """What makes channels of *kind*. Raises LookupError when nothing does."""
    if kind in _OWN:
        return _OWN[kind]
    for each in entry_points(group=OUTSIDE, name=kind):
        factory: Factory = each.load()
        return factory
    raise LookupError(f"no package brings channels of the kind {kind!r}")


def place_of(channel: Channel, mail_server: MailServer) -> str:
    """Where *channel* leads, without what is secret: what people may be shown."""
    match channel.kind:
        case "email":
            return f"{', '.join(map(masked, channel.to))} by {mail_server}"
        case "slack" if channel.token is not None:
            return f"slack.com, channel {channel.channel}"
        case "apprise":
            # What follows is a host in some services, and a token in others.
            return f"{_url(channel).partition('://')[0]}://…"
        case _:
            return place(_url(channel)) if channel.url else ""


# Each imports its part when there is such a channel: the libraries of e-mail alone take memory that most need not.


def _email(channel: Channel, means: Means) -> Notifier:
    from wabawatch.notifiers.mail import Mailer

    return Mailer(means.mail_server, means.mail_from, channel.to, channel.timeout_s, _zone(channel))


def _slack(channel: Channel, means: Means) -> Notifier:
    from wabawatch.notifiers.slack import SlackBot, SlackHook

    if channel.token is not None:
        return SlackBot(channel.token.reveal(), channel.channel or "", means.poster(channel), _zone(channel))
    return SlackHook(_url(channel), means.poster(channel), _zone(channel))


def _webhook(channel: Channel, means: Means) -> Notifier:
    from wabawatch.notifiers.webhook import Webhook

    secret = channel.secret.reveal() if channel.secret else ""
    return Webhook(_url(channel), secret, means.poster(channel), _zone(channel))


def _apprise(channel: Channel, means: Means) -> Notifier:
    from wabawatch.notifiers.apprise import Apprise

    return Apprise(_url(channel), means.guard, channel.timeout_s, _zone(channel))


_OWN: Mapping[str, Factory] = {EMAIL: _email, SLACK: _slack, WEBHOOK: _webhook, APPRISE: _apprise}


def _url(channel: Channel) -> str:
    return channel.url.reveal() if channel.url else ""


def _zone(channel: Channel) -> ZoneInfo:
    return ZoneInfo(channel.time_zone)
