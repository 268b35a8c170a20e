"""The tables of telling people; they belong to `schema`, which names them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, Text

from wabawatch.storage.metadata import BIG_ID, metadata

alert_routes = Table(
    "alert_routes",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("told_at", BigInteger, comment="When it was first told; NULL: it was not"),
    Column("told_severity", Text),
    Column("told_transition", BigInteger, nullable=False),
    Column("rose_at", BigInteger),
    Column("last_at", BigInteger, comment="When anything was last told of it"),
    Column("reminders", Integer, nullable=False),
    Column("thread", Text, nullable=False),
    Column("waiting_since", BigInteger),
    Column("reason", Text, comment="The last decision's reason"),
    Column("detail", Text, nullable=False),
    Column("is_closed", SmallInteger, nullable=False, comment="The alert has ended, and all is told"),
    comment="What each channel knows of each alert: domain.routing.Route",
)
_open = alert_routes.c.is_closed == 0
Index("alert_routes_open", alert_routes.c.alert, sqlite_where=_open, postgresql_where=_open)

alert_decisions = Table(
    "alert_decisions",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("alert", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("transition_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("decision", Text, nullable=False, comment="tell | hold"),
    Column("reason", Text, nullable=False, comment="domain.routing.Because"),
    Column("detail", Text, nullable=False, comment="Which silence, maintenance, alert or person"),
    Column("until", BigInteger),
    Column("notice", Text, nullable=False, comment="Key of the notice that tells it; empty: it is held"),
    comment="Every decision to tell or to hold, and why",
)
_silenced = alert_decisions.c.reason == "silenced"
Index("alert_decisions_silenced", alert_decisions.c.detail, sqlite_where=_silenced, postgresql_where=_silenced)

notices = Table(
    "notices",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="The same at each attempt"),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("total", Integer, nullable=False, comment="How many alerts it is about"),
    Column("content", Text, nullable=False, comment="domain.notices.Notice as JSON"),
    Column("thread", Text, nullable=False, comment="Ours"),
    Column("service_thread", Text, nullable=False, comment="What the service calls it; empty: it has told none"),
    Column("state", Text, nullable=False, comment="waiting | sent | dead"),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger),
    Column("holder", Text, nullable=False, comment="The process that delivers it"),
    Column("held_until", BigInteger, nullable=False),
    Column("ended_at", BigInteger, comment="When it was sent or given up"),
    Column("detail", Text, nullable=False, comment="Of the last failure; never an address or a secret"),
    Index("notices_at", "at"),
    Index("notices_thread", "channel", "thread"),
    comment="The outbox: what is told, and what became of it",
)
_waiting = notices.c.state == "waiting"
Index("notices_waiting", notices.c.channel, notices.c.next_try_at, sqlite_where=_waiting, postgresql_where=_waiting)

notice_attempts = Table(
    "notice_attempts",
    metadata,
    Column("notice_id", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False, comment="domain.notices.Outcome"),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)
channel_states = Table(
    "channel_states",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("failures", Integer, nullable=False, comment="In a row"),
    Column("failing_since", BigInteger),
    Column("sent_at", BigInteger),
    Column("trouble", Text, nullable=False),
    comment="How channels are doing, by their attempts",
)
silences = Table(
    "silences",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("alert", Text, nullable=False, comment="Which alerts are meant: those that fit all that is not empty"),
    Column("type", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("waba_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True, comment="As meant, or when somebody ended it"),
    Column("ended_by", Text, nullable=False),
)
maintenance = Table(
    "maintenance",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True, comment="As meant, or when somebody ended it"),
    Column("ended_by", Text, nullable=False),
    Column("wabas", Text, nullable=False, comment="With spaces between them; empty: all"),
    Column("types", Text, nullable=False, comment="With spaces between them; empty: all"),
    comment="Maintenance windows that somebody entered; recurring ones stand in the settings",
)
