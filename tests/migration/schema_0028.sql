CREATE TABLE agent_interactions (
	number_id BIGINT NOT NULL,
	local_id BLOB NOT NULL,
	at BIGINT NOT NULL,
	duration_ms BIGINT,
	contact_id BIGINT,
	agent_id BIGINT NOT NULL,
	action_id BIGINT NOT NULL,
	outcome_id BIGINT,
	user_id BIGINT,
	lead_id BIGINT,
	conversation_id BIGINT,
	wamid BLOB,
	PRIMARY KEY (number_id, local_id)
)
 WITHOUT ROWID;

CREATE TABLE alert_decisions (
	id INTEGER NOT NULL,
	alert TEXT NOT NULL,
	channel TEXT NOT NULL,
	transition_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	decision TEXT NOT NULL,
	reason TEXT NOT NULL,
	detail TEXT NOT NULL,
	until BIGINT,
	notice TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE alert_deeds (
	id INTEGER NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	kind TEXT NOT NULL,
	alert TEXT NOT NULL,
	silence BIGINT,
	words TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE alert_looks (
	user_id INTEGER NOT NULL,
	seen BIGINT NOT NULL,
	PRIMARY KEY (user_id)
);

CREATE TABLE alert_routes (
	alert TEXT NOT NULL,
	channel TEXT NOT NULL,
	told_at BIGINT,
	told_severity TEXT,
	told_transition BIGINT NOT NULL,
	rose_at BIGINT,
	last_at BIGINT,
	reminders INTEGER NOT NULL,
	thread TEXT NOT NULL,
	waiting_since BIGINT,
	reason TEXT,
	detail TEXT NOT NULL,
	is_closed SMALLINT NOT NULL,
	PRIMARY KEY (alert, channel)
);

CREATE TABLE alert_states (
	rule TEXT NOT NULL,
	scope TEXT NOT NULL,
	scope_id TEXT NOT NULL,
	waba_id TEXT NOT NULL,
	phase TEXT NOT NULL,
	alert TEXT NOT NULL,
	version BIGINT NOT NULL,
	memory TEXT NOT NULL,
	PRIMARY KEY (rule, scope, scope_id)
);

CREATE TABLE alert_transitions (
	id INTEGER NOT NULL,
	alert TEXT NOT NULL,
	rule TEXT NOT NULL,
	scope TEXT NOT NULL,
	scope_id TEXT NOT NULL,
	waba_id TEXT NOT NULL,
	severity TEXT NOT NULL,
	at BIGINT NOT NULL,
	was TEXT NOT NULL,
	became TEXT NOT NULL,
	reason TEXT NOT NULL,
	is_flapping SMALLINT NOT NULL,
	reading TEXT NOT NULL,
	planned_at BIGINT,
	PRIMARY KEY (id)
);

CREATE TABLE alerts (
	alert TEXT NOT NULL,
	rule TEXT NOT NULL,
	title TEXT NOT NULL,
	scope TEXT NOT NULL,
	scope_id TEXT NOT NULL,
	waba_id TEXT NOT NULL,
	severity TEXT NOT NULL,
	phase TEXT NOT NULL,
	opened_at BIGINT NOT NULL,
	fired_at BIGINT,
	ended_at BIGINT,
	ended TEXT NOT NULL,
	is_flapping SMALLINT NOT NULL,
	first TEXT NOT NULL,
	newest TEXT NOT NULL,
	message TEXT NOT NULL,
	ack_at BIGINT,
	ack_by TEXT NOT NULL,
	ack_note TEXT NOT NULL,
	PRIMARY KEY (alert)
);

CREATE TABLE api_answers (
	"key" BLOB NOT NULL,
	request BLOB NOT NULL,
	at BIGINT NOT NULL,
	status SMALLINT,
	content BLOB,
	PRIMARY KEY ("key")
);

CREATE TABLE api_tokens (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	digest BLOB NOT NULL,
	scopes TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT,
	revoked_at BIGINT,
	used_day INTEGER,
	PRIMARY KEY (id),
	UNIQUE (name),
	UNIQUE (digest)
);

CREATE TABLE archive_holds (
	day INTEGER NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (day)
);

CREATE TABLE archive_parts (
	name TEXT NOT NULL,
	day INTEGER NOT NULL,
	rows BIGINT NOT NULL,
	moved BIGINT NOT NULL,
	restored BIGINT NOT NULL,
	left_out BLOB NOT NULL,
	is_restoring SMALLINT NOT NULL,
	bytes BIGINT NOT NULL,
	sha256 TEXT NOT NULL,
	first_at BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	made_at BIGINT NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE audit_checkpoints (
	entry INTEGER NOT NULL,
	digest BLOB NOT NULL,
	at BIGINT NOT NULL,
	key_id TEXT NOT NULL,
	signature BLOB NOT NULL,
	PRIMARY KEY (entry)
);

CREATE TABLE audit_entries (
	id INTEGER NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	subject TEXT NOT NULL,
	detail TEXT NOT NULL,
	digest BLOB NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE bodies (
	id INTEGER NOT NULL,
	received_at BIGINT NOT NULL,
	fingerprint BLOB NOT NULL,
	app_id BIGINT NOT NULL,
	code SMALLINT NOT NULL,
	facts INTEGER NOT NULL,
	unparsed INTEGER NOT NULL,
	unknown INTEGER NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE channel_states (
	channel TEXT NOT NULL,
	failures INTEGER NOT NULL,
	failing_since BIGINT,
	sent_at BIGINT,
	trouble TEXT NOT NULL,
	PRIMARY KEY (channel)
);

CREATE TABLE check_results (
	check_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	code SMALLINT NOT NULL,
	latency_ms INTEGER,
	words TEXT NOT NULL,
	PRIMARY KEY (check_id, at)
)
 WITHOUT ROWID;

CREATE TABLE check_rollups (
	check_id BIGINT NOT NULL,
	tier SMALLINT NOT NULL,
	bucket INTEGER NOT NULL,
	n INTEGER NOT NULL,
	failed INTEGER NOT NULL,
	unknown INTEGER NOT NULL,
	latency TEXT NOT NULL,
	PRIMARY KEY (check_id, tier, bucket)
)
 WITHOUT ROWID;

CREATE TABLE check_spans (
	check_id BIGINT NOT NULL,
	start_at BIGINT NOT NULL,
	end_at BIGINT NOT NULL,
	PRIMARY KEY (check_id, start_at)
)
 WITHOUT ROWID;

CREATE TABLE checks (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	due_at BIGINT NOT NULL,
	state TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (name)
);

CREATE TABLE consents (
	contact_id BIGINT NOT NULL,
	waba_id BIGINT NOT NULL,
	category TEXT NOT NULL,
	at BIGINT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (contact_id, waba_id, category, at, value)
);

CREATE TABLE contact_links (
	contact_id BIGINT NOT NULL,
	other_id BIGINT NOT NULL,
	waba_id BIGINT NOT NULL,
	first_day INTEGER NOT NULL,
	last_day INTEGER NOT NULL,
	PRIMARY KEY (contact_id, other_id, waba_id)
)
 WITHOUT ROWID;

CREATE TABLE contacts (
	id INTEGER NOT NULL,
	packed BLOB NOT NULL,
	country TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE counters (
	tier SMALLINT NOT NULL,
	bucket INTEGER NOT NULL,
	name TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (tier, bucket, name)
)
 WITHOUT ROWID;

CREATE TABLE cycles (
	at INTEGER NOT NULL,
	ran_at BIGINT NOT NULL,
	verdict TEXT NOT NULL,
	detail TEXT NOT NULL,
	PRIMARY KEY (at)
);

CREATE TABLE erasure_secrets (
	one SMALLINT NOT NULL,
	secret BLOB NOT NULL,
	PRIMARY KEY (one)
);

CREATE TABLE erasures (
	id INTEGER NOT NULL,
	asked_at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	stage TEXT NOT NULL,
	wanted BLOB,
	up_to BIGINT NOT NULL,
	prints TEXT NOT NULL,
	counts TEXT NOT NULL,
	touched_at BIGINT NOT NULL,
	ended_at BIGINT,
	PRIMARY KEY (id)
);

CREATE TABLE error_texts (
	id INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	code BIGINT NOT NULL,
	subcode BIGINT NOT NULL,
	title TEXT NOT NULL,
	message TEXT NOT NULL,
	details TEXT NOT NULL,
	href TEXT NOT NULL,
	transient SMALLINT DEFAULT '-1' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (fingerprint)
);

CREATE TABLE events (
	id INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	number_id BIGINT NOT NULL,
	waba_id BIGINT NOT NULL,
	kind TEXT NOT NULL,
	event TEXT NOT NULL,
	subject TEXT NOT NULL,
	"before" TEXT NOT NULL,
	"after" TEXT NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	detail BLOB,
	told_by SMALLINT DEFAULT '3' NOT NULL,
	is_live SMALLINT DEFAULT '1' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (fingerprint)
);

CREATE TABLE exports (
	"key" TEXT NOT NULL,
	owner TEXT NOT NULL,
	state TEXT NOT NULL,
	format TEXT NOT NULL,
	columns TEXT NOT NULL,
	is_masked SMALLINT NOT NULL,
	has_bom SMALLINT NOT NULL,
	wanted BLOB NOT NULL,
	made_at BIGINT NOT NULL,
	started_at BIGINT,
	ended_at BIGINT,
	expires_at BIGINT,
	holder TEXT NOT NULL,
	held_until BIGINT NOT NULL,
	tries INTEGER NOT NULL,
	rows BIGINT NOT NULL,
	share FLOAT NOT NULL,
	at_most BIGINT NOT NULL,
	sheets INTEGER NOT NULL,
	bytes BIGINT,
	sha256 TEXT NOT NULL,
	why TEXT NOT NULL,
	PRIMARY KEY ("key")
);

CREATE TABLE forward_answers (
	body_id INTEGER NOT NULL,
	received_at BIGINT NOT NULL,
	slot SMALLINT,
	PRIMARY KEY (body_id)
);

CREATE TABLE forward_bodies (
	body_id INTEGER NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (body_id)
);

CREATE TABLE forward_deliveries (
	target_id BIGINT NOT NULL,
	body_id BIGINT NOT NULL,
	received_at BIGINT NOT NULL,
	since BIGINT NOT NULL,
	tries INTEGER NOT NULL,
	next_try_at BIGINT,
	dead_at BIGINT,
	outcome TEXT NOT NULL,
	detail TEXT NOT NULL,
	PRIMARY KEY (target_id, body_id)
)
 WITHOUT ROWID;

CREATE TABLE forward_targets (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	cursor BIGINT NOT NULL,
	judged BIGINT NOT NULL,
	skip_to BIGINT DEFAULT '0' NOT NULL,
	is_wanted SMALLINT NOT NULL,
	is_paused SMALLINT DEFAULT '0' NOT NULL,
	holder TEXT DEFAULT '' NOT NULL,
	held_until BIGINT DEFAULT '0' NOT NULL,
	open_since BIGINT,
	delivered_at BIGINT,
	trouble TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (name)
);

CREATE TABLE graph_usage (
	scope TEXT NOT NULL,
	percent FLOAT NOT NULL,
	at BIGINT NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (scope)
);

CREATE TABLE histograms (
	tier SMALLINT NOT NULL,
	bucket INTEGER NOT NULL,
	kind SMALLINT NOT NULL,
	number_id BIGINT NOT NULL,
	slot SMALLINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (tier, bucket, kind, number_id, slot)
)
 WITHOUT ROWID;

CREATE TABLE imports (
	identity BLOB NOT NULL,
	done BIGINT NOT NULL,
	pending BIGINT NOT NULL,
	after_id BIGINT NOT NULL,
	is_finished SMALLINT NOT NULL,
	PRIMARY KEY (identity)
)
 WITHOUT ROWID;

CREATE TABLE incidents (
	id INTEGER NOT NULL,
	check_name TEXT NOT NULL,
	kind TEXT NOT NULL,
	is_essential SMALLINT NOT NULL,
	opened_at BIGINT NOT NULL,
	noted_at BIGINT NOT NULL,
	ended_at BIGINT,
	cause TEXT NOT NULL,
	why TEXT NOT NULL,
	words TEXT NOT NULL,
	failures INTEGER NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE kept_hours (
	hour INTEGER NOT NULL,
	newest BIGINT NOT NULL,
	PRIMARY KEY (hour)
);

CREATE TABLE label_contacts (
	label_id BIGINT NOT NULL,
	contact_id BIGINT NOT NULL,
	PRIMARY KEY (label_id, contact_id)
)
 WITHOUT ROWID;

CREATE TABLE labels (
	id INTEGER NOT NULL,
	kind SMALLINT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE legal_holds (
	id INTEGER NOT NULL,
	contact_id BIGINT NOT NULL,
	reason TEXT NOT NULL,
	actor TEXT NOT NULL,
	since BIGINT NOT NULL,
	ended_at BIGINT,
	PRIMARY KEY (id)
);

CREATE TABLE local_ids (
	local_id BLOB NOT NULL,
	message_id BIGINT NOT NULL,
	PRIMARY KEY (local_id)
)
 WITHOUT ROWID;

CREATE TABLE log_views (
	id INTEGER NOT NULL,
	user_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	"query" TEXT NOT NULL,
	is_shared SMALLINT NOT NULL,
	made_at BIGINT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE login_links (
	digest BLOB NOT NULL,
	user_id BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	PRIMARY KEY (digest)
);

CREATE TABLE login_tries (
	"key" BLOB NOT NULL,
	failures INTEGER NOT NULL,
	last_at BIGINT NOT NULL,
	free_at BIGINT NOT NULL,
	PRIMARY KEY ("key")
);

CREATE TABLE maintenance (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	reason TEXT NOT NULL,
	made_by TEXT NOT NULL,
	made_at BIGINT NOT NULL,
	starts_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	ended_by TEXT NOT NULL,
	wabas TEXT NOT NULL,
	types TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE marks (
	name TEXT NOT NULL,
	value BIGINT NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE merged_messages (
	old_id INTEGER NOT NULL,
	new_id BIGINT NOT NULL,
	PRIMARY KEY (old_id)
);

CREATE TABLE message_days (
	day INTEGER NOT NULL,
	newest BIGINT NOT NULL,
	PRIMARY KEY (day)
);

CREATE TABLE message_errors (
	message_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	error_id BIGINT NOT NULL,
	fbtrace_id TEXT NOT NULL,
	PRIMARY KEY (message_id, at, error_id, fbtrace_id)
)
 WITHOUT ROWID;

CREATE TABLE messages (
	id INTEGER NOT NULL,
	cohort_at BIGINT NOT NULL,
	accepted_after BIGINT,
	sent_after BIGINT,
	delivered_after BIGINT,
	read_after BIGINT,
	played_after BIGINT,
	failed_after BIGINT,
	expires_at BIGINT,
	error_code BIGINT,
	number_id BIGINT NOT NULL,
	contact_id BIGINT,
	profile_id BIGINT NOT NULL,
	state BIGINT NOT NULL,
	user_id BIGINT,
	lead_id BIGINT,
	wamid BLOB,
	extra BLOB,
	PRIMARY KEY (id)
);

CREATE TABLE meta_days (
	waba_id TEXT NOT NULL,
	number TEXT NOT NULL,
	day BIGINT NOT NULL,
	asked_at BIGINT NOT NULL,
	meta_sent BIGINT,
	meta_delivered BIGINT,
	own_sent BIGINT NOT NULL,
	own_delivered BIGINT NOT NULL,
	own_failed BIGINT NOT NULL,
	own_waiting BIGINT NOT NULL,
	PRIMARY KEY (waba_id, number, day)
);

CREATE TABLE monitoring_runs (
	id INTEGER NOT NULL,
	began_at BIGINT NOT NULL,
	alive_at BIGINT NOT NULL,
	ended TEXT DEFAULT '' NOT NULL,
	actor TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE notice_attempts (
	notice_id BIGINT NOT NULL,
	n INTEGER NOT NULL,
	at BIGINT NOT NULL,
	took_ms BIGINT NOT NULL,
	outcome TEXT NOT NULL,
	detail TEXT NOT NULL,
	PRIMARY KEY (notice_id, n)
)
 WITHOUT ROWID;

CREATE TABLE notices (
	id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	channel TEXT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	total INTEGER NOT NULL,
	content TEXT NOT NULL,
	thread TEXT NOT NULL,
	service_thread TEXT NOT NULL,
	state TEXT NOT NULL,
	tries INTEGER NOT NULL,
	next_try_at BIGINT,
	holder TEXT NOT NULL,
	held_until BIGINT NOT NULL,
	ended_at BIGINT,
	detail TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE ("key")
);

CREATE TABLE number_ratings (
	number_id BIGINT NOT NULL,
	at BIGINT NOT NULL,
	value TEXT NOT NULL,
	told_at BIGINT NOT NULL,
	PRIMARY KEY (number_id, at, value)
);

CREATE TABLE number_wabas (
	number_id BIGINT NOT NULL,
	waba_id BIGINT NOT NULL,
	first_at BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	PRIMARY KEY (number_id, waba_id)
);

CREATE TABLE numbers (
	id INTEGER NOT NULL,
	phone_number_id TEXT NOT NULL,
	display_number TEXT DEFAULT '' NOT NULL,
	display_at BIGINT DEFAULT '0' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (phone_number_id)
);

CREATE TABLE packed_counts (
	tier SMALLINT NOT NULL,
	bucket INTEGER NOT NULL,
	scope SMALLINT NOT NULL,
	number_id BIGINT NOT NULL,
	ref BIGINT NOT NULL,
	entries BLOB NOT NULL,
	PRIMARY KEY (tier, bucket, scope, number_id, ref)
)
 WITHOUT ROWID;

CREATE TABLE parked (
	body_id INTEGER NOT NULL,
	received_at BIGINT NOT NULL,
	code SMALLINT NOT NULL,
	tries INTEGER NOT NULL,
	next_try_at BIGINT,
	error TEXT NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (body_id)
);

CREATE TABLE participants (
	message_id BIGINT NOT NULL,
	contact_id BIGINT NOT NULL,
	sent_at BIGINT,
	delivered_at BIGINT,
	read_at BIGINT,
	played_at BIGINT,
	failed_at BIGINT,
	PRIMARY KEY (message_id, contact_id)
)
 WITHOUT ROWID;

CREATE TABLE platform_states (
	kind TEXT NOT NULL,
	waba_id TEXT NOT NULL,
	subject TEXT NOT NULL,
	aspect TEXT NOT NULL,
	value TEXT NOT NULL,
	note TEXT NOT NULL,
	at BIGINT NOT NULL,
	told_at BIGINT NOT NULL,
	source SMALLINT NOT NULL,
	is_live SMALLINT DEFAULT '1' NOT NULL,
	PRIMARY KEY (kind, waba_id, subject, aspect)
);

CREATE TABLE polls (
	ask TEXT NOT NULL,
	subject TEXT NOT NULL,
	due_at BIGINT NOT NULL,
	asked_at BIGINT NOT NULL,
	ok_at BIGINT NOT NULL,
	failures BIGINT NOT NULL,
	error TEXT NOT NULL,
	error_code BIGINT NOT NULL,
	PRIMARY KEY (ask, subject)
);

CREATE TABLE portfolios (
	id INTEGER NOT NULL,
	portfolio_id TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (portfolio_id)
);

CREATE TABLE process_pulses (
	process TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	at BIGINT NOT NULL,
	is_leading SMALLINT NOT NULL,
	troubles TEXT NOT NULL,
	PRIMARY KEY (process)
);

CREATE TABLE profiles (
	id INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	waba_id BIGINT NOT NULL,
	template_id BIGINT NOT NULL,
	type TEXT NOT NULL,
	category TEXT NOT NULL,
	pricing_model TEXT NOT NULL,
	pricing_type TEXT NOT NULL,
	billable SMALLINT NOT NULL,
	template_use TEXT NOT NULL,
	template_status TEXT NOT NULL,
	template_health TEXT NOT NULL,
	use_reason TEXT NOT NULL,
	quality_rating TEXT NOT NULL,
	claims BLOB NOT NULL,
	pricing_category TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (fingerprint)
);

CREATE TABLE raw_blocks (
	first_id INTEGER NOT NULL,
	last_id BIGINT NOT NULL,
	n INTEGER NOT NULL,
	oldest_at BIGINT NOT NULL,
	newest_at BIGINT NOT NULL,
	block BLOB NOT NULL,
	PRIMARY KEY (first_id)
);

CREATE TABLE rechecks (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	ref BIGINT NOT NULL,
	from_at BIGINT NOT NULL,
	cursor BIGINT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE recovery_codes (
	user_id BIGINT NOT NULL,
	digest BLOB NOT NULL,
	used_at BIGINT,
	PRIMARY KEY (user_id, digest)
);

CREATE TABLE reports (
	id TEXT NOT NULL,
	revision INTEGER NOT NULL,
	scope TEXT NOT NULL,
	start_at BIGINT NOT NULL,
	end_at BIGINT NOT NULL,
	as_of BIGINT NOT NULL,
	verdict TEXT NOT NULL,
	made_by TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	key_id TEXT NOT NULL,
	signature BLOB NOT NULL,
	document BLOB NOT NULL,
	PRIMARY KEY (id, revision)
);

CREATE TABLE rollups (
	tier SMALLINT NOT NULL,
	bucket INTEGER NOT NULL,
	scope SMALLINT NOT NULL,
	number_id BIGINT NOT NULL,
	ref BIGINT NOT NULL,
	standing_id BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (tier, bucket, scope, number_id, ref, standing_id)
)
 WITHOUT ROWID;

CREATE TABLE rule_edits (
	rule TEXT NOT NULL,
	place TEXT NOT NULL,
	place_id TEXT NOT NULL,
	said TEXT NOT NULL,
	changed_at BIGINT NOT NULL,
	changed_by TEXT NOT NULL,
	PRIMARY KEY (rule, place, place_id)
);

CREATE TABLE schema_steps (
	number INTEGER NOT NULL,
	name TEXT NOT NULL,
	applied_at BIGINT NOT NULL,
	PRIMARY KEY (number)
);

CREATE TABLE service_windows (
	contact_id BIGINT NOT NULL,
	number_id BIGINT NOT NULL,
	opened_at BIGINT NOT NULL,
	last_after BIGINT NOT NULL,
	PRIMARY KEY (contact_id, number_id, opened_at)
)
 WITHOUT ROWID;

CREATE TABLE sessions (
	id INTEGER NOT NULL,
	digest BLOB NOT NULL,
	user_id BIGINT NOT NULL,
	stage TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (digest)
);

CREATE TABLE signing_keys (
	key_id TEXT NOT NULL,
	public BLOB NOT NULL,
	private BLOB NOT NULL,
	made_at BIGINT NOT NULL,
	PRIMARY KEY (key_id)
);

CREATE TABLE silences (
	id INTEGER NOT NULL,
	alert TEXT NOT NULL,
	type TEXT NOT NULL,
	scope TEXT NOT NULL,
	waba_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	made_by TEXT NOT NULL,
	made_at BIGINT NOT NULL,
	starts_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	ended_by TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE standings (
	id INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	role TEXT NOT NULL,
	status TEXT NOT NULL,
	is_accepted SMALLINT NOT NULL,
	is_rejected SMALLINT NOT NULL,
	is_unlinked SMALLINT NOT NULL,
	is_recorded SMALLINT NOT NULL,
	in_delivery SMALLINT NOT NULL,
	in_failure SMALLINT NOT NULL,
	pace TEXT NOT NULL,
	template_use TEXT NOT NULL,
	template_health TEXT NOT NULL,
	fault TEXT NOT NULL,
	is_billable SMALLINT NOT NULL,
	is_contradictory SMALLINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (fingerprint)
);

CREATE TABLE template_events (
	waba_id BIGINT NOT NULL,
	template_id BIGINT NOT NULL,
	aspect TEXT NOT NULL,
	at BIGINT NOT NULL,
	value TEXT NOT NULL,
	reason TEXT NOT NULL,
	told_at BIGINT NOT NULL,
	told_by SMALLINT DEFAULT '3' NOT NULL,
	PRIMARY KEY (waba_id, template_id, aspect, at, value, reason)
);

CREATE TABLE templates (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	language TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE tombstones (
	digest BLOB NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (digest)
)
 WITHOUT ROWID;

CREATE TABLE users (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	unmasking SMALLINT NOT NULL,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT,
	seen_at BIGINT,
	password TEXT,
	totp BLOB,
	totp_offered BLOB,
	totp_step BIGINT,
	outside TEXT,
	PRIMARY KEY (id),
	UNIQUE (name),
	UNIQUE (outside)
);

CREATE TABLE waba_portfolios (
	waba_id BIGINT NOT NULL,
	portfolio_id BIGINT NOT NULL,
	first_at BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	PRIMARY KEY (waba_id, portfolio_id)
);

CREATE TABLE wabas (
	id INTEGER NOT NULL,
	waba_id TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (waba_id)
);

CREATE INDEX agent_interactions_at ON agent_interactions (at);

CREATE INDEX agent_interactions_contact ON agent_interactions (contact_id, at);

CREATE INDEX alert_decisions_silenced ON alert_decisions (detail) WHERE reason = 'silenced';

CREATE INDEX alert_deeds_alert ON alert_deeds (alert);

CREATE INDEX alert_routes_open ON alert_routes (alert) WHERE is_closed = 0;

CREATE INDEX alert_transitions_unplanned ON alert_transitions (id) WHERE planned_at IS NULL;

CREATE INDEX alerts_ended ON alerts (ended_at);

CREATE INDEX alerts_fired ON alerts (fired_at);

CREATE INDEX alerts_open ON alerts (opened_at) WHERE ended_at IS NULL;

CREATE INDEX api_answers_at ON api_answers (at);

CREATE INDEX archive_parts_day ON archive_parts (day);

CREATE INDEX contact_links_other ON contact_links (other_id);

CREATE UNIQUE INDEX contacts_packed ON contacts (packed);

CREATE INDEX events_at ON events (at);

CREATE INDEX events_kind ON events (kind, at);

CREATE INDEX exports_made ON exports (made_at);

CREATE INDEX exports_under_way ON exports (made_at) WHERE state IN ('waiting', 'running');

CREATE INDEX forward_deliveries_next ON forward_deliveries (target_id, next_try_at);

CREATE INDEX incidents_opened ON incidents (opened_at);

CREATE INDEX ix_alert_decisions_alert ON alert_decisions (alert);

CREATE INDEX ix_alert_transitions_alert ON alert_transitions (alert);

CREATE INDEX ix_bodies_fingerprint ON bodies (fingerprint);

CREATE INDEX ix_maintenance_ends_at ON maintenance (ends_at);

CREATE INDEX ix_silences_ends_at ON silences (ends_at);

CREATE UNIQUE INDEX labels_value ON labels (kind, value);

CREATE INDEX legal_holds_contact ON legal_holds (contact_id);

CREATE UNIQUE INDEX log_views_user ON log_views (user_id, name);

CREATE INDEX login_tries_last ON login_tries (last_at);

CREATE INDEX message_errors_error ON message_errors (error_id);

CREATE INDEX messages_contact ON messages (contact_id, substr(wamid, -2));

CREATE INDEX messages_error_code ON messages (error_code) WHERE error_code IS NOT NULL;

CREATE INDEX messages_expires_at ON messages (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX messages_number ON messages (number_id, cohort_at);

CREATE INDEX messages_wamid ON messages (substr(wamid, -4)) WHERE (wamid < X'02' OR wamid >= X'80');

CREATE INDEX meta_days_day ON meta_days (day);

CREATE INDEX monitoring_runs_alive ON monitoring_runs (alive_at);

CREATE INDEX notices_at ON notices (at);

CREATE INDEX notices_thread ON notices (channel, thread);

CREATE INDEX notices_waiting ON notices (channel, next_try_at) WHERE state = 'waiting';

CREATE INDEX parked_next ON parked (next_try_at);

CREATE UNIQUE INDEX rechecks_subject ON rechecks (kind, ref);

CREATE INDEX reports_as_of ON reports (as_of);

CREATE INDEX sessions_user ON sessions (user_id);

CREATE UNIQUE INDEX templates_name ON templates (name, language);

CREATE INDEX tombstones_until ON tombstones (until);

CREATE VIEW agent_interaction_logs AS
SELECT
  SUBSTR(NULLIF(LOWER(HEX(a.local_id)), ''), 1, 8) || '-' || SUBSTR(NULLIF(LOWER(HEX(a.local_id)), ''), 9, 4) || '-' || SUBSTR(NULLIF(LOWER(HEX(a.local_id)), ''), 13, 4) || '-' || SUBSTR(NULLIF(LOWER(HEX(a.local_id)), ''), 17, 4) || '-' || SUBSTR(NULLIF(LOWER(HEX(a.local_id)), ''), 21, 12) AS interaction_id,
  agents.value AS agent_id,
  actions.value AS action,
  outcomes.value AS outcome,
  numbers.phone_number_id AS phone_number_id,
  CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS phone_number,
  CASE SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) WHEN '1' THEN 'phone' WHEN '2' THEN 'bsuid' ELSE CASE CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2, 1) AS INTEGER) WHEN 1 THEN 'phone' WHEN 2 THEN 'bsuid' WHEN 3 THEN 'username' WHEN 4 THEN 'group' WHEN 5 THEN 'erased' END END AS contact_kind,
  CASE SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) WHEN '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN '2' THEN SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2, 2) AS INTEGER) + 1, 1) || SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 4, 2) AS INTEGER) + 1, 1) || '.' || RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 6), 'f') WHEN 'f' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS contact_id,
  conversations.value AS conversation_id,
  users.value AS user_id,
  leads.value AS lead_id,
  NULLIF(LOWER(HEX(a.wamid)), '') AS wamid,
  a.duration_ms AS duration_ms,
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.at) / 1000.0, 'unixepoch') AS created_at,
  a.at AS created_at_ms
FROM agent_interactions AS a
LEFT JOIN numbers ON numbers.id = a.number_id
LEFT JOIN contacts AS c ON c.id = a.contact_id
LEFT JOIN labels AS agents ON agents.id = a.agent_id
LEFT JOIN labels AS actions ON actions.id = a.action_id
LEFT JOIN labels AS outcomes ON outcomes.id = a.outcome_id
LEFT JOIN labels AS conversations ON conversations.id = a.conversation_id
LEFT JOIN labels AS users ON users.id = a.user_id
LEFT JOIN labels AS leads ON leads.id = a.lead_id;

CREATE VIEW alert_history AS
SELECT
  a.alert AS alert_id,
  a.rule AS alert_type,
  a.severity AS severity,
  a.title AS title,
  a.message AS message,
  CASE WHEN a.ended_at IS NOT NULL THEN 'resolved' WHEN a.ack_at IS NOT NULL THEN 'acknowledged' ELSE 'firing' END AS status,
  a.scope AS scope,
  NULLIF(a.scope_id, '') AS scope_id,
  CASE WHEN a.scope = 'number' THEN a.scope_id END AS phone_number_id,
  NULLIF(CASE WHEN a.scope = 'waba' THEN a.scope_id ELSE a.waba_id END, '') AS waba_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.fired_at) / 1000.0, 'unixepoch') AS created_at,
  a.fired_at AS created_at_ms,
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.opened_at) / 1000.0, 'unixepoch') AS began_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.ended_at) / 1000.0, 'unixepoch') AS resolved_at,
  NULLIF(a.ended, '') AS resolution,
  a.ended_at - a.fired_at AS duration_ms,
  strftime('%Y-%m-%dT%H:%M:%fZ', (a.ack_at) / 1000.0, 'unixepoch') AS acknowledged_at,
  NULLIF(a.ack_by, '') AS acknowledged_by,
  NULLIF(a.ack_note, '') AS acknowledgement,
  a.is_flapping AS is_flapping
FROM alerts AS a
WHERE a.fired_at IS NOT NULL;

CREATE VIEW conversations AS
SELECT
  numbers.phone_number_id AS phone_number_id,
  NULLIF(numbers.display_number, '') AS business_phone,
  CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS phone_number,
  CASE SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) WHEN '1' THEN 'phone' WHEN '2' THEN 'bsuid' ELSE CASE CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2, 1) AS INTEGER) WHEN 1 THEN 'phone' WHEN 2 THEN 'bsuid' WHEN 3 THEN 'username' WHEN 4 THEN 'group' WHEN 5 THEN 'erased' END END AS contact_kind,
  CASE SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) WHEN '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN '2' THEN SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2, 2) AS INTEGER) + 1, 1) || SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 4, 2) AS INTEGER) + 1, 1) || '.' || RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 6), 'f') WHEN 'f' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS contact_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', (w.opened_at) / 1000.0, 'unixepoch') AS opened_at,
  w.opened_at AS opened_at_ms,
  strftime('%Y-%m-%dT%H:%M:%fZ', ((w.opened_at + w.last_after)) / 1000.0, 'unixepoch') AS last_inbound_at,
  (w.opened_at + w.last_after) AS last_inbound_at_ms,
  strftime('%Y-%m-%dT%H:%M:%fZ', (((w.opened_at + w.last_after) + 86400000)) / 1000.0, 'unixepoch') AS expires_at,
  ((w.opened_at + w.last_after) + 86400000) AS expires_at_ms,
  CASE WHEN ((w.opened_at + w.last_after) + 86400000) > CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) THEN 1 ELSE 0 END AS is_open,
  COALESCE((SELECT l.value FROM messages AS m JOIN labels AS l ON l.id = m.user_id WHERE m.contact_id = w.contact_id AND m.number_id = w.number_id AND m.cohort_at < ((w.opened_at + w.last_after) + 86400000) ORDER BY m.cohort_at DESC, l.value LIMIT 1), (SELECT l.value FROM agent_interactions AS a JOIN labels AS l ON l.id = a.user_id WHERE a.contact_id = w.contact_id AND a.number_id IN (w.number_id, 0) AND a.at < ((w.opened_at + w.last_after) + 86400000) ORDER BY a.at DESC, l.value LIMIT 1)) AS user_id,
  COALESCE((SELECT l.value FROM messages AS m JOIN labels AS l ON l.id = m.lead_id WHERE m.contact_id = w.contact_id AND m.number_id = w.number_id AND m.cohort_at < ((w.opened_at + w.last_after) + 86400000) ORDER BY m.cohort_at DESC, l.value LIMIT 1), (SELECT l.value FROM agent_interactions AS a JOIN labels AS l ON l.id = a.lead_id WHERE a.contact_id = w.contact_id AND a.number_id IN (w.number_id, 0) AND a.at < ((w.opened_at + w.last_after) + 86400000) ORDER BY a.at DESC, l.value LIMIT 1)) AS lead_id,
  (SELECT l.value FROM agent_interactions AS a JOIN labels AS l ON l.id = a.conversation_id WHERE a.contact_id = w.contact_id AND a.number_id IN (w.number_id, 0) AND a.at < ((w.opened_at + w.last_after) + 86400000) ORDER BY a.at DESC, l.value LIMIT 1) AS conversation_id,
  (SELECT l.value FROM agent_interactions AS a JOIN labels AS l ON l.id = a.agent_id WHERE a.contact_id = w.contact_id AND a.number_id IN (w.number_id, 0) AND a.at < ((w.opened_at + w.last_after) + 86400000) ORDER BY a.at DESC, l.value LIMIT 1) AS agent_id
