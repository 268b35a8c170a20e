"""Entries of the audit trail, as they are looked for and read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from wabawatch.domain.errors import BadRequest
from wabawatch.domain.facts import Millis

Plain: TypeAlias = str | int | float | bool | None
SERVER_STARTED: Final = "server_started"
ADDRESS: Final = "address"
"""Where in the detail of an entry stands from where it was asked for"""
BEFORE: Final = "before"
"""`before_NAME` is what NAME was, as `NAME_before` is what `NAME_after` was; `before` alone, what the first word of
the action names was"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that somebody did."""

    id: int
    """In the order in which they were written; without gaps"""
    at: Millis
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """From where it was asked for; "" it is not known."""
        return str(self.detail.get(ADDRESS) or "")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are looked for."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    """All of it, or what stands before its colon: `user:7`, or `user` for all users"""
    start: Millis | None = None
    end: Millis | None = None
    """Up to, and without"""
    below: int | None = None
    """Only entries with smaller numbers: a page begins there"""


class Difference(NamedTuple):
    """One value that was changed, or that goes with what was done."""

    name: str
    before: Plain
    after: Plain
    is_change: bool
    """Whether it is known what it was before"""


def differences(entry: Entry) -> list[Difference]:
    """What *entry* says beside who did what with whom: what was changed, and how; first what was changed."""
    detail = {name: value for name, value in entry.detail.items() if name != ADDRESS}
    found: list[Difference] = []
    for name in [each for each in detail if each == BEFORE or each.startswith(f"{BEFORE}_")]:
        after = name.removeprefix(f"{BEFORE}_") if name != BEFORE else entry.action.partition("_")[0]
        found.append(Difference(after, detail.pop(name), detail.pop(after, None), is_change=True))
    for name in [each for each in detail if each.endswith(f"_{BEFORE}")]:
        plain = name.removesuffix(f"_{BEFORE}")
        found.append(Difference(plain, detail.pop(name), detail.pop(f"{plain}_after", None), is_change=True))
    return [*found, *(Difference(name, None, value, is_change=False) for name, value in detail.items())]


def times_in(entry: Entry) -> Sequence[str]:
    """The names in the detail whose values are moments, in milliseconds."""
    return [name for name in entry.detail if name in ("until", "starts_at", "ends_at", "expires_at")]


LONGEST_REASON: Final = 200
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9](?:[ ()./-]{0,2}[0-9]){8,}")
"""Nine digits or more with little between them: somebody's phone number"""
_ID = re.compile(r"(?i:wamid\.)|\b[A-Z]{2}\.(?:ENT\.)?(?=[A-Za-z]*[0-9])[A-Za-z0-9]{6,}")
"""A message's, or a person's for a business: two letters of a country, a dot, letters and digits"""


def reason_of(text: str) -> str:
    """Why something was done, as it may stand in the trail. Raises BadRequest: it is missing, too long, or holds what
    looks like a phone number, a BSUID or a wamid, which no entry may."""
    plain = " ".join(text.split())
    if not plain:
        raise BadRequest("reason: say why in a few words, for whoever reads the audit trail later")
    if len(plain) > LONGEST_REASON:
        raise BadRequest(f"reason: at most {LONGEST_REASON} characters")
    if _NUMBER.search(_DAY.sub("", plain)):
        raise BadRequest("reason: there is a phone number in it, which may not stand in the audit trail: leave it out")
    if _ID.search(plain):
        raise BadRequest(
            "reason: there is the id of a message or of a person in it, which may not stand in the audit trail: leave "
            "it out"
        )
    return plain


