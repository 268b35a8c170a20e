"""Slack: an incoming webhook, or a bot, which alone can keep a thread for each alert."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from wabawatch.domain.notices import Delivered, Notice, NoticeKind
from wabawatch.notifiers.answers import judged, refused, retry, secrets_of, sent
from wabawatch.notifiers.page import Page, page_of
from wabawatch.notifiers.posting import Answer, Poster
from wabawatch.notifiers.slack_blocks import blocks_of, fallback_of

POST_MESSAGE = "https://slack.com/api/chat.postMessage"

_MAY_PASS = frozenset(
    {
        "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable",
        "request_timeout", "team_added_to_org", "accesslimited",
    }
)  # fmt: skip
"""Errors after which another attempt may succeed (docs.slack.dev/reference/methods/chat.postMessage)"""


@dataclass(frozen=True, slots=True)
class SlackHook:
    """An incoming webhook. It tells no `ts`, so it cannot answer in a thread."""

    url: str = field(repr=False)
    poster: Poster
    zone: tzinfo = UTC

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Deliver *notice* as a message of its own."""
        answer = self.poster.post(self.url, _encoded(_message(page_of(notice, self.zone))), {}, secrets_of(self.url))
        return answer if isinstance(answer, Delivered) else judged(answer.status, answer.said, answer.retry_after_s)


@dataclass(frozen=True, slots=True)
class SlackBot:
    """A bot that posts to one channel; later notices of an alert answer the first."""

    token: str = field(repr=False)
    channel: str
    poster: Poster
    zone: tzinfo = UTC
    url: str = POST_MESSAGE

    def deliver(self, notice: Notice, thread: str) -> Delivered:
        """Deliver *notice*; *thread* is the `ts` of the message that it answers. An end and an escalation are shown in
        the channel as well: who does not follow the thread must see them."""
        message = {
            "channel": self.channel,
            **_message(page_of(notice, self.zone)),
            "unfurl_links": False,
            "metadata": {"event_type": "wabawatch_notice", "event_payload": {"key": notice.key}},
        }
        if thread:
            is_for_all = notice.kind in (NoticeKind.RESOLVED, NoticeKind.ESCALATION)
            message |= {"thread_ts": thread, "reply_broadcast": is_for_all}
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json; charset=utf-8"}
        answer = self.poster.post(self.url, _encoded(message), headers, (self.token,))
        return answer if isinstance(answer, Delivered) else _judged(answer)


def _message(page: Page) -> dict[str, Any]:
    return {"text": fallback_of(page), "blocks": blocks_of(page)}


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _judged(answer: Answer) -> Delivered:
    """What Slack's Web API answered: its own word counts where the status says 200."""
    if answer.status != 200:
        return judged(answer.status, answer.said, answer.retry_after_s)
    try:
        said = json.loads(answer.raw)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return retry("what answered 200 is not Slack", answer.retry_after_s)
    if said.get("ok") is True:
        return sent(thread=str(said.get("ts") or ""))
    error = str(said.get("error") or "no reason given")
    if error in _MAY_PASS:
        return retry(f"Slack says {error}", answer.retry_after_s)
    return refused(f"Slack says {error}{_FIXES.get(error, '')}")


_FIXES = {
    "channel_not_found": ": give the id of the channel, and for a private one invite the bot",
    "not_in_channel": ": invite the bot to the channel",
    "invalid_auth": ": the token is not valid",
    "not_authed": ": the token is missing",
    "token_revoked": ": the token was revoked",
    "token_expired": ": the token has expired",
    "account_inactive": ": the token belongs to a user or workspace that is gone",
    "missing_scope": ": the bot needs the scope chat:write",
    "is_archived": ": the channel is archived",
}