FROM service_windows AS w
LEFT JOIN numbers ON numbers.id = w.number_id
LEFT JOIN contacts AS c ON c.id = w.contact_id;

CREATE VIEW monitoring_metrics AS
SELECT at, scope, metric, value, n,
  CASE WHEN centre - half < 0 THEN 0.0 ELSE centre - half END AS low,
  CASE WHEN centre + half > 1 THEN 1.0 ELSE centre + half END AS high,
  tier, strftime('%Y-%m-%dT%H:%M:%fZ', (at) / 1000.0, 'unixepoch') AS created_at
FROM (
SELECT at, scope, metric, tier, n, CASE WHEN n IS NULL THEN CAST(hits AS DOUBLE PRECISION) ELSE share END AS value,
  (share + 3.8414588206941254 / (2 * cases)) / (1 + 3.8414588206941254 / cases) AS centre,
  1.959963984540054 * SQRT(share * (1 - share) / cases + 3.8414588206941254 / (4 * cases * cases)) / (1 + 3.8414588206941254 / cases) AS half
FROM (
SELECT at, scope, metric, tier, n, hits, cases, hits / cases AS share
FROM (
SELECT at, scope, metric, tier, n, hits, CAST(NULLIF(n, 0) AS DOUBLE PRECISION) AS cases
FROM (
SELECT c.at, CASE c.scope WHEN 0 THEN 'all' WHEN 1 THEN 'waba:' || wabas.waba_id WHEN 2 THEN 'number:' || COALESCE(numbers.phone_number_id, 'unknown') WHEN 3 THEN 'template:' || templates.name || '/' || templates.language || '@' || COALESCE(numbers.phone_number_id, 'unknown') WHEN 4 THEN 'category:' || COALESCE(CASE c.ref WHEN 1 THEN 'marketing' WHEN 2 THEN 'utility' WHEN 3 THEN 'authentication' WHEN 4 THEN 'authentication_international' WHEN 5 THEN 'service' WHEN 6 THEN 'marketing_lite' WHEN 7 THEN 'referral_conversion' WHEN 8 THEN 'group_marketing' WHEN 9 THEN 'group_service' WHEN 10 THEN 'group_utility' WHEN 11 THEN 'general_purpose_ai' END, 'other-' || CAST(c.ref AS TEXT)) WHEN 5 THEN 'country:' || CHAR((c.ref >> 8)) || CHAR((c.ref & 255)) WHEN 6 THEN 'error:' || CAST(c.ref AS TEXT) || '@' || COALESCE(numbers.phone_number_id, 'unknown') END AS scope, metric.column1 AS metric, c.tier,
  CASE metric.column1 WHEN 'attempted' THEN c.attempted WHEN 'accepted' THEN c.accepted WHEN 'pending' THEN c.pending WHEN 'sent' THEN c.sent WHEN 'delivered' THEN c.delivered WHEN 'read' THEN c.read WHEN 'failed' THEN c.failed WHEN 'expired' THEN c.expired WHEN 'rejected' THEN c.rejected WHEN 'unlinked' THEN c.unlinked WHEN 'orphan' THEN c.orphan WHEN 'inbound' THEN c.inbound WHEN 'delivery_rate' THEN c.delivery_rate_hits WHEN 'failure_rate' THEN c.failure_rate_hits WHEN 'coverage' THEN c.coverage_hits WHEN 'template_usage' THEN c.template_usage_hits END AS hits,
  CASE metric.column1 WHEN 'delivery_rate' THEN c.delivery_rate_n WHEN 'failure_rate' THEN c.failure_rate_n WHEN 'coverage' THEN c.coverage_n WHEN 'template_usage' THEN c.template_usage_n END AS n
FROM (
SELECT 'minute' AS tier, CAST(r.bucket AS BIGINT) * 60000 AS at,
  r.scope, r.number_id, r.ref,
  CAST(SUM(CASE WHEN s.role = 'attempted' THEN r.n ELSE 0 END) AS BIGINT) AS attempted,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS accepted,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'pending' THEN r.n ELSE 0 END) AS BIGINT) AS pending,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'sent' THEN r.n ELSE 0 END) AS BIGINT) AS sent,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'delivered' THEN r.n ELSE 0 END) AS BIGINT) AS delivered,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'read' THEN r.n ELSE 0 END) AS BIGINT) AS read,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failed,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'expired' THEN r.n ELSE 0 END) AS BIGINT) AS expired,
  CAST(SUM(CASE WHEN s.is_rejected = 1 THEN r.n ELSE 0 END) AS BIGINT) AS rejected,
  CAST(SUM(CASE WHEN s.is_unlinked = 1 THEN r.n ELSE 0 END) AS BIGINT) AS unlinked,
  CAST(SUM(CASE WHEN s.role = 'orphan' THEN r.n ELSE 0 END) AS BIGINT) AS orphan,
  CAST(SUM(CASE WHEN s.role = 'inbound' THEN r.n ELSE 0 END) AS BIGINT) AS inbound,
  CAST(SUM(CASE WHEN s.in_delivery = 1 THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_n,
  CAST(SUM(CASE WHEN s.in_delivery = 1 AND s.status IN ('delivered', 'read') THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_hits,
  CAST(SUM(CASE WHEN s.in_failure = 1 THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_n,
  CAST(SUM(CASE WHEN s.in_failure = 1 AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_hits,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_n,
  CAST(SUM(CASE WHEN s.is_accepted = 1 AND s.is_recorded = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_hits,
  CAST(SUM(CASE WHEN s.template_use <> '' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_n,
  CAST(SUM(CASE WHEN s.template_use <> '' AND s.template_use <> 'violation' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_hits
FROM (
SELECT bucket, scope, number_id, ref, standing_id, n FROM rollups AS x WHERE x.tier = 0 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 60000
UNION ALL
SELECT x.bucket, x.scope, x.number_id, x.ref + ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) & 63) * 256 + (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 1 + 1, 1)) - 1) AS ref, (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 2 + 1, 1)) - 1) AS standing_id, CAST((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 3 + 1, 1)) - 1) AS BIGINT) << (8 * ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) / 64)) AS n
FROM packed_counts AS x JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) AS step ON 4 * step.column1 < LENGTH(x.entries)
WHERE x.scope < 100 AND x.tier = 0 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 60000
) AS r
JOIN standings AS s ON s.id = r.standing_id
GROUP BY r.bucket, r.scope, r.number_id, r.ref
UNION ALL
SELECT 'five_minutes' AS tier, CAST(r.bucket AS BIGINT) * 300000 AS at,
  r.scope, r.number_id, r.ref,
  CAST(SUM(CASE WHEN s.role = 'attempted' THEN r.n ELSE 0 END) AS BIGINT) AS attempted,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS accepted,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'pending' THEN r.n ELSE 0 END) AS BIGINT) AS pending,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'sent' THEN r.n ELSE 0 END) AS BIGINT) AS sent,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'delivered' THEN r.n ELSE 0 END) AS BIGINT) AS delivered,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'read' THEN r.n ELSE 0 END) AS BIGINT) AS read,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failed,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'expired' THEN r.n ELSE 0 END) AS BIGINT) AS expired,
  CAST(SUM(CASE WHEN s.is_rejected = 1 THEN r.n ELSE 0 END) AS BIGINT) AS rejected,
  CAST(SUM(CASE WHEN s.is_unlinked = 1 THEN r.n ELSE 0 END) AS BIGINT) AS unlinked,
  CAST(SUM(CASE WHEN s.role = 'orphan' THEN r.n ELSE 0 END) AS BIGINT) AS orphan,
  CAST(SUM(CASE WHEN s.role = 'inbound' THEN r.n ELSE 0 END) AS BIGINT) AS inbound,
  CAST(SUM(CASE WHEN s.in_delivery = 1 THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_n,
  CAST(SUM(CASE WHEN s.in_delivery = 1 AND s.status IN ('delivered', 'read') THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_hits,
  CAST(SUM(CASE WHEN s.in_failure = 1 THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_n,
  CAST(SUM(CASE WHEN s.in_failure = 1 AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_hits,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_n,
  CAST(SUM(CASE WHEN s.is_accepted = 1 AND s.is_recorded = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_hits,
  CAST(SUM(CASE WHEN s.template_use <> '' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_n,
  CAST(SUM(CASE WHEN s.template_use <> '' AND s.template_use <> 'violation' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_hits
FROM (
SELECT bucket, scope, number_id, ref, standing_id, n FROM rollups AS x WHERE x.tier = 1 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 300000
UNION ALL
SELECT x.bucket, x.scope, x.number_id, x.ref + ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) & 63) * 256 + (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 1 + 1, 1)) - 1) AS ref, (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 2 + 1, 1)) - 1) AS standing_id, CAST((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 3 + 1, 1)) - 1) AS BIGINT) << (8 * ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) / 64)) AS n
FROM packed_counts AS x JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) AS step ON 4 * step.column1 < LENGTH(x.entries)
WHERE x.scope < 100 AND x.tier = 1 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 300000
) AS r
JOIN standings AS s ON s.id = r.standing_id
GROUP BY r.bucket, r.scope, r.number_id, r.ref
UNION ALL
SELECT 'hour' AS tier, CAST(r.bucket AS BIGINT) * 3600000 AS at,
  r.scope, r.number_id, r.ref,
  CAST(SUM(CASE WHEN s.role = 'attempted' THEN r.n ELSE 0 END) AS BIGINT) AS attempted,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS accepted,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'pending' THEN r.n ELSE 0 END) AS BIGINT) AS pending,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'sent' THEN r.n ELSE 0 END) AS BIGINT) AS sent,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'delivered' THEN r.n ELSE 0 END) AS BIGINT) AS delivered,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'read' THEN r.n ELSE 0 END) AS BIGINT) AS read,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failed,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'expired' THEN r.n ELSE 0 END) AS BIGINT) AS expired,
  CAST(SUM(CASE WHEN s.is_rejected = 1 THEN r.n ELSE 0 END) AS BIGINT) AS rejected,
  CAST(SUM(CASE WHEN s.is_unlinked = 1 THEN r.n ELSE 0 END) AS BIGINT) AS unlinked,
  CAST(SUM(CASE WHEN s.role = 'orphan' THEN r.n ELSE 0 END) AS BIGINT) AS orphan,
  CAST(SUM(CASE WHEN s.role = 'inbound' THEN r.n ELSE 0 END) AS BIGINT) AS inbound,
  CAST(SUM(CASE WHEN s.in_delivery = 1 THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_n,
  CAST(SUM(CASE WHEN s.in_delivery = 1 AND s.status IN ('delivered', 'read') THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_hits,
  CAST(SUM(CASE WHEN s.in_failure = 1 THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_n,
  CAST(SUM(CASE WHEN s.in_failure = 1 AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_hits,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_n,
  CAST(SUM(CASE WHEN s.is_accepted = 1 AND s.is_recorded = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_hits,
  CAST(SUM(CASE WHEN s.template_use <> '' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_n,
  CAST(SUM(CASE WHEN s.template_use <> '' AND s.template_use <> 'violation' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_hits
FROM (
SELECT bucket, scope, number_id, ref, standing_id, n FROM rollups AS x WHERE x.tier = 2 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 3600000
UNION ALL
SELECT x.bucket, x.scope, x.number_id, x.ref + ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) & 63) * 256 + (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 1 + 1, 1)) - 1) AS ref, (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 2 + 1, 1)) - 1) AS standing_id, CAST((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 3 + 1, 1)) - 1) AS BIGINT) << (8 * ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) / 64)) AS n
FROM packed_counts AS x JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) AS step ON 4 * step.column1 < LENGTH(x.entries)
WHERE x.scope < 100 AND x.tier = 2 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 3600000
) AS r
JOIN standings AS s ON s.id = r.standing_id
GROUP BY r.bucket, r.scope, r.number_id, r.ref
UNION ALL
SELECT 'day' AS tier, CAST(r.bucket AS BIGINT) * 86400000 AS at,
  r.scope, r.number_id, r.ref,
  CAST(SUM(CASE WHEN s.role = 'attempted' THEN r.n ELSE 0 END) AS BIGINT) AS attempted,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS accepted,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'pending' THEN r.n ELSE 0 END) AS BIGINT) AS pending,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'sent' THEN r.n ELSE 0 END) AS BIGINT) AS sent,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'delivered' THEN r.n ELSE 0 END) AS BIGINT) AS delivered,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'read' THEN r.n ELSE 0 END) AS BIGINT) AS read,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failed,
  CAST(SUM(CASE WHEN s.role = 'attempted' AND s.status = 'expired' THEN r.n ELSE 0 END) AS BIGINT) AS expired,
  CAST(SUM(CASE WHEN s.is_rejected = 1 THEN r.n ELSE 0 END) AS BIGINT) AS rejected,
  CAST(SUM(CASE WHEN s.is_unlinked = 1 THEN r.n ELSE 0 END) AS BIGINT) AS unlinked,
  CAST(SUM(CASE WHEN s.role = 'orphan' THEN r.n ELSE 0 END) AS BIGINT) AS orphan,
  CAST(SUM(CASE WHEN s.role = 'inbound' THEN r.n ELSE 0 END) AS BIGINT) AS inbound,
  CAST(SUM(CASE WHEN s.in_delivery = 1 THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_n,
  CAST(SUM(CASE WHEN s.in_delivery = 1 AND s.status IN ('delivered', 'read') THEN r.n ELSE 0 END) AS BIGINT) AS delivery_rate_hits,
  CAST(SUM(CASE WHEN s.in_failure = 1 THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_n,
  CAST(SUM(CASE WHEN s.in_failure = 1 AND s.status = 'failed' THEN r.n ELSE 0 END) AS BIGINT) AS failure_rate_hits,
  CAST(SUM(CASE WHEN s.is_accepted = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_n,
  CAST(SUM(CASE WHEN s.is_accepted = 1 AND s.is_recorded = 1 THEN r.n ELSE 0 END) AS BIGINT) AS coverage_hits,
  CAST(SUM(CASE WHEN s.template_use <> '' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_n,
  CAST(SUM(CASE WHEN s.template_use <> '' AND s.template_use <> 'violation' THEN r.n ELSE 0 END) AS BIGINT) AS template_usage_hits
FROM (
SELECT bucket, scope, number_id, ref, standing_id, n FROM rollups AS x WHERE x.tier = 3 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 86400000
UNION ALL
SELECT x.bucket, x.scope, x.number_id, x.ref + ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) & 63) * 256 + (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 1 + 1, 1)) - 1) AS ref, (INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 2 + 1, 1)) - 1) AS standing_id, CAST((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 3 + 1, 1)) - 1) AS BIGINT) << (8 * ((INSTR(X'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', SUBSTR(x.entries, 4 * step.column1 + 0 + 1, 1)) - 1) / 64)) AS n
FROM packed_counts AS x JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) AS step ON 4 * step.column1 < LENGTH(x.entries)
WHERE x.scope < 100 AND x.tier = 3 AND x.bucket < COALESCE((SELECT k.value FROM marks AS k WHERE k.name = 'closed_until'), 0) / 86400000
) AS r
JOIN standings AS s ON s.id = r.standing_id
GROUP BY r.bucket, r.scope, r.number_id, r.ref
) AS c
LEFT JOIN numbers ON numbers.id = c.number_id
LEFT JOIN wabas ON c.scope = 1 AND wabas.id = c.ref
LEFT JOIN templates ON c.scope = 3 AND templates.id = c.ref
CROSS JOIN (VALUES ('delivery_rate'), ('failure_rate'), ('coverage'), ('template_usage'), ('attempted'), ('accepted'), ('pending'), ('sent'), ('delivered'), ('read'), ('failed'), ('expired'), ('rejected'), ('unlinked'), ('orphan'), ('inbound')) AS metric) AS counted
) AS divisible
) AS shared) AS bounded;

