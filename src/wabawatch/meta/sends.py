"""Calls to the Graph API as they pass through: what a request asks to be sent, and what the answer says of it.

Nothing here raises on content: what cannot be read is passed on all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from wabawatch.domain.facts import NOBODY, ErrorSeen, LoadSeen, Person, SendOutcome, TemplateRef
from wabawatch.meta.decoding import decode
from wabawatch.meta.forms import is_form, read_form
from wabawatch.meta.graph_answers import read_usage
from wabawatch.meta.reading import WORDS_LIMIT, Json, compact, exact, integer, items, lower, mapping, phone, text, tri

USAGE_HEADERS: Final = (b"x-app-usage", b"x-business-use-case-usage", b"x-ad-account-usage")
"""Headers by which the Graph API tells how much of its limits is used (META.md 6)"""

LONGEST_USAGE: Final = 16_384
"""In bytes. There may be 32 business objects in one (META.md 6), of some 150 bytes each."""

_BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9._-]+")
_HELD = frozenset({"held_for_quality_assessment", "paused"})
"""Words of `message_status` for messages that were accepted and are kept back (META.md 3.1)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request to a path of sends says."""

    has_recipient: bool = False
    has_status: bool = False
    """It changes the state of a message (read, typing) and sends none"""
    person: Person = NOBODY
    group: str = ""
    type: str = ""
    template: TemplateRef | None = None
    opaque: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the Graph API says of a call."""

    outcome: SendOutcome = SendOutcome.UNKNOWN
    """Of a send; to be ignored for other calls"""
    wamid: str = ""
    person: Person = NOBODY
    group: str = ""
    errors: tuple[ErrorSeen, ...] = ()


def read_request(content: bytes, content_type: str = "", query: bytes = b"") -> Asked:
    """What is asked for: JSON, or a form, with the query beside it."""
    said: Json = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    said |= read_form(content, content_type) if is_form(content_type) else _object(content)
    recipient, to = text(said.get("recipient")), text(said.get("to"))
    is_group = lower(said.get("recipient_type")) == "group"
    template = mapping(_inner(said.get("template")))
    return Asked(
        has_recipient=bool(recipient or to),
        has_status="status" in said,
        person=Person() if is_group else _addressed(to, recipient),
        group=(to or recipient) if is_group else "",
        type=lower(said.get("type")) or ("template" if template else "text" if "text" in said else ""),
        template=_template(template),
        opaque=text(said.get("biz_opaque_callback_data")),
    )


def read_answer(http_status: int, content: bytes) -> Answered:
    """What the answer says; of a send, whether it was accepted. *http_status* 0: none came."""
    said = _object(content)
    if http_status == 0:
        return Answered()
    if http_status >= 400:
        return Answered(SendOutcome.REJECTED, errors=_errors(said))
    message = mapping(next(iter(items(said.get("messages"))), None))
    contact = mapping(next(iter(items(said.get("contacts"))), None))
    wamid = exact(message.get("id"))
    is_held = lower(message.get("message_status")) in _HELD
    if not wamid:
        return Answered(errors=_errors(said) if "error" in said else ())
    return Answered(
        SendOutcome.HELD if is_held else SendOutcome.ACCEPTED,
        wamid,
        Person(phone=phone(contact.get("wa_id")), bsuid=text(contact.get("user_id"))),
        text(said.get("group_id")),
    )


def usage_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The usage headers as JSON text, each under its name; "" without any."""
    found = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered in USAGE_HEADERS and len(value) <= LONGEST_USAGE:
            found[lowered.decode("ascii")] = _object(value) or text(value.decode("latin-1"))
    return compact(found) if found else ""


def loads_of(headers: Iterable[tuple[bytes, bytes]]) -> list[LoadSeen]:
    """What the usage headers say, by business object."""
    found: dict[str, LoadSeen] = {}
    for name, value in headers:
        if name.lower() in (b"x-app-usage", b"x-business-use-case-usage") and len(value) <= LONGEST_USAGE:
            read = read_usage(value.decode("latin-1"))
            found |= {scope: LoadSeen(scope, load.percent, load.regain_ms) for scope, load in read.items()}
    return list(found.values())


def _addressed(to: str, recipient: str) -> Person:
    bsuid = next((each for each in (recipient, to) if _BSUID.fullmatch(each)), "")
    numbers = [phone(each) for each in (to, recipient) if each and each != bsuid]
    return Person(phone=next((n for n in numbers if n.isascii() and n.isdigit()), ""), bsuid=bsuid)


def _template(said: Json) -> TemplateRef | None:
    language = _inner(said.get("language"))
    code = language.get("code") if isinstance(language, dict) else language
    name = text(said.get("name"))
    return TemplateRef(name, text(code)) if name else None


def _errors(said: Json) -> tuple[ErrorSeen, ...]:
    """The error of an answer, in each of the shapes that are seen: an object, the members themselves, a text."""
    found = said.get("error", said)
    if isinstance(found, str):
        found = {**said, "message": found}
    if not isinstance(found, dict) or not ({"code", "message"} & found.keys() | ({"code"} & said.keys())):
        return ()
    details = text(mapping(found.get("error_data")).get("details"), WORDS_LIMIT)
    return (
        ErrorSeen(
            code=integer(found.get("code", said.get("code"))),
            title=text(found.get("error_user_title"), WORDS_LIMIT) or text(found.get("type"), WORDS_LIMIT),
            message=text(found.get("message"), WORDS_LIMIT),
            details="\n".join(dict.fromkeys(filter(None, (details, text(found.get("error_user_msg"), WORDS_LIMIT))))),
            subcode=integer(found.get("error_subcode")),
            fbtrace_id=text(found.get("fbtrace_id")),
            href=text(found.get("href")),
            transient=tri(found.get("is_transient")),
        ),
    )


def _inner(value: object) -> object:
    """An object that stands in a form as JSON text."""
    return _object(value.encode()) if isinstance(value, str) and value.lstrip().startswith("{") else value


def _object(content: bytes) -> Json:
    try:
        return mapping(decode(content)) if content else {}
    except ValueError:
        return {}
