"""Messages over HTTP: searched, and one with all that is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from wabawatch.domain.access import Scope
from wabawatch.domain.facts import Millis
from wabawatch.domain.search import Compliance, Direction, MessageFilter, State
from wabawatch.domain.standing import Origin, Purpose, Role
from wabawatch.flows.browsing import Browsing, Page
from wabawatch.ports import Clock
from wabawatch.web.api_logging import WhichMessage
from wabawatch.web.message_answers import MessageDetail, MessagePage, detail_of, row_of
from wabawatch.web.operations import Call, Operation
from wabawatch.wire import instant, iso
from wabawatch.wire_errors import Code, Word

Name: TypeAlias = Annotated[Word, Meta(min_length=1)]

MAX_LIMIT = 500

_TIME = "ISO 8601 with offset, milliseconds since 1970, or so long ago: `90m`, `24h`, `7d`."


class MessageFilters(msgspec.Struct, forbid_unknown_fields=True):
    """What is looked for: all of these must hold; of one with several values, any."""

    since: Annotated[Name | None, Meta(description=f"From when on; 24 hours ago if neither is given. {_TIME}")] = None
    until: Annotated[Name | None, Meta(description="Up to, but not including.")] = None
    number: Annotated[list[Name], Meta(description="phone_number_id, or the number as it is dialled.")] = []
    waba: list[Name] = []
    status: list[State] = []
    direction: Direction | None = None
    template: Annotated[list[Name], Meta(description="The template's name.")] = []
    language: Annotated[list[Name], Meta(description="The template's language.")] = []
    category: list[Name] = []
    type: Annotated[list[Name], Meta(description="Such as `text`, `template`, `image`.")] = []
    user: list[Name] = []
    lead: list[Name] = []
    conversation: list[Name] = []
    wamid: Annotated[list[Name], Meta(description="Searched without a time range unless one is given.")] = []
    contact: Annotated[
        list[Name], Meta(description="Phone number, BSUID, username or group; ids seen together mean one person.")
    ] = []
    country: Annotated[list[Name], Meta(description="Two letters, as in `BR`.")] = []
    error_code: list[Code] = []
    origin: list[Origin] = []
    role: list[Role] = []
    compliance_status: list[Compliance] = []
    meta_compliance_purpose: list[Purpose] = []
    template_approval_status: list[Name] = []
    quality_rating: list[Name] = []
    partial_failure: Annotated[bool | None, Meta(description="Whether it was delivered and failed.")] = None


class MessageQuery(MessageFilters):
    """What is looked for, and which page of it."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="Messages on a page.")] = 50
    cursor: Annotated[Name | None, Meta(description="`next` of the page before, with the same filters.")] = None


@dataclass(frozen=True, slots=True)
class MessagesApi:
    """Looking at messages."""

    browsing: Browsing
    clock: Clock

    def operations(self) -> list[Operation]:
        """Its part of the table."""
        return [
            Operation(
                "GET", "/messages", Scope.READ, self.search_messages, "Search messages", MessagePage,
                parameters=MessageQuery,
                description="The newest first. Pages do not move when newer messages come.",
            ),
            Operation(
                "GET", "/messages/{id}", Scope.READ, self.get_message, "Show one message", MessageDetail,
                parameters=WhichMessage, problems=(404,),
                description="All stamps, errors with their meaning, and how the send stands to the template rule.",
            ),
        ]  # fmt: skip

    def search_messages(self, call: Call) -> MessagePage:
        """A page of the newest that fit."""
        query: MessageQuery = call.parameters
        return page_of(self.browsing.search(filter_of(query, self.clock.now()), query.limit, query.cursor))

    def get_message(self, call: Call) -> MessageDetail:
        """By our number of it, the id that logging it gave, or its wamid."""
        which: WhichMessage = call.parameters
        return detail_of(*self.browsing.find(which.id))


def page_of(page: Page) -> MessagePage:
    """*page* as it is answered."""
    found = page.found
    return MessagePage(
        messages=[row_of(held, found.swept_until) for held in found.held],
        next=page.following,
        since=iso(page.since),
        until=iso(page.until),
        searched_back_to=iso(found.following.at) if found.is_cut and found.following else None,
    )


def filter_of(query: MessageFilters, now: Millis) -> MessageFilter:
    """What *query* asks for. Raises BadRequest that names the parameter."""
    return MessageFilter(
        since=instant("since", query.since, now),
        until=instant("until", query.until, now),
        numbers=tuple(digits_or_word(each) for each in query.number),
        wabas=tuple(query.waba),
        states=tuple(query.status),
        direction=query.direction,
        templates=tuple(query.template),
        languages=tuple(query.language),
        categories=tuple(query.category),
        types=tuple(query.type),
        users=tuple(query.user),
        leads=tuple(query.lead),
        conversations=tuple(query.conversation),
        wamids=tuple(query.wamid),
        contacts=tuple(digits_or_word(each) for each in query.contact),
        countries=tuple(each.upper() for each in query.country),
        error_codes=tuple(query.error_code),
        origins=tuple(query.origin),
        roles=tuple(query.role),
        compliance=tuple(query.compliance_status),
        purposes=tuple(query.meta_compliance_purpose),
        approvals=tuple(query.template_approval_status),
        ratings=tuple(query.quality_rating),
        partial_failure=query.partial_failure,
    )


def digits_or_word(text: str) -> str:
    """A phone number as its digits, however it is written; another id as it is."""
    digits = re.sub(r"[ ().-]", "", text.removeprefix("+"))
    return digits if re.fullmatch(r"[0-9]{3,20}", digits) else text