ACTIONS: Final[Mapping[str, str]] = {
    "alert_acknowledged": "acknowledged an alert",
    "alert_noted": "wrote a note about an alert",
    "alerts_silenced": "silenced alerts",
    "alerts_unsilenced": "ended a silence",
    "archive_deleted": "deleted a file of the archive whose time was over",
    "archive_given_up": "gave up a file of the archive that cannot be read",
    "archive_restored": "put archived messages back",
    "audit_exported": "exported the audit trail",
    "backup_made": "made a backup",
    "backup_restored": "restored a backup",
    "body_tried_again": "had a webhook tried again",
    "body_unmasked": "looked at a whole webhook",
    "channel_tested": "sent a test to a channel",
    "code_failed": "gave a wrong code",
    "export_cancelled": "cancelled an export",
    "export_deleted": "deleted an export",
    "export_downloaded": "downloaded an export",
    "export_expired": "deleted an export whose time was over",
    "export_failed": "could not finish an export",
    "export_finished": "finished an export",
    "export_requested": "asked for an export",
    "export_written": "wrote an export into a file",
    "erasure_begun": "began to erase a person",
    "forward_dropped": "dropped dead letters",
    "forward_paused": "paused forwarding",
    "forward_replayed": "replayed webhooks",
    "forward_resumed": "resumed forwarding",
    "forward_skipped": "skipped waiting webhooks",
    "key_added": "made a new key that seals",
    "installation_copied": "copied everything to another database",
    "keys_dropped": "took older keys out of the key file",
    "keys_printed": "had the keys printed",
    "keys_rotated": "sealed everything anew",
    "legal_hold_ended": "ended a legal hold",
    "legal_hold_set": "set a legal hold on a person",
    "log_view_deleted": "deleted a shared view of the log",
    "log_view_saved": "shared a view of the log",
    "login": "signed in",
    "login_failed": "failed to sign in",
    "login_link_made": "made a link to set a password",
    "login_paused": "was locked out after too many tries",
    "logout": "signed out",
    "maintenance_ended": "ended a maintenance window",
    "maintenance_entered": "entered a maintenance window",
    "messages_archived": "archived messages",
    "messages_unmasked": "looked at whole numbers",
    "monitoring_restart": "restarted monitoring",
    "monitoring_start": "started monitoring",
    "monitoring_stop": "stopped monitoring",
    "password_set": "set a password",
    "person_erased": "erased a person",
    "person_exported": "gave out what is kept of a person",
    "person_looked_up": "looked up a person",
    "recovery_code_used": "used a recovery code",
    "recovery_codes_renewed": "made new recovery codes",
    "report_fetched": "took a report away",
    "report_made": "made a report",
    "report_not_sent": "could not send a report",
    "report_sent": "sent a report",
    "role_changed": "changed a role",
    "rollups_mended": "counted everything again and mended figures",
    "rule_changed": "changed a rule",
    "rule_reset": "reset a rule",
    SERVER_STARTED: "was started",
    "server_stopped": "was stopped",
    "sessions_revoked": "ended sessions",
    "settings_changed": "was started with other settings",
    "signing_key_made": "made a key that signs",
    "token_created": "made an API token",
    "token_revoked": "revoked an API token",
    "totp_off": "turned the second factor off",
    "totp_on": "turned the second factor on",
    "totp_reset": "removed a second factor",
    "user_added": "added a user",
    "user_disabled": "disabled a user",
    "user_enabled": "enabled a user",
    "user_linked": "let somebody sign in by single sign-on",
    "user_unlinked": "took single sign-on back",
    "user_unlocked": "unlocked a user",
    "schema_changed": "brought the tables up to date",
    "verify_token_shown": "looked at a verify token",
    "webhooks_imported": "imported webhooks",
}
"""What each action is called: read after who did it"""


DETAILS: Final[Mapping[str, str]] = {
    "ends_at": "until",
    "starts_at": "from",
    "expires_at": "ends",
    "unmask": "sees whole numbers",
}
"""What the details of an entry are called that are not called as they are kept"""


def detail_words(name: str) -> str:
    """What the detail *name* is called."""
    return name if name.isupper() else DETAILS.get(name, name.replace("_", " "))


def action_words(action: str) -> str:
    """What *action* is called; of one that is new, its own words."""
    return ACTIONS.get(action, action.replace("_", " "))
