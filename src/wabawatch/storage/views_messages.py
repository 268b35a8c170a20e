"""`whatsapp_message_queue`: one readable row per outbound message."""

from __future__ import annotations

from sqlalchemy import Connection

from wabawatch.domain.error_codes import LIMIT_HIT_CODES, OPT_OUT_CODE, TEMPLATE_VIOLATION_CODES
from wabawatch.domain.messages import Evidence
from wabawatch.domain.standing import Purpose, Role, TemplateUse
from wabawatch.meta.wamid import HEX_WIDTHS
from wabawatch.storage.contact_keys import kind_of, phone_of, value_of
from wabawatch.storage.dialect import hex_number, hex_text, iso_time
from wabawatch.storage.message_rows import (
    CONTRADICTION_BIT,
    ERRORS_BIT,
    ORIGIN_SHIFT,
    ORIGINS,
    OUTCOME_SHIFT,
    OUTCOMES,
    PARTICIPANTS_BIT,
    ROLE_SHIFT,
    ROLES,
)
from wabawatch.storage.views_spelling import any_of, choose, known, listed

STAGES = ("sent", "delivered", "read", "played", "failed")

# Outer joins only, by primary key: the database leaves out those whose columns nobody asks for.
MESSAGES = """messages AS m
LEFT JOIN profiles AS p ON p.id = m.profile_id
LEFT JOIN numbers ON numbers.id = m.number_id
LEFT JOIN wabas ON wabas.id = p.waba_id
LEFT JOIN templates ON templates.id = p.template_id
LEFT JOIN contacts AS c ON c.id = m.contact_id
LEFT JOIN labels AS users ON users.id = m.user_id
LEFT JOIN labels AS leads ON leads.id = m.lead_id"""
"""A message with all that its row refers to."""


def has(bit: int) -> str:
    """Whether a bit of the state of the message `m` is set."""
    return f"(m.state & {bit}) <> 0"


IS_OUTBOUND = f"({has(Evidence.OUTBOUND)} AND ((m.state >> {ROLE_SHIFT}) & 3) <> {ROLES.index(Role.INBOUND)})"
"""A message that a person wrote and that we marked as read is no send of ours."""
STATUS = choose(f"((m.state >> {OUTCOME_SHIFT}) & 7)", OUTCOMES)


def queue(connection: Connection) -> str:
    """The SELECT of `whatsapp_message_queue`.

    `compliance_status` is `domain.templates.judge`, never the fate of the message: a send that violates the template
    rule is a `violation`, one that cannot be told is `unverified`, and any other send is `compliant`, whether it is on
    its way, delivered, failed or expired. A failure counts in the failure rate; it breaks no rule by itself.
    """
    times = {f"{stage}_at": iso_time(connection, first_at(stage)) for stage in STAGES}
    columns = {
        "message_id": "m.id",
        "wamid": wamid_hex(connection),
        "phone_number_id": "numbers.phone_number_id",
        "business_phone": known("numbers.display_number"),
        "waba_id": "wabas.waba_id",
        "phone_number": phone_of(connection, "c.packed"),
        "contact_kind": kind_of(connection, "c.packed"),
        "contact_id": value_of(connection, "c.packed"),
        "country": known("c.country"),
        "direction": "'outbound'",
        "origin": choose(f"(m.state >> {ORIGIN_SHIFT})", ORIGINS),
        "status": STATUS,
        "type": known("p.type"),
        "template_name": "templates.name",
        "template_language": known("templates.language"),
        "category": known("p.category"),
        "user_id": "users.value",
        "lead_id": "leads.value",
        "created_at": iso_time(connection, "m.cohort_at"),
        "created_at_ms": "m.cohort_at",
        "accepted_at": iso_time(connection, own_at("accepted")),
        **times,
        "error_code": "m.error_code",
        "error_title": FIRST_ERROR,
        "pricing_model": known("p.pricing_model"),
        "pricing_type": known("p.pricing_type"),
        "billable": "CASE WHEN p.billable >= 0 THEN p.billable END",
        "partial_failure": f"CASE WHEN {has(CONTRADICTION_BIT)} THEN 1 ELSE 0 END",
        **flags(PURPOSE),
    }
    return f"SELECT\n  {listed(columns)}\nFROM {MESSAGES}\nWHERE {IS_OUTBOUND}"


