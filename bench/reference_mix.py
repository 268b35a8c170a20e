"""The reference mix of SPEC.md section 12, message by message, as the bodies that wabawatch would have kept.

8 messages per contact, each known by phone number and BSUID; 3 % fail; half of the contacts have a user and a lead, who
stand on all their messages; 50 numbers of 5 accounts, 200 templates, 25 countries, spread evenly over 30 days. What the
specification leaves open is chosen so that it costs more rather than less: everything is a recorded send, half of them
with a local id (SDK) and half without (gateway); numbers are equally busy; 4 of 5 sends are templates.

The same seed gives the same bodies. Nobody in them exists.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate
from random import Random
from uuid import UUID

import msgspec

from wabawatch.meta.signature import sign
from wabawatch.ports import Body, BodyKind
from wabawatch.simulator.countries import COUNTRIES, Country
from wabawatch.simulator.failures import ERRORS, MetaError, failure_of

DAY_MS = 86_400_000
START = 1_789_948_800_000
"""2026-09-21 00:00 UTC"""
DAYS = 30
PER_CONTACT = 8
NUMBERS, WABAS, TEMPLATES = 50, 5, 200
FAILED, READ, TEMPLATE_SENDS = 0.03, 0.62, 0.8
PAUSED = 132015
LANGUAGES = ("en_US", "pt_BR", "es", "de", "hi", "id", "it", "fr", "ar", "tr")
CATEGORIES = ("marketing", "utility", "utility", "authentication")
SECRET = b"the secret of the reference mix"
_WORDS = ("order", "welcome", "payment", "delivery", "summer", "invoice", "login", "survey", "loyalty", "appointment")
_ENDINGS = ("confirmation", "reminder", "update", "code", "offer", "receipt", "notice", "follow_up")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact: how Meta knows it, and how the application does."""

    country: Country
    phone: str
    bsuid: str
    number: int
    user: str
    lead: str


@dataclass(frozen=True, slots=True)
class Template:
    """A message template of one account."""

    name: str
    language: str
    category: str


