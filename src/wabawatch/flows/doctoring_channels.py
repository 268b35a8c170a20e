"""Doctoring, of channels of alerts: is there one, and can each work. Pure judgements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wabawatch.domain.findings import Finding, failed, ok, warning
from wabawatch.domain.premises import ChannelLook
from wabawatch.settings import Settings
from wabawatch.settings_channels import EMAIL


def channels(settings: Settings, looks: Sequence[ChannelLook]) -> Iterator[Finding]:
    """Whether somebody is told of alerts."""
    if not settings.all_channels:
        fix = "set ALERT_EMAIL or SLACK_WEBHOOK_URL; docs/channels.md says what else there is"
        yield warning("channels", "none is set: nobody is told of alerts", fix)
        return
    yield ok("channels", f"{len(settings.all_channels)} set: {', '.join(sorted(settings.all_channels))}")
    yield from map(channel, looks)
    if any(each.kind == EMAIL for each in settings.all_channels.values()):
        yield sender(settings.mail.mail_from)


def channel(look: ChannelLook) -> Finding:
    """Whether one channel can work."""
    check = f"channel ({look.name})"
    if look.trouble:
        return failed(check, f"{look.place}: {look.trouble}", _mend(look))
    return ok(check, f"{look.place}: {look.found}")


def _mend(look: ChannelLook) -> str:
    if "private address" in look.trouble:
        return "if it is yours, name its host or network in WABAWATCH_ALLOW_PRIVATE_URLS"
    if look.kind == EMAIL:
        return "correct WABAWATCH_SMTP_URL, or have the mail server mended"
    return f"correct the url of channels.{look.name}, then: wabawatch alerts test {look.name}"


def sender(mail_from: str | None) -> Finding:
    """Who e-mail comes from."""
    check = "sender of mail"
    if mail_from is None:
        found = "not set: mail comes from wabawatch at this machine's name, which many servers refuse"
        return warning(check, found, "set WABAWATCH_MAIL_FROM to an address that your mail server may send from")
    return ok(check, mail_from)