def wamid_hex(connection: Connection) -> str:
    """The packed wamid of the message `m` in hex, with the phone number of its contact `c` where that was left out."""
    kept, digits = hex_text(connection, "m.wamid"), phone_of(connection, "c.packed")
    first = f"SUBSTR('89abcdef', CAST(SUBSTR({kept}, 1, 1) AS INTEGER) + 1, 1)"
    phone = hex_number(connection, digits, choose(f"LENGTH({digits})", HEX_WIDTHS))
    whole = f"{first} || SUBSTR({kept}, 2, 1) || {phone} || SUBSTR({kept}, 3)"
    return f"CASE WHEN {kept} >= '02' AND {kept} < '8' THEN {whole} ELSE {kept} END"


def flags(purpose: str) -> dict[str, str]:
    """The four compliance flags of the outbound message `m`."""
    judged = any_of((TemplateUse.VIOLATION.value, TemplateUse.UNVERIFIED.value))
    return {
        "meta_compliance_purpose": purpose,
        "template_approval_status": known("p.template_status"),
        "quality_rating": known("p.quality_rating"),
        "compliance_status": f"CASE WHEN p.template_use IN {judged} THEN p.template_use ELSE 'compliant' END",
    }


def own_at(stage: str) -> str:
    """When the message itself reached *stage*, in ms."""
    return f"m.cohort_at + m.{stage}_after"


def first_at(stage: str) -> str:
    """When the message, or the first participant of its group, reached *stage*, in ms."""
    own = own_at(stage)
    earlier = (
        f"(SELECT MIN(g.{stage}_at) FROM participants AS g WHERE g.message_id = m.id"
        f" AND (m.{stage}_after IS NULL OR g.{stage}_at < {own}))"
    )
    return f"CASE WHEN {has(PARTICIPANTS_BIT)} THEN COALESCE({earlier}, {own}) ELSE {own} END"


def purpose_of(code: str, otherwise: str) -> str:
    """The purpose that an error with the number *code* (SQL) is evidence for (`domain.standing.purpose`)."""
    return f"""CASE {rank_of(code)} {_PURPOSES} ELSE {otherwise} END"""


def rank_of(code: str) -> str:
    """The place of an error's purpose among those of its message: the smallest speaks for the message."""
    return (
        f"CASE WHEN {code} IN {any_of(LIMIT_HIT_CODES)} THEN 0 WHEN {code} = {OPT_OUT_CODE} THEN 1"
        f" WHEN {code} IN {any_of(TEMPLATE_VIOLATION_CODES)} THEN 2 ELSE 3 END"
    )


_PURPOSES = f"WHEN 0 THEN '{Purpose.RATE_LIMIT}' WHEN 1 THEN '{Purpose.OPT_OUT}' WHEN 2 THEN '{Purpose.TEMPLATE_USE}'"
_ERRORS = "FROM message_errors AS r JOIN error_texts AS e ON e.id = r.error_id WHERE r.message_id = m.id"
_RANK = f"CASE WHEN {has(ERRORS_BIT)} THEN (SELECT MIN({rank_of('e.code')}) {_ERRORS}) END"

WITHOUT_ERRORS = f"CASE WHEN p.template_id <> 0 THEN '{Purpose.TEMPLATE_USE}' ELSE '{Purpose.DELIVERY}' END"
"""The purpose of a message as far as its errors do not say another."""
PURPOSE = f"CASE {_RANK} {_PURPOSES} ELSE {WITHOUT_ERRORS} END"
FIRST_ERROR = (
    f"CASE WHEN {has(ERRORS_BIT)} THEN "
    f"(SELECT NULLIF(e.title, '') {_ERRORS} ORDER BY r.at, e.code, e.title LIMIT 1) END"
)
"""The title of the error that came first; of several at once, that of the smallest code."""
