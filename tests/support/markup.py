"""Text that would like to be markup, put wherever an installation keeps text of strangers; what pages make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from sqlalchemy import func, literal, update

from tests.support.facts import WABA
from tests.support.system import item, webhook
from wabawatch.access_ports import NewSession, Origin
from wabawatch.app import System
from wabawatch.domain.access import Role
from wabawatch.domain.kept_secrets import digest_of
from wabawatch.domain.silences import Matcher, Window
from wabawatch.domain.users import Stage
from wabawatch.ports import Body
from wabawatch.storage import audit
from wabawatch.storage.metadata import metadata

EVIL = "'\"--></textarea></title></script><evil-tag onload=owned()><img src=evil onerror=owned()> onfocus=owned()"
SEEN = "evil-tag"
"""What of it is found in a page that shows it, however it is escaped"""
SECRET = "of-somebody-who-administers"
LINK = "javascript:owned()//"
KEPT_AS_IT_CAME = {
    "audit_entries": (),
    "error_texts": ("title", "message", "details"),
    "templates": ("name",),
    "labels": ("value",),
    "numbers": ("display_number",),
    "events": ("reason",),
    "platform_states": ("note",),
    "alerts": ("message", "ack_note", "ack_by", "title"),
    "silences": ("reason", "made_by"),
    "maintenance": ("reason", "made_by", "name"),
    "incidents": ("words",),
    "sessions": ("agent", "address"),
    "parked": ("error",),
    "polls": ("error",),
    "users": ("name",),
    "notices": ("detail",),
    "notice_attempts": ("detail",),
    "channel_states": ("trouble",),
    "forward_targets": ("trouble",),
    "forward_answers": ("detail",),
}
"""Columns that hold what people, Meta or other programs wrote, by table"""
FOREIGN_LINKS = {"error_texts": "href"}
_LEADING = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data", "xlink:href")


def say_evil(system: System, at: int) -> None:
    """Let webhooks tell EVIL in the name of a person, what they wrote, a template, an error, and what nobody knows."""
    said = item("wamid.c2FpZA==", at, **{"from": "15550101001", "type": "text", "text": {"body": EVIL}})
    failed = item("wamid.ZmFpbGVk", at, status="failed", recipient_id="15550101001")
    failed["errors"] = [{"code": 131026, "title": EVIL, "message": EVIL, "error_data": {"details": EVIL}}]
    template = {"event": "REJECTED", "reason": EVIL, "message_template_name": EVIL, "message_template_language": EVIL}
    profile = {"contacts": [{"wa_id": "15550101001", "profile": {"name": EVIL, "username": EVIL}}]}
    bodies = [
        _with(webhook("messages", said, received_at=at), profile),
        webhook("statuses", failed, {"id": EVIL, "status": EVIL, EVIL: EVIL}, received_at=at),
        _change("message_template_status_update", template, at),
        _change(EVIL, {EVIL: EVIL}, at),
    ]
    system.inbox.append_all(bodies)
    system.drain()


def _with(body: Body, more: Mapping[str, object]) -> Body:
    holder = json.loads(body.content)
    holder["entry"][0]["changes"][0]["value"] |= more
    return body._replace(content=json.dumps(holder).encode())


def _change(field: str, value: object, at: int) -> Body:
    entry = {"id": WABA, "time": at // 1000, "changes": [{"field": field, "value": value}]}
    content = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    return webhook("statuses", received_at=at)._replace(content=content)


def let_in(system: System, at: int) -> None:
    """Let who shows the cookie SECRET be somebody who administers."""
    admin = system.access.desk.add("root", Role.ADMIN, "test")[0]
    session = NewSession(digest_of(SECRET), admin.id, Stage.WHOLE, at + 3_600_000, Origin("192.0.2.7", EVIL))
    system.access.door.sessions.open(session, at, b"", None)


def poison(system: System, at: int) -> None:
    """Write EVIL wherever text is kept that somebody else wrote."""
    desk = system.access.desk
    for name in ("evil", "other"):
        desk.add(name, Role.VIEWER, "test")
    system.notices.silencing.silence(Matcher(type="DELIVERY_RATE_LOW"), EVIL, EVIL, at + 3_600_000)
    system.notices.silencing.maintain(Window(EVIL, at + 1_000, at + 3_600_000, EVIL), EVIL)
    with system.database.writing() as connection:
        for table, columns in KEPT_AS_IT_CAME.items():
            if (found := metadata.tables.get(table)) is None:
                continue
            for column in columns:
                if column in found.c:
                    text = literal(EVIL) + func.coalesce(found.c[column], "")
                    connection.execute(update(found).values({column: text}))
        for table, column in FOREIGN_LINKS.items():
            connection.execute(update(metadata.tables[table]).values({column: LINK}))
        audit.append(connection, at, EVIL, EVIL, EVIL, {EVIL: EVIL})


@dataclass
class Page(HTMLParser):
    """A page as a browser reads it: its links, and what in it came alive."""

    links: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("evil-tag", "iframe", "object", "embed", "base") or (tag == "img" and given.get("src") == "evil"):
            self.wrong.append(f"<{tag}>")
        self._is_data = tag == "script" and given.get("type") == "application/json"
        if tag == "script" and not self._is_data and not given.get("src", "").startswith("/static/"):
            self.wrong.append(f"a script of its own: {given}")
        for name, value in given.items():
            self._attribute(tag, name, value)

    def handle_data(self, data: str) -> None:
        if self._is_data:
            json.loads(data)
            self._is_data = False

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith(("on", "hx-on", "style")):
            self.wrong.append(f"<{tag} {name}>")
        if not name.replace("-", "").replace(":", "").isalnum():
            self.wrong.append(f"an attribute called {name}")
        if name in _LEADING:
            if value.strip().lower().startswith(("javascript:", "data:", "vbscript:", "evil")):
                self.wrong.append(f"<{tag} {name}={value[:40]}>")
            if value.startswith("/") and name in ("href", "hx-get"):
                self.links.append(value)
        if name.startswith("data-") and value[:1] in ("{", "["):
            json.loads(value)


def read(text: str) -> Page:
    """*text* as a browser reads it."""
    page = Page()
    page.feed(text)
    page.close()
    return page


def hostile_queries() -> Iterator[tuple[str, str]]:
    """Parameters that pages know, with what they do not expect."""
    names = (
        "q range from to client number status template error direction next app done cursor column unmask rule "
        "severity action actor seen"
    )
    for name in names.split():
        yield name, EVIL
