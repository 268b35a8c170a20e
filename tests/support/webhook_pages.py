"""An installation with a webhook of every kind, one forward target, and somebody who looks at them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.support.books import HandClock
from tests.support.console import ADMIN, client
from tests.support.facts import WABA
from tests.support.forwarding import refuse
from tests.support.system import item, webhook
from wabawatch.app import System
from wabawatch.domain.access import Right
from wabawatch.flows.digest import fingerprint
from wabawatch.meta.countries import country_of
from wabawatch.meta.signature import sign
from wabawatch.ports import Body, BodyNote, BodyResult, BodySource, Failing, StoredBody
from wabawatch.settings import load
from wabawatch.storage.books import SqlBooks
from wabawatch.web import csrf
from wabawatch.web.visitors import Visitor

NOW = 1_795_176_000_000
MINUTE_MS = 60_000
SECRET = b"webhook pages"
PHONE = "15550101001"
TEXT = "meet me at the old bridge"
NAME = "Ada Lovelace"
WAMID = "wamid.HBgLMTU1NTAxMDEwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"
REPLY = "wamid.HBgLMTU1NTAxMDEwMDEVAgASGBQzQTAwMDAwMDAwMDAwMDAwMDAwMQA="
MARKUP = "<img src=x onerror=alert(1)>"
VIEWER = Visitor("Vera Viewer", frozenset({Right.VIEW}), id=2)
OPERATOR = Visitor("Otto Operator", frozenset({Right.VIEW, Right.OPERATE}), csrf="page-test-csrf", id=3)


def signed(body: Body) -> Body:
    """*body* with the signature that Meta would send."""
    return body._replace(signature=sign(body.content, SECRET))


def change(field: str, value: object, at: int) -> Body:
    """A webhook of one change."""
    entry = {"id": WABA, "time": at // 1000, "changes": [{"field": field, "value": value}]}
    content = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    return webhook("statuses", received_at=at)._replace(content=content)


class Webhooks:
    """What came in: by name, the number of each body."""

    def __init__(self, folder: Path) -> None:
        told = {
            "WABAWATCH_DATA_DIR": str(folder),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_APP_SECRET": SECRET.decode(),
            "WABAWATCH_UPTIME": "false",
            "WABAWATCH_FORWARD_CRM_URL": "https://user@crm.example/hook?key=very-secret",
            "WABAWATCH_FORWARD_CRM_APP": "default",
        }
        self.system = System(load(told), HandClock(NOW))
        self.system.forwards.store.register(["crm"], 0)
        self.ids: dict[str, int] = {}
        self._receive()

    def _receive(self) -> None:
        sent = item(WAMID, NOW - 9 * MINUTE_MS, status="sent", recipient_id=PHONE)
        failed = item(WAMID, NOW - 8 * MINUTE_MS, status="failed", recipient_id=PHONE)
        failed["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
        said: dict[str, Any] = {"from": PHONE, "type": "text", "text": {"body": TEXT}}
        message = webhook("messages", item(REPLY, NOW - 7 * MINUTE_MS, **said), received_at=NOW - 7 * MINUTE_MS)
        holder = json.loads(message.content)
        holder["entry"][0]["changes"][0]["value"]["contacts"] = [{"wa_id": PHONE, "profile": {"name": NAME}}]
        template = {"event": "APPROVED", "message_template_name": MARKUP, "message_template_language": "en"}
        bodies = {
            "sent": signed(webhook("statuses", sent, received_at=NOW - 9 * MINUTE_MS)),
            "failed": signed(webhook("statuses", failed, sent, received_at=NOW - 8 * MINUTE_MS)),
            "message": signed(message._replace(content=json.dumps(holder).encode())),
            "template": signed(change("message_template_status_update", template, NOW - 6 * MINUTE_MS)),
            "unknown": signed(change("brand_new_field", {"who": PHONE, "what": MARKUP}, NOW - 5 * MINUTE_MS)),
            "partly": signed(webhook("statuses", sent, {"id": WAMID}, received_at=NOW - 4 * MINUTE_MS)),
            "no json": webhook("statuses", received_at=NOW - 3 * MINUTE_MS)._replace(content=f"no {PHONE}".encode()),
            "repeat": signed(webhook("statuses", sent, received_at=NOW - 9 * MINUTE_MS))._replace(
                received_at=NOW - 2 * MINUTE_MS
            ),
            "copy": webhook("statuses", item("wamid.copy", NOW, status="sent"), received_at=NOW - MINUTE_MS)._replace(
                source=BodySource.COPY
            ),
        }
        self.ids = dict(zip(bodies, self.system.inbox.append_all(list(bodies.values())), strict=True))
        self.system.drain()
        self._park(StoredBody(self.ids["message"] + 1_000_000, bodies["template"]))
        self.waiting = self.system.inbox.append_all([signed(webhook("statuses", received_at=NOW - 1_000))])[0]
        refuse(self.system.forwards.store, "crm", self.ids["failed"], NOW - MINUTE_MS)
        refuse(self.system.forwards.store, "crm", self.ids["message"], NOW - MINUTE_MS, NOW + MINUTE_MS)

    def _park(self, stored: StoredBody) -> None:
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            ledger.fail(Failing(stored, 5, None, "KeyError"))
            ledger.note_bodies([BodyNote(stored.id, stored.body, fingerprint(stored), BodyResult.PARKED)])
        self.ids["parked"] = stored.id

    def get(self, path: str, visitor: Visitor = ADMIN) -> httpx.Response:
        return client(self.system, visitor).get(path)

    def post(self, path: str, fields: dict[str, Any], visitor: Visitor = ADMIN) -> httpx.Response:
        asking = client(self.system, visitor)
        asking.cookies["wabawatch"] = "secret"
        return asking.request("POST", path, data={csrf.FIELD: csrf.token_of("secret"), **fields})

    def deeds(self, action: str) -> list[tuple[str, str, str]]:
        """Who did it, to what, and with which detail beside the address."""
        with self.system.database.reading() as connection:
            asked = f"SELECT actor, subject, detail FROM audit_entries WHERE action = '{action}' ORDER BY id"
            rows = [(row[0], row[1], json.loads(row[2])) for row in connection.exec_driver_sql(asked)]
        return [(actor, subject, json.dumps(_but_address(detail))) for actor, subject, detail in rows]

    def close(self) -> None:
        self.system.close()


def _but_address(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if name != "address"}
