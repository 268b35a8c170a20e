"""The schema, once, for every database: integers for times and ids, no triggers, no enums, JSON never searched.

Times are milliseconds since 1970 UTC. Tables that grow with traffic carry `number_id`, the interned phone_number_id
(0: none or unknown), in their keys: it is the distribution column. What is stored compactly is readable in `views`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from wabawatch.storage import schema_alerts, schema_forward, schema_monitoring, schema_notices, schema_uptime
from wabawatch.storage.dialect import is_whole, tail
from wabawatch.storage.metadata import BIG_ID, REF, metadata
from wabawatch.storage.schema_access import api_answers, api_tokens
from wabawatch.storage.schema_archive import archive_holds, archive_parts, message_days
from wabawatch.storage.schema_audit import audit_checkpoints, audit_entries
from wabawatch.storage.schema_conversations import agent_interactions, service_windows
from wabawatch.storage.schema_erasure import tombstones
from wabawatch.storage.schema_exports import exports
from wabawatch.storage.schema_figures import counters, cycles, histograms, packed_counts, rollups, standings
from wabawatch.storage.schema_platform import graph_usage, number_ratings, platform_states, polls
from wabawatch.storage.schema_reports import reports

__all__ = [
    "BIG_ID",
    "agent_interactions",
    "api_answers",
    "api_tokens",
    "archive_holds",
    "archive_parts",
    "audit_checkpoints",
    "audit_entries",
    "bodies",
    "consents",
    "contact_links",
    "contacts",
    "counters",
    "cycles",
    "error_texts",
    "events",
    "exports",
    "graph_usage",
    "histograms",
    "imports",
    "kept_hours",
    "label_contacts",
    "labels",
    "local_ids",
    "marks",
    "merged_messages",
    "message_days",
    "message_errors",
    "messages",
    "metadata",
    "number_ratings",
    "number_wabas",
    "numbers",
    "packed_counts",
    "parked",
    "participants",
    "platform_states",
    "polls",
    "portfolios",
    "profiles",
    "raw_blocks",
    "rechecks",
    "reports",
    "rollups",
    "schema_alerts",
    "schema_forward",
    "schema_monitoring",
    "schema_notices",
    "schema_steps",
    "schema_uptime",
    "service_windows",
    "standings",
    "template_events",
    "templates",
    "tombstones",
    "waba_portfolios",
    "wabas",
]


# ---------------------------------------------------------------- names: long words kept once, referred to by number

labels = Table(
    "labels",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("value", Text, nullable=False),
    Index("labels_value", "kind", "value", unique=True),
)
numbers = Table(
    "numbers",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("phone_number_id", Text, nullable=False, unique=True),
    Column("display_number", Text, nullable=False, server_default=""),
    Column("display_at", BigInteger, nullable=False, server_default="0", comment="When the number was last seen so"),
)
wabas = Table(
    "wabas", metadata, Column("id", BIG_ID, primary_key=True), Column("waba_id", Text, nullable=False, unique=True)
)
portfolios = Table(
    "portfolios",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("portfolio_id", Text, nullable=False, unique=True),
)
templates = Table(
    "templates",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Index("templates_name", "name", "language", unique=True),
)
contacts = Table(
    "contacts",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("packed", LargeBinary, nullable=False, comment="storage.contact_keys"),
    Column("country", Text, nullable=False),
    Index("contacts_packed", "packed", unique=True),
)
error_texts = Table(
    "error_texts",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("code", BigInteger, nullable=False),
    Column("subcode", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("href", Text, nullable=False),
    Column("transient", SmallInteger, nullable=False, server_default="-1"),
)
profiles = Table(
    "profiles",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("waba_id", BigInteger, nullable=False),
    Column("template_id", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("pricing_model", Text, nullable=False),
    Column("pricing_type", Text, nullable=False),
    Column("billable", SmallInteger, nullable=False),
    Column("template_use", Text, nullable=False),
    Column("template_status", Text, nullable=False),
    Column("template_health", Text, nullable=False),
    Column("use_reason", Text, nullable=False),
    Column("quality_rating", Text, nullable=False),
    Column("claims", LargeBinary, nullable=False),
    Column("pricing_category", Text, nullable=False, server_default="", comment="Where it is not `category`"),
    comment="Combinations of the attributes that few messages differ in; `claims` says where each came from",
)

# ---------------------------------------------------------------- who belongs to whom, with first and last time seen

number_wabas = Table(
    "number_wabas",
    metadata,
    Column("number_id", BigInteger, primary_key=True),
    Column("waba_id", BigInteger, primary_key=True),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
waba_portfolios = Table(
    "waba_portfolios",
    metadata,
    Column("waba_id", BigInteger, primary_key=True),
    Column("portfolio_id", BigInteger, primary_key=True),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
contact_links = Table(
    "contact_links",
    metadata,
    Column("contact_id", REF, primary_key=True),
    Column("other_id", REF, primary_key=True),
    Column("waba_id", REF, primary_key=True),
    Column("first_day", Integer, nullable=False, comment="Days since 1970"),
    Column("last_day", Integer, nullable=False),
    Index("contact_links_other", "other_id"),
    sqlite_with_rowid=False,
)
label_contacts = Table(
    "label_contacts",
    metadata,
    Column("label_id", REF, primary_key=True),
    Column("contact_id", REF, primary_key=True, comment="0: a message without a contact"),
    sqlite_with_rowid=False,
    comment="Which contacts have messages of a user, lead, conversation or rare origin: the way to these",
)

# ---------------------------------------------------------------- messages

messages = Table(
    "messages",
    metadata,
    # By width, the widest first: PostgreSQL begins a number at a multiple of its width.
    Column("id", BIG_ID, primary_key=True, autoincrement=False),
    Column("cohort_at", BigInteger, nullable=False),
    Column("accepted_after", BigInteger),
    Column("sent_after", BigInteger),
    Column("delivered_after", BigInteger),
    Column("read_after", BigInteger),
    Column("played_after", BigInteger),
    Column("failed_after", BigInteger),
    Column("expires_at", BigInteger),
    Column("error_code", BigInteger),
    Column("number_id", REF, nullable=False),
    Column("contact_id", REF),
    Column("profile_id", REF, nullable=False),
    Column("state", REF, nullable=False),
    Column("user_id", REF),
    Column("lead_id", REF),
    Column("wamid", LargeBinary, comment="meta.wamid; without the phone number where that is the contact's"),
    Column("extra", LargeBinary, comment="What hardly any message has; zeros: room for stamps to come"),
    postgresql_partition_by="RANGE (id)",
)
Index("messages_contact", messages.c.contact_id, tail(messages.c.wamid, 2))
_whole = is_whole(messages.c.wamid)
Index("messages_wamid", tail(messages.c.wamid), sqlite_where=_whole, postgresql_where=_whole)
Index("messages_number", messages.c.number_id, messages.c.cohort_at)
for _column in ("expires_at", "error_code"):
    _where = messages.c[_column].is_not(None)
    Index(f"messages_{_column}", messages.c[_column], sqlite_where=_where, postgresql_where=_where)

local_ids = Table(
    "local_ids",
    metadata,
    Column("local_id", LargeBinary, primary_key=True, comment="storage.messages.local_key"),
    Column("message_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
merged_messages = Table(
    "merged_messages",
    metadata,
    Column("old_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("new_id", BigInteger, nullable=False),
    comment="Rows that were found to be one with another; local ids may still mean them",
)
message_errors = Table(
    "message_errors",
    metadata,
    Column("message_id", BigInteger, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("error_id", BigInteger, primary_key=True),
    Column("fbtrace_id", Text, primary_key=True),
    Index("message_errors_error", "error_id"),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (message_id)",
)
participants = Table(
    "participants",
    metadata,
    Column("message_id", BigInteger, primary_key=True),
    Column("contact_id", BigInteger, primary_key=True),
    Column("sent_at", BigInteger),
    Column("delivered_at", BigInteger),
    Column("read_at", BigInteger),
    Column("played_at", BigInteger),
    Column("failed_at", BigInteger),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (message_id)",
)

# ---------------------------------------------------------------- what else Meta tells

events = Table(
    "events",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("number_id", BigInteger, nullable=False),
    Column("waba_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("detail", LargeBinary, comment="The item as Meta sent it, sealed: it may name people"),
    Column("told_by", SmallInteger, nullable=False, server_default="3", comment="As in domain.facts.Source"),
    Column("is_live", SmallInteger, nullable=False, server_default="1", comment="0: imported or replayed"),
    Index("events_at", "at"),
    Index("events_kind", "kind", "at"),
)
template_events = Table(
    "template_events",
    metadata,
    Column("waba_id", BigInteger, primary_key=True),
    Column("template_id", BigInteger, primary_key=True),
    Column("aspect", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("told_at", BigInteger, nullable=False),
    Column("told_by", SmallInteger, nullable=False, server_default="3", comment="As in domain.facts.Source"),
)
consents = Table(
    "consents",
    metadata,
    Column("contact_id", BigInteger, primary_key=True),
    Column("waba_id", BigInteger, primary_key=True, comment="Whose messages it is about; 0: not known"),
    Column("category", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("value", Text, primary_key=True),
)

# ---------------------------------------------------------------- bodies and work

bodies = Table(
    "bodies",
    metadata,
    Column("id", BIG_ID, primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, index=True),
    Column("app_id", BigInteger, nullable=False, comment="A label; 0: the app without a name"),
    Column("code", SmallInteger, nullable=False, comment="Kind, source and result: storage.body_log"),
    Column("facts", Integer, nullable=False),
    Column("unparsed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    postgresql_partition_by="RANGE (id)",
)
parked = Table(
    "parked",
    metadata,
    Column("body_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False),
    Column("code", SmallInteger, nullable=False, comment="Kind and source, as in `bodies`"),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger, comment="NULL: given up, kept and shown"),
    Column("error", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="The body, sealed"),
    Index("parked_next", "next_try_at"),
)
rechecks = Table(
    "rechecks",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("kind", Text, nullable=False, comment="template | contact"),
    Column("ref", BigInteger, nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Index("rechecks_subject", "kind", "ref", unique=True),
)
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    comment="Cursors and watermarks",
)
imports = Table(
    "imports",
    metadata,
    Column("identity", LargeBinary, primary_key=True, comment="A digest of everything in the dump"),
    Column("done", BigInteger, nullable=False, comment="So many of its bodies are kept"),
    Column("pending", BigInteger, nullable=False, comment="So many more were about to be kept"),
    Column("after_id", BigInteger, nullable=False, comment="... as bodies numbered above this"),
    Column("is_finished", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="How far dumps of webhook bodies were imported",
)
kept_hours = Table(
    "kept_hours",
    metadata,
    Column("hour", BIG_ID, primary_key=True, autoincrement=False, comment="Hours since 1970"),
    Column("newest", BigInteger, nullable=False, comment="No later body was kept in this hour"),
    comment="When bodies were kept, by their numbers: an imported one may have been received long before",
)
raw_blocks = Table(
    "raw_blocks",
    metadata,
    Column("first_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("last_id", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("oldest_at", BigInteger, nullable=False),
    Column("newest_at", BigInteger, nullable=False),
    Column("block", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (first_id)",
)
schema_steps = Table(
    "schema_steps",
    metadata,
    Column("number", BIG_ID, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
)
