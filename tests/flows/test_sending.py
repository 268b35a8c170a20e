"""Which calls are sends, and which tokens are known."""

from __future__ import annotations

import pytest

from wabawatch.domain.facts import CallKind
from wabawatch.flows.sending import REMEMBERED, Target, Tokens, recognise, target_of


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v25.0/106/messages", Target("106", "messages", "v25.0")),
        ("/106/messages/", Target("106", "messages")),
        ("/v19.0//106//messages", Target("106", "messages", "v19.0")),
        ("/v25.0/106", Target("106", "", "v25.0")),
        ("/v25.0", Target("", "", "v25.0")),
        ("/", Target()),
        ("/v25.0/me/a/b", Target("me", "a/b", "v25.0")),
    ],
)
def test_the_target_of_a_path_is_read_without_its_version(path: str, target: Target) -> None:
    assert target_of(path) == target


@pytest.mark.parametrize(
    ("method", "edge", "has_recipient", "has_status", "kind"),
    [
        ("POST", "messages", True, False, CallKind.SEND),
        ("POST", "marketing_messages", True, False, CallKind.SEND),
        ("POST", "messages", True, True, CallKind.OTHER),
        ("POST", "messages", False, False, CallKind.OTHER),
        ("GET", "messages", True, False, CallKind.OTHER),
        ("POST", "media", True, False, CallKind.OTHER),
    ],
)
def test_a_send_is_a_post_with_a_recipient_and_without_a_status(
    method: str, edge: str, has_recipient: bool, has_status: bool, kind: CallKind
) -> None:
    found = recognise(method, Target("106", edge), has_recipient=has_recipient, has_status=has_status)

    assert found is kind


def test_a_token_is_known_from_the_first_call_that_was_not_refused_for_it() -> None:
    tokens = Tokens()

    assert not tokens.learn(b"t", 401, [190])
    assert not tokens.learn(b"t", 400, [190])
    assert not tokens.learn(b"t", 503, [])
    assert tokens.learn(b"t", 400, [131030])
    assert tokens.learn(b"t", 401, [190])
    assert not tokens.learn(b"another", 401, [190])


def test_only_so_many_tokens_are_remembered() -> None:
    tokens = Tokens()
    for n in range(REMEMBERED + 1):
        tokens.learn(b"%d" % n, 200, [])

    assert not tokens.learn(b"0", 401, [])
    assert tokens.learn(b"1", 401, [])
