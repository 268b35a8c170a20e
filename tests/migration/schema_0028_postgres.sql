SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.agent_interactions (
    number_id integer NOT NULL,
    local_id bytea NOT NULL,
    at bigint NOT NULL,
    duration_ms bigint,
    contact_id integer,
    agent_id integer NOT NULL,
    action_id integer NOT NULL,
    outcome_id integer,
    user_id integer,
    lead_id integer,
    conversation_id integer,
    wamid bytea
);

COMMENT ON COLUMN public.agent_interactions.local_id IS 'The UUID';

COMMENT ON COLUMN public.agent_interactions.agent_id IS 'A label, as the next five';

COMMENT ON COLUMN public.agent_interactions.wamid IS 'meta.wamid';

CREATE TABLE public.contacts (
    id bigint NOT NULL,
    packed bytea NOT NULL,
    country text NOT NULL
);

COMMENT ON COLUMN public.contacts.packed IS 'storage.contact_keys';

CREATE TABLE public.labels (
    id bigint NOT NULL,
    kind smallint NOT NULL,
    value text NOT NULL
);

CREATE TABLE public.numbers (
    id bigint NOT NULL,
    phone_number_id text NOT NULL,
    display_number text DEFAULT ''::text NOT NULL,
    display_at bigint DEFAULT '0'::bigint NOT NULL
);

COMMENT ON COLUMN public.numbers.display_at IS 'When the number was last seen so';

