"""Whether channels of alerts can work: as for a notice, up to the point where it would be sent."""

from __future__ import annotations

from collections.abc import Mapping

from wabawatch.domain.notices import Outcome
from wabawatch.domain.premises import ChannelLook
from wabawatch.net import Guard
from wabawatch.notifiers.answers import without
from wabawatch.notifiers.apprise import Apprise
from wabawatch.notifiers.channels import place_of
from wabawatch.notifiers.slack import POST_MESSAGE
from wabawatch.notifiers.smtp import Trouble, greet
from wabawatch.probes.forward_targets import trouble_of
from wabawatch.settings_channels import Channel
from wabawatch.settings_mail import MailServer

TIMEOUT_S = 5.0


def look_at_channels(channels: Mapping[str, Channel], server: MailServer, guard: Guard) -> tuple[ChannelLook, ...]:
    """Each of *channels*. Nothing is sent; a bot's token, which only a message would try, is not tried."""
    return tuple(
        ChannelLook(name, each.kind or "", place_of(each, server), *_tried(each, server, guard))
        for name, each in sorted(channels.items())
    )


def _tried(channel: Channel, server: MailServer, guard: Guard) -> tuple[str, str]:
    """What was found, and the trouble, of which one is ""."""
    match channel.kind:
        case "email":
            return "the server takes connection and password", _mail_trouble(server)
        case "slack" | "webhook":
            url = POST_MESSAGE if channel.token else channel.url.reveal() if channel.url else ""
            return "it takes connections", trouble_of(url, guard)
        case "apprise":
            checked = Apprise(channel.url.reveal() if channel.url else "", guard).check()
            return "Apprise understands it", "" if checked.outcome is Outcome.SENT else checked.detail
        case _:
            return "of another package: try it with `wabawatch alerts test`", ""


def _mail_trouble(server: MailServer) -> str:
    try:
        greet(server, TIMEOUT_S)
    except Trouble as trouble:
        return without((server.password,), str(trouble))
    return ""
