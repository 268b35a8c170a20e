"""The traffic of a bench: status webhooks that follow messages from `sent` to `read`, whole HTTP requests, signed.

Each turn begins one message and takes two older ones further, so that a digest finds most messages stored already. Of
33 messages one fails. What became of all messages is counted while the requests are made: it is the truth to hold the
server's figures against.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hmac import digest

NUMBERS = 50
WABAS = 10
TEMPLATES = 200
FAILS_EVERY = 33
COUNTRIES = (
    *("1202", "44", "49", "33", "39", "34", "55", "91", "62", "52", "57", "54", "56"),
    *("51", "234", "254", "27", "20", "212", "90", "966", "971", "60", "63", "65"),
)

_STATUS = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"%(waba)d","changes":[{"value":{"messaging_product":'
    b'"whatsapp","metadata":{"display_phone_number":"15550%(number)06d","phone_number_id":"1065400000%(number)05d"},'
    b'"statuses":[{"id":"%(wamid)b","status":"%(status)b","timestamp":"%(second)d","recipient_id":"%(phone)b",'
    b'"recipient_user_id":"US.1%(contact)015d"%(rest)b}]},"field":"messages"}]}]}'
)
_PRICED = (
    b',"conversation":{"id":"%(talk)032x","origin":{"type":"%(category)b"}},'
    b'"pricing":{"billable":true,"pricing_model":"PMP","category":"%(category)b","type":"regular"}'
)
_FAILED = (
    b',"errors":[{"code":131026,"title":"Message undeliverable","message":"Message undeliverable",'
    b'"error_data":{"details":"Message Undeliverable."},'
    b'"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}]'
)
_RECORD = (
    b'{"phone_number":"+%(phone)b","bsuid":"US.1%(contact)015d","phone_number_id":"1065400000%(number)05d",'
    b'"template_name":"template_%(template)d","template_language":"en","category":"%(category)b",'
    b'"message_id":"%(wamid)b","user_id":"user-%(user)d","lead_id":"lead-%(contact)d"}'
)
_HOOK = (
    b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: bench.example\r\nAccept: */*\r\nUser-Agent: facebookexternalua\r\n"
    b"Content-Type: application/json\r\nX-Hub-Signature-256: sha256=%b\r\nContent-Length: %d\r\n\r\n%b"
)
_API = (
    b"POST /api/v1/messages HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer %b\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
)
_CATEGORIES = (b"utility", b"marketing", b"utility", b"authentication")
_WAMID_HEAD = b"\x1c\x18%c%b\x15\x02\x00\x11\x18\x12%018X\x00"
_SPREAD = 0x9E3779B97F4A7C15F3
"""Odd, so that no two turns have the same product: ids look random, and fall anywhere in an index."""

_SPREAD_WIDE = 0xDA942042E4DD58B5A5A5F00DBADC0DE5


@dataclass(slots=True)
class Traffic:
    """A stream of requests without an end, and the count of what it told."""

    secret: bytes
    token: bytes = b""
    """With one, each message begins with its send, recorded over the API"""
    contacts: int = 100_000
    delivered_after: int = 500
    """In turns; a turn is one new message"""
    read_after: int = 2_500
    seed: int = 1
    told: Counter[str] = field(default_factory=Counter)

    def requests(self) -> Iterator[bytes]:
        """The requests, in the order in which Meta and the application would make them."""
        turn = 0
        while True:
            if self.token:
                yield self._record(turn)
            yield self._hook(turn, b"sent", _PRICED)
            if (older := turn - self.delivered_after) >= 0:
                if older % FAILS_EVERY:
                    yield self._hook(older, b"delivered", _PRICED)
                else:
                    yield self._hook(older, b"failed", _FAILED)
            if (oldest := turn - self.read_after) >= 0 and oldest % FAILS_EVERY:
                yield self._hook(oldest, b"read", _PRICED)
            turn += 1

    def truth(self) -> dict[str, int]:
        """What the server must say of all messages, by the names of its status."""
        told = self.told
        attempted = max(told["recorded"], told["sent"])
        return {
            "attempted": attempted,
            "pending": attempted - told["sent"],
            "sent": told["sent"] - told["delivered"] - told["failed"],
            "delivered": told["delivered"] - told["read"],
            "read": told["read"],
            "failed": told["failed"],
        }

    def _hook(self, turn: int, status: bytes, rest: bytes) -> bytes:
        self.told[status.decode()] += 1
        words = self._words(turn)
        words |= {b"status": status, b"second": int(time.time()), b"rest": rest % words}
        body = _STATUS % words
        return _HOOK % (digest(self.secret, body, "sha256").hex().encode(), len(body), body)

    def _record(self, turn: int) -> bytes:
        self.told["recorded"] += 1
        body = _RECORD % self._words(turn)
        return _API % (self.token, len(body), body)

    def _words(self, turn: int) -> dict[bytes, bytes | int]:
        contact = (turn * 7_919 + self.seed) % self.contacts
        prefix = COUNTRIES[contact % len(COUNTRIES)]
        phone = b"%b%0*d" % (prefix.encode(), 12 - len(prefix), contact)
        id_ = (turn * _SPREAD + (self.seed << 40)) & (1 << 72) - 1
        number = contact % NUMBERS
        return {
            b"contact": contact,
            b"talk": contact * _SPREAD_WIDE & (1 << 128) - 1,
            b"phone": phone,
            b"number": number,
            b"waba": 102_290_000_000_000 + number % WABAS,
            b"wamid": b"wamid." + b64encode(_WAMID_HEAD % (len(phone), phone, id_)),
            b"template": turn % TEMPLATES,
            b"category": _CATEGORIES[turn % len(_CATEGORIES)],
            b"user": turn % 1_000,
        }
