"""The composition of one person's data: what is given out to them, and the certificate that they are erased."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec

from wabawatch.domain.erasure import Erasure, Plan, certificate
from wabawatch.domain.facts import Millis, Person
from wabawatch.domain.messages import ContactKey, ContactKind, person_keys
from wabawatch.flows.erasing import Erasing
from wabawatch.flows.person_desk import Given
from wabawatch.meta.countries import country_of
from wabawatch.meta.hiding import hidden
from wabawatch.meta.people import addressee, participant, recipient, sender
from wabawatch.meta.people import contact as contact_of
from wabawatch.meta.reading import phone
from wabawatch.ports import Clock, Held
from wabawatch.signatures import Signature
from wabawatch.storage.database import Database
from wabawatch.storage.erasure_export import everything_of
from wabawatch.storage.signing_keys import SigningKeys
from wabawatch.web.masking import masked
from wabawatch.web.message_answers import MessageRow, detail_of, row_of
from wabawatch.wire import iso

PURPOSE: Final = b"wabawatch erasure"


def document_of(
    database: Database, erasing: Erasing, clock: Clock, plan: Plan, tell: Callable[[int], None]
) -> dict[str, Any]:
    """Everything that is kept of whom *plan* is about, in clear, and without who others are.

    *tell* is told how many rows were looked at. Raises StoreUnavailable.
    """
    told, keys = everything_of(database, plan.keys, country_of), set(plan.keys)
    found: dict[str, list[Any]] = {}

    def find(what: str, item: Any) -> None:
        found.setdefault(what, []).append(item if is_about(item, keys) else hidden(item))

    swept = erasing.look(plan, find, tell)
    ids = [
        {
            "kind": ContactKind(each.key.kind).name.lower(),
            "id": each.key.value,
            "accounts": list(each.accounts),
            "first_linked": iso(each.first_at),
            "last_linked": iso(each.last_at),
        }
        for each in plan.ids
    ]
    return {
        "as_of": iso(clock.now()),
        "ids": ids,
        "messages": [_message(held, told.swept_until, keys) for held in told.held],
        "consents": [{**row, "at": iso(row["at"])} for row in told.consents],
        "notes": told.notes,
        **told.views,
        **found,
        "not_readable": swept.unopened,
    }


def _message(held: Held, swept_until: Millis, keys: Collection[ContactKey]) -> MessageRow:
    """A message as it is given out; of one with somebody else, which names them, no more than that there is one."""
    contact = held.message.contact
    is_theirs = contact is not None and contact[2] in keys
    return detail_of(held, swept_until) if is_theirs else masked(row_of(held, swept_until))


def is_about(item: Any, keys: Collection[ContactKey]) -> bool:
    """Whether an item of a webhook or record is about who has *keys*, or nobody's; else another's that names them."""
    if not isinstance(item, dict):
        return True
    record = item.get("message")
    people = [sender(item), recipient(item), addressee(item), participant(item), contact_of(item)]
    if isinstance(record, dict):
        people.append(Person(phone=phone(record.get("phone_number"))))
    named = {key for who in people if who for key in person_keys(who)}
    return not named or not named.isdisjoint(keys)


def packed(document: dict[str, Any]) -> Given:
    """*document* as a file."""
    content = msgspec.json.format(msgspec.json.encode(document), indent=1)
    return Given(content, sum(counts_of(document).values()), document["not_readable"])


def counts_of(document: dict[str, Any]) -> dict[str, int]:
    """How much of each kind there is in it."""
    return {name: len(rows) for name, rows in document.items() if isinstance(rows, list)}


def signed_certificate(signing: SigningKeys, done: Erasure) -> bytes:
    """The certificate of an erasure that is done, as a file. Raises StoreUnavailable, SealBroken."""
    text = certificate(done)
    signature = signing.sign(PURPOSE, _canonical(text))
    document = {"erasure": text, "key": signature.key_id, "signature": signature.value.hex()}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def is_genuine_certificate(signing: SigningKeys, content: bytes) -> bool:
    """Whether this installation signed it as it is. Raises ValueError: it is no certificate."""
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
        signed = _canonical(document["erasure"])
        signature = Signature(document["key"], bytes.fromhex(document["signature"]))
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise ValueError("no certificate of an erasure") from error
    return any(key.is_signed(PURPOSE, signed, signature) for key in signing.public_keys())


def _canonical(text: dict[str, Any]) -> bytes:
    return msgspec.json.encode(text, order="deterministic")