CREATE VIEW whatsapp_logs AS
SELECT
  line.at AS at,
  line.kind AS kind,
  line.event AS event,
  line.message_id AS message_id,
  line.wamid AS wamid,
  line.phone_number_id AS phone_number_id,
  line.waba_id AS waba_id,
  line.phone_number AS phone_number,
  line.direction AS direction,
  line.status AS status,
  line.template_name AS template_name,
  line.error_code AS error_code,
  line.message AS message,
  line.meta_compliance_purpose AS meta_compliance_purpose,
  line.template_approval_status AS template_approval_status,
  line.quality_rating AS quality_rating,
  line.compliance_status AS compliance_status,
  strftime('%Y-%m-%dT%H:%M:%fZ', (line.at) / 1000.0, 'unixepoch') AS created_at
FROM (
SELECT
  CAST(CASE step.column1 WHEN 'requested' THEN CASE WHEN NULLIF(LOWER(HEX(substr(p.claims, 1, 1))), '') <> 'ff' THEN m.cohort_at END WHEN 'accepted' THEN m.cohort_at + m.accepted_after WHEN 'sent' THEN m.cohort_at + m.sent_after WHEN 'delivered' THEN m.cohort_at + m.delivered_after WHEN 'read' THEN m.cohort_at + m.read_after WHEN 'played' THEN m.cohort_at + m.played_after WHEN 'failed' THEN m.cohort_at + m.failed_after WHEN 'echoed' THEN CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) AND (m.state & 4096) <> 0 THEN m.cohort_at END WHEN 'received' THEN CASE WHEN NOT (((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2)) AND (m.state & 64) <> 0 THEN m.cohort_at END END AS BIGINT) AS at,
  CAST('message' AS TEXT) AS kind,
  step.column1 AS event,
  m.id AS message_id,
  CAST(CASE WHEN NULLIF(LOWER(HEX(m.wamid)), '') >= '02' AND NULLIF(LOWER(HEX(m.wamid)), '') < '8' THEN SUBSTR('89abcdef', CAST(SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 1, 1) AS INTEGER) + 1, 1) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 2, 1) || SUBSTR('0000000000000000' || PRINTF('%x', CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END), -(CASE LENGTH(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END) WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 2 THEN 2 WHEN 3 THEN 4 WHEN 4 THEN 4 WHEN 5 THEN 6 WHEN 6 THEN 6 WHEN 7 THEN 6 WHEN 8 THEN 8 WHEN 9 THEN 8 WHEN 10 THEN 10 WHEN 11 THEN 10 WHEN 12 THEN 10 WHEN 13 THEN 12 WHEN 14 THEN 12 WHEN 15 THEN 14 WHEN 16 THEN 14 WHEN 17 THEN 16 WHEN 18 THEN 16 END)) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 3) ELSE NULLIF(LOWER(HEX(m.wamid)), '') END AS TEXT) AS wamid,
  numbers.phone_number_id AS phone_number_id,
  wabas.waba_id AS waba_id,
  CAST(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS TEXT) AS phone_number,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN 'outbound' ELSE 'inbound' END AS TEXT) AS direction,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN CASE ((m.state >> 16) & 7) WHEN 0 THEN 'pending' WHEN 1 THEN 'sent' WHEN 2 THEN 'delivered' WHEN 3 THEN 'read' WHEN 4 THEN 'failed' WHEN 5 THEN 'expired' END END AS TEXT) AS status,
  templates.name AS template_name,
  CAST(CASE WHEN step.column1 = 'failed' THEN m.error_code END AS BIGINT) AS error_code,
  CAST(COALESCE(NULLIF(p.type, '') || ' ', '') || 'message ' || step.column1 || COALESCE(': ' || CASE WHEN step.column1 = 'failed' THEN CASE WHEN (m.state & 8192) <> 0 THEN (SELECT NULLIF(e.title, '') FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id ORDER BY r.at, e.code, e.title LIMIT 1) END END, '') AS TEXT) AS message,
  CAST(CASE CASE WHEN (m.state & 8192) <> 0 THEN (SELECT MIN(CASE WHEN e.code IN (130429, 131048, 131049, 131056, 131064, 131208, 133016, 138002, 138005, 138009, 138012, 17, 32, 4, 613, 80007, 80008) THEN 0 WHEN e.code = 131050 THEN 1 WHEN e.code IN (132001, 132007, 132015, 132016) THEN 2 ELSE 3 END) FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id) END WHEN 0 THEN 'rate_limit' WHEN 1 THEN 'opt_out' WHEN 2 THEN 'template_use' ELSE CASE WHEN p.template_id <> 0 THEN 'template_use' ELSE 'delivery' END END AS TEXT) AS meta_compliance_purpose,
  CAST(NULLIF(p.template_status, '') AS TEXT) AS template_approval_status,
  CAST(NULLIF(p.quality_rating, '') AS TEXT) AS quality_rating,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN CASE WHEN p.template_use IN ('unverified', 'violation') THEN p.template_use ELSE 'compliant' END END AS TEXT) AS compliance_status
