"""The tables of alerts; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

alert_states = Table(
    "alert_states",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("scope", Text, primary_key=True, comment="all, waba, number, template ..."),
    Column("scope_id", Text, primary_key=True),
    Column("waba_id", Text, nullable=False, comment="To which it belongs; empty: to none, or that is not known yet"),
    Column("phase", Text, nullable=False),
    Column("alert", Text, nullable=False, comment="Key of the alert that is open, or was last"),
    Column("version", BigInteger, nullable=False, comment="Of two that read the same one, one writes"),
    Column("memory", Text, nullable=False, comment="What else is remembered between two looks, as JSON"),
    comment="How each rule and scope stands; without a row: never anything but good",
)
alerts = Table(
    "alerts",
    metadata,
    Column("alert", Text, primary_key=True, comment="Its key"),
    Column("rule", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("scope_id", Text, nullable=False),
    Column("waba_id", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False, comment="When it was first bad"),
    Column("fired_at", BigInteger, comment="NULL: it never lasted for as long as its rule demands"),
    Column("ended_at", BigInteger),
    Column("ended", Text, nullable=False, comment="recovered | acknowledged | aged | went_dark | rule_gone | cleared"),
    Column("is_flapping", SmallInteger, nullable=False),
    Column("first", Text, nullable=False, comment="What was seen when it opened, as JSON"),
    Column("newest", Text, nullable=False, comment="What was seen last while it was open, as JSON"),
    Column("message", Text, nullable=False, comment="The same in one sentence"),
    Column("ack_at", BigInteger),
    Column("ack_by", Text, nullable=False),
    Column("ack_note", Text, nullable=False),
    comment="Every alert, from the first bad look to its end",
)
_open = alerts.c.ended_at.is_(None)
Index("alerts_open", alerts.c.opened_at, sqlite_where=_open, postgresql_where=_open)
Index("alerts_fired", alerts.c.fired_at)
Index("alerts_ended", alerts.c.ended_at)

alert_transitions = Table(
    "alert_transitions",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("alert", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("scope_id", Text, nullable=False),
    Column("waba_id", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("was", Text, nullable=False),
    Column("became", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("is_flapping", SmallInteger, nullable=False),
    Column("reading", Text, nullable=False, comment="What was known then, as JSON"),
    Column("planned_at", BigInteger, comment="When it was decided who is told of it; NULL: not yet"),
    comment="Every change of an alert",
)
_unplanned = alert_transitions.c.planned_at.is_(None)
Index("alert_transitions_unplanned", alert_transitions.c.id, sqlite_where=_unplanned, postgresql_where=_unplanned)
alert_deeds = Table(
    "alert_deeds",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="acknowledged | noted | silenced | unsilenced"),
    Column("alert", Text, nullable=False, comment="Its key; empty: a silence by something else than one alert"),
    Column("silence", BigInteger, comment="Number of the silence"),
    Column("words", Text, nullable=False, comment="What they wrote"),
    Index("alert_deeds_alert", "alert"),
    comment="What people did about alerts, in order: open windows are told of it",
)
alert_looks = Table(
    "alert_looks",
    metadata,
    Column("user_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("seen", BigInteger, nullable=False, comment="The newest transition when they last looked at the list"),
    comment="How far each user has read the list of alerts",
)
rule_edits = Table(
    "rule_edits",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("place", Text, primary_key=True, comment="all, waba or number"),
    Column("place_id", Text, primary_key=True, comment="Id of the account or number; empty for all"),
    Column("said", Text, nullable=False, comment="The fields that are otherwise, named as in the settings file: JSON"),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
    comment="Rules as they were changed in the console; the settings file wins over them",
)
