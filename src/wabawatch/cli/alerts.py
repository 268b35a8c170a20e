"""`wabawatch alerts …`: a table of its commands, each of which stands in a module of its subject."""

from __future__ import annotations

from cyclopts import App

from wabawatch.cli import alerts_channels, alerts_list, alerts_silence

app = App(name="alerts")

app.command(alerts_list.list_, name="list")
app.command(alerts_list.show)
app.command(alerts_list.ack)
app.command(alerts_list.rules)
app.command(alerts_list.backtest)
app.command(alerts_silence.why)
app.command(alerts_silence.silence)
app.command(alerts_silence.unsilence)
app.command(alerts_silence.silences)
app.command(alerts_silence.maintain)
app.command(alerts_silence.maintenance)
app.command(alerts_silence.notices)
app.command(alerts_channels.channels)
app.command(alerts_channels.try_channel, name="test")
app.command(alerts_channels.runbook)
