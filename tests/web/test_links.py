"""Addresses of templates, numbers and accounts: any name comes back as it was."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from wabawatch.domain.alerts import EVERYTHING, AlertScope, ScopeKind
from wabawatch.domain.facts import TemplateRef
from wabawatch.web.pages.links import account_path, number_path, read_template_path, scope_path, template_path


@pytest.mark.parametrize(
    ("waba", "name", "language"),
    [
        ("1", "order_update", "en_US"),
        ("", "a/b?c#d", "pt-BR"),
        ("1", "<b>é 100%", ""),
        ("1", "../..", "en"),
        ("-", "-", "-"),
    ],
)
def test_a_template_is_found_again_by_its_address(waba: str, name: str, language: str) -> None:
    path = template_path(waba, name, language)

    assert not set(path) & set("?# <>")
    known = {"-": ""}
    assert read_template_path(unquote(path.removeprefix("/templates/"))) == (
        known.get(waba, waba),
        TemplateRef(name, known.get(language, language)),
    )


@pytest.mark.parametrize("path", ["", "a", "a/b", "//", "a//en"])
def test_what_is_no_address_of_a_template_is_none(path: str) -> None:
    assert read_template_path(path) is None


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        (AlertScope(ScopeKind.NUMBER, "5"), "/numbers/5"),
        (AlertScope(ScopeKind.WABA, "7"), "/accounts/7"),
        (AlertScope(ScopeKind.TEMPLATE, "7/promo/en", "7"), "/templates/7/promo/en"),
        (AlertScope(ScopeKind.TEMPLATE, "odd"), ""),
        (AlertScope(ScopeKind.CHECK, "graph"), ""),
        (EVERYTHING, ""),
    ],
)
def test_an_alert_leads_to_what_it_is_about(scope: AlertScope, path: str) -> None:
    assert scope_path(scope) == path


def test_what_is_not_known_has_an_address_too() -> None:
    assert (number_path(""), account_path("a/b")) == ("/numbers/-", "/accounts/a%2Fb")