FROM messages AS m
LEFT JOIN profiles AS p ON p.id = m.profile_id
LEFT JOIN numbers ON numbers.id = m.number_id
LEFT JOIN wabas ON wabas.id = p.waba_id
LEFT JOIN templates ON templates.id = p.template_id
LEFT JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN labels AS users ON users.id = m.user_id
LEFT JOIN labels AS leads ON leads.id = m.lead_id
CROSS JOIN (VALUES ('requested'), ('accepted'), ('sent'), ('delivered'), ('read'), ('played'), ('failed'), ('echoed'), ('received')) AS step
UNION ALL
SELECT
  CAST(CASE step.column1 WHEN 'sent' THEN g.sent_at WHEN 'delivered' THEN g.delivered_at WHEN 'read' THEN g.read_at WHEN 'played' THEN g.played_at WHEN 'failed' THEN g.failed_at END AS BIGINT) AS at,
  CAST('message' AS TEXT) AS kind,
  step.column1 AS event,
  m.id AS message_id,
  CAST(CASE WHEN NULLIF(LOWER(HEX(m.wamid)), '') >= '02' AND NULLIF(LOWER(HEX(m.wamid)), '') < '8' THEN SUBSTR('89abcdef', CAST(SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 1, 1) AS INTEGER) + 1, 1) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 2, 1) || SUBSTR('0000000000000000' || PRINTF('%x', CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END), -(CASE LENGTH(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END) WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 2 THEN 2 WHEN 3 THEN 4 WHEN 4 THEN 4 WHEN 5 THEN 6 WHEN 6 THEN 6 WHEN 7 THEN 6 WHEN 8 THEN 8 WHEN 9 THEN 8 WHEN 10 THEN 10 WHEN 11 THEN 10 WHEN 12 THEN 10 WHEN 13 THEN 12 WHEN 14 THEN 12 WHEN 15 THEN 14 WHEN 16 THEN 14 WHEN 17 THEN 16 WHEN 18 THEN 16 END)) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 3) ELSE NULLIF(LOWER(HEX(m.wamid)), '') END AS TEXT) AS wamid,
  numbers.phone_number_id AS phone_number_id,
  wabas.waba_id AS waba_id,
  CAST(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(who.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(who.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(who.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(who.packed, 2) AS TEXT) END AS TEXT) AS phone_number,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN 'outbound' ELSE 'inbound' END AS TEXT) AS direction,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN CASE ((m.state >> 16) & 7) WHEN 0 THEN 'pending' WHEN 1 THEN 'sent' WHEN 2 THEN 'delivered' WHEN 3 THEN 'read' WHEN 4 THEN 'failed' WHEN 5 THEN 'expired' END END AS TEXT) AS status,
  templates.name AS template_name,
  CAST(NULL AS BIGINT) AS error_code,
  CAST(COALESCE(NULLIF(p.type, '') || ' ', '') || 'message ' || step.column1 || COALESCE(': ' || CASE WHEN step.column1 = 'failed' THEN CASE WHEN (m.state & 8192) <> 0 THEN (SELECT NULLIF(e.title, '') FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id ORDER BY r.at, e.code, e.title LIMIT 1) END END, '') || ' for a participant' AS TEXT) AS message,
  CAST(CASE CASE WHEN (m.state & 8192) <> 0 THEN (SELECT MIN(CASE WHEN e.code IN (130429, 131048, 131049, 131056, 131064, 131208, 133016, 138002, 138005, 138009, 138012, 17, 32, 4, 613, 80007, 80008) THEN 0 WHEN e.code = 131050 THEN 1 WHEN e.code IN (132001, 132007, 132015, 132016) THEN 2 ELSE 3 END) FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id) END WHEN 0 THEN 'rate_limit' WHEN 1 THEN 'opt_out' WHEN 2 THEN 'template_use' ELSE CASE WHEN p.template_id <> 0 THEN 'template_use' ELSE 'delivery' END END AS TEXT) AS meta_compliance_purpose,
  CAST(NULLIF(p.template_status, '') AS TEXT) AS template_approval_status,
  CAST(NULLIF(p.quality_rating, '') AS TEXT) AS quality_rating,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN CASE WHEN p.template_use IN ('unverified', 'violation') THEN p.template_use ELSE 'compliant' END END AS TEXT) AS compliance_status
