"""`whatsapp_logs`: one readable row per thing that happened, of all kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection

from wabawatch.domain.error_codes import LIMIT_HIT_CODES
from wabawatch.domain.messages import Evidence
from wabawatch.domain.standing import Purpose
from wabawatch.ports import BodyKind
from wabawatch.storage.body_log import KINDS, RESULTS, SOURCES
from wabawatch.storage.contact_keys import phone_of
from wabawatch.storage.dialect import hex_text, iso_time
from wabawatch.storage.message_rows import NO_CLAIM, NOTED_BIT, SCALARS
from wabawatch.storage.views_messages import (
    FIRST_ERROR,
    IS_OUTBOUND,
    MESSAGES,
    PURPOSE,
    STAGES,
    STATUS,
    WITHOUT_ERRORS,
    flags,
    has,
    own_at,
    purpose_of,
    wamid_hex,
)
from wabawatch.storage.views_spelling import any_of, choose, known, listed, rows_of

COLUMNS = {
    "at": "BIGINT",
    "kind": "TEXT",
    "event": "TEXT",
    "message_id": "BIGINT",
    "wamid": "TEXT",
    "phone_number_id": "TEXT",
    "waba_id": "TEXT",
    "phone_number": "TEXT",
    "direction": "TEXT",
    "status": "TEXT",
    "template_name": "TEXT",
    "error_code": "BIGINT",
    "message": "TEXT",
    "meta_compliance_purpose": "TEXT",
    "template_approval_status": "TEXT",
    "quality_rating": "TEXT",
    "compliance_status": "TEXT",
}
"""The columns of every part of the view; `created_at` is made of `at`."""

ACCOUNT_KINDS = frozenset({"account", "capability", "error", "number", "payment", "security", "solution", "username"})
"""The kinds of event that tell how an account stands with Meta."""


def logs(connection: Connection) -> str:
    """The SELECT of `whatsapp_logs`."""
    parts = (_stamps, _participants, _errors, _bodies, _events)
    everything = "\nUNION ALL\n".join(part(connection) for part in parts)
    columns = {**{name: f"line.{name}" for name in COLUMNS}, "created_at": iso_time(connection, "line.at")}
    return f"SELECT\n  {listed(columns)}\nFROM (\n{everything}\n) AS line\nWHERE line.at IS NOT NULL"


def _part(columns: Mapping[str, str], origin: str) -> str:
    typed = {name: _typed(columns.get(name, "NULL"), kind) for name, kind in COLUMNS.items()}
    return f"SELECT\n  {listed(typed)}\nFROM {origin}"


def _typed(value: str, kind: str) -> str:
    """*value* with the type of its column, which all parts must share. A plain column has it, and stays searchable."""
    return value if re.fullmatch(r"\w+\.\w+", value) else f"CAST({value} AS {kind})"


def _of_message(connection: Connection, purpose: str) -> dict[str, str]:
    """What every line about the message `m` says of it."""
    return {
        "kind": "'message'",
        "message_id": "m.id",
        "wamid": wamid_hex(connection),
        "phone_number_id": "numbers.phone_number_id",
        "waba_id": "wabas.waba_id",
        "phone_number": phone_of(connection, "c.packed"),
        "direction": f"CASE WHEN {IS_OUTBOUND} THEN 'outbound' ELSE 'inbound' END",
        "status": f"CASE WHEN {IS_OUTBOUND} THEN {STATUS} END",
        "template_name": "templates.name",
        **flags(purpose),
        "compliance_status": f"CASE WHEN {IS_OUTBOUND} THEN {flags(purpose)['compliance_status']} END",
    }


def _stamps(connection: Connection) -> str:
    steps = {
        "requested": f"CASE WHEN {_is_requested(connection)} THEN m.cohort_at END",
        "accepted": own_at("accepted"),
        **{stage: own_at(stage) for stage in STAGES},
        "echoed": f"CASE WHEN {IS_OUTBOUND} AND {has(NOTED_BIT)} THEN m.cohort_at END",
        "received": f"CASE WHEN NOT ({IS_OUTBOUND}) AND {has(Evidence.INBOUND)} THEN m.cohort_at END",
    }
    cases = " ".join(f"WHEN '{step}' THEN {at}" for step, at in steps.items())
    return _part(
        {
            **_of_message(connection, PURPOSE),
            "at": f"CASE step.column1 {cases} END",
            "event": "step.column1",
            "error_code": "CASE WHEN step.column1 = 'failed' THEN m.error_code END",
            "message": _sentence("step.column1"),
        },
        f"{MESSAGES}\nCROSS JOIN {rows_of(steps)} AS step",
    )


def _is_requested(connection: Connection) -> str:
    """Whether the request time was recorded: that scalar has a claim in the profile."""
    place = SCALARS.index("requested") + 1
    return f"{hex_text(connection, f'substr(p.claims, {place}, 1)')} <> '{NO_CLAIM:02x}'"


def _sentence(step: str) -> str:
    error = f"CASE WHEN {step} = 'failed' THEN {FIRST_ERROR} END"
    return f"COALESCE({known('p.type')} || ' ', '') || 'message ' || {step} || COALESCE(': ' || {error}, '')"


def _participants(connection: Connection) -> str:
    cases = " ".join(f"WHEN '{stage}' THEN g.{stage}_at" for stage in STAGES)
    return _part(
        {
            **_of_message(connection, PURPOSE),
            "phone_number": phone_of(connection, "who.packed"),
            "at": f"CASE step.column1 {cases} END",
            "event": "step.column1",
            "message": f"{_sentence('step.column1')} || ' for a participant'",
        },
        MESSAGES.replace("messages AS m", "participants AS g JOIN messages AS m ON m.id = g.message_id", 1)
        + f"\nLEFT JOIN contacts AS who ON who.id = g.contact_id\nCROSS JOIN {rows_of(STAGES)} AS step",
    )


def _errors(connection: Connection) -> str:
    title = f"COALESCE({known('e.title')}, {known('e.message')}, 'error ' || CAST(e.code AS TEXT))"
    return _part(
        {
            **_of_message(connection, purpose_of("e.code", WITHOUT_ERRORS)),
            "at": "r.at",
            "kind": f"CASE WHEN e.code IN {any_of(LIMIT_HIT_CODES)} THEN 'rate_limit' ELSE 'api_error' END",
            "event": "'error'",
            "error_code": "e.code",
            "message": f"{title} || COALESCE(': ' || {known('e.details')}, '')",
        },
        MESSAGES.replace(
            "messages AS m",
            "message_errors AS r JOIN error_texts AS e ON e.id = r.error_id JOIN messages AS m ON m.id = r.message_id",
            1,
        ),
    )


def _bodies(_connection: Connection) -> str:
    kind, source = choose("(b.code & 3)", KINDS), choose("((b.code >> 2) & 7)", SOURCES)
    counted = "CAST(b.facts AS TEXT) || ' facts'"
    for name in ("unparsed", "unknown"):
        counted += f" || CASE WHEN b.{name} > 0 THEN ', ' || CAST(b.{name} AS TEXT) || ' {name}' ELSE '' END"
    return _part(
        {
            "at": "b.received_at",
            "kind": kind,
            "event": choose("(b.code >> 5)", RESULTS),
            "message": f"{source} || ' ' || {kind} || ' body ' || CAST(b.id AS TEXT)"
            f" || COALESCE(' for app ' || apps.value, '') || ': ' || COALESCE(f.error, {counted})",
            "meta_compliance_purpose": f"CASE WHEN (b.code & 3) = {KINDS.index(BodyKind.WEBHOOK)}"
            f" THEN '{Purpose.WEBHOOK}' END",
        },
        "bodies AS b\nLEFT JOIN parked AS f ON f.body_id = b.id\nLEFT JOIN labels AS apps ON apps.id = b.app_id",
    )


def _events(_connection: Connection) -> str:
    is_rate_limit = f"(v.kind = 'error' AND v.event IN {any_of(map(str, LIMIT_HIT_CODES))})"
    return _part(
        {
            "at": "v.at",
            "kind": f"CASE WHEN {is_rate_limit} THEN 'rate_limit' WHEN v.kind = 'error' THEN 'api_error'"
            " ELSE v.kind END",
            "event": "CASE WHEN v.kind = 'error' THEN 'error' ELSE v.event END",
            "phone_number_id": "numbers.phone_number_id",
            "waba_id": "wabas.waba_id",
            "template_name": f"CASE WHEN v.kind = 'template' THEN {_before_slash('v.subject')} END",
            "error_code": "CASE WHEN v.kind = 'error' AND v.event <> '' AND LTRIM(v.event, '0123456789') = ''"
            " THEN CAST(v.event AS BIGINT) END",
            "message": _story(),
            "meta_compliance_purpose": f"CASE WHEN {is_rate_limit} THEN '{Purpose.RATE_LIMIT}'"
            f" WHEN v.kind IN {any_of(ACCOUNT_KINDS)} THEN '{Purpose.ACCOUNT}'"
            f" WHEN v.kind = 'template' THEN '{Purpose.TEMPLATE_USE}' WHEN v.kind = 'consent' THEN '{Purpose.OPT_OUT}'"
            f" WHEN v.kind = 'unrecognised' THEN '{Purpose.WEBHOOK}' END",
            "template_approval_status": f"CASE WHEN v.kind = 'template' AND v.event = 'status'"
            f" THEN {known('v.after')} END",
            "quality_rating": f"CASE WHEN v.kind = 'number' AND v.event = 'quality' THEN {known('v.after')} END",
        },
        "events AS v\nLEFT JOIN numbers ON numbers.id = v.number_id\nLEFT JOIN wabas ON wabas.id = v.waba_id",
    )


def _story() -> str:
    change = f"COALESCE({known('v.before')} || ' -> ', '') || {known('v.after')}"
    return (
        f"v.kind || COALESCE(' ' || {known('v.event')}, '') || COALESCE(' of ' || {known('v.subject')}, '')"
        f" || COALESCE(': ' || {change}, '') || COALESCE(' (' || {known('v.reason')} || ')', '')"
    )


def _before_slash(text: str) -> str:
    """What stands before the last slash; NULL where there is none."""
    # Both databases can only trim: first off the end whatever is no slash, then the slash.
    return known(f"RTRIM(RTRIM({text}, REPLACE({text}, '/', '')), '/')")
