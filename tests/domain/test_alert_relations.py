"""Which alerts have to do with a message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wabawatch.domain.alert_records import Alert
from wabawatch.domain.alert_relations import About, related
from wabawatch.domain.alerts import AlertScope, Phase, Reading, ScopeKind, Severity

ABOUT = About(1_000, 2_000, "1", "2", "hello/en", frozenset({131026}))


def alert(scope: AlertScope, fired_at: int | None = 500, ended_at: int | None = None) -> Alert:
    seen = Reading(scope, 500, True)
    return Alert(
        "key", "RULE", "Title", scope, Severity.WARNING, Phase.FIRING, 400, fired_at, ended_at, "", False, seen, seen
    )


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (AlertScope(ScopeKind.NUMBER, "1", "2"), "its number"),
        (AlertScope(ScopeKind.NUMBER, "3", "2"), ""),
        (AlertScope(ScopeKind.WABA, "2", "2"), "its client"),
        (AlertScope(ScopeKind.WABA, "1"), ""),
        (AlertScope(ScopeKind.TEMPLATE, "2/hello/en", "2"), "its template"),
        (AlertScope(ScopeKind.TEMPLATE, "9/hello/en", "9"), ""),
        (AlertScope(ScopeKind.TEMPLATE, "2/hello/de", "2"), ""),
        (AlertScope(ScopeKind.ERROR, "131026"), "its error"),
        (AlertScope(ScopeKind.ERROR, "131"), ""),
        (AlertScope(ScopeKind.ALL), "everything"),
        (AlertScope(ScopeKind.CHECK, "graph"), "everything"),
        (AlertScope(ScopeKind.CHANNEL, "mail"), ""),
        (AlertScope(ScopeKind.COUNTRY, "CH"), ""),
    ],
)
def test_an_alert_is_related_by_what_it_is_about(scope: AlertScope, words: str) -> None:
    assert related(alert(scope), ABOUT) == words


@pytest.mark.parametrize(
    ("fired_at", "ended_at", "is_related"),
    [
        (500, None, True),
        (500, 1_000, True),
        (500, 999, False),
        (2_000, None, True),
        (2_001, None, False),
        (None, None, False),
    ],
)
def test_an_alert_is_related_while_it_was_open(fired_at: int | None, ended_at: int | None, is_related: bool) -> None:
    assert bool(related(alert(AlertScope(ScopeKind.NUMBER, "1"), fired_at, ended_at), ABOUT)) is is_related


def test_a_message_without_a_template_is_related_to_no_alert_about_one() -> None:
    assert related(alert(AlertScope(ScopeKind.TEMPLATE, "2//", "2")), replace(ABOUT, template="")) == ""