class ReferenceMix:
    """So many *messages* of the mix in *days*. Iterate over `bodies`; they come in the order of their receipt."""

    def __init__(self, messages: int, seed: int = 1, days: float = DAYS, broken: float = 0.0) -> None:
        """*broken*: the share of failed template sends that Meta refuses because their template is paused."""
        self.messages = messages
        self._broken = broken
        self.end = START + int(days * DAY_MS)
        self._rng = Random(seed)
        self._order = array("L", [i // PER_CONTACT for i in range(messages)])
        self._rng.shuffle(self._order)
        self._seed = seed
        self.templates = [self._template(i) for i in range(TEMPLATES)]
        self._weights = list(accumulate(1 / (i + 1) for i in range(TEMPLATES // WABAS)))

    def bodies(self) -> Iterator[Body]:
        """Every send as it was recorded and every status as it was told, each in a body of its own."""
        waiting: list[tuple[int, int, Body]] = []
        step = (self.end - START) / self.messages
        made = 0
        for i in range(self.messages):
            at = START + int(step * (i + self._rng.random()))
            while waiting and waiting[0][0] <= at:
                yield heappop(waiting)[2]
            for body in self._message(at, self._person(self._order[i])):
                made += 1
                heappush(waiting, (body.received_at, made, body))
        while waiting:
            yield heappop(waiting)[2]

    def _template(self, i: int) -> Template:
        name = f"{_WORDS[i % 10]}_{_ENDINGS[i // 10 % 8]}_v{1 + i // 80}"
        return Template(name, LANGUAGES[i % len(LANGUAGES)], CATEGORIES[i % len(CATEGORIES)])

    def _person(self, i: int) -> Person:
        rng = Random(self._seed * 1_000_003 + i)
        country = rng.choices(COUNTRIES, [c.weight for c in COUNTRIES])[0]
        digits = country.length - len(country.mobile)
        phone = country.mobile + "".join(rng.choices("0123456789", k=digits))
        bsuid = f"{country.iso}.{rng.randrange(10**19, 2 * 10**19)}"
        is_known = rng.random() < 0.5
        user = f"user-{rng.randrange(10**6)}" if is_known else ""
        lead = "00Q5f0000" + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz", k=9))
        return Person(country, phone, bsuid, rng.randrange(NUMBERS), user, lead if is_known else "")

    def _message(self, at: int, person: Person) -> Iterator[Body]:
        rng = self._rng
        template = None
        if rng.random() < TEMPLATE_SENDS:
            place = rng.choices(range(TEMPLATES // WABAS), cum_weights=self._weights)[0]
            template = self.templates[person.number % WABAS + WABAS * place]
        category = template.category if template else "service"
        wamid = wamid_of(person.phone, rng)
        answered_at = at + int(rng.lognormvariate(5.6, 0.4))
        yield _record(at, answered_at, person, template, category, wamid, rng)
        sent_at = answered_at + int(rng.lognormvariate(6.6, 0.5))
        if rng.random() < FAILED:
            is_broken = self._broken > 0 and template is not None and rng.random() < self._broken
            error = ERRORS[PAUSED] if is_broken else failure_of(category, rng, is_troubled=False)
            yield _status(sent_at + 700, person, wamid, "failed", category, rng, error)
            return
        yield _status(sent_at, person, wamid, "sent", category, rng)
        delivered_at = sent_at + int(rng.lognormvariate(7.6, 1.4))
        yield _status(delivered_at, person, wamid, "delivered", category, rng)
        if rng.random() < READ:
            yield _status(delivered_at + int(rng.lognormvariate(12.5, 2.0)), person, wamid, "read", category, rng)


def wamid_of(phone: str, rng: Random) -> str:
    """A message id in the usual layout, for a message to *phone*."""
    inside = b"\x1c\x18%c%b\x15\x02\x00\x11\x18\x12%b\x00" % (
        len(phone),
        phone.encode(),
        b"%018X" % rng.getrandbits(72),
    )
    return "wamid." + base64.b64encode(inside).decode()


def _record(
    at: int, answered_at: int, person: Person, template: Template | None, category: str, wamid: str, rng: Random
) -> Body:
    """What the SDK (with a local id of its own) or the gateway (which sees the answer) wrote down of a send."""
    is_sdk = rng.random() < 0.5
    uuid = UUID(int=at << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62))
    message = {
        "phone_number": person.phone,
        "phone_number_id": _number_id(person.number),
        "message_id": wamid,
        "outcome": "accepted",
        "type": "template" if template else "text",
        "category": category,
    }
    if template:
        message |= {"template_name": template.name, "template_language": template.language}
    if person.user:
        message |= {"user_id": person.user, "lead_id": person.lead}
    local_id = str(uuid) if is_sdk else ""
    record = {"type": "message", "message": message, "local_id": local_id, "at": at, "source": 1 if is_sdk else 0}
    return Body(BodyKind.RECORD, answered_at, msgspec.json.encode(record))


def _status(
    at: int, person: Person, wamid: str, status: str, category: str, rng: Random, error: MetaError | None = None
) -> Body:
    """A webhook of Meta's: it tells whole seconds, and arrives a moment later."""
    told: dict[str, object] = {
        "id": wamid,
        "status": status,
        "timestamp": str(at // 1000),
        "recipient_id": person.phone,
        "recipient_user_id": person.bsuid,
    }
    if status in ("sent", "delivered"):
        price = {"category": category, "type": "free_customer_service" if category == "service" else "regular"}
        told["pricing"] = {"billable": category != "service", "pricing_model": "PMP", **price}
    if error is not None:
        texts = {"title": error.title, "message": error.title, "error_data": {"details": error.details}}
        told["errors"] = [{"code": error.code, **texts, "href": _HREF}]
    phone = {"display_phone_number": f"1555010{person.number:04}", "phone_number_id": _number_id(person.number)}
    contact = {"wa_id": person.phone, "user_id": person.bsuid}
    value = {"messaging_product": "whatsapp", "metadata": phone, "contacts": [contact], "statuses": [told]}
    change = {"value": value, "field": "messages"}
    body = {"object": "whatsapp_business_account", "entry": [{"id": _waba_id(person.number), "changes": [change]}]}
    content = msgspec.json.encode(body)
    received_at = at + int(rng.lognormvariate(6.0, 0.6))
    return Body(BodyKind.WEBHOOK, received_at, content, signature=sign(content, SECRET))


def _number_id(number: int) -> str:
    return f"10655{number * 7_919 + 1_000_000:010}"


def _waba_id(number: int) -> str:
    return f"10288{number % WABAS * 104_729 + 3_000_000:010}"


_HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


def batches(bodies: Iterator[Body], size: int) -> Iterator[Sequence[Body]]:
    """*bodies* in lists of *size*."""
    batch: list[Body] = []
    for body in bodies:
        batch.append(body)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