CREATE VIEW public.agent_interaction_logs AS
 SELECT ((((((((substr(encode(a.local_id, 'hex'::text), 1, 8) || '-'::text) || substr(encode(a.local_id, 'hex'::text), 9, 4)) || '-'::text) || substr(encode(a.local_id, 'hex'::text), 13, 4)) || '-'::text) || substr(encode(a.local_id, 'hex'::text), 17, 4)) || '-'::text) || substr(encode(a.local_id, 'hex'::text), 21, 12)) AS interaction_id,
    agents.value AS agent_id,
    actions.value AS action,
    outcomes.value AS outcome,
    numbers.phone_number_id,
        CASE
            WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
            WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
            ELSE NULL::text
        END AS phone_number,
        CASE substr(encode(c.packed, 'hex'::text), 1, 1)
            WHEN '1'::text THEN 'phone'::text
            WHEN '2'::text THEN 'bsuid'::text
            ELSE
            CASE (substr(encode(c.packed, 'hex'::text), 2, 1))::integer
                WHEN 1 THEN 'phone'::text
                WHEN 2 THEN 'bsuid'::text
                WHEN 3 THEN 'username'::text
                WHEN 4 THEN 'group'::text
                WHEN 5 THEN 'erased'::text
                ELSE NULL::text
            END
        END AS contact_kind,
        CASE substr(encode(c.packed, 'hex'::text), 1, 1)
            WHEN '1'::text THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
            WHEN '2'::text THEN (((substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, ((substr(encode(c.packed, 'hex'::text), 2, 2))::integer + 1), 1) || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, ((substr(encode(c.packed, 'hex'::text), 4, 2))::integer + 1), 1)) || '.'::text) || rtrim(substr(encode(c.packed, 'hex'::text), 6), 'f'::text))
            WHEN 'f'::text THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
            ELSE NULL::text
        END AS contact_id,
    conversations.value AS conversation_id,
    users.value AS user_id,
    leads.value AS lead_id,
    encode(a.wamid, 'hex'::text) AS wamid,
    a.duration_ms,
    to_char((to_timestamp((((a.at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS created_at,
    a.at AS created_at_ms
   FROM ((((((((public.agent_interactions a
     LEFT JOIN public.numbers ON ((numbers.id = a.number_id)))
     LEFT JOIN public.contacts c ON ((c.id = a.contact_id)))
     LEFT JOIN public.labels agents ON ((agents.id = a.agent_id)))
     LEFT JOIN public.labels actions ON ((actions.id = a.action_id)))
     LEFT JOIN public.labels outcomes ON ((outcomes.id = a.outcome_id)))
     LEFT JOIN public.labels conversations ON ((conversations.id = a.conversation_id)))
     LEFT JOIN public.labels users ON ((users.id = a.user_id)))
     LEFT JOIN public.labels leads ON ((leads.id = a.lead_id)));

CREATE TABLE public.alert_decisions (
    id bigint NOT NULL,
    alert text NOT NULL,
    channel text NOT NULL,
    transition_id bigint NOT NULL,
    at bigint NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    until bigint,
    notice text NOT NULL
);

COMMENT ON TABLE public.alert_decisions IS 'Every decision to tell or to hold, and why';

COMMENT ON COLUMN public.alert_decisions.decision IS 'tell | hold';

COMMENT ON COLUMN public.alert_decisions.reason IS 'domain.routing.Because';

COMMENT ON COLUMN public.alert_decisions.detail IS 'Which silence, maintenance, alert or person';

COMMENT ON COLUMN public.alert_decisions.notice IS 'Key of the notice that tells it; empty: it is held';

CREATE SEQUENCE public.alert_decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.alert_decisions_id_seq OWNED BY public.alert_decisions.id;

CREATE TABLE public.alert_deeds (
    id bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    alert text NOT NULL,
    silence bigint,
    words text NOT NULL
);

COMMENT ON TABLE public.alert_deeds IS 'What people did about alerts, in order: open windows are told of it';

COMMENT ON COLUMN public.alert_deeds.kind IS 'acknowledged | noted | silenced | unsilenced';

COMMENT ON COLUMN public.alert_deeds.alert IS 'Its key; empty: a silence by something else than one alert';

COMMENT ON COLUMN public.alert_deeds.silence IS 'Number of the silence';

COMMENT ON COLUMN public.alert_deeds.words IS 'What they wrote';

CREATE SEQUENCE public.alert_deeds_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.alert_deeds_id_seq OWNED BY public.alert_deeds.id;

CREATE TABLE public.alerts (
    alert text NOT NULL,
    rule text NOT NULL,
    title text NOT NULL,
    scope text NOT NULL,
    scope_id text NOT NULL,
    waba_id text NOT NULL,
    severity text NOT NULL,
    phase text NOT NULL,
    opened_at bigint NOT NULL,
    fired_at bigint,
    ended_at bigint,
    ended text NOT NULL,
    is_flapping smallint NOT NULL,
    first text NOT NULL,
    newest text NOT NULL,
    message text NOT NULL,
    ack_at bigint,
    ack_by text NOT NULL,
    ack_note text NOT NULL
);

COMMENT ON TABLE public.alerts IS 'Every alert, from the first bad look to its end';

COMMENT ON COLUMN public.alerts.alert IS 'Its key';

COMMENT ON COLUMN public.alerts.opened_at IS 'When it was first bad';

COMMENT ON COLUMN public.alerts.fired_at IS 'NULL: it never lasted for as long as its rule demands';

COMMENT ON COLUMN public.alerts.ended IS 'recovered | acknowledged | aged | went_dark | rule_gone | cleared';

COMMENT ON COLUMN public.alerts.first IS 'What was seen when it opened, as JSON';

COMMENT ON COLUMN public.alerts.newest IS 'What was seen last while it was open, as JSON';

COMMENT ON COLUMN public.alerts.message IS 'The same in one sentence';

CREATE VIEW public.alert_history AS
 SELECT alert AS alert_id,
    rule AS alert_type,
    severity,
    title,
    message,
        CASE
            WHEN (ended_at IS NOT NULL) THEN 'resolved'::text
            WHEN (ack_at IS NOT NULL) THEN 'acknowledged'::text
            ELSE 'firing'::text
        END AS status,
    scope,
    NULLIF(scope_id, ''::text) AS scope_id,
        CASE
            WHEN (scope = 'number'::text) THEN scope_id
            ELSE NULL::text
        END AS phone_number_id,
    NULLIF(
        CASE
            WHEN (scope = 'waba'::text) THEN scope_id
            ELSE waba_id
        END, ''::text) AS waba_id,
    to_char((to_timestamp((((fired_at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS created_at,
    fired_at AS created_at_ms,
    to_char((to_timestamp((((opened_at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS began_at,
    to_char((to_timestamp((((ended_at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS resolved_at,
    NULLIF(ended, ''::text) AS resolution,
    (ended_at - fired_at) AS duration_ms,
    to_char((to_timestamp((((ack_at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS acknowledged_at,
    NULLIF(ack_by, ''::text) AS acknowledged_by,
    NULLIF(ack_note, ''::text) AS acknowledgement,
    is_flapping
   FROM public.alerts a
  WHERE (fired_at IS NOT NULL);

CREATE TABLE public.alert_looks (
    user_id bigint NOT NULL,
    seen bigint NOT NULL
);

COMMENT ON TABLE public.alert_looks IS 'How far each user has read the list of alerts';

COMMENT ON COLUMN public.alert_looks.seen IS 'The newest transition when they last looked at the list';

CREATE TABLE public.alert_routes (
    alert text NOT NULL,
    channel text NOT NULL,
    told_at bigint,
    told_severity text,
    told_transition bigint NOT NULL,
    rose_at bigint,
    last_at bigint,
    reminders integer NOT NULL,
    thread text NOT NULL,
    waiting_since bigint,
    reason text,
    detail text NOT NULL,
    is_closed smallint NOT NULL
);

COMMENT ON TABLE public.alert_routes IS 'What each channel knows of each alert: domain.routing.Route';

COMMENT ON COLUMN public.alert_routes.told_at IS 'When it was first told; NULL: it was not';

COMMENT ON COLUMN public.alert_routes.last_at IS 'When anything was last told of it';

COMMENT ON COLUMN public.alert_routes.reason IS 'The last decision''s reason';

COMMENT ON COLUMN public.alert_routes.is_closed IS 'The alert has ended, and all is told';

CREATE TABLE public.alert_states (
    rule text NOT NULL,
    scope text NOT NULL,
    scope_id text NOT NULL,
    waba_id text NOT NULL,
    phase text NOT NULL,
    alert text NOT NULL,
    version bigint NOT NULL,
    memory text NOT NULL
);

COMMENT ON TABLE public.alert_states IS 'How each rule and scope stands; without a row: never anything but good';

COMMENT ON COLUMN public.alert_states.scope IS 'all, waba, number, template ...';

COMMENT ON COLUMN public.alert_states.waba_id IS 'To which it belongs; empty: to none, or that is not known yet';

COMMENT ON COLUMN public.alert_states.alert IS 'Key of the alert that is open, or was last';

COMMENT ON COLUMN public.alert_states.version IS 'Of two that read the same one, one writes';

COMMENT ON COLUMN public.alert_states.memory IS 'What else is remembered between two looks, as JSON';

CREATE TABLE public.alert_transitions (
    id bigint NOT NULL,
    alert text NOT NULL,
    rule text NOT NULL,
    scope text NOT NULL,
    scope_id text NOT NULL,
    waba_id text NOT NULL,
    severity text NOT NULL,
    at bigint NOT NULL,
    was text NOT NULL,
    became text NOT NULL,
    reason text NOT NULL,
    is_flapping smallint NOT NULL,
    reading text NOT NULL,
    planned_at bigint
);

COMMENT ON TABLE public.alert_transitions IS 'Every change of an alert';

COMMENT ON COLUMN public.alert_transitions.reading IS 'What was known then, as JSON';

COMMENT ON COLUMN public.alert_transitions.planned_at IS 'When it was decided who is told of it; NULL: not yet';

CREATE SEQUENCE public.alert_transitions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.alert_transitions_id_seq OWNED BY public.alert_transitions.id;

CREATE TABLE public.api_answers (
    key bytea NOT NULL,
    request bytea NOT NULL,
    at bigint NOT NULL,
    status smallint,
    content bytea
);

COMMENT ON TABLE public.api_answers IS 'What was answered under an Idempotency-Key, for a day';

COMMENT ON COLUMN public.api_answers.key IS 'A digest of the token and its Idempotency-Key';

COMMENT ON COLUMN public.api_answers.request IS 'A digest of the request';

COMMENT ON COLUMN public.api_answers.status IS 'NULL: it is being answered';

COMMENT ON COLUMN public.api_answers.content IS 'The answer, sealed: it may hold a wamid';

CREATE TABLE public.api_tokens (
    id bigint NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    scopes text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_day integer
);

COMMENT ON COLUMN public.api_tokens.digest IS 'SHA-256 of the token';

COMMENT ON COLUMN public.api_tokens.scopes IS 'Words with spaces between them';

COMMENT ON COLUMN public.api_tokens.used_day IS 'Days since 1970';

CREATE SEQUENCE public.api_tokens_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.api_tokens_id_seq OWNED BY public.api_tokens.id;

CREATE TABLE public.archive_holds (
    day bigint NOT NULL,
    until bigint NOT NULL
);

COMMENT ON TABLE public.archive_holds IS 'Days that were restored, and until when they are not archived again';

COMMENT ON COLUMN public.archive_holds.day IS 'Days since 1970';

CREATE TABLE public.archive_parts (
    name text NOT NULL,
    day integer NOT NULL,
    rows bigint NOT NULL,
    moved bigint NOT NULL,
    restored bigint NOT NULL,
    left_out bytea NOT NULL,
    is_restoring smallint NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    made_at bigint NOT NULL
);

COMMENT ON TABLE public.archive_parts IS 'Files that closed days of messages are in: domain.archives.Part';

COMMENT ON COLUMN public.archive_parts.name IS 'Of its file';

COMMENT ON COLUMN public.archive_parts.day IS 'Days since 1970';

COMMENT ON COLUMN public.archive_parts.moved IS 'So many of its rows, from the first, were moved here';

COMMENT ON COLUMN public.archive_parts.restored IS 'So many of them, from the first, are live again';

COMMENT ON COLUMN public.archive_parts.left_out IS 'Messages that stayed live, 8 bytes each';

CREATE TABLE public.audit_checkpoints (
    entry bigint NOT NULL,
    digest bytea NOT NULL,
    at bigint NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL
);

COMMENT ON TABLE public.audit_checkpoints IS 'How the audit trail stood, signed';

COMMENT ON COLUMN public.audit_checkpoints.entry IS 'The newest entry when it was made';

COMMENT ON COLUMN public.audit_checkpoints.digest IS 'That entry''s';

COMMENT ON COLUMN public.audit_checkpoints.signature IS 'Ed25519';

CREATE TABLE public.audit_entries (
    id bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE public.bodies (
    id bigint NOT NULL,
    received_at bigint NOT NULL,
    fingerprint bytea NOT NULL,
    app_id bigint NOT NULL,
    code smallint NOT NULL,
    facts integer NOT NULL,
    unparsed integer NOT NULL,
    unknown integer NOT NULL
)
PARTITION BY RANGE (id);

COMMENT ON COLUMN public.bodies.app_id IS 'A label; 0: the app without a name';

COMMENT ON COLUMN public.bodies.code IS 'Kind, source and result: storage.body_log';

CREATE TABLE public.channel_states (
    channel text NOT NULL,
    failures integer NOT NULL,
    failing_since bigint,
    sent_at bigint,
    trouble text NOT NULL
);

COMMENT ON TABLE public.channel_states IS 'How channels are doing, by their attempts';

COMMENT ON COLUMN public.channel_states.failures IS 'In a row';

CREATE TABLE public.check_results (
    check_id bigint NOT NULL,
    at bigint NOT NULL,
    code smallint NOT NULL,
    latency_ms integer,
    words text NOT NULL
);

COMMENT ON TABLE public.check_results IS 'Single looks, kept for a few days';

COMMENT ON COLUMN public.check_results.code IS 'storage.check_rows.code_of';

CREATE TABLE public.check_rollups (
    check_id bigint NOT NULL,
    tier smallint NOT NULL,
    bucket integer NOT NULL,
    n integer NOT NULL,
    failed integer NOT NULL,
    unknown integer NOT NULL,
    latency text NOT NULL
);

COMMENT ON TABLE public.check_rollups IS 'Counts of looks; those of days are kept for ever';

COMMENT ON COLUMN public.check_rollups.tier IS '2 hour, 3 day';

COMMENT ON COLUMN public.check_rollups.bucket IS 'time / width';

COMMENT ON COLUMN public.check_rollups.latency IS 'domain.histograms as JSON';

CREATE TABLE public.check_spans (
    check_id bigint NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL
);

COMMENT ON TABLE public.check_spans IS 'When a check was watched without a gap, kept for ever';

CREATE TABLE public.checks (
    id bigint NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    due_at bigint NOT NULL,
    state text NOT NULL
);

COMMENT ON COLUMN public.checks.due_at IS 'When it is looked at next; whoever moves it looks';

COMMENT ON COLUMN public.checks.state IS 'domain.checks.CheckState as JSON';

CREATE SEQUENCE public.checks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.checks_id_seq OWNED BY public.checks.id;

CREATE TABLE public.consents (
    contact_id bigint NOT NULL,
    waba_id bigint NOT NULL,
    category text NOT NULL,
    at bigint NOT NULL,
    value text NOT NULL
);

COMMENT ON COLUMN public.consents.waba_id IS 'Whose messages it is about; 0: not known';

CREATE TABLE public.contact_links (
    contact_id integer NOT NULL,
    other_id integer NOT NULL,
    waba_id integer NOT NULL,
    first_day integer NOT NULL,
    last_day integer NOT NULL
);

COMMENT ON COLUMN public.contact_links.first_day IS 'Days since 1970';

CREATE SEQUENCE public.contacts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.contacts_id_seq OWNED BY public.contacts.id;

CREATE TABLE public.messages (
    id bigint NOT NULL,
    cohort_at bigint NOT NULL,
    accepted_after bigint,
    sent_after bigint,
    delivered_after bigint,
    read_after bigint,
    played_after bigint,
    failed_after bigint,
    expires_at bigint,
    error_code bigint,
    number_id integer NOT NULL,
    contact_id integer,
    profile_id integer NOT NULL,
    state integer NOT NULL,
    user_id integer,
    lead_id integer,
    wamid bytea,
    extra bytea
)
PARTITION BY RANGE (id);

COMMENT ON COLUMN public.messages.wamid IS 'meta.wamid; without the phone number where that is the contact''s';

COMMENT ON COLUMN public.messages.extra IS 'What hardly any message has; zeros: room for stamps to come';

CREATE TABLE public.service_windows (
    contact_id integer NOT NULL,
    number_id integer NOT NULL,
    opened_at bigint NOT NULL,
    last_after bigint NOT NULL
);

COMMENT ON TABLE public.service_windows IS 'domain.conversations.ServiceWindow';

COMMENT ON COLUMN public.service_windows.last_after IS 'The last message of the person, in ms after the first';

CREATE VIEW public.conversations AS
 SELECT numbers.phone_number_id,
    NULLIF(numbers.display_number, ''::text) AS business_phone,
        CASE
            WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
            WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
            ELSE NULL::text
        END AS phone_number,
        CASE substr(encode(c.packed, 'hex'::text), 1, 1)
            WHEN '1'::text THEN 'phone'::text
            WHEN '2'::text THEN 'bsuid'::text
            ELSE
            CASE (substr(encode(c.packed, 'hex'::text), 2, 1))::integer
                WHEN 1 THEN 'phone'::text
                WHEN 2 THEN 'bsuid'::text
                WHEN 3 THEN 'username'::text
                WHEN 4 THEN 'group'::text
                WHEN 5 THEN 'erased'::text
                ELSE NULL::text
            END
        END AS contact_kind,
        CASE substr(encode(c.packed, 'hex'::text), 1, 1)
            WHEN '1'::text THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
            WHEN '2'::text THEN (((substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, ((substr(encode(c.packed, 'hex'::text), 2, 2))::integer + 1), 1) || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, ((substr(encode(c.packed, 'hex'::text), 4, 2))::integer + 1), 1)) || '.'::text) || rtrim(substr(encode(c.packed, 'hex'::text), 6), 'f'::text))
            WHEN 'f'::text THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
            ELSE NULL::text
        END AS contact_id,
    to_char((to_timestamp((((w.opened_at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS opened_at,
    w.opened_at AS opened_at_ms,
    to_char((to_timestamp(((((w.opened_at + w.last_after))::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS last_inbound_at,
    (w.opened_at + w.last_after) AS last_inbound_at_ms,
    to_char((to_timestamp((((((w.opened_at + w.last_after) + 86400000))::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS expires_at,
    ((w.opened_at + w.last_after) + 86400000) AS expires_at_ms,
        CASE
            WHEN (((w.opened_at + w.last_after) + 86400000) > ((EXTRACT(epoch FROM CURRENT_TIMESTAMP) * (1000)::numeric))::bigint) THEN 1
            ELSE 0
        END AS is_open,
    COALESCE(( SELECT l.value
           FROM (public.messages m
             JOIN public.labels l ON ((l.id = m.user_id)))
          WHERE ((m.contact_id = w.contact_id) AND (m.number_id = w.number_id) AND (m.cohort_at < ((w.opened_at + w.last_after) + 86400000)))
          ORDER BY m.cohort_at DESC, l.value
         LIMIT 1), ( SELECT l.value
           FROM (public.agent_interactions a
             JOIN public.labels l ON ((l.id = a.user_id)))
          WHERE ((a.contact_id = w.contact_id) AND (a.number_id = ANY (ARRAY[w.number_id, 0])) AND (a.at < ((w.opened_at + w.last_after) + 86400000)))
          ORDER BY a.at DESC, l.value
         LIMIT 1)) AS user_id,
    COALESCE(( SELECT l.value
           FROM (public.messages m
             JOIN public.labels l ON ((l.id = m.lead_id)))
          WHERE ((m.contact_id = w.contact_id) AND (m.number_id = w.number_id) AND (m.cohort_at < ((w.opened_at + w.last_after) + 86400000)))
          ORDER BY m.cohort_at DESC, l.value
         LIMIT 1), ( SELECT l.value
           FROM (public.agent_interactions a
             JOIN public.labels l ON ((l.id = a.lead_id)))
          WHERE ((a.contact_id = w.contact_id) AND (a.number_id = ANY (ARRAY[w.number_id, 0])) AND (a.at < ((w.opened_at + w.last_after) + 86400000)))
          ORDER BY a.at DESC, l.value
         LIMIT 1)) AS lead_id,
    ( SELECT l.value
           FROM (public.agent_interactions a
             JOIN public.labels l ON ((l.id = a.conversation_id)))
          WHERE ((a.contact_id = w.contact_id) AND (a.number_id = ANY (ARRAY[w.number_id, 0])) AND (a.at < ((w.opened_at + w.last_after) + 86400000)))
          ORDER BY a.at DESC, l.value
         LIMIT 1) AS conversation_id,
    ( SELECT l.value
           FROM (public.agent_interactions a
             JOIN public.labels l ON ((l.id = a.agent_id)))
          WHERE ((a.contact_id = w.contact_id) AND (a.number_id = ANY (ARRAY[w.number_id, 0])) AND (a.at < ((w.opened_at + w.last_after) + 86400000)))
          ORDER BY a.at DESC, l.value
         LIMIT 1) AS agent_id
   FROM ((public.service_windows w
     LEFT JOIN public.numbers ON ((numbers.id = w.number_id)))
     LEFT JOIN public.contacts c ON ((c.id = w.contact_id)));

CREATE TABLE public.counters (
    tier smallint NOT NULL,
    bucket integer NOT NULL,
    name text NOT NULL,
    n bigint NOT NULL
);

COMMENT ON TABLE public.counters IS 'Counts of bodies by receipt time';

CREATE TABLE public.cycles (
    at bigint NOT NULL,
    ran_at bigint NOT NULL,
    verdict text NOT NULL,
    detail text NOT NULL
);

COMMENT ON COLUMN public.cycles.detail IS 'The status as it was known then, as JSON';

CREATE TABLE public.erasure_secrets (
    one smallint NOT NULL,
    secret bytea NOT NULL
);

COMMENT ON COLUMN public.erasure_secrets.secret IS 'What hashes are keyed with, sealed';

CREATE TABLE public.erasures (
    id bigint NOT NULL,
    asked_at bigint NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    stage text NOT NULL,
    wanted bytea,
    up_to bigint NOT NULL,
    prints text NOT NULL,
    counts text NOT NULL,
    touched_at bigint NOT NULL,
    ended_at bigint
);

COMMENT ON TABLE public.erasures IS 'Persons that were erased, without saying who they were';

COMMENT ON COLUMN public.erasures.stage IS 'domain.erasure.Stage';

COMMENT ON COLUMN public.erasures.wanted IS 'The ids of the person, sealed; NULL: it is done, and they are gone';

COMMENT ON COLUMN public.erasures.up_to IS 'Bodies numbered up to this are searched';

COMMENT ON COLUMN public.erasures.prints IS 'Keyed hashes of the ids, with spaces between them';

COMMENT ON COLUMN public.erasures.counts IS 'How much was erased, as JSON';

COMMENT ON COLUMN public.erasures.touched_at IS 'When something was last done';

CREATE SEQUENCE public.erasures_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.erasures_id_seq OWNED BY public.erasures.id;

CREATE TABLE public.error_texts (
    id bigint NOT NULL,
    fingerprint bytea NOT NULL,
    code bigint NOT NULL,
    subcode bigint NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    details text NOT NULL,
    href text NOT NULL,
    transient smallint DEFAULT '-1'::smallint NOT NULL
);

CREATE SEQUENCE public.error_texts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.error_texts_id_seq OWNED BY public.error_texts.id;

CREATE TABLE public.events (
    id bigint NOT NULL,
    fingerprint bytea NOT NULL,
    number_id bigint NOT NULL,
    waba_id bigint NOT NULL,
    kind text NOT NULL,
    event text NOT NULL,
    subject text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    reason text NOT NULL,
    at bigint NOT NULL,
    seen_at bigint NOT NULL,
    detail bytea,
    told_by smallint DEFAULT '3'::smallint NOT NULL,
    is_live smallint DEFAULT '1'::smallint NOT NULL
);

COMMENT ON COLUMN public.events.detail IS 'The item as Meta sent it, sealed: it may name people';

COMMENT ON COLUMN public.events.told_by IS 'As in domain.facts.Source';

COMMENT ON COLUMN public.events.is_live IS '0: imported or replayed';

CREATE SEQUENCE public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.events_id_seq OWNED BY public.events.id;

CREATE TABLE public.exports (
    key text NOT NULL,
    owner text NOT NULL,
    state text NOT NULL,
    format text NOT NULL,
    columns text NOT NULL,
    is_masked smallint NOT NULL,
    has_bom smallint NOT NULL,
    wanted bytea NOT NULL,
    made_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint,
    expires_at bigint,
    holder text NOT NULL,
    held_until bigint NOT NULL,
    tries integer NOT NULL,
    rows bigint NOT NULL,
    share double precision NOT NULL,
    at_most bigint NOT NULL,
    sheets integer NOT NULL,
    bytes bigint,
    sha256 text NOT NULL,
    why text NOT NULL
);

COMMENT ON TABLE public.exports IS 'Files made of searches in the background';

COMMENT ON COLUMN public.exports.owner IS 'As in the audit trail';

COMMENT ON COLUMN public.exports.state IS 'domain.exports.ExportState';

COMMENT ON COLUMN public.exports.columns IS 'With spaces between them';

COMMENT ON COLUMN public.exports.wanted IS 'domain.search.MessageFilter as JSON, sealed: it names people';

COMMENT ON COLUMN public.exports.expires_at IS 'When it is deleted with its file';

COMMENT ON COLUMN public.exports.holder IS 'The process that makes it';

COMMENT ON COLUMN public.exports.share IS 'How much of its time range is done, 0-1';

COMMENT ON COLUMN public.exports.at_most IS 'So many messages are in its time range, about';

COMMENT ON COLUMN public.exports.bytes IS 'NULL: there is no file';

COMMENT ON COLUMN public.exports.why IS 'Why it failed';

CREATE TABLE public.forward_answers (
    body_id bigint NOT NULL,
    received_at bigint NOT NULL,
    slot smallint
);

COMMENT ON TABLE public.forward_answers IS 'The worst answer so far to a body that several targets get';

COMMENT ON COLUMN public.forward_answers.slot IS 'domain.histograms.index_of; NULL: not answered with 2xx';

CREATE TABLE public.forward_bodies (
    body_id bigint NOT NULL,
    body bytea NOT NULL
);

COMMENT ON TABLE public.forward_bodies IS 'Bodies that are not delivered yet and whose own time is over';

COMMENT ON COLUMN public.forward_bodies.body IS 'The body, sealed';

CREATE TABLE public.forward_deliveries (
    target_id bigint NOT NULL,
    body_id bigint NOT NULL,
    received_at bigint NOT NULL,
    since bigint NOT NULL,
    tries integer NOT NULL,
    next_try_at bigint,
    dead_at bigint,
    outcome text NOT NULL,
    detail text NOT NULL
);

COMMENT ON TABLE public.forward_deliveries IS 'What a target did not take at the first attempt';

COMMENT ON COLUMN public.forward_deliveries.since IS 'Tried until 7 days after this';

COMMENT ON COLUMN public.forward_deliveries.next_try_at IS 'NULL: a dead letter';

CREATE TABLE public.forward_targets (
    id bigint NOT NULL,
    name text NOT NULL,
    cursor bigint NOT NULL,
    judged bigint NOT NULL,
    skip_to bigint DEFAULT '0'::bigint NOT NULL,
    is_wanted smallint NOT NULL,
    is_paused smallint DEFAULT '0'::smallint NOT NULL,
    holder text DEFAULT ''::text NOT NULL,
    held_until bigint DEFAULT '0'::bigint NOT NULL,
    open_since bigint,
    delivered_at bigint,
    trouble text DEFAULT ''::text NOT NULL
);

COMMENT ON COLUMN public.forward_targets.cursor IS 'Up to this body all was tried once, has a row, or is skipped';

COMMENT ON COLUMN public.forward_targets.judged IS 'Up to this body its answers, or the lack of them, are counted';

COMMENT ON COLUMN public.forward_targets.skip_to IS 'Given up by hand up to this body';

COMMENT ON COLUMN public.forward_targets.is_wanted IS 'The settings name it, and it is enabled';

COMMENT ON COLUMN public.forward_targets.holder IS 'The process that forwards to it';

COMMENT ON COLUMN public.forward_targets.open_since IS 'When its breaker opened; NULL: it is closed';

COMMENT ON COLUMN public.forward_targets.trouble IS 'The last failure since';

CREATE SEQUENCE public.forward_targets_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.forward_targets_id_seq OWNED BY public.forward_targets.id;

CREATE TABLE public.graph_usage (
    scope text NOT NULL,
    percent double precision NOT NULL,
    at bigint NOT NULL,
    until bigint NOT NULL
);

COMMENT ON TABLE public.graph_usage IS 'How much of Meta''s limits is used';

COMMENT ON COLUMN public.graph_usage.scope IS 'waba_id; empty for the whole app';

COMMENT ON COLUMN public.graph_usage.until IS 'No call before this';

CREATE TABLE public.histograms (
    tier smallint NOT NULL,
    bucket integer NOT NULL,
    kind smallint NOT NULL,
    number_id bigint NOT NULL,
    slot smallint NOT NULL,
    n bigint NOT NULL
);

COMMENT ON COLUMN public.histograms.kind IS 'storage.counts.HISTOGRAM_KINDS';

COMMENT ON COLUMN public.histograms.slot IS 'domain.histograms.index_of';

CREATE TABLE public.imports (
    identity bytea NOT NULL,
    done bigint NOT NULL,
    pending bigint NOT NULL,
    after_id bigint NOT NULL,
    is_finished smallint NOT NULL
);

COMMENT ON TABLE public.imports IS 'How far dumps of webhook bodies were imported';

COMMENT ON COLUMN public.imports.identity IS 'A digest of everything in the dump';

COMMENT ON COLUMN public.imports.done IS 'So many of its bodies are kept';

COMMENT ON COLUMN public.imports.pending IS 'So many more were about to be kept';

COMMENT ON COLUMN public.imports.after_id IS '... as bodies numbered above this';

CREATE TABLE public.inbox_blocks (
    id bigint NOT NULL,
    n integer NOT NULL,
    total bigint NOT NULL,
    webhooks integer NOT NULL,
    all_webhooks bigint NOT NULL,
    size integer NOT NULL,
    oldest_at bigint NOT NULL,
    block bytea NOT NULL
)
PARTITION BY RANGE (id);
ALTER TABLE ONLY public.inbox_blocks ALTER COLUMN block SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.inbox_blocks.n IS 'Bodies in this block';

COMMENT ON COLUMN public.inbox_blocks.total IS 'Bodies in this block and in all that were ever before it';

COMMENT ON COLUMN public.inbox_blocks.webhooks IS 'Those that are Meta''s, and not records of our own';

COMMENT ON COLUMN public.inbox_blocks.size IS 'Bytes of their contents';

CREATE TABLE public.inbox_head (
    one smallint NOT NULL,
    id bigint NOT NULL,
    newest bigint NOT NULL,
    total bigint NOT NULL,
    all_webhooks bigint NOT NULL
)
WITH (fillfactor='10');

COMMENT ON COLUMN public.inbox_head.id IS 'The newest block';

COMMENT ON COLUMN public.inbox_head.newest IS 'The newest body';

CREATE TABLE public.incidents (
    id bigint NOT NULL,
    check_name text NOT NULL,
    kind text NOT NULL,
    is_essential smallint NOT NULL,
    opened_at bigint NOT NULL,
    noted_at bigint NOT NULL,
    ended_at bigint,
    cause text NOT NULL,
    why text NOT NULL,
    words text NOT NULL,
    failures integer NOT NULL
);

COMMENT ON TABLE public.incidents IS 'Stretches of time in which a check failed, kept for ever';

CREATE SEQUENCE public.incidents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.incidents_id_seq OWNED BY public.incidents.id;

CREATE TABLE public.kept_hours (
    hour bigint NOT NULL,
    newest bigint NOT NULL
);

COMMENT ON TABLE public.kept_hours IS 'When bodies were kept, by their numbers: an imported one may have been received long before';

COMMENT ON COLUMN public.kept_hours.hour IS 'Hours since 1970';

COMMENT ON COLUMN public.kept_hours.newest IS 'No later body was kept in this hour';

CREATE TABLE public.label_contacts (
    label_id integer NOT NULL,
    contact_id integer NOT NULL
);

COMMENT ON TABLE public.label_contacts IS 'Which contacts have messages of a user, lead, conversation or rare origin: the way to these';

COMMENT ON COLUMN public.label_contacts.contact_id IS '0: a message without a contact';

CREATE SEQUENCE public.labels_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.labels_id_seq OWNED BY public.labels.id;

CREATE TABLE public.legal_holds (
    id bigint NOT NULL,
    contact_id bigint NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    since bigint NOT NULL,
    ended_at bigint
);

COMMENT ON TABLE public.legal_holds IS 'Persons that may not be erased, and why';

CREATE SEQUENCE public.legal_holds_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.legal_holds_id_seq OWNED BY public.legal_holds.id;

CREATE TABLE public.local_ids (
    local_id bytea NOT NULL,
    message_id bigint NOT NULL
);

COMMENT ON COLUMN public.local_ids.local_id IS 'storage.messages.local_key';

CREATE TABLE public.log_views (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    is_shared smallint NOT NULL,
    made_at bigint NOT NULL
);

COMMENT ON TABLE public.log_views IS 'Views of the log that people saved';

COMMENT ON COLUMN public.log_views.query IS 'Parameters of the log page; never a contact or a wamid';

COMMENT ON COLUMN public.log_views.is_shared IS '1: everybody sees it';

CREATE SEQUENCE public.log_views_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.log_views_id_seq OWNED BY public.log_views.id;

CREATE TABLE public.login_links (
    digest bytea NOT NULL,
    user_id bigint NOT NULL,
    ends_at bigint NOT NULL
);

COMMENT ON TABLE public.login_links IS 'One-time links that were not used yet';

COMMENT ON COLUMN public.login_links.digest IS 'SHA-256 of what the link ends with';

COMMENT ON COLUMN public.login_links.user_id IS '0: for the first admin';

CREATE TABLE public.login_tries (
    key bytea NOT NULL,
    failures integer NOT NULL,
    last_at bigint NOT NULL,
    free_at bigint NOT NULL
);

COMMENT ON COLUMN public.login_tries.key IS 'A digest of the name or address';

CREATE TABLE public.maintenance (
    id bigint NOT NULL,
    name text NOT NULL,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at bigint NOT NULL,
    starts_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    ended_by text NOT NULL,
    wabas text NOT NULL,
    types text NOT NULL
);

COMMENT ON TABLE public.maintenance IS 'Maintenance windows that somebody entered; recurring ones stand in the settings';

COMMENT ON COLUMN public.maintenance.ends_at IS 'As meant, or when somebody ended it';

COMMENT ON COLUMN public.maintenance.wabas IS 'With spaces between them; empty: all';

COMMENT ON COLUMN public.maintenance.types IS 'With spaces between them; empty: all';

CREATE SEQUENCE public.maintenance_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.maintenance_id_seq OWNED BY public.maintenance.id;

CREATE TABLE public.marks (
    name text NOT NULL,
    value bigint NOT NULL
);

COMMENT ON TABLE public.marks IS 'Cursors and watermarks';

CREATE TABLE public.merged_messages (
    old_id bigint NOT NULL,
    new_id bigint NOT NULL
);

COMMENT ON TABLE public.merged_messages IS 'Rows that were found to be one with another; local ids may still mean them';

CREATE TABLE public.message_days (
    day bigint NOT NULL,
    newest bigint NOT NULL
);

COMMENT ON TABLE public.message_days IS 'When messages were learnt, by their numbers: an imported one may be much older';

COMMENT ON COLUMN public.message_days.day IS 'Days since 1970';

COMMENT ON COLUMN public.message_days.newest IS 'Messages up to this one were learnt until this day''s end';

CREATE TABLE public.message_errors (
    message_id bigint NOT NULL,
    at bigint NOT NULL,
    error_id bigint NOT NULL,
    fbtrace_id text NOT NULL
)
PARTITION BY RANGE (message_id);

CREATE TABLE public.meta_days (
    waba_id text NOT NULL,
    number text NOT NULL,
    day bigint NOT NULL,
    asked_at bigint NOT NULL,
    meta_sent bigint,
    meta_delivered bigint,
    own_sent bigint NOT NULL,
    own_delivered bigint NOT NULL,
    own_failed bigint NOT NULL,
    own_waiting bigint NOT NULL
);

COMMENT ON TABLE public.meta_days IS 'What Meta counted of a day, and what we had counted of it when Meta was asked';

COMMENT ON COLUMN public.meta_days.number IS 'phone_number_id; empty: all of the account together';

COMMENT ON COLUMN public.meta_days.day IS 'UTC days since 1970';

COMMENT ON COLUMN public.meta_days.meta_sent IS 'NULL: the day on which asking began, which is never compared';

CREATE TABLE public.packed_counts (
    tier smallint NOT NULL,
    bucket integer NOT NULL,
    scope smallint NOT NULL,
    number_id bigint NOT NULL,
    ref bigint NOT NULL,
    entries bytea NOT NULL
);

COMMENT ON TABLE public.packed_counts IS 'Rows of `rollups` and `histograms` that hardly change any more';

COMMENT ON COLUMN public.packed_counts.scope IS 'As in `rollups`; from 100: kinds of histogram';

COMMENT ON COLUMN public.packed_counts.ref IS 'The smallest one in `entries`';

COMMENT ON COLUMN public.packed_counts.entries IS 'storage.packed_counts';

CREATE TABLE public.rollups (
    tier smallint NOT NULL,
    bucket integer NOT NULL,
    scope smallint NOT NULL,
    number_id bigint NOT NULL,
    ref bigint NOT NULL,
    standing_id bigint NOT NULL,
    n bigint NOT NULL
)
PARTITION BY RANGE (tier, bucket);

COMMENT ON COLUMN public.rollups.tier IS '0 minute, 1 five minutes, 2 hour, 3 day';

COMMENT ON COLUMN public.rollups.bucket IS 'time / width';

COMMENT ON COLUMN public.rollups.ref IS 'the WABA, template, category, country or code';

CREATE TABLE public.standings (
    id bigint NOT NULL,
    fingerprint bytea NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    is_accepted smallint NOT NULL,
    is_rejected smallint NOT NULL,
    is_unlinked smallint NOT NULL,
    is_recorded smallint NOT NULL,
    in_delivery smallint NOT NULL,
    in_failure smallint NOT NULL,
    pace text NOT NULL,
    template_use text NOT NULL,
    template_health text NOT NULL,
    fault text NOT NULL,
    is_billable smallint NOT NULL,
    is_contradictory smallint NOT NULL
);

COMMENT ON TABLE public.standings IS 'What a message can count as; roll-ups count messages by standing';

CREATE TABLE public.templates (
    id bigint NOT NULL,
    name text NOT NULL,
    language text NOT NULL
);

CREATE TABLE public.wabas (
    id bigint NOT NULL,
    waba_id text NOT NULL
);

CREATE VIEW public.monitoring_metrics AS
 SELECT at,
    scope,
    metric,
    value,
    n,
        CASE
            WHEN ((centre - half) < (0)::double precision) THEN (0.0)::double precision
            ELSE (centre - half)
        END AS low,
        CASE
            WHEN ((centre + half) > (1)::double precision) THEN (1.0)::double precision
            ELSE (centre + half)
        END AS high,
    tier,
    to_char((to_timestamp((((at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS created_at
   FROM ( SELECT shared.at,
            shared.scope,
            shared.metric,
            shared.tier,
            shared.n,
                CASE
                    WHEN (shared.n IS NULL) THEN (shared.hits)::double precision
                    ELSE shared.share
                END AS value,
            ((shared.share + ((3.8414588206941254)::double precision / ((2)::double precision * shared.cases))) / ((1)::double precision + ((3.8414588206941254)::double precision / shared.cases))) AS centre,
            (((1.959963984540054)::double precision * sqrt((((shared.share * ((1)::double precision - shared.share)) / shared.cases) + ((3.8414588206941254)::double precision / (((4)::double precision * shared.cases) * shared.cases))))) / ((1)::double precision + ((3.8414588206941254)::double precision / shared.cases))) AS half
           FROM ( SELECT divisible.at,
                    divisible.scope,
                    divisible.metric,
                    divisible.tier,
                    divisible.n,
                    divisible.hits,
                    divisible.cases,
                    ((divisible.hits)::double precision / divisible.cases) AS share
                   FROM ( SELECT counted.at,
                            counted.scope,
                            counted.metric,
                            counted.tier,
                            counted.n,
                            counted.hits,
                            (NULLIF(counted.n, 0))::double precision AS cases
                           FROM ( SELECT c.at,
CASE c.scope
 WHEN 0 THEN 'all'::text
 WHEN 1 THEN ('waba:'::text || wabas.waba_id)
 WHEN 2 THEN ('number:'::text || COALESCE(numbers.phone_number_id, 'unknown'::text))
 WHEN 3 THEN ((((('template:'::text || templates.name) || '/'::text) || templates.language) || '@'::text) || COALESCE(numbers.phone_number_id, 'unknown'::text))
 WHEN 4 THEN ('category:'::text || COALESCE(
 CASE c.ref
  WHEN 1 THEN 'marketing'::text
  WHEN 2 THEN 'utility'::text
  WHEN 3 THEN 'authentication'::text
  WHEN 4 THEN 'authentication_international'::text
  WHEN 5 THEN 'service'::text
  WHEN 6 THEN 'marketing_lite'::text
  WHEN 7 THEN 'referral_conversion'::text
  WHEN 8 THEN 'group_marketing'::text
  WHEN 9 THEN 'group_service'::text
  WHEN 10 THEN 'group_utility'::text
  WHEN 11 THEN 'general_purpose_ai'::text
  ELSE NULL::text
 END, ('other-'::text || (c.ref)::text)))
 WHEN 5 THEN (('country:'::text || chr(((c.ref >> 8))::integer)) || chr(((c.ref & (255)::bigint))::integer))
 WHEN 6 THEN ((('error:'::text || (c.ref)::text) || '@'::text) || COALESCE(numbers.phone_number_id, 'unknown'::text))
 ELSE NULL::text
END AS scope,
                                    metric.column1 AS metric,
                                    c.tier,
CASE metric.column1
 WHEN 'attempted'::text THEN c.attempted
 WHEN 'accepted'::text THEN c.accepted
 WHEN 'pending'::text THEN c.pending
 WHEN 'sent'::text THEN c.sent
 WHEN 'delivered'::text THEN c.delivered
 WHEN 'read'::text THEN c.read
 WHEN 'failed'::text THEN c.failed
 WHEN 'expired'::text THEN c.expired
 WHEN 'rejected'::text THEN c.rejected
 WHEN 'unlinked'::text THEN c.unlinked
 WHEN 'orphan'::text THEN c.orphan
 WHEN 'inbound'::text THEN c.inbound
 WHEN 'delivery_rate'::text THEN c.delivery_rate_hits
 WHEN 'failure_rate'::text THEN c.failure_rate_hits
 WHEN 'coverage'::text THEN c.coverage_hits
 WHEN 'template_usage'::text THEN c.template_usage_hits
 ELSE NULL::bigint
END AS hits,
CASE metric.column1
 WHEN 'delivery_rate'::text THEN c.delivery_rate_n
 WHEN 'failure_rate'::text THEN c.failure_rate_n
 WHEN 'coverage'::text THEN c.coverage_n
 WHEN 'template_usage'::text THEN c.template_usage_n
 ELSE NULL::bigint
END AS n
                                   FROM ((((( SELECT 'minute'::text AS tier,
    ((r.bucket)::bigint * 60000) AS at,
    r.scope,
    r.number_id,
    r.ref,
    (sum(
  CASE
   WHEN (s.role = 'attempted'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS attempted,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS accepted,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'pending'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS pending,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'sent'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS sent,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'delivered'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivered,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'read'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS read,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failed,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'expired'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS expired,
    (sum(
  CASE
   WHEN (s.is_rejected = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS rejected,
    (sum(
  CASE
   WHEN (s.is_unlinked = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS unlinked,
    (sum(
  CASE
   WHEN (s.role = 'orphan'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS orphan,
    (sum(
  CASE
   WHEN (s.role = 'inbound'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS inbound,
    (sum(
  CASE
   WHEN (s.in_delivery = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_n,
    (sum(
  CASE
   WHEN ((s.in_delivery = 1) AND (s.status = ANY (ARRAY['delivered'::text, 'read'::text]))) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_hits,
    (sum(
  CASE
   WHEN (s.in_failure = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_n,
    (sum(
  CASE
   WHEN ((s.in_failure = 1) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_hits,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_n,
    (sum(
  CASE
   WHEN ((s.is_accepted = 1) AND (s.is_recorded = 1)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_hits,
    (sum(
  CASE
   WHEN (s.template_use <> ''::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_n,
    (sum(
  CASE
   WHEN ((s.template_use <> ''::text) AND (s.template_use <> 'violation'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_hits
   FROM (( SELECT x.bucket,
      x.scope,
      x.number_id,
      x.ref,
      x.standing_id,
      x.n
     FROM public.rollups x
    WHERE ((x.tier = 0) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 60000)))
  UNION ALL
   SELECT x.bucket,
      x.scope,
      x.number_id,
      ((x.ref + ((get_byte(x.entries, ((4 * step.column1) + 0)) & 63) * 256)) + get_byte(x.entries, ((4 * step.column1) + 1))) AS ref,
      get_byte(x.entries, ((4 * step.column1) + 2)) AS standing_id,
      ((get_byte(x.entries, ((4 * step.column1) + 3)))::bigint << (8 * (get_byte(x.entries, ((4 * step.column1) + 0)) / 64))) AS n
     FROM (public.packed_counts x
       JOIN ( VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) step ON (((4 * step.column1) < length(x.entries))))
    WHERE ((x.scope < 100) AND (x.tier = 0) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 60000)))) r
     JOIN public.standings s ON ((s.id = r.standing_id)))
  GROUP BY r.bucket, r.scope, r.number_id, r.ref
UNION ALL
 SELECT 'five_minutes'::text AS tier,
    ((r.bucket)::bigint * 300000) AS at,
    r.scope,
    r.number_id,
    r.ref,
    (sum(
  CASE
   WHEN (s.role = 'attempted'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS attempted,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS accepted,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'pending'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS pending,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'sent'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS sent,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'delivered'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivered,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'read'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS read,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failed,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'expired'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS expired,
    (sum(
  CASE
   WHEN (s.is_rejected = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS rejected,
    (sum(
  CASE
   WHEN (s.is_unlinked = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS unlinked,
    (sum(
  CASE
   WHEN (s.role = 'orphan'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS orphan,
    (sum(
  CASE
   WHEN (s.role = 'inbound'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS inbound,
    (sum(
  CASE
   WHEN (s.in_delivery = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_n,
    (sum(
  CASE
   WHEN ((s.in_delivery = 1) AND (s.status = ANY (ARRAY['delivered'::text, 'read'::text]))) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_hits,
    (sum(
  CASE
   WHEN (s.in_failure = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_n,
    (sum(
  CASE
   WHEN ((s.in_failure = 1) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_hits,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_n,
    (sum(
  CASE
   WHEN ((s.is_accepted = 1) AND (s.is_recorded = 1)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_hits,
    (sum(
  CASE
   WHEN (s.template_use <> ''::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_n,
    (sum(
  CASE
   WHEN ((s.template_use <> ''::text) AND (s.template_use <> 'violation'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_hits
   FROM (( SELECT x.bucket,
      x.scope,
      x.number_id,
      x.ref,
      x.standing_id,
      x.n
     FROM public.rollups x
    WHERE ((x.tier = 1) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 300000)))
  UNION ALL
   SELECT x.bucket,
      x.scope,
      x.number_id,
      ((x.ref + ((get_byte(x.entries, ((4 * step.column1) + 0)) & 63) * 256)) + get_byte(x.entries, ((4 * step.column1) + 1))) AS ref,
      get_byte(x.entries, ((4 * step.column1) + 2)) AS standing_id,
      ((get_byte(x.entries, ((4 * step.column1) + 3)))::bigint << (8 * (get_byte(x.entries, ((4 * step.column1) + 0)) / 64))) AS n
     FROM (public.packed_counts x
       JOIN ( VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) step ON (((4 * step.column1) < length(x.entries))))
    WHERE ((x.scope < 100) AND (x.tier = 1) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 300000)))) r
     JOIN public.standings s ON ((s.id = r.standing_id)))
  GROUP BY r.bucket, r.scope, r.number_id, r.ref
UNION ALL
 SELECT 'hour'::text AS tier,
    ((r.bucket)::bigint * 3600000) AS at,
    r.scope,
    r.number_id,
    r.ref,
    (sum(
  CASE
   WHEN (s.role = 'attempted'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS attempted,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS accepted,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'pending'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS pending,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'sent'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS sent,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'delivered'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivered,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'read'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS read,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failed,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'expired'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS expired,
    (sum(
  CASE
   WHEN (s.is_rejected = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS rejected,
    (sum(
  CASE
   WHEN (s.is_unlinked = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS unlinked,
    (sum(
  CASE
   WHEN (s.role = 'orphan'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS orphan,
    (sum(
  CASE
   WHEN (s.role = 'inbound'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS inbound,
    (sum(
  CASE
   WHEN (s.in_delivery = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_n,
    (sum(
  CASE
   WHEN ((s.in_delivery = 1) AND (s.status = ANY (ARRAY['delivered'::text, 'read'::text]))) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_hits,
    (sum(
  CASE
   WHEN (s.in_failure = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_n,
    (sum(
  CASE
   WHEN ((s.in_failure = 1) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_hits,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_n,
    (sum(
  CASE
   WHEN ((s.is_accepted = 1) AND (s.is_recorded = 1)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_hits,
    (sum(
  CASE
   WHEN (s.template_use <> ''::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_n,
    (sum(
  CASE
   WHEN ((s.template_use <> ''::text) AND (s.template_use <> 'violation'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_hits
   FROM (( SELECT x.bucket,
      x.scope,
      x.number_id,
      x.ref,
      x.standing_id,
      x.n
     FROM public.rollups x
    WHERE ((x.tier = 2) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 3600000)))
  UNION ALL
   SELECT x.bucket,
      x.scope,
      x.number_id,
      ((x.ref + ((get_byte(x.entries, ((4 * step.column1) + 0)) & 63) * 256)) + get_byte(x.entries, ((4 * step.column1) + 1))) AS ref,
      get_byte(x.entries, ((4 * step.column1) + 2)) AS standing_id,
      ((get_byte(x.entries, ((4 * step.column1) + 3)))::bigint << (8 * (get_byte(x.entries, ((4 * step.column1) + 0)) / 64))) AS n
     FROM (public.packed_counts x
       JOIN ( VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) step ON (((4 * step.column1) < length(x.entries))))
    WHERE ((x.scope < 100) AND (x.tier = 2) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 3600000)))) r
     JOIN public.standings s ON ((s.id = r.standing_id)))
  GROUP BY r.bucket, r.scope, r.number_id, r.ref
UNION ALL
 SELECT 'day'::text AS tier,
    ((r.bucket)::bigint * 86400000) AS at,
    r.scope,
    r.number_id,
    r.ref,
    (sum(
  CASE
   WHEN (s.role = 'attempted'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS attempted,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS accepted,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'pending'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS pending,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'sent'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS sent,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'delivered'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivered,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'read'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS read,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failed,
    (sum(
  CASE
   WHEN ((s.role = 'attempted'::text) AND (s.status = 'expired'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS expired,
    (sum(
  CASE
   WHEN (s.is_rejected = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS rejected,
    (sum(
  CASE
   WHEN (s.is_unlinked = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS unlinked,
    (sum(
  CASE
   WHEN (s.role = 'orphan'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS orphan,
    (sum(
  CASE
   WHEN (s.role = 'inbound'::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS inbound,
    (sum(
  CASE
   WHEN (s.in_delivery = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_n,
    (sum(
  CASE
   WHEN ((s.in_delivery = 1) AND (s.status = ANY (ARRAY['delivered'::text, 'read'::text]))) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS delivery_rate_hits,
    (sum(
  CASE
   WHEN (s.in_failure = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_n,
    (sum(
  CASE
   WHEN ((s.in_failure = 1) AND (s.status = 'failed'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS failure_rate_hits,
    (sum(
  CASE
   WHEN (s.is_accepted = 1) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_n,
    (sum(
  CASE
   WHEN ((s.is_accepted = 1) AND (s.is_recorded = 1)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS coverage_hits,
    (sum(
  CASE
   WHEN (s.template_use <> ''::text) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_n,
    (sum(
  CASE
   WHEN ((s.template_use <> ''::text) AND (s.template_use <> 'violation'::text)) THEN r.n
   ELSE (0)::bigint
  END))::bigint AS template_usage_hits
   FROM (( SELECT x.bucket,
      x.scope,
      x.number_id,
      x.ref,
      x.standing_id,
      x.n
     FROM public.rollups x
    WHERE ((x.tier = 3) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 86400000)))
  UNION ALL
   SELECT x.bucket,
      x.scope,
      x.number_id,
      ((x.ref + ((get_byte(x.entries, ((4 * step.column1) + 0)) & 63) * 256)) + get_byte(x.entries, ((4 * step.column1) + 1))) AS ref,
      get_byte(x.entries, ((4 * step.column1) + 2)) AS standing_id,
      ((get_byte(x.entries, ((4 * step.column1) + 3)))::bigint << (8 * (get_byte(x.entries, ((4 * step.column1) + 0)) / 64))) AS n
     FROM (public.packed_counts x
       JOIN ( VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51), (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68), (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85), (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102), (103), (104), (105), (106), (107), (108), (109), (110), (111), (112), (113), (114), (115), (116), (117), (118), (119), (120), (121), (122), (123), (124), (125), (126), (127), (128), (129), (130), (131), (132), (133), (134), (135), (136), (137), (138), (139), (140), (141), (142), (143), (144), (145), (146), (147), (148), (149)) step ON (((4 * step.column1) < length(x.entries))))
    WHERE ((x.scope < 100) AND (x.tier = 3) AND (x.bucket < (COALESCE(( SELECT k.value
       FROM public.marks k
      WHERE (k.name = 'closed_until'::text)), (0)::bigint) / 86400000)))) r
     JOIN public.standings s ON ((s.id = r.standing_id)))
  GROUP BY r.bucket, r.scope, r.number_id, r.ref) c
                                     LEFT JOIN public.numbers ON ((numbers.id = c.number_id)))
                                     LEFT JOIN public.wabas ON (((c.scope = 1) AND (wabas.id = c.ref))))
                                     LEFT JOIN public.templates ON (((c.scope = 3) AND (templates.id = c.ref))))
                                     CROSS JOIN ( VALUES ('delivery_rate'::text), ('failure_rate'::text), ('coverage'::text), ('template_usage'::text), ('attempted'::text), ('accepted'::text), ('pending'::text), ('sent'::text), ('delivered'::text), ('read'::text), ('failed'::text), ('expired'::text), ('rejected'::text), ('unlinked'::text), ('orphan'::text), ('inbound'::text)) metric)) counted) divisible) shared) bounded;

CREATE TABLE public.monitoring_runs (
    id bigint NOT NULL,
    began_at bigint NOT NULL,
    alive_at bigint NOT NULL,
    ended text DEFAULT ''::text NOT NULL,
    actor text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE public.monitoring_runs IS 'When monitoring ran; what lies between is unknown';

COMMENT ON COLUMN public.monitoring_runs.alive_at IS 'The last sign of life';

COMMENT ON COLUMN public.monitoring_runs.ended IS 'stopped | restarted | lost; empty: not known to';

COMMENT ON COLUMN public.monitoring_runs.actor IS 'Who ended it';

CREATE SEQUENCE public.monitoring_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.monitoring_runs_id_seq OWNED BY public.monitoring_runs.id;

CREATE TABLE public.notice_attempts (
    notice_id bigint NOT NULL,
    n integer NOT NULL,
    at bigint NOT NULL,
    took_ms bigint NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL
);

COMMENT ON COLUMN public.notice_attempts.outcome IS 'domain.notices.Outcome';

CREATE TABLE public.notices (
    id bigint NOT NULL,
    key text NOT NULL,
    channel text NOT NULL,
    kind text NOT NULL,
    at bigint NOT NULL,
    total integer NOT NULL,
    content text NOT NULL,
    thread text NOT NULL,
    service_thread text NOT NULL,
    state text NOT NULL,
    tries integer NOT NULL,
    next_try_at bigint,
    holder text NOT NULL,
    held_until bigint NOT NULL,
    ended_at bigint,
    detail text NOT NULL
);

COMMENT ON TABLE public.notices IS 'The outbox: what is told, and what became of it';

COMMENT ON COLUMN public.notices.key IS 'The same at each attempt';

COMMENT ON COLUMN public.notices.total IS 'How many alerts it is about';

COMMENT ON COLUMN public.notices.content IS 'domain.notices.Notice as JSON';

COMMENT ON COLUMN public.notices.thread IS 'Ours';

COMMENT ON COLUMN public.notices.service_thread IS 'What the service calls it; empty: it has told none';

COMMENT ON COLUMN public.notices.state IS 'waiting | sent | dead';

COMMENT ON COLUMN public.notices.holder IS 'The process that delivers it';

COMMENT ON COLUMN public.notices.ended_at IS 'When it was sent or given up';

COMMENT ON COLUMN public.notices.detail IS 'Of the last failure; never an address or a secret';

CREATE SEQUENCE public.notices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.notices_id_seq OWNED BY public.notices.id;

CREATE TABLE public.number_ratings (
    number_id bigint NOT NULL,
    at bigint NOT NULL,
    value text NOT NULL,
    told_at bigint NOT NULL
);

COMMENT ON TABLE public.number_ratings IS 'The history of the quality rating of numbers';

CREATE TABLE public.number_wabas (
    number_id bigint NOT NULL,
    waba_id bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);

CREATE SEQUENCE public.numbers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.numbers_id_seq OWNED BY public.numbers.id;

CREATE TABLE public.parked (
    body_id bigint NOT NULL,
    received_at bigint NOT NULL,
    code smallint NOT NULL,
    tries integer NOT NULL,
    next_try_at bigint,
    error text NOT NULL,
    body bytea NOT NULL
);

COMMENT ON COLUMN public.parked.code IS 'Kind and source, as in `bodies`';

COMMENT ON COLUMN public.parked.next_try_at IS 'NULL: given up, kept and shown';

COMMENT ON COLUMN public.parked.body IS 'The body, sealed';

CREATE TABLE public.participants (
    message_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    sent_at bigint,
    delivered_at bigint,
    read_at bigint,
    played_at bigint,
    failed_at bigint
)
PARTITION BY RANGE (message_id);

CREATE TABLE public.platform_states (
    kind text NOT NULL,
    waba_id text NOT NULL,
    subject text NOT NULL,
    aspect text NOT NULL,
    value text NOT NULL,
    note text NOT NULL,
    at bigint NOT NULL,
    told_at bigint NOT NULL,
    source smallint NOT NULL,
    is_live smallint DEFAULT '1'::smallint NOT NULL
);

COMMENT ON TABLE public.platform_states IS 'The newest that is known of each aspect; what was before is in `events`';

COMMENT ON COLUMN public.platform_states.kind IS 'number | waba | template | token | app';

COMMENT ON COLUMN public.platform_states.waba_id IS 'Of a template; else empty';

COMMENT ON COLUMN public.platform_states.subject IS 'phone_number_id, waba_id, name/language, app id';

COMMENT ON COLUMN public.platform_states.note IS 'Why, or what to do about it';

COMMENT ON COLUMN public.platform_states.at IS 'Since when';

COMMENT ON COLUMN public.platform_states.source IS 'As in domain.facts.Source';

COMMENT ON COLUMN public.platform_states.is_live IS '0: imported or replayed';

CREATE TABLE public.polls (
    ask text NOT NULL,
    subject text NOT NULL,
    due_at bigint NOT NULL,
    asked_at bigint NOT NULL,
    ok_at bigint NOT NULL,
    failures bigint NOT NULL,
    error text NOT NULL,
    error_code bigint NOT NULL
);

COMMENT ON TABLE public.polls IS 'What Meta is asked, and how that goes';

COMMENT ON COLUMN public.polls.subject IS 'waba_id or app id; empty for the token';

CREATE TABLE public.portfolios (
    id bigint NOT NULL,
    portfolio_id text NOT NULL
);

CREATE SEQUENCE public.portfolios_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.portfolios_id_seq OWNED BY public.portfolios.id;

CREATE TABLE public.process_pulses (
    process text NOT NULL,
    started_at bigint NOT NULL,
    at bigint NOT NULL,
    is_leading smallint NOT NULL,
    troubles text NOT NULL
);

COMMENT ON TABLE public.process_pulses IS 'What each process says of its loops';

COMMENT ON COLUMN public.process_pulses.troubles IS 'JSON: the loops that are not well';

CREATE TABLE public.profiles (
    id bigint NOT NULL,
    fingerprint bytea NOT NULL,
    waba_id bigint NOT NULL,
    template_id bigint NOT NULL,
    type text NOT NULL,
    category text NOT NULL,
    pricing_model text NOT NULL,
    pricing_type text NOT NULL,
    billable smallint NOT NULL,
    template_use text NOT NULL,
    template_status text NOT NULL,
    template_health text NOT NULL,
    use_reason text NOT NULL,
    quality_rating text NOT NULL,
    claims bytea NOT NULL,
    pricing_category text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE public.profiles IS 'Combinations of the attributes that few messages differ in; `claims` says where each came from';

COMMENT ON COLUMN public.profiles.pricing_category IS 'Where it is not `category`';

CREATE SEQUENCE public.profiles_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.profiles_id_seq OWNED BY public.profiles.id;

CREATE TABLE public.raw_blocks (
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    n integer NOT NULL,
    oldest_at bigint NOT NULL,
    newest_at bigint NOT NULL,
    block bytea NOT NULL
)
PARTITION BY RANGE (first_id);
ALTER TABLE ONLY public.raw_blocks ALTER COLUMN block SET STORAGE EXTERNAL;

CREATE TABLE public.rechecks (
    id bigint NOT NULL,
    kind text NOT NULL,
    ref bigint NOT NULL,
    from_at bigint NOT NULL,
    cursor bigint NOT NULL
);

COMMENT ON COLUMN public.rechecks.kind IS 'template | contact';

CREATE SEQUENCE public.rechecks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.rechecks_id_seq OWNED BY public.rechecks.id;

CREATE TABLE public.recovery_codes (
    user_id bigint NOT NULL,
    digest bytea NOT NULL,
    used_at bigint
);

CREATE TABLE public.reports (
    id text NOT NULL,
    revision integer NOT NULL,
    scope text NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL,
    as_of bigint NOT NULL,
    verdict text NOT NULL,
    made_by text NOT NULL,
    sha256 text NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    document bytea NOT NULL
);

COMMENT ON TABLE public.reports IS 'Revisions of compliance reports: never changed';

COMMENT ON COLUMN public.reports.id IS 'The same for every revision of one period and scope';

COMMENT ON COLUMN public.reports.scope IS 'all, waba:ID or number:ID';

COMMENT ON COLUMN public.reports.verdict IS 'domain.compliance.Verdict';

COMMENT ON COLUMN public.reports.made_by IS 'As in the audit trail';

COMMENT ON COLUMN public.reports.sha256 IS 'Of the document';

COMMENT ON COLUMN public.reports.signature IS 'Ed25519, of the SHA-256';

COMMENT ON COLUMN public.reports.document IS 'domain.compliance_report as JSON, zstd';

CREATE TABLE public.rule_edits (
    rule text NOT NULL,
    place text NOT NULL,
    place_id text NOT NULL,
    said text NOT NULL,
    changed_at bigint NOT NULL,
    changed_by text NOT NULL
);

COMMENT ON TABLE public.rule_edits IS 'Rules as they were changed in the console; the settings file wins over them';

COMMENT ON COLUMN public.rule_edits.place IS 'all, waba or number';

COMMENT ON COLUMN public.rule_edits.place_id IS 'Id of the account or number; empty for all';

COMMENT ON COLUMN public.rule_edits.said IS 'The fields that are otherwise, named as in the settings file: JSON';

CREATE TABLE public.schema_steps (
    number bigint NOT NULL,
    name text NOT NULL,
    applied_at bigint NOT NULL
);

CREATE TABLE public.sessions (
    id bigint NOT NULL,
    digest bytea NOT NULL,
    user_id bigint NOT NULL,
    stage text NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    address text NOT NULL,
    agent text NOT NULL
);

COMMENT ON TABLE public.sessions IS 'Where people are signed in; one that was ended is gone';

COMMENT ON COLUMN public.sessions.digest IS 'SHA-256 of what the cookie holds';

CREATE SEQUENCE public.sessions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.sessions_id_seq OWNED BY public.sessions.id;

CREATE TABLE public.signing_keys (
    key_id text NOT NULL,
    public bytea NOT NULL,
    private bytea NOT NULL,
    made_at bigint NOT NULL
);

COMMENT ON TABLE public.signing_keys IS 'What reports and checkpoints of the audit trail are signed with';

COMMENT ON COLUMN public.signing_keys.key_id IS 'The first 8 bytes of the public key''s SHA-256, in hex';

COMMENT ON COLUMN public.signing_keys.public IS 'Ed25519';

COMMENT ON COLUMN public.signing_keys.private IS 'Sealed';

CREATE TABLE public.silences (
    id bigint NOT NULL,
    alert text NOT NULL,
    type text NOT NULL,
    scope text NOT NULL,
    waba_id text NOT NULL,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at bigint NOT NULL,
    starts_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    ended_by text NOT NULL
);

COMMENT ON COLUMN public.silences.alert IS 'Which alerts are meant: those that fit all that is not empty';

COMMENT ON COLUMN public.silences.ends_at IS 'As meant, or when somebody ended it';

CREATE SEQUENCE public.silences_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.silences_id_seq OWNED BY public.silences.id;

CREATE SEQUENCE public.standings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.standings_id_seq OWNED BY public.standings.id;

CREATE TABLE public.template_events (
    waba_id bigint NOT NULL,
    template_id bigint NOT NULL,
    aspect text NOT NULL,
    at bigint NOT NULL,
    value text NOT NULL,
    reason text NOT NULL,
    told_at bigint NOT NULL,
    told_by smallint DEFAULT '3'::smallint NOT NULL
);

COMMENT ON COLUMN public.template_events.told_by IS 'As in domain.facts.Source';

CREATE SEQUENCE public.templates_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.templates_id_seq OWNED BY public.templates.id;

CREATE TABLE public.tombstones (
    digest bytea NOT NULL,
    until bigint NOT NULL
);

COMMENT ON TABLE public.tombstones IS 'What is still told of these messages is dropped';

COMMENT ON COLUMN public.tombstones.digest IS 'Of the id of an erased message, keyed';

CREATE TABLE public.users (
    id bigint NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    unmasking smallint NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint,
    seen_at bigint,
    password text,
    totp bytea,
    totp_offered bytea,
    totp_step bigint,
    outside text
);

COMMENT ON COLUMN public.users.unmasking IS '1: may see whole numbers, whatever the role';

COMMENT ON COLUMN public.users.seen_at IS 'When they last signed in';

COMMENT ON COLUMN public.users.password IS 'As argon2 writes it, with its parameters and salt';

COMMENT ON COLUMN public.users.totp IS 'The seed of their codes, sealed';

COMMENT ON COLUMN public.users.totp_offered IS 'A seed that was not confirmed yet, sealed';

COMMENT ON COLUMN public.users.totp_step IS 'The last step whose code was used: none counts twice';

COMMENT ON COLUMN public.users.outside IS 'Issuer and subject, of those who sign in elsewhere';

CREATE SEQUENCE public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;

CREATE TABLE public.waba_portfolios (
    waba_id bigint NOT NULL,
    portfolio_id bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);

CREATE SEQUENCE public.wabas_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.wabas_id_seq OWNED BY public.wabas.id;

CREATE VIEW public.whatsapp_logs AS
 SELECT at,
    kind,
    event,
    message_id,
    wamid,
    phone_number_id,
    waba_id,
    phone_number,
    direction,
    status,
    template_name,
    error_code,
    message,
    meta_compliance_purpose,
    template_approval_status,
    quality_rating,
    compliance_status,
    to_char((to_timestamp((((at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS created_at
   FROM ( SELECT
                CASE step.column1
                    WHEN 'requested'::text THEN
                    CASE
                        WHEN (encode(substr(p.claims, 1, 1), 'hex'::text) <> 'ff'::text) THEN m.cohort_at
                        ELSE NULL::bigint
                    END
                    WHEN 'accepted'::text THEN (m.cohort_at + m.accepted_after)
                    WHEN 'sent'::text THEN (m.cohort_at + m.sent_after)
                    WHEN 'delivered'::text THEN (m.cohort_at + m.delivered_after)
                    WHEN 'read'::text THEN (m.cohort_at + m.read_after)
                    WHEN 'played'::text THEN (m.cohort_at + m.played_after)
                    WHEN 'failed'::text THEN (m.cohort_at + m.failed_after)
                    WHEN 'echoed'::text THEN
                    CASE
                        WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2) AND ((m.state & 4096) <> 0)) THEN m.cohort_at
                        ELSE NULL::bigint
                    END
                    WHEN 'received'::text THEN
                    CASE
                        WHEN ((NOT (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2))) AND ((m.state & 64) <> 0)) THEN m.cohort_at
                        ELSE NULL::bigint
                    END
                    ELSE NULL::bigint
                END AS at,
            'message'::text AS kind,
            step.column1 AS event,
            m.id AS message_id,
                CASE
                    WHEN ((encode(m.wamid, 'hex'::text) >= '02'::text) AND (encode(m.wamid, 'hex'::text) < '8'::text)) THEN (((substr('89abcdef'::text, ((substr(encode(m.wamid, 'hex'::text), 1, 1))::integer + 1), 1) || substr(encode(m.wamid, 'hex'::text), 2, 1)) || lpad(to_hex((
                    CASE
                        WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                        WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                        ELSE NULL::text
                    END)::bigint),
                    CASE length(
                        CASE
                            WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                            WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                            ELSE NULL::text
                        END)
                        WHEN 0 THEN 0
                        WHEN 1 THEN 2
                        WHEN 2 THEN 2
                        WHEN 3 THEN 4
                        WHEN 4 THEN 4
                        WHEN 5 THEN 6
                        WHEN 6 THEN 6
                        WHEN 7 THEN 6
                        WHEN 8 THEN 8
                        WHEN 9 THEN 8
                        WHEN 10 THEN 10
                        WHEN 11 THEN 10
                        WHEN 12 THEN 10
                        WHEN 13 THEN 12
                        WHEN 14 THEN 12
                        WHEN 15 THEN 14
                        WHEN 16 THEN 14
                        WHEN 17 THEN 16
                        WHEN 18 THEN 16
                        ELSE NULL::integer
                    END, '0'::text)) || substr(encode(m.wamid, 'hex'::text), 3))
                    ELSE encode(m.wamid, 'hex'::text)
                END AS wamid,
            numbers.phone_number_id,
            wabas.waba_id,
                CASE
                    WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                    WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                    ELSE NULL::text
                END AS phone_number,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN 'outbound'::text
                    ELSE 'inbound'::text
                END AS direction,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN
                    CASE ((m.state >> 16) & 7)
                        WHEN 0 THEN 'pending'::text
                        WHEN 1 THEN 'sent'::text
                        WHEN 2 THEN 'delivered'::text
                        WHEN 3 THEN 'read'::text
                        WHEN 4 THEN 'failed'::text
                        WHEN 5 THEN 'expired'::text
                        ELSE NULL::text
                    END
                    ELSE NULL::text
                END AS status,
            templates.name AS template_name,
                CASE
                    WHEN (step.column1 = 'failed'::text) THEN m.error_code
                    ELSE NULL::bigint
                END AS error_code,
            (((COALESCE((NULLIF(p.type, ''::text) || ' '::text), ''::text) || 'message '::text) || step.column1) || COALESCE((': '::text ||
                CASE
                    WHEN (step.column1 = 'failed'::text) THEN
                    CASE
                        WHEN ((m.state & 8192) <> 0) THEN ( SELECT NULLIF(e.title, ''::text) AS "nullif"
                           FROM (public.message_errors r
                             JOIN public.error_texts e ON ((e.id = r.error_id)))
                          WHERE (r.message_id = m.id)
                          ORDER BY r.at, e.code, e.title
                         LIMIT 1)
                        ELSE NULL::text
                    END
                    ELSE NULL::text
                END), ''::text)) AS message,
                CASE
                    CASE
                        WHEN ((m.state & 8192) <> 0) THEN ( SELECT min(
                                CASE
                                    WHEN (e.code = ANY (ARRAY[(130429)::bigint, (131048)::bigint, (131049)::bigint, (131056)::bigint, (131064)::bigint, (131208)::bigint, (133016)::bigint, (138002)::bigint, (138005)::bigint, (138009)::bigint, (138012)::bigint, (17)::bigint, (32)::bigint, (4)::bigint, (613)::bigint, (80007)::bigint, (80008)::bigint])) THEN 0
                                    WHEN (e.code = 131050) THEN 1
                                    WHEN (e.code = ANY (ARRAY[(132001)::bigint, (132007)::bigint, (132015)::bigint, (132016)::bigint])) THEN 2
                                    ELSE 3
                                END) AS min
                           FROM (public.message_errors r
                             JOIN public.error_texts e ON ((e.id = r.error_id)))
                          WHERE (r.message_id = m.id))
                        ELSE NULL::integer
                    END
                    WHEN 0 THEN 'rate_limit'::text
                    WHEN 1 THEN 'opt_out'::text
                    WHEN 2 THEN 'template_use'::text
                    ELSE
                    CASE
                        WHEN (p.template_id <> 0) THEN 'template_use'::text
                        ELSE 'delivery'::text
                    END
                END AS meta_compliance_purpose,
            NULLIF(p.template_status, ''::text) AS template_approval_status,
            NULLIF(p.quality_rating, ''::text) AS quality_rating,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN
                    CASE
                        WHEN (p.template_use = ANY (ARRAY['unverified'::text, 'violation'::text])) THEN p.template_use
                        ELSE 'compliant'::text
                    END
                    ELSE NULL::text
                END AS compliance_status
           FROM ((((((((public.messages m
             LEFT JOIN public.profiles p ON ((p.id = m.profile_id)))
             LEFT JOIN public.numbers ON ((numbers.id = m.number_id)))
             LEFT JOIN public.wabas ON ((wabas.id = p.waba_id)))
             LEFT JOIN public.templates ON ((templates.id = p.template_id)))
             LEFT JOIN public.contacts c ON ((c.id = m.contact_id)))
             LEFT JOIN public.labels users ON ((users.id = m.user_id)))
             LEFT JOIN public.labels leads ON ((leads.id = m.lead_id)))
             CROSS JOIN ( VALUES ('requested'::text), ('accepted'::text), ('sent'::text), ('delivered'::text), ('read'::text), ('played'::text), ('failed'::text), ('echoed'::text), ('received'::text)) step)
        UNION ALL
         SELECT
                CASE step.column1
                    WHEN 'sent'::text THEN g.sent_at
                    WHEN 'delivered'::text THEN g.delivered_at
                    WHEN 'read'::text THEN g.read_at
                    WHEN 'played'::text THEN g.played_at
                    WHEN 'failed'::text THEN g.failed_at
                    ELSE NULL::bigint
                END AS at,
            'message'::text AS kind,
            step.column1 AS event,
            m.id AS message_id,
                CASE
                    WHEN ((encode(m.wamid, 'hex'::text) >= '02'::text) AND (encode(m.wamid, 'hex'::text) < '8'::text)) THEN (((substr('89abcdef'::text, ((substr(encode(m.wamid, 'hex'::text), 1, 1))::integer + 1), 1) || substr(encode(m.wamid, 'hex'::text), 2, 1)) || lpad(to_hex((
                    CASE
                        WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                        WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                        ELSE NULL::text
                    END)::bigint),
                    CASE length(
                        CASE
                            WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                            WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                            ELSE NULL::text
                        END)
                        WHEN 0 THEN 0
                        WHEN 1 THEN 2
                        WHEN 2 THEN 2
                        WHEN 3 THEN 4
                        WHEN 4 THEN 4
                        WHEN 5 THEN 6
                        WHEN 6 THEN 6
                        WHEN 7 THEN 6
                        WHEN 8 THEN 8
                        WHEN 9 THEN 8
                        WHEN 10 THEN 10
                        WHEN 11 THEN 10
                        WHEN 12 THEN 10
                        WHEN 13 THEN 12
                        WHEN 14 THEN 12
                        WHEN 15 THEN 14
                        WHEN 16 THEN 14
                        WHEN 17 THEN 16
                        WHEN 18 THEN 16
                        ELSE NULL::integer
                    END, '0'::text)) || substr(encode(m.wamid, 'hex'::text), 3))
                    ELSE encode(m.wamid, 'hex'::text)
                END AS wamid,
            numbers.phone_number_id,
            wabas.waba_id,
                CASE
                    WHEN (substr(encode(who.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(who.packed, 'hex'::text), 2), 'f'::text)
                    WHEN (substr(encode(who.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(who.packed, 2), 'UTF8'::name)
                    ELSE NULL::text
                END AS phone_number,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN 'outbound'::text
                    ELSE 'inbound'::text
                END AS direction,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN
                    CASE ((m.state >> 16) & 7)
                        WHEN 0 THEN 'pending'::text
                        WHEN 1 THEN 'sent'::text
                        WHEN 2 THEN 'delivered'::text
                        WHEN 3 THEN 'read'::text
                        WHEN 4 THEN 'failed'::text
                        WHEN 5 THEN 'expired'::text
                        ELSE NULL::text
                    END
                    ELSE NULL::text
                END AS status,
            templates.name AS template_name,
            NULL::bigint AS error_code,
            ((((COALESCE((NULLIF(p.type, ''::text) || ' '::text), ''::text) || 'message '::text) || step.column1) || COALESCE((': '::text ||
                CASE
                    WHEN (step.column1 = 'failed'::text) THEN
                    CASE
                        WHEN ((m.state & 8192) <> 0) THEN ( SELECT NULLIF(e.title, ''::text) AS "nullif"
                           FROM (public.message_errors r
                             JOIN public.error_texts e ON ((e.id = r.error_id)))
                          WHERE (r.message_id = m.id)
                          ORDER BY r.at, e.code, e.title
                         LIMIT 1)
                        ELSE NULL::text
                    END
                    ELSE NULL::text
                END), ''::text)) || ' for a participant'::text) AS message,
                CASE
                    CASE
                        WHEN ((m.state & 8192) <> 0) THEN ( SELECT min(
                                CASE
                                    WHEN (e.code = ANY (ARRAY[(130429)::bigint, (131048)::bigint, (131049)::bigint, (131056)::bigint, (131064)::bigint, (131208)::bigint, (133016)::bigint, (138002)::bigint, (138005)::bigint, (138009)::bigint, (138012)::bigint, (17)::bigint, (32)::bigint, (4)::bigint, (613)::bigint, (80007)::bigint, (80008)::bigint])) THEN 0
                                    WHEN (e.code = 131050) THEN 1
                                    WHEN (e.code = ANY (ARRAY[(132001)::bigint, (132007)::bigint, (132015)::bigint, (132016)::bigint])) THEN 2
                                    ELSE 3
                                END) AS min
                           FROM (public.message_errors r
                             JOIN public.error_texts e ON ((e.id = r.error_id)))
                          WHERE (r.message_id = m.id))
                        ELSE NULL::integer
                    END
                    WHEN 0 THEN 'rate_limit'::text
                    WHEN 1 THEN 'opt_out'::text
                    WHEN 2 THEN 'template_use'::text
                    ELSE
                    CASE
                        WHEN (p.template_id <> 0) THEN 'template_use'::text
                        ELSE 'delivery'::text
                    END
                END AS meta_compliance_purpose,
            NULLIF(p.template_status, ''::text) AS template_approval_status,
            NULLIF(p.quality_rating, ''::text) AS quality_rating,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN
                    CASE
                        WHEN (p.template_use = ANY (ARRAY['unverified'::text, 'violation'::text])) THEN p.template_use
                        ELSE 'compliant'::text
                    END
                    ELSE NULL::text
                END AS compliance_status
           FROM ((((((((((public.participants g
             JOIN public.messages m ON ((m.id = g.message_id)))
             LEFT JOIN public.profiles p ON ((p.id = m.profile_id)))
             LEFT JOIN public.numbers ON ((numbers.id = m.number_id)))
             LEFT JOIN public.wabas ON ((wabas.id = p.waba_id)))
             LEFT JOIN public.templates ON ((templates.id = p.template_id)))
             LEFT JOIN public.contacts c ON ((c.id = m.contact_id)))
             LEFT JOIN public.labels users ON ((users.id = m.user_id)))
             LEFT JOIN public.labels leads ON ((leads.id = m.lead_id)))
             LEFT JOIN public.contacts who ON ((who.id = g.contact_id)))
             CROSS JOIN ( VALUES ('sent'::text), ('delivered'::text), ('read'::text), ('played'::text), ('failed'::text)) step)
        UNION ALL
         SELECT r.at,
                CASE
                    WHEN (e.code = ANY (ARRAY[(130429)::bigint, (131048)::bigint, (131049)::bigint, (131056)::bigint, (131064)::bigint, (131208)::bigint, (133016)::bigint, (138002)::bigint, (138005)::bigint, (138009)::bigint, (138012)::bigint, (17)::bigint, (32)::bigint, (4)::bigint, (613)::bigint, (80007)::bigint, (80008)::bigint])) THEN 'rate_limit'::text
                    ELSE 'api_error'::text
                END AS kind,
            'error'::text AS event,
            m.id AS message_id,
                CASE
                    WHEN ((encode(m.wamid, 'hex'::text) >= '02'::text) AND (encode(m.wamid, 'hex'::text) < '8'::text)) THEN (((substr('89abcdef'::text, ((substr(encode(m.wamid, 'hex'::text), 1, 1))::integer + 1), 1) || substr(encode(m.wamid, 'hex'::text), 2, 1)) || lpad(to_hex((
                    CASE
                        WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                        WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                        ELSE NULL::text
                    END)::bigint),
                    CASE length(
                        CASE
                            WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                            WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                            ELSE NULL::text
                        END)
                        WHEN 0 THEN 0
                        WHEN 1 THEN 2
                        WHEN 2 THEN 2
                        WHEN 3 THEN 4
                        WHEN 4 THEN 4
                        WHEN 5 THEN 6
                        WHEN 6 THEN 6
                        WHEN 7 THEN 6
                        WHEN 8 THEN 8
                        WHEN 9 THEN 8
                        WHEN 10 THEN 10
                        WHEN 11 THEN 10
                        WHEN 12 THEN 10
                        WHEN 13 THEN 12
                        WHEN 14 THEN 12
                        WHEN 15 THEN 14
                        WHEN 16 THEN 14
                        WHEN 17 THEN 16
                        WHEN 18 THEN 16
                        ELSE NULL::integer
                    END, '0'::text)) || substr(encode(m.wamid, 'hex'::text), 3))
                    ELSE encode(m.wamid, 'hex'::text)
                END AS wamid,
            numbers.phone_number_id,
            wabas.waba_id,
                CASE
                    WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                    WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                    ELSE NULL::text
                END AS phone_number,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN 'outbound'::text
                    ELSE 'inbound'::text
                END AS direction,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN
                    CASE ((m.state >> 16) & 7)
                        WHEN 0 THEN 'pending'::text
                        WHEN 1 THEN 'sent'::text
                        WHEN 2 THEN 'delivered'::text
                        WHEN 3 THEN 'read'::text
                        WHEN 4 THEN 'failed'::text
                        WHEN 5 THEN 'expired'::text
                        ELSE NULL::text
                    END
                    ELSE NULL::text
                END AS status,
            templates.name AS template_name,
            e.code AS error_code,
            (COALESCE(NULLIF(e.title, ''::text), NULLIF(e.message, ''::text), ('error '::text || (e.code)::text)) || COALESCE((': '::text || NULLIF(e.details, ''::text)), ''::text)) AS message,
                CASE
                    CASE
                        WHEN (e.code = ANY (ARRAY[(130429)::bigint, (131048)::bigint, (131049)::bigint, (131056)::bigint, (131064)::bigint, (131208)::bigint, (133016)::bigint, (138002)::bigint, (138005)::bigint, (138009)::bigint, (138012)::bigint, (17)::bigint, (32)::bigint, (4)::bigint, (613)::bigint, (80007)::bigint, (80008)::bigint])) THEN 0
                        WHEN (e.code = 131050) THEN 1
                        WHEN (e.code = ANY (ARRAY[(132001)::bigint, (132007)::bigint, (132015)::bigint, (132016)::bigint])) THEN 2
                        ELSE 3
                    END
                    WHEN 0 THEN 'rate_limit'::text
                    WHEN 1 THEN 'opt_out'::text
                    WHEN 2 THEN 'template_use'::text
                    ELSE
                    CASE
                        WHEN (p.template_id <> 0) THEN 'template_use'::text
                        ELSE 'delivery'::text
                    END
                END AS meta_compliance_purpose,
            NULLIF(p.template_status, ''::text) AS template_approval_status,
            NULLIF(p.quality_rating, ''::text) AS quality_rating,
                CASE
                    WHEN (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2)) THEN
                    CASE
                        WHEN (p.template_use = ANY (ARRAY['unverified'::text, 'violation'::text])) THEN p.template_use
                        ELSE 'compliant'::text
                    END
                    ELSE NULL::text
                END AS compliance_status
           FROM (((((((((public.message_errors r
             JOIN public.error_texts e ON ((e.id = r.error_id)))
             JOIN public.messages m ON ((m.id = r.message_id)))
             LEFT JOIN public.profiles p ON ((p.id = m.profile_id)))
             LEFT JOIN public.numbers ON ((numbers.id = m.number_id)))
             LEFT JOIN public.wabas ON ((wabas.id = p.waba_id)))
             LEFT JOIN public.templates ON ((templates.id = p.template_id)))
             LEFT JOIN public.contacts c ON ((c.id = m.contact_id)))
             LEFT JOIN public.labels users ON ((users.id = m.user_id)))
             LEFT JOIN public.labels leads ON ((leads.id = m.lead_id)))
        UNION ALL
         SELECT b.received_at AS at,
                CASE ((b.code)::integer & 3)
                    WHEN 0 THEN 'webhook'::text
                    WHEN 1 THEN 'record'::text
                    ELSE NULL::text
                END AS kind,
                CASE (b.code >> 5)
                    WHEN 0 THEN 'processed'::text
                    WHEN 1 THEN 'duplicate'::text
                    WHEN 2 THEN 'retrying'::text
                    WHEN 3 THEN 'parked'::text
                    ELSE NULL::text
                END AS event,
            NULL::bigint AS message_id,
            NULL::text AS wamid,
            NULL::text AS phone_number_id,
            NULL::text AS waba_id,
            NULL::text AS phone_number,
            NULL::text AS direction,
            NULL::text AS status,
            NULL::text AS template_name,
            NULL::bigint AS error_code,
            (((((((
                CASE (((b.code >> 2))::integer & 7)
                    WHEN 0 THEN 'live'::text
                    WHEN 1 THEN 'import'::text
                    WHEN 2 THEN 'replay'::text
                    WHEN 3 THEN 'synthetic'::text
                    WHEN 4 THEN 'copy'::text
                    ELSE NULL::text
                END || ' '::text) ||
                CASE ((b.code)::integer & 3)
                    WHEN 0 THEN 'webhook'::text
                    WHEN 1 THEN 'record'::text
                    ELSE NULL::text
                END) || ' body '::text) || (b.id)::text) || COALESCE((' for app '::text || apps.value), ''::text)) || ': '::text) || COALESCE(f.error, ((((b.facts)::text || ' facts'::text) ||
                CASE
                    WHEN (b.unparsed > 0) THEN ((', '::text || (b.unparsed)::text) || ' unparsed'::text)
                    ELSE ''::text
                END) ||
                CASE
                    WHEN (b.unknown > 0) THEN ((', '::text || (b.unknown)::text) || ' unknown'::text)
                    ELSE ''::text
                END))) AS message,
                CASE
                    WHEN (((b.code)::integer & 3) = 0) THEN 'webhook'::text
                    ELSE NULL::text
                END AS meta_compliance_purpose,
            NULL::text AS template_approval_status,
            NULL::text AS quality_rating,
            NULL::text AS compliance_status
           FROM ((public.bodies b
             LEFT JOIN public.parked f ON ((f.body_id = b.id)))
             LEFT JOIN public.labels apps ON ((apps.id = b.app_id)))
        UNION ALL
         SELECT v.at,
                CASE
                    WHEN ((v.kind = 'error'::text) AND (v.event = ANY (ARRAY['130429'::text, '131048'::text, '131049'::text, '131056'::text, '131064'::text, '131208'::text, '133016'::text, '138002'::text, '138005'::text, '138009'::text, '138012'::text, '17'::text, '32'::text, '4'::text, '613'::text, '80007'::text, '80008'::text]))) THEN 'rate_limit'::text
                    WHEN (v.kind = 'error'::text) THEN 'api_error'::text
                    ELSE v.kind
                END AS kind,
                CASE
                    WHEN (v.kind = 'error'::text) THEN 'error'::text
                    ELSE v.event
                END AS event,
            NULL::bigint AS message_id,
            NULL::text AS wamid,
            numbers.phone_number_id,
            wabas.waba_id,
            NULL::text AS phone_number,
            NULL::text AS direction,
            NULL::text AS status,
                CASE
                    WHEN (v.kind = 'template'::text) THEN NULLIF(rtrim(rtrim(v.subject, replace(v.subject, '/'::text, ''::text)), '/'::text), ''::text)
                    ELSE NULL::text
                END AS template_name,
                CASE
                    WHEN ((v.kind = 'error'::text) AND (v.event <> ''::text) AND (ltrim(v.event, '0123456789'::text) = ''::text)) THEN (v.event)::bigint
                    ELSE NULL::bigint
                END AS error_code,
            ((((v.kind || COALESCE((' '::text || NULLIF(v.event, ''::text)), ''::text)) || COALESCE((' of '::text || NULLIF(v.subject, ''::text)), ''::text)) || COALESCE(((': '::text || COALESCE((NULLIF(v.before, ''::text) || ' -> '::text), ''::text)) || NULLIF(v.after, ''::text)), ''::text)) || COALESCE(((' ('::text || NULLIF(v.reason, ''::text)) || ')'::text), ''::text)) AS message,
                CASE
                    WHEN ((v.kind = 'error'::text) AND (v.event = ANY (ARRAY['130429'::text, '131048'::text, '131049'::text, '131056'::text, '131064'::text, '131208'::text, '133016'::text, '138002'::text, '138005'::text, '138009'::text, '138012'::text, '17'::text, '32'::text, '4'::text, '613'::text, '80007'::text, '80008'::text]))) THEN 'rate_limit'::text
                    WHEN (v.kind = ANY (ARRAY['account'::text, 'capability'::text, 'error'::text, 'number'::text, 'payment'::text, 'security'::text, 'solution'::text, 'username'::text])) THEN 'account'::text
                    WHEN (v.kind = 'template'::text) THEN 'template_use'::text
                    WHEN (v.kind = 'consent'::text) THEN 'opt_out'::text
                    WHEN (v.kind = 'unrecognised'::text) THEN 'webhook'::text
                    ELSE NULL::text
                END AS meta_compliance_purpose,
                CASE
                    WHEN ((v.kind = 'template'::text) AND (v.event = 'status'::text)) THEN NULLIF(v.after, ''::text)
                    ELSE NULL::text
                END AS template_approval_status,
                CASE
                    WHEN ((v.kind = 'number'::text) AND (v.event = 'quality'::text)) THEN NULLIF(v.after, ''::text)
                    ELSE NULL::text
                END AS quality_rating,
            NULL::text AS compliance_status
           FROM ((public.events v
             LEFT JOIN public.numbers ON ((numbers.id = v.number_id)))
             LEFT JOIN public.wabas ON ((wabas.id = v.waba_id)))) line
  WHERE (at IS NOT NULL);

CREATE VIEW public.whatsapp_message_queue AS
 SELECT m.id AS message_id,
        CASE
            WHEN ((encode(m.wamid, 'hex'::text) >= '02'::text) AND (encode(m.wamid, 'hex'::text) < '8'::text)) THEN (((substr('89abcdef'::text, ((substr(encode(m.wamid, 'hex'::text), 1, 1))::integer + 1), 1) || substr(encode(m.wamid, 'hex'::text), 2, 1)) || lpad(to_hex((
            CASE
                WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                ELSE NULL::text
            END)::bigint),
            CASE length(
                CASE
                    WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
                    WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
                    ELSE NULL::text
                END)
                WHEN 0 THEN 0
                WHEN 1 THEN 2
                WHEN 2 THEN 2
                WHEN 3 THEN 4
                WHEN 4 THEN 4
                WHEN 5 THEN 6
                WHEN 6 THEN 6
                WHEN 7 THEN 6
                WHEN 8 THEN 8
                WHEN 9 THEN 8
                WHEN 10 THEN 10
                WHEN 11 THEN 10
                WHEN 12 THEN 10
                WHEN 13 THEN 12
                WHEN 14 THEN 12
                WHEN 15 THEN 14
                WHEN 16 THEN 14
                WHEN 17 THEN 16
                WHEN 18 THEN 16
                ELSE NULL::integer
            END, '0'::text)) || substr(encode(m.wamid, 'hex'::text), 3))
            ELSE encode(m.wamid, 'hex'::text)
        END AS wamid,
    numbers.phone_number_id,
    NULLIF(numbers.display_number, ''::text) AS business_phone,
    wabas.waba_id,
        CASE
            WHEN (substr(encode(c.packed, 'hex'::text), 1, 1) = '1'::text) THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
            WHEN (substr(encode(c.packed, 'hex'::text), 1, 2) = 'f1'::text) THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
            ELSE NULL::text
        END AS phone_number,
        CASE substr(encode(c.packed, 'hex'::text), 1, 1)
            WHEN '1'::text THEN 'phone'::text
            WHEN '2'::text THEN 'bsuid'::text
            ELSE
            CASE (substr(encode(c.packed, 'hex'::text), 2, 1))::integer
                WHEN 1 THEN 'phone'::text
                WHEN 2 THEN 'bsuid'::text
                WHEN 3 THEN 'username'::text
                WHEN 4 THEN 'group'::text
                WHEN 5 THEN 'erased'::text
                ELSE NULL::text
            END
        END AS contact_kind,
        CASE substr(encode(c.packed, 'hex'::text), 1, 1)
            WHEN '1'::text THEN rtrim(substr(encode(c.packed, 'hex'::text), 2), 'f'::text)
            WHEN '2'::text THEN (((substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, ((substr(encode(c.packed, 'hex'::text), 2, 2))::integer + 1), 1) || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, ((substr(encode(c.packed, 'hex'::text), 4, 2))::integer + 1), 1)) || '.'::text) || rtrim(substr(encode(c.packed, 'hex'::text), 6), 'f'::text))
            WHEN 'f'::text THEN convert_from(substr(c.packed, 2), 'UTF8'::name)
            ELSE NULL::text
        END AS contact_id,
    NULLIF(c.country, ''::text) AS country,
    'outbound'::text AS direction,
        CASE (m.state >> 21)
            WHEN 0 THEN 'api'::text
            WHEN 1 THEN 'unknown'::text
            WHEN 2 THEN 'business_app'::text
            WHEN 3 THEN 'meta_agent'::text
            WHEN 4 THEN 'history'::text
            WHEN 5 THEN 'synthetic'::text
            ELSE NULL::text
        END AS origin,
        CASE ((m.state >> 16) & 7)
            WHEN 0 THEN 'pending'::text
            WHEN 1 THEN 'sent'::text
            WHEN 2 THEN 'delivered'::text
            WHEN 3 THEN 'read'::text
            WHEN 4 THEN 'failed'::text
            WHEN 5 THEN 'expired'::text
            ELSE NULL::text
        END AS status,
    NULLIF(p.type, ''::text) AS type,
    templates.name AS template_name,
    NULLIF(templates.language, ''::text) AS template_language,
    NULLIF(p.category, ''::text) AS category,
    users.value AS user_id,
    leads.value AS lead_id,
    to_char((to_timestamp((((m.cohort_at)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS created_at,
    m.cohort_at AS created_at_ms,
    to_char((to_timestamp(((((m.cohort_at + m.accepted_after))::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS accepted_at,
    to_char((to_timestamp((((
        CASE
            WHEN ((m.state & 16384) <> 0) THEN COALESCE(( SELECT min(g.sent_at) AS min
               FROM public.participants g
              WHERE ((g.message_id = m.id) AND ((m.sent_after IS NULL) OR (g.sent_at < (m.cohort_at + m.sent_after))))), (m.cohort_at + m.sent_after))
            ELSE (m.cohort_at + m.sent_after)
        END)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS sent_at,
    to_char((to_timestamp((((
        CASE
            WHEN ((m.state & 16384) <> 0) THEN COALESCE(( SELECT min(g.delivered_at) AS min
               FROM public.participants g
              WHERE ((g.message_id = m.id) AND ((m.delivered_after IS NULL) OR (g.delivered_at < (m.cohort_at + m.delivered_after))))), (m.cohort_at + m.delivered_after))
            ELSE (m.cohort_at + m.delivered_after)
        END)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS delivered_at,
    to_char((to_timestamp((((
        CASE
            WHEN ((m.state & 16384) <> 0) THEN COALESCE(( SELECT min(g.read_at) AS min
               FROM public.participants g
              WHERE ((g.message_id = m.id) AND ((m.read_after IS NULL) OR (g.read_at < (m.cohort_at + m.read_after))))), (m.cohort_at + m.read_after))
            ELSE (m.cohort_at + m.read_after)
        END)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS read_at,
    to_char((to_timestamp((((
        CASE
            WHEN ((m.state & 16384) <> 0) THEN COALESCE(( SELECT min(g.played_at) AS min
               FROM public.participants g
              WHERE ((g.message_id = m.id) AND ((m.played_after IS NULL) OR (g.played_at < (m.cohort_at + m.played_after))))), (m.cohort_at + m.played_after))
            ELSE (m.cohort_at + m.played_after)
        END)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS played_at,
    to_char((to_timestamp((((
        CASE
            WHEN ((m.state & 16384) <> 0) THEN COALESCE(( SELECT min(g.failed_at) AS min
               FROM public.participants g
              WHERE ((g.message_id = m.id) AND ((m.failed_after IS NULL) OR (g.failed_at < (m.cohort_at + m.failed_after))))), (m.cohort_at + m.failed_after))
            ELSE (m.cohort_at + m.failed_after)
        END)::numeric / 1000.0))::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text) AS failed_at,
    m.error_code,
        CASE
            WHEN ((m.state & 8192) <> 0) THEN ( SELECT NULLIF(e.title, ''::text) AS "nullif"
               FROM (public.message_errors r
                 JOIN public.error_texts e ON ((e.id = r.error_id)))
              WHERE (r.message_id = m.id)
              ORDER BY r.at, e.code, e.title
             LIMIT 1)
            ELSE NULL::text
        END AS error_title,
    NULLIF(p.pricing_model, ''::text) AS pricing_model,
    NULLIF(p.pricing_type, ''::text) AS pricing_type,
        CASE
            WHEN (p.billable >= 0) THEN p.billable
            ELSE NULL::smallint
        END AS billable,
        CASE
            WHEN ((m.state & 32768) <> 0) THEN 1
            ELSE 0
        END AS partial_failure,
        CASE
            CASE
                WHEN ((m.state & 8192) <> 0) THEN ( SELECT min(
                        CASE
                            WHEN (e.code = ANY (ARRAY[(130429)::bigint, (131048)::bigint, (131049)::bigint, (131056)::bigint, (131064)::bigint, (131208)::bigint, (133016)::bigint, (138002)::bigint, (138005)::bigint, (138009)::bigint, (138012)::bigint, (17)::bigint, (32)::bigint, (4)::bigint, (613)::bigint, (80007)::bigint, (80008)::bigint])) THEN 0
                            WHEN (e.code = 131050) THEN 1
                            WHEN (e.code = ANY (ARRAY[(132001)::bigint, (132007)::bigint, (132015)::bigint, (132016)::bigint])) THEN 2
                            ELSE 3
                        END) AS min
                   FROM (public.message_errors r
                     JOIN public.error_texts e ON ((e.id = r.error_id)))
                  WHERE (r.message_id = m.id))
                ELSE NULL::integer
            END
            WHEN 0 THEN 'rate_limit'::text
            WHEN 1 THEN 'opt_out'::text
            WHEN 2 THEN 'template_use'::text
            ELSE
            CASE
                WHEN (p.template_id <> 0) THEN 'template_use'::text
                ELSE 'delivery'::text
            END
        END AS meta_compliance_purpose,
    NULLIF(p.template_status, ''::text) AS template_approval_status,
    NULLIF(p.quality_rating, ''::text) AS quality_rating,
        CASE
            WHEN (p.template_use = ANY (ARRAY['unverified'::text, 'violation'::text])) THEN p.template_use
            ELSE 'compliant'::text
        END AS compliance_status
   FROM (((((((public.messages m
     LEFT JOIN public.profiles p ON ((p.id = m.profile_id)))
     LEFT JOIN public.numbers ON ((numbers.id = m.number_id)))
     LEFT JOIN public.wabas ON ((wabas.id = p.waba_id)))
     LEFT JOIN public.templates ON ((templates.id = p.template_id)))
     LEFT JOIN public.contacts c ON ((c.id = m.contact_id)))
     LEFT JOIN public.labels users ON ((users.id = m.user_id)))
     LEFT JOIN public.labels leads ON ((leads.id = m.lead_id)))
  WHERE (((m.state & 128) <> 0) AND (((m.state >> 19) & 3) <> 2));

ALTER TABLE ONLY public.alert_decisions ALTER COLUMN id SET DEFAULT nextval('public.alert_decisions_id_seq'::regclass);

ALTER TABLE ONLY public.alert_deeds ALTER COLUMN id SET DEFAULT nextval('public.alert_deeds_id_seq'::regclass);

ALTER TABLE ONLY public.alert_transitions ALTER COLUMN id SET DEFAULT nextval('public.alert_transitions_id_seq'::regclass);

ALTER TABLE ONLY public.api_tokens ALTER COLUMN id SET DEFAULT nextval('public.api_tokens_id_seq'::regclass);

ALTER TABLE ONLY public.checks ALTER COLUMN id SET DEFAULT nextval('public.checks_id_seq'::regclass);

ALTER TABLE ONLY public.contacts ALTER COLUMN id SET DEFAULT nextval('public.contacts_id_seq'::regclass);

ALTER TABLE ONLY public.erasures ALTER COLUMN id SET DEFAULT nextval('public.erasures_id_seq'::regclass);

ALTER TABLE ONLY public.error_texts ALTER COLUMN id SET DEFAULT nextval('public.error_texts_id_seq'::regclass);

ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id_seq'::regclass);

ALTER TABLE ONLY public.forward_targets ALTER COLUMN id SET DEFAULT nextval('public.forward_targets_id_seq'::regclass);

ALTER TABLE ONLY public.incidents ALTER COLUMN id SET DEFAULT nextval('public.incidents_id_seq'::regclass);

ALTER TABLE ONLY public.labels ALTER COLUMN id SET DEFAULT nextval('public.labels_id_seq'::regclass);

ALTER TABLE ONLY public.legal_holds ALTER COLUMN id SET DEFAULT nextval('public.legal_holds_id_seq'::regclass);

ALTER TABLE ONLY public.log_views ALTER COLUMN id SET DEFAULT nextval('public.log_views_id_seq'::regclass);

ALTER TABLE ONLY public.maintenance ALTER COLUMN id SET DEFAULT nextval('public.maintenance_id_seq'::regclass);

ALTER TABLE ONLY public.monitoring_runs ALTER COLUMN id SET DEFAULT nextval('public.monitoring_runs_id_seq'::regclass);

ALTER TABLE ONLY public.notices ALTER COLUMN id SET DEFAULT nextval('public.notices_id_seq'::regclass);

ALTER TABLE ONLY public.numbers ALTER COLUMN id SET DEFAULT nextval('public.numbers_id_seq'::regclass);

ALTER TABLE ONLY public.portfolios ALTER COLUMN id SET DEFAULT nextval('public.portfolios_id_seq'::regclass);

ALTER TABLE ONLY public.profiles ALTER COLUMN id SET DEFAULT nextval('public.profiles_id_seq'::regclass);

ALTER TABLE ONLY public.rechecks ALTER COLUMN id SET DEFAULT nextval('public.rechecks_id_seq'::regclass);

ALTER TABLE ONLY public.sessions ALTER COLUMN id SET DEFAULT nextval('public.sessions_id_seq'::regclass);

ALTER TABLE ONLY public.silences ALTER COLUMN id SET DEFAULT nextval('public.silences_id_seq'::regclass);

ALTER TABLE ONLY public.standings ALTER COLUMN id SET DEFAULT nextval('public.standings_id_seq'::regclass);

ALTER TABLE ONLY public.templates ALTER COLUMN id SET DEFAULT nextval('public.templates_id_seq'::regclass);

ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);

ALTER TABLE ONLY public.wabas ALTER COLUMN id SET DEFAULT nextval('public.wabas_id_seq'::regclass);

ALTER TABLE ONLY public.agent_interactions
    ADD CONSTRAINT agent_interactions_pkey PRIMARY KEY (number_id, local_id);

ALTER TABLE ONLY public.alert_decisions
    ADD CONSTRAINT alert_decisions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_deeds
    ADD CONSTRAINT alert_deeds_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_looks
    ADD CONSTRAINT alert_looks_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.alert_routes
    ADD CONSTRAINT alert_routes_pkey PRIMARY KEY (alert, channel);

ALTER TABLE ONLY public.alert_states
    ADD CONSTRAINT alert_states_pkey PRIMARY KEY (rule, scope, scope_id);

ALTER TABLE ONLY public.alert_transitions
    ADD CONSTRAINT alert_transitions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (alert);

ALTER TABLE ONLY public.api_answers
    ADD CONSTRAINT api_answers_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_name_key UNIQUE (name);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.archive_holds
    ADD CONSTRAINT archive_holds_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.archive_parts
    ADD CONSTRAINT archive_parts_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.audit_checkpoints
    ADD CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (entry);

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.bodies
    ADD CONSTRAINT bodies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.channel_states
    ADD CONSTRAINT channel_states_pkey PRIMARY KEY (channel);

ALTER TABLE ONLY public.check_results
    ADD CONSTRAINT check_results_pkey PRIMARY KEY (check_id, at);

ALTER TABLE ONLY public.check_rollups
    ADD CONSTRAINT check_rollups_pkey PRIMARY KEY (check_id, tier, bucket);

ALTER TABLE ONLY public.check_spans
    ADD CONSTRAINT check_spans_pkey PRIMARY KEY (check_id, start_at);

ALTER TABLE ONLY public.checks
    ADD CONSTRAINT checks_name_key UNIQUE (name);

ALTER TABLE ONLY public.checks
    ADD CONSTRAINT checks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (contact_id, waba_id, category, at, value);

ALTER TABLE ONLY public.contact_links
    ADD CONSTRAINT contact_links_pkey PRIMARY KEY (contact_id, other_id, waba_id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (tier, bucket, name);

ALTER TABLE ONLY public.cycles
    ADD CONSTRAINT cycles_pkey PRIMARY KEY (at);

ALTER TABLE ONLY public.erasure_secrets
    ADD CONSTRAINT erasure_secrets_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.error_texts
    ADD CONSTRAINT error_texts_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY public.error_texts
    ADD CONSTRAINT error_texts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.forward_answers
    ADD CONSTRAINT forward_answers_pkey PRIMARY KEY (body_id);

ALTER TABLE ONLY public.forward_bodies
    ADD CONSTRAINT forward_bodies_pkey PRIMARY KEY (body_id);

ALTER TABLE ONLY public.forward_deliveries
    ADD CONSTRAINT forward_deliveries_pkey PRIMARY KEY (target_id, body_id);

ALTER TABLE ONLY public.forward_targets
    ADD CONSTRAINT forward_targets_name_key UNIQUE (name);

ALTER TABLE ONLY public.forward_targets
    ADD CONSTRAINT forward_targets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.graph_usage
    ADD CONSTRAINT graph_usage_pkey PRIMARY KEY (scope);

ALTER TABLE ONLY public.histograms
    ADD CONSTRAINT histograms_pkey PRIMARY KEY (tier, bucket, kind, number_id, slot);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (identity);

ALTER TABLE ONLY public.inbox_blocks
    ADD CONSTRAINT inbox_blocks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inbox_head
    ADD CONSTRAINT inbox_head_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.kept_hours
    ADD CONSTRAINT kept_hours_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY public.label_contacts
    ADD CONSTRAINT label_contacts_pkey PRIMARY KEY (label_id, contact_id);

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.legal_holds
    ADD CONSTRAINT legal_holds_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.local_ids
    ADD CONSTRAINT local_ids_pkey PRIMARY KEY (local_id);

ALTER TABLE ONLY public.log_views
    ADD CONSTRAINT log_views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.login_links
    ADD CONSTRAINT login_links_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.login_tries
    ADD CONSTRAINT login_tries_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.maintenance
    ADD CONSTRAINT maintenance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.merged_messages
    ADD CONSTRAINT merged_messages_pkey PRIMARY KEY (old_id);

ALTER TABLE ONLY public.message_days
    ADD CONSTRAINT message_days_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.message_errors
    ADD CONSTRAINT message_errors_pkey PRIMARY KEY (message_id, at, error_id, fbtrace_id);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.meta_days
    ADD CONSTRAINT meta_days_pkey PRIMARY KEY (waba_id, number, day);

ALTER TABLE ONLY public.monitoring_runs
    ADD CONSTRAINT monitoring_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.notice_attempts
    ADD CONSTRAINT notice_attempts_pkey PRIMARY KEY (notice_id, n);

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_key_key UNIQUE (key);

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.number_ratings
    ADD CONSTRAINT number_ratings_pkey PRIMARY KEY (number_id, at, value);

ALTER TABLE ONLY public.number_wabas
    ADD CONSTRAINT number_wabas_pkey PRIMARY KEY (number_id, waba_id);

ALTER TABLE ONLY public.numbers
    ADD CONSTRAINT numbers_phone_number_id_key UNIQUE (phone_number_id);

ALTER TABLE ONLY public.numbers
    ADD CONSTRAINT numbers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.packed_counts
    ADD CONSTRAINT packed_counts_pkey PRIMARY KEY (tier, bucket, scope, number_id, ref);

ALTER TABLE ONLY public.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (body_id);

ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_pkey PRIMARY KEY (message_id, contact_id);

ALTER TABLE ONLY public.platform_states
    ADD CONSTRAINT platform_states_pkey PRIMARY KEY (kind, waba_id, subject, aspect);

ALTER TABLE ONLY public.polls
    ADD CONSTRAINT polls_pkey PRIMARY KEY (ask, subject);

ALTER TABLE ONLY public.portfolios
    ADD CONSTRAINT portfolios_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.portfolios
    ADD CONSTRAINT portfolios_portfolio_id_key UNIQUE (portfolio_id);

ALTER TABLE ONLY public.process_pulses
    ADD CONSTRAINT process_pulses_pkey PRIMARY KEY (process);

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.raw_blocks
    ADD CONSTRAINT raw_blocks_pkey PRIMARY KEY (first_id);

ALTER TABLE ONLY public.rechecks
    ADD CONSTRAINT rechecks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, digest);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id, revision);

ALTER TABLE ONLY public.rollups
    ADD CONSTRAINT rollups_pkey PRIMARY KEY (tier, bucket, scope, number_id, ref, standing_id);

ALTER TABLE ONLY public.rule_edits
    ADD CONSTRAINT rule_edits_pkey PRIMARY KEY (rule, place, place_id);

ALTER TABLE ONLY public.schema_steps
    ADD CONSTRAINT schema_steps_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.service_windows
    ADD CONSTRAINT service_windows_pkey PRIMARY KEY (contact_id, number_id, opened_at);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY public.silences
    ADD CONSTRAINT silences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.standings
    ADD CONSTRAINT standings_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY public.standings
    ADD CONSTRAINT standings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.template_events
    ADD CONSTRAINT template_events_pkey PRIMARY KEY (waba_id, template_id, aspect, at, value, reason);

ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_name_key UNIQUE (name);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_outside_key UNIQUE (outside);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.waba_portfolios
    ADD CONSTRAINT waba_portfolios_pkey PRIMARY KEY (waba_id, portfolio_id);

ALTER TABLE ONLY public.wabas
    ADD CONSTRAINT wabas_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wabas
    ADD CONSTRAINT wabas_waba_id_key UNIQUE (waba_id);

CREATE INDEX agent_interactions_at ON public.agent_interactions USING btree (at);

CREATE INDEX agent_interactions_contact ON public.agent_interactions USING btree (contact_id, at);

CREATE INDEX alert_decisions_silenced ON public.alert_decisions USING btree (detail) WHERE (reason = 'silenced'::text);

CREATE INDEX alert_deeds_alert ON public.alert_deeds USING btree (alert);

CREATE INDEX alert_routes_open ON public.alert_routes USING btree (alert) WHERE (is_closed = 0);

CREATE INDEX alert_transitions_unplanned ON public.alert_transitions USING btree (id) WHERE (planned_at IS NULL);

CREATE INDEX alerts_ended ON public.alerts USING btree (ended_at);

CREATE INDEX alerts_fired ON public.alerts USING btree (fired_at);

CREATE INDEX alerts_open ON public.alerts USING btree (opened_at) WHERE (ended_at IS NULL);

CREATE INDEX api_answers_at ON public.api_answers USING btree (at);

CREATE INDEX archive_parts_day ON public.archive_parts USING btree (day);

CREATE INDEX contact_links_other ON public.contact_links USING btree (other_id);

CREATE UNIQUE INDEX contacts_packed ON public.contacts USING btree (packed);

CREATE INDEX events_at ON public.events USING btree (at);

CREATE INDEX events_kind ON public.events USING btree (kind, at);

CREATE INDEX exports_made ON public.exports USING btree (made_at);

CREATE INDEX exports_under_way ON public.exports USING btree (made_at) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));

CREATE INDEX forward_deliveries_next ON public.forward_deliveries USING btree (target_id, next_try_at);

CREATE INDEX incidents_opened ON public.incidents USING btree (opened_at);

CREATE INDEX ix_alert_decisions_alert ON public.alert_decisions USING btree (alert);

CREATE INDEX ix_alert_transitions_alert ON public.alert_transitions USING btree (alert);

CREATE INDEX ix_bodies_fingerprint ON ONLY public.bodies USING btree (fingerprint);

CREATE INDEX ix_maintenance_ends_at ON public.maintenance USING btree (ends_at);

CREATE INDEX ix_silences_ends_at ON public.silences USING btree (ends_at);

CREATE UNIQUE INDEX labels_value ON public.labels USING btree (kind, value);

CREATE INDEX legal_holds_contact ON public.legal_holds USING btree (contact_id);

CREATE UNIQUE INDEX log_views_user ON public.log_views USING btree (user_id, name);

CREATE INDEX login_tries_last ON public.login_tries USING btree (last_at);

CREATE INDEX message_errors_error ON ONLY public.message_errors USING btree (error_id);

CREATE INDEX messages_contact ON ONLY public.messages USING btree (contact_id, substr(wamid, GREATEST(((length(wamid) - 2) + 1), 1)));

CREATE INDEX messages_error_code ON ONLY public.messages USING btree (error_code) WHERE (error_code IS NOT NULL);

CREATE INDEX messages_expires_at ON ONLY public.messages USING btree (expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX messages_number ON ONLY public.messages USING btree (number_id, cohort_at);

CREATE INDEX messages_wamid ON ONLY public.messages USING btree (substr(wamid, GREATEST(((length(wamid) - 4) + 1), 1))) WHERE ((wamid < '\x02'::bytea) OR (wamid >= '\x80'::bytea));

CREATE INDEX meta_days_day ON public.meta_days USING btree (day);

CREATE INDEX monitoring_runs_alive ON public.monitoring_runs USING btree (alive_at);

CREATE INDEX notices_at ON public.notices USING btree (at);

CREATE INDEX notices_thread ON public.notices USING btree (channel, thread);

CREATE INDEX notices_waiting ON public.notices USING btree (channel, next_try_at) WHERE (state = 'waiting'::text);

CREATE INDEX parked_next ON public.parked USING btree (next_try_at);

CREATE UNIQUE INDEX rechecks_subject ON public.rechecks USING btree (kind, ref);

CREATE INDEX reports_as_of ON public.reports USING btree (as_of);

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);

CREATE UNIQUE INDEX templates_name ON public.templates USING btree (name, language);

CREATE INDEX tombstones_until ON public.tombstones USING btree (until);