FROM participants AS g JOIN messages AS m ON m.id = g.message_id
LEFT JOIN profiles AS p ON p.id = m.profile_id
LEFT JOIN numbers ON numbers.id = m.number_id
LEFT JOIN wabas ON wabas.id = p.waba_id
LEFT JOIN templates ON templates.id = p.template_id
LEFT JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN labels AS users ON users.id = m.user_id
LEFT JOIN labels AS leads ON leads.id = m.lead_id
LEFT JOIN contacts AS who ON who.id = g.contact_id
CROSS JOIN (VALUES ('sent'), ('delivered'), ('read'), ('played'), ('failed')) AS step
UNION ALL
SELECT
  r.at AS at,
  CAST(CASE WHEN e.code IN (130429, 131048, 131049, 131056, 131064, 131208, 133016, 138002, 138005, 138009, 138012, 17, 32, 4, 613, 80007, 80008) THEN 'rate_limit' ELSE 'api_error' END AS TEXT) AS kind,
  CAST('error' AS TEXT) AS event,
  m.id AS message_id,
  CAST(CASE WHEN NULLIF(LOWER(HEX(m.wamid)), '') >= '02' AND NULLIF(LOWER(HEX(m.wamid)), '') < '8' THEN SUBSTR('89abcdef', CAST(SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 1, 1) AS INTEGER) + 1, 1) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 2, 1) || SUBSTR('0000000000000000' || PRINTF('%x', CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END), -(CASE LENGTH(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END) WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 2 THEN 2 WHEN 3 THEN 4 WHEN 4 THEN 4 WHEN 5 THEN 6 WHEN 6 THEN 6 WHEN 7 THEN 6 WHEN 8 THEN 8 WHEN 9 THEN 8 WHEN 10 THEN 10 WHEN 11 THEN 10 WHEN 12 THEN 10 WHEN 13 THEN 12 WHEN 14 THEN 12 WHEN 15 THEN 14 WHEN 16 THEN 14 WHEN 17 THEN 16 WHEN 18 THEN 16 END)) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 3) ELSE NULLIF(LOWER(HEX(m.wamid)), '') END AS TEXT) AS wamid,
  numbers.phone_number_id AS phone_number_id,
  wabas.waba_id AS waba_id,
  CAST(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS TEXT) AS phone_number,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN 'outbound' ELSE 'inbound' END AS TEXT) AS direction,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN CASE ((m.state >> 16) & 7) WHEN 0 THEN 'pending' WHEN 1 THEN 'sent' WHEN 2 THEN 'delivered' WHEN 3 THEN 'read' WHEN 4 THEN 'failed' WHEN 5 THEN 'expired' END END AS TEXT) AS status,
  templates.name AS template_name,
  e.code AS error_code,
  CAST(COALESCE(NULLIF(e.title, ''), NULLIF(e.message, ''), 'error ' || CAST(e.code AS TEXT)) || COALESCE(': ' || NULLIF(e.details, ''), '') AS TEXT) AS message,
  CAST(CASE CASE WHEN e.code IN (130429, 131048, 131049, 131056, 131064, 131208, 133016, 138002, 138005, 138009, 138012, 17, 32, 4, 613, 80007, 80008) THEN 0 WHEN e.code = 131050 THEN 1 WHEN e.code IN (132001, 132007, 132015, 132016) THEN 2 ELSE 3 END WHEN 0 THEN 'rate_limit' WHEN 1 THEN 'opt_out' WHEN 2 THEN 'template_use' ELSE CASE WHEN p.template_id <> 0 THEN 'template_use' ELSE 'delivery' END END AS TEXT) AS meta_compliance_purpose,
  CAST(NULLIF(p.template_status, '') AS TEXT) AS template_approval_status,
  CAST(NULLIF(p.quality_rating, '') AS TEXT) AS quality_rating,
  CAST(CASE WHEN ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2) THEN CASE WHEN p.template_use IN ('unverified', 'violation') THEN p.template_use ELSE 'compliant' END END AS TEXT) AS compliance_status
FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id JOIN messages AS m ON m.id = r.message_id
LEFT JOIN profiles AS p ON p.id = m.profile_id
LEFT JOIN numbers ON numbers.id = m.number_id
LEFT JOIN wabas ON wabas.id = p.waba_id
LEFT JOIN templates ON templates.id = p.template_id
LEFT JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN labels AS users ON users.id = m.user_id
LEFT JOIN labels AS leads ON leads.id = m.lead_id
UNION ALL
SELECT
  b.received_at AS at,
  CAST(CASE (b.code & 3) WHEN 0 THEN 'webhook' WHEN 1 THEN 'record' END AS TEXT) AS kind,
  CAST(CASE (b.code >> 5) WHEN 0 THEN 'processed' WHEN 1 THEN 'duplicate' WHEN 2 THEN 'retrying' WHEN 3 THEN 'parked' END AS TEXT) AS event,
  CAST(NULL AS BIGINT) AS message_id,
  CAST(NULL AS TEXT) AS wamid,
  CAST(NULL AS TEXT) AS phone_number_id,
  CAST(NULL AS TEXT) AS waba_id,
  CAST(NULL AS TEXT) AS phone_number,
  CAST(NULL AS TEXT) AS direction,
  CAST(NULL AS TEXT) AS status,
  CAST(NULL AS TEXT) AS template_name,
  CAST(NULL AS BIGINT) AS error_code,
  CAST(CASE ((b.code >> 2) & 7) WHEN 0 THEN 'live' WHEN 1 THEN 'import' WHEN 2 THEN 'replay' WHEN 3 THEN 'synthetic' WHEN 4 THEN 'copy' END || ' ' || CASE (b.code & 3) WHEN 0 THEN 'webhook' WHEN 1 THEN 'record' END || ' body ' || CAST(b.id AS TEXT) || COALESCE(' for app ' || apps.value, '') || ': ' || COALESCE(f.error, CAST(b.facts AS TEXT) || ' facts' || CASE WHEN b.unparsed > 0 THEN ', ' || CAST(b.unparsed AS TEXT) || ' unparsed' ELSE '' END || CASE WHEN b.unknown > 0 THEN ', ' || CAST(b.unknown AS TEXT) || ' unknown' ELSE '' END) AS TEXT) AS message,
  CAST(CASE WHEN (b.code & 3) = 0 THEN 'webhook' END AS TEXT) AS meta_compliance_purpose,
  CAST(NULL AS TEXT) AS template_approval_status,
  CAST(NULL AS TEXT) AS quality_rating,
  CAST(NULL AS TEXT) AS compliance_status
