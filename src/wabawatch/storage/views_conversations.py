"""`conversations` and `agent_interaction_logs`: who talks with whom, until when freely, and what agents did."""

from __future__ import annotations

from sqlalchemy import Connection

from wabawatch.domain.conversations import WINDOW_MS
from wabawatch.storage.contact_keys import kind_of, phone_of, value_of
from wabawatch.storage.dialect import hex_text, iso_time, now_ms
from wabawatch.storage.views_spelling import known, listed

_LAST_AT = "(w.opened_at + w.last_after)"
_EXPIRES_AT = f"({_LAST_AT} + {WINDOW_MS})"


def conversations(connection: Connection) -> str:
    """The SELECT of `conversations`: one row per service window.

    User, lead, agent and conversation are those last named of the same person and number before the window's end.
    """
    columns = {
        "phone_number_id": "numbers.phone_number_id",
        "business_phone": known("numbers.display_number"),
        **_contact(connection),
        "opened_at": iso_time(connection, "w.opened_at"),
        "opened_at_ms": "w.opened_at",
        "last_inbound_at": iso_time(connection, _LAST_AT),
        "last_inbound_at_ms": _LAST_AT,
        "expires_at": iso_time(connection, _EXPIRES_AT),
        "expires_at_ms": _EXPIRES_AT,
        "is_open": f"CASE WHEN {_EXPIRES_AT} > {now_ms(connection)} THEN 1 ELSE 0 END",
        "user_id": f"COALESCE({_last_message('user')}, {_last_action('user')})",
        "lead_id": f"COALESCE({_last_message('lead')}, {_last_action('lead')})",
        "conversation_id": _last_action("conversation"),
        "agent_id": _last_action("agent"),
    }
    return (
        f"SELECT\n  {listed(columns)}\nFROM service_windows AS w\n"
        "LEFT JOIN numbers ON numbers.id = w.number_id\nLEFT JOIN contacts AS c ON c.id = w.contact_id"
    )


def agent_interactions(connection: Connection) -> str:
    """The SELECT of `agent_interaction_logs`: one row per thing an agent did."""
    digits = hex_text(connection, "a.local_id")
    parts = " || '-' || ".join(f"SUBSTR({digits}, {at}, {n})" for at, n in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12)))
    columns = {
        "interaction_id": parts,
        "agent_id": "agents.value",
        "action": "actions.value",
        "outcome": "outcomes.value",
        "phone_number_id": "numbers.phone_number_id",
        **_contact(connection),
        "conversation_id": "conversations.value",
        "user_id": "users.value",
        "lead_id": "leads.value",
        "wamid": hex_text(connection, "a.wamid"),
        "duration_ms": "a.duration_ms",
        "created_at": iso_time(connection, "a.at"),
        "created_at_ms": "a.at",
    }
    joins = "".join(
        f"\nLEFT JOIN labels AS {name}s ON {name}s.id = a.{name}_id"
        for name in ("agent", "action", "outcome", "conversation", "user", "lead")
    )
    return (
        f"SELECT\n  {listed(columns)}\nFROM agent_interactions AS a\n"
        f"LEFT JOIN numbers ON numbers.id = a.number_id\nLEFT JOIN contacts AS c ON c.id = a.contact_id{joins}"
    )


def _contact(connection: Connection) -> dict[str, str]:
    return {
        "phone_number": phone_of(connection, "c.packed"),
        "contact_kind": kind_of(connection, "c.packed"),
        "contact_id": value_of(connection, "c.packed"),
    }


def _last_message(name: str) -> str:
    """The label that the last message of the window's parties had."""
    return (
        f"(SELECT l.value FROM messages AS m JOIN labels AS l ON l.id = m.{name}_id"
        f" WHERE m.contact_id = w.contact_id AND m.number_id = w.number_id AND m.cohort_at < {_EXPIRES_AT}"
        " ORDER BY m.cohort_at DESC, l.value LIMIT 1)"
    )


def _last_action(name: str) -> str:
    """The label that the last action with the window's parties had."""
    return (
        f"(SELECT l.value FROM agent_interactions AS a JOIN labels AS l ON l.id = a.{name}_id"
        f" WHERE a.contact_id = w.contact_id AND a.number_id IN (w.number_id, 0) AND a.at < {_EXPIRES_AT}"
        " ORDER BY a.at DESC, l.value LIMIT 1)"
    )
