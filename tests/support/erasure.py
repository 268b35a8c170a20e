"""A person who has left traces everywhere, and a search of everything that is kept for what tells of them."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.facts import HOUR, NUMBERS, T0, WABA
from tests.support.places import Place
from tests.support.system import Bench, item, webhook
from wabawatch.archives.folder import Folder
from wabawatch.domain.errors import SealBroken
from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.flows.digest import fingerprint
from wabawatch.flows.erasing import Erasing
from wabawatch.flows.recording import body_of, record_agent, record_message
from wabawatch.meta.countries import country_of
from wabawatch.ports import DIGESTED, Body, BodyKind, Failing, StoredBody
from wabawatch.storage import contact_keys, schema
from wabawatch.storage.api_answers import SqlAnswers
from wabawatch.storage.archived_erasure import ArchiveSweep
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.bodies import decode_block, encode_block, unpack_block
from wabawatch.storage.body_log import PARKED
from wabawatch.storage.erasure_places import SealedPlaces
from wabawatch.storage.erasures import SqlErasures
from wabawatch.storage.inbox_writer import CONTEXT as INBOX
from wabawatch.storage.kept_bodies import context_of as set_aside
from wabawatch.storage.late_bodies import LateBodies
from wabawatch.storage.raw_bodies import RawBodies, context_of
from wabawatch.storage.resealing import PLACES
from wabawatch.storage.schema_access import log_views
from wabawatch.storage.schema_alerts import alert_deeds
from wabawatch.storage.schema_forward import forward_bodies
from wabawatch.storage.schema_notices import silences
from wabawatch.storage.schema_postgres import inbox_blocks
from wabawatch.wire import AgentIn, MessageIn

NOW = T0 + HOUR
PHONE, BSUID, USERNAME, NAME = "4915123456789", "DE.13491208655302741918", "lena.k", "Lena Kowalski"
TEXT, LEAD, USER = "Meet me at the old mill", "lead-lena", "agent-7"
KEYS = (ContactKey(ContactKind.PHONE, PHONE), ContactKey(ContactKind.BSUID, BSUID))
OTHER = "15550101001"
MARK = 0xFEEDC0DE0000
"""How the ids of messages are known among other bytes"""
OF_THEM = (1, 2, 3, 5)
"""The numbers of their messages"""
TELLS = (PHONE, BSUID, USERNAME, NAME, TEXT, LEAD, "Kowalski", "15123456789")


def wamid(phone: str, number: int) -> str:
    """A message id as Meta makes them: the number of the person is in it."""
    digits = phone.encode()
    told = b"\x15\x02\x00\x11\x18\x14" + b"%020X" % (MARK + number) + b"\x00"
    raw = b"\x1c\x18" + bytes([len(digits)]) + digits + told
    return "wamid." + base64.b64encode(raw).decode()


def signed(body: Body, content: bytes) -> str:
    """How a body is signed anew here."""
    return f"sha256={len(content):064x}" if body.signature else ""


class Scene(Bench):
    """An installation that knows the person, and another."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, NOW)
        self.place = place.folder / "archive"
        database, keyring = self.shelf.database, self.shelf.keyring
        self.book = SqlErasures(database, keyring, country_of)
        files = {"sqlite": ["main.db", "inbox.db"], "memory": ["inbox.db"], "postgres": []}[place.kind]
        self.files = [place.folder / name for name in files]
        self.archive = Folder(place.folder / "archive")
        self.parts = SqlArchives(database, country_of)
        sweep = ArchiveSweep(self.parts, self.archive, country_of)
        self.sealed = SealedPlaces(database, keyring, self.book, self.files, signed, sweep, fingerprint)
        self.raw = RawBodies(database, keyring, late=LateBodies(database, keyring, signed, fingerprint), block_bodies=4)
        self.flow = Erasing(self.book, self.sealed, self.is_drained, lambda _: 0, self.clock)

    def is_drained(self) -> bool:
        self.drain()
        return True

    def pack(self) -> None:
        """Put what is digested into blocks."""
        while self.raw.pack(self.inbox, self.figures.mark(DIGESTED), self.clock.now() + HOUR):
            pass

    def live(self) -> None:
        """Let the person, and another, leave all the traces that one can leave: half of them packed already."""
        bodies = traces()
        self.accept(bodies[: len(bodies) // 2])
        self.drain()
        self.pack()
        self.accept(bodies[len(bodies) // 2 :])
        self.drain()
        self._set_aside(bodies)
        self._write_notes()

    def _write_notes(self) -> None:
        """What colleagues wrote by hand of the person."""
        deed = {
            "at": NOW,
            "actor": "user:1",
            "kind": "noted",
            "alert": "a",
            "words": f"called +{PHONE[:2]} {PHONE[2:]}",
        }
        silence = dict.fromkeys(("alert", "type", "scope", "waba_id", "made_by", "ended_by"), "")
        times = dict.fromkeys(("made_at", "starts_at", "ends_at"), NOW)
        with self.shelf.database.writing() as connection:
            connection.execute(alert_deeds.insert().values(deed))
            connection.execute(silences.insert().values(silence | times | {"reason": f"{BSUID} complains"}))
            for name, query in (("Lena " + PHONE, "status=failed"), ("of one lead", f"lead={PHONE}")):
                view = {"user_id": 1, "name": name, "query": query, "is_shared": 1, "made_at": NOW}
                connection.execute(log_views.insert().values(view))

    def _set_aside(self, bodies: list[Body]) -> None:
        """What a forward target has not taken, what could not be digested, and what the application was answered."""
        database, ring = self.shelf.database, self.shelf.keyring
        with database.writing() as connection:
            for id_, body in enumerate(bodies, 1):
                sealed = encode_block([body], ring, context=set_aside(id_))
                connection.execute(forward_bodies.insert().values(body_id=id_, body=sealed))
        with self.shelf.books.writing() as ledger:
            ledger.fail(Failing(StoredBody(1, bodies[4]), 5, None, "ValueError"))
        answers = SqlAnswers(database, ring)
        answers.claim(b"key", b"request", NOW)
        answers.keep(b"key", 201, json.dumps({"id": "1", "wamid": wamid(PHONE, 1)}).encode())

    def erase(self) -> Any:
        """Erase the person by the number."""
        return self.flow.erase(self.flow.plan(f"+{PHONE}"), "cli", "asked for", lambda _what, _n: None)


def status(of: str, word: str, number: int, *, phone: str = PHONE, **more: Any) -> dict[str, Any]:
    """A status as Meta writes it since 2026: with both ids of the person."""
    known = {"recipient_user_id": BSUID} if phone == PHONE else {}
    return item(of, T0 + number * 1_000, status=word, recipient_id=phone, **known, **more)


def traces() -> list[Body]:
    """What reached the installation: of the person, and of another beside them."""
    sent, failed, received, theirs = wamid(PHONE, 1), wamid(PHONE, 2), wamid(PHONE, 3), wamid(OTHER, 4)
    me = {"profile": {"name": NAME, "username": USERNAME}, "wa_id": PHONE, "user_id": BSUID}
    said = item(received, T0 + 9_000, type="text", text={"body": TEXT}, **{"from": PHONE, "from_user_id": BSUID})
    error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": f"to +{PHONE} it failed"}}
    records = [
        MessageIn(f"+{PHONE}", template_name="hello", message_id=sent, user_id=USER, lead_id=LEAD, at=T0),
        MessageIn(f"+{PHONE}", template_name="hello", lead_id=LEAD, conversation_id="talk-" + LEAD, at=T0 + 1),
        MessageIn(f"+{OTHER}", message_id=theirs, user_id=USER, biz_opaque_callback_data=f"ref {PHONE}", at=T0 + 2),
    ]
    acted = AgentIn("agent-7", "replied", phone_number=PHONE, lead_id=LEAD, message_id=received, at=T0 + 5)
    unknown = webhook("horoscopes", {"wa_id": PHONE, "name": NAME}, field="horoscopes", received_at=NOW)
    both = webhook("statuses", status(sent, "delivered", 5), status(theirs, "sent", 5, phone=OTHER), received_at=NOW)
    prefers = {"wa_id": PHONE, "category": "marketing_messages", "value": "stop", "timestamp": T0 // 1000}
    return [
        *(body_of(record_message(each, NOW), NOW) for each in records),
        webhook("statuses", status(sent, "sent", 3), received_at=NOW),
        _beside(webhook("messages", said, received_at=NOW), me),
        body_of(record_agent(acted, NOW), NOW),
        webhook("statuses", status(failed, "failed", 4, errors=[error]), received_at=NOW),
        both._replace(signature="sha256=" + "1" * 64),
        webhook("user_preferences", prefers, field="user_preferences", received_at=NOW),
        unknown,
        webhook("statuses", item(wamid(PHONE, 5), T0 + 3_000, status="sent"), received_at=NOW),
        Body(BodyKind.WEBHOOK, NOW, b'{"object": broken "' + PHONE.encode()),
    ]


def _beside(body: Body, contact: dict[str, Any]) -> Body:
    read = json.loads(body.content)
    read["entry"][0]["changes"][0]["value"]["contacts"] = [contact]
    return body._replace(content=json.dumps(read).encode())


def found(scene: Scene, *tells: str) -> list[str]:
    """Where anything of *tells* stands, in all tables and files, whatever is sealed opened."""
    octets = [each.encode() for each in tells or TELLS]
    octets += [contact_keys.pack(key) for key in KEYS] if not tells else []
    octets += [int(PHONE).to_bytes(6, "big")] if not tells else []
    octets += [(MARK + n).to_bytes(6, "big") for n in OF_THEM] if not tells else []
    octets += [wamid(PHONE, n).encode()[16:40] for n in OF_THEM] if not tells else []
    return [place for place, value in everything(scene) if any(each in value for each in octets)]


def everything(scene: Scene) -> Iterator[tuple[str, bytes]]:
    """Every value that is kept, opened."""
    contexts = {place.name: place.context for place in PLACES}
    ring = scene.shelf.keyring
    with scene.shelf.database.reading() as connection:
        for name, table in schema.metadata.tables.items():
            (key, *_) = table.primary_key.columns
            for row in connection.execute(select(table)).all():
                for column, value in row._mapping.items():
                    place = f"{name}.{column}"
                    if isinstance(value, bytes | memoryview) and place in contexts and value:
                        with suppress(SealBroken):
                            plain = _opened(place, row._mapping[key.name], bytes(value), scene)
                            yield (
                                place,
                                plain or ring.open(bytes(value), context=contexts[place](row._mapping[key.name])),
                            )
                    elif isinstance(value, bytes | memoryview):
                        yield place, bytes(value)
                    elif value is not None:
                        yield place, str(value).encode("utf-8", "surrogatepass")
        blocks = connection.execute(select(inbox_blocks.c.block)).scalars().all() if not scene.files else []
    if scene.files:
        with closing(sqlite3.connect(scene.files[-1])) as inbox:
            blocks = [row[0] for row in inbox.execute("SELECT block FROM blocks")]
    for block in blocks:
        yield "inbox", b"\n".join(body.content for body in decode_block(bytes(block), ring, context=INBOX))


def _opened(place: str, key: Any, sealed: bytes, scene: Scene) -> bytes:
    ring = scene.shelf.keyring
    if place == "raw_blocks.block":
        stored = unpack_block(sealed, ring, context=context_of(key))
        return b"\n".join(each.body.content for each in stored)
    if place in ("forward_bodies.body", "parked.body"):
        context = PARKED if place == "parked.body" else set_aside(key)
        return b"\n".join(each.content for each in decode_block(sealed, ring, context=context))
    return b""


def files_with(folder: Path, *octets: bytes) -> list[str]:
    """The files below *folder* that hold any of *octets* as they lie there."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(each in path.read_bytes() for each in octets)
    ]


__all__ = ["NUMBERS", "WABA", "Scene", "everything", "files_with", "found", "signed", "status", "traces", "wamid"]