FROM bodies AS b
LEFT JOIN parked AS f ON f.body_id = b.id
LEFT JOIN labels AS apps ON apps.id = b.app_id
UNION ALL
SELECT
  v.at AS at,
  CAST(CASE WHEN (v.kind = 'error' AND v.event IN ('130429', '131048', '131049', '131056', '131064', '131208', '133016', '138002', '138005', '138009', '138012', '17', '32', '4', '613', '80007', '80008')) THEN 'rate_limit' WHEN v.kind = 'error' THEN 'api_error' ELSE v.kind END AS TEXT) AS kind,
  CAST(CASE WHEN v.kind = 'error' THEN 'error' ELSE v.event END AS TEXT) AS event,
  CAST(NULL AS BIGINT) AS message_id,
  CAST(NULL AS TEXT) AS wamid,
  numbers.phone_number_id AS phone_number_id,
  wabas.waba_id AS waba_id,
  CAST(NULL AS TEXT) AS phone_number,
  CAST(NULL AS TEXT) AS direction,
  CAST(NULL AS TEXT) AS status,
  CAST(CASE WHEN v.kind = 'template' THEN NULLIF(RTRIM(RTRIM(v.subject, REPLACE(v.subject, '/', '')), '/'), '') END AS TEXT) AS template_name,
  CAST(CASE WHEN v.kind = 'error' AND v.event <> '' AND LTRIM(v.event, '0123456789') = '' THEN CAST(v.event AS BIGINT) END AS BIGINT) AS error_code,
  CAST(v.kind || COALESCE(' ' || NULLIF(v.event, ''), '') || COALESCE(' of ' || NULLIF(v.subject, ''), '') || COALESCE(': ' || COALESCE(NULLIF(v.before, '') || ' -> ', '') || NULLIF(v.after, ''), '') || COALESCE(' (' || NULLIF(v.reason, '') || ')', '') AS TEXT) AS message,
  CAST(CASE WHEN (v.kind = 'error' AND v.event IN ('130429', '131048', '131049', '131056', '131064', '131208', '133016', '138002', '138005', '138009', '138012', '17', '32', '4', '613', '80007', '80008')) THEN 'rate_limit' WHEN v.kind IN ('account', 'capability', 'error', 'number', 'payment', 'security', 'solution', 'username') THEN 'account' WHEN v.kind = 'template' THEN 'template_use' WHEN v.kind = 'consent' THEN 'opt_out' WHEN v.kind = 'unrecognised' THEN 'webhook' END AS TEXT) AS meta_compliance_purpose,
  CAST(CASE WHEN v.kind = 'template' AND v.event = 'status' THEN NULLIF(v.after, '') END AS TEXT) AS template_approval_status,
  CAST(CASE WHEN v.kind = 'number' AND v.event = 'quality' THEN NULLIF(v.after, '') END AS TEXT) AS quality_rating,
  CAST(NULL AS TEXT) AS compliance_status
