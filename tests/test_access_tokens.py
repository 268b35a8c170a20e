"""Which of several tokens is used."""

from __future__ import annotations

import pytest

from wabawatch.access_tokens import AccessTokens
from wabawatch.kinds import Secret

NEW, OLD, FOREIGN = Secret("new"), Secret("old"), Secret("foreign")


def test_the_first_that_was_not_refused_is_used() -> None:
    tokens = AccessTokens(NEW, OLD)
    assert tokens.current == NEW

    assert tokens.learn(NEW, is_refused=True), "the other is worth a try"
    assert tokens.current == OLD
    assert not tokens.learn(OLD, is_refused=True), "there is none left"
    assert tokens.current == tokens.first == NEW

    tokens.learn(OLD, is_refused=False)
    assert tokens.current == OLD
    tokens.learn(NEW, is_refused=False)
    assert tokens.current == NEW


def test_others_tokens_change_nothing() -> None:
    tokens = AccessTokens(NEW, OLD)

    assert not tokens.learn(FOREIGN, is_refused=True)
    assert tokens.current == NEW
    assert (tokens.known(b"old"), tokens.known(b"foreign"), tokens.known(b"")) == (OLD, None, None)


def test_there_may_be_none() -> None:
    assert not AccessTokens()
    assert AccessTokens().known(b"any") is None
    with pytest.raises(IndexError):
        _ = AccessTokens().current