FROM events AS v
LEFT JOIN numbers ON numbers.id = v.number_id
LEFT JOIN wabas ON wabas.id = v.waba_id
) AS line
WHERE line.at IS NOT NULL;

CREATE VIEW whatsapp_message_queue AS
SELECT
  m.id AS message_id,
  CASE WHEN NULLIF(LOWER(HEX(m.wamid)), '') >= '02' AND NULLIF(LOWER(HEX(m.wamid)), '') < '8' THEN SUBSTR('89abcdef', CAST(SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 1, 1) AS INTEGER) + 1, 1) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 2, 1) || SUBSTR('0000000000000000' || PRINTF('%x', CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END), -(CASE LENGTH(CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END) WHEN 0 THEN 0 WHEN 1 THEN 2 WHEN 2 THEN 2 WHEN 3 THEN 4 WHEN 4 THEN 4 WHEN 5 THEN 6 WHEN 6 THEN 6 WHEN 7 THEN 6 WHEN 8 THEN 8 WHEN 9 THEN 8 WHEN 10 THEN 10 WHEN 11 THEN 10 WHEN 12 THEN 10 WHEN 13 THEN 12 WHEN 14 THEN 12 WHEN 15 THEN 14 WHEN 16 THEN 14 WHEN 17 THEN 16 WHEN 18 THEN 16 END)) || SUBSTR(NULLIF(LOWER(HEX(m.wamid)), ''), 3) ELSE NULLIF(LOWER(HEX(m.wamid)), '') END AS wamid,
  numbers.phone_number_id AS phone_number_id,
  NULLIF(numbers.display_number, '') AS business_phone,
  wabas.waba_id AS waba_id,
  CASE WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) = '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 2) = 'f1' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS phone_number,
  CASE SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) WHEN '1' THEN 'phone' WHEN '2' THEN 'bsuid' ELSE CASE CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2, 1) AS INTEGER) WHEN 1 THEN 'phone' WHEN 2 THEN 'bsuid' WHEN 3 THEN 'username' WHEN 4 THEN 'group' WHEN 5 THEN 'erased' END END AS contact_kind,
  CASE SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 1, 1) WHEN '1' THEN RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2), 'f') WHEN '2' THEN SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 2, 2) AS INTEGER) + 1, 1) || SUBSTR('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAST(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 4, 2) AS INTEGER) + 1, 1) || '.' || RTRIM(SUBSTR(NULLIF(LOWER(HEX(c.packed)), ''), 6), 'f') WHEN 'f' THEN CAST(SUBSTR(c.packed, 2) AS TEXT) END AS contact_id,
  NULLIF(c.country, '') AS country,
  'outbound' AS direction,
  CASE (m.state >> 21) WHEN 0 THEN 'api' WHEN 1 THEN 'unknown' WHEN 2 THEN 'business_app' WHEN 3 THEN 'meta_agent' WHEN 4 THEN 'history' WHEN 5 THEN 'synthetic' END AS origin,
  CASE ((m.state >> 16) & 7) WHEN 0 THEN 'pending' WHEN 1 THEN 'sent' WHEN 2 THEN 'delivered' WHEN 3 THEN 'read' WHEN 4 THEN 'failed' WHEN 5 THEN 'expired' END AS status,
  NULLIF(p.type, '') AS type,
  templates.name AS template_name,
  NULLIF(templates.language, '') AS template_language,
  NULLIF(p.category, '') AS category,
  users.value AS user_id,
  leads.value AS lead_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', (m.cohort_at) / 1000.0, 'unixepoch') AS created_at,
  m.cohort_at AS created_at_ms,
  strftime('%Y-%m-%dT%H:%M:%fZ', (m.cohort_at + m.accepted_after) / 1000.0, 'unixepoch') AS accepted_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN (m.state & 16384) <> 0 THEN COALESCE((SELECT MIN(g.sent_at) FROM participants AS g WHERE g.message_id = m.id AND (m.sent_after IS NULL OR g.sent_at < m.cohort_at + m.sent_after)), m.cohort_at + m.sent_after) ELSE m.cohort_at + m.sent_after END) / 1000.0, 'unixepoch') AS sent_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN (m.state & 16384) <> 0 THEN COALESCE((SELECT MIN(g.delivered_at) FROM participants AS g WHERE g.message_id = m.id AND (m.delivered_after IS NULL OR g.delivered_at < m.cohort_at + m.delivered_after)), m.cohort_at + m.delivered_after) ELSE m.cohort_at + m.delivered_after END) / 1000.0, 'unixepoch') AS delivered_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN (m.state & 16384) <> 0 THEN COALESCE((SELECT MIN(g.read_at) FROM participants AS g WHERE g.message_id = m.id AND (m.read_after IS NULL OR g.read_at < m.cohort_at + m.read_after)), m.cohort_at + m.read_after) ELSE m.cohort_at + m.read_after END) / 1000.0, 'unixepoch') AS read_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN (m.state & 16384) <> 0 THEN COALESCE((SELECT MIN(g.played_at) FROM participants AS g WHERE g.message_id = m.id AND (m.played_after IS NULL OR g.played_at < m.cohort_at + m.played_after)), m.cohort_at + m.played_after) ELSE m.cohort_at + m.played_after END) / 1000.0, 'unixepoch') AS played_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN (m.state & 16384) <> 0 THEN COALESCE((SELECT MIN(g.failed_at) FROM participants AS g WHERE g.message_id = m.id AND (m.failed_after IS NULL OR g.failed_at < m.cohort_at + m.failed_after)), m.cohort_at + m.failed_after) ELSE m.cohort_at + m.failed_after END) / 1000.0, 'unixepoch') AS failed_at,
  m.error_code AS error_code,
  CASE WHEN (m.state & 8192) <> 0 THEN (SELECT NULLIF(e.title, '') FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id ORDER BY r.at, e.code, e.title LIMIT 1) END AS error_title,
  NULLIF(p.pricing_model, '') AS pricing_model,
  NULLIF(p.pricing_type, '') AS pricing_type,
  CASE WHEN p.billable >= 0 THEN p.billable END AS billable,
  CASE WHEN (m.state & 32768) <> 0 THEN 1 ELSE 0 END AS partial_failure,
  CASE CASE WHEN (m.state & 8192) <> 0 THEN (SELECT MIN(CASE WHEN e.code IN (130429, 131048, 131049, 131056, 131064, 131208, 133016, 138002, 138005, 138009, 138012, 17, 32, 4, 613, 80007, 80008) THEN 0 WHEN e.code = 131050 THEN 1 WHEN e.code IN (132001, 132007, 132015, 132016) THEN 2 ELSE 3 END) FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id) END WHEN 0 THEN 'rate_limit' WHEN 1 THEN 'opt_out' WHEN 2 THEN 'template_use' ELSE CASE WHEN p.template_id <> 0 THEN 'template_use' ELSE 'delivery' END END AS meta_compliance_purpose,
  NULLIF(p.template_status, '') AS template_approval_status,
  NULLIF(p.quality_rating, '') AS quality_rating,
  CASE WHEN p.template_use IN ('unverified', 'violation') THEN p.template_use ELSE 'compliant' END AS compliance_status
FROM messages AS m
LEFT JOIN profiles AS p ON p.id = m.profile_id
LEFT JOIN numbers ON numbers.id = m.number_id
LEFT JOIN wabas ON wabas.id = p.waba_id
LEFT JOIN templates ON templates.id = p.template_id
LEFT JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN labels AS users ON users.id = m.user_id
LEFT JOIN labels AS leads ON leads.id = m.lead_id
WHERE ((m.state & 128) <> 0 AND ((m.state >> 19) & 3) <> 2);

