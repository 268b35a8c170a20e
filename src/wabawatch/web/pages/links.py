"""Where the console shows a template, a number or an account: other pages lead there without looking anything up."""

from __future__ import annotations

from urllib.parse import quote

from wabawatch.domain.alerts import AlertScope, ScopeKind
from wabawatch.domain.facts import TemplateRef

UNKNOWN = "-"
"""Stands for what is not known: an address must have something there"""


def template_path(waba: str, name: str, language: str) -> str:
    """The page of a template, as alerts call it: `WABA/name/language`."""
    return "/templates/" + "/".join(quote(part or UNKNOWN, safe="") for part in (waba, name, language))


def read_template_path(given: str) -> tuple[str, TemplateRef] | None:
    """What *given*, the part behind `/templates/`, speaks of; None: of nothing. Names may hold a slash."""
    waba, slash, rest = given.partition("/")
    name, other, language = rest.rpartition("/")
    if not (slash and other and name):
        return None
    return _known(waba), TemplateRef(name, _known(language))


def _known(part: str) -> str:
    return "" if part == UNKNOWN else part


def number_path(number: str) -> str:
    """The page of a number."""
    return "/numbers/" + quote(number or UNKNOWN, safe="")


def account_path(waba: str) -> str:
    """The page of an account."""
    return "/accounts/" + quote(waba or UNKNOWN, safe="")


def scope_path(scope: AlertScope) -> str:
    """The page of what an alert is about; "" there is none."""
    match scope.kind:
        case ScopeKind.NUMBER:
            return number_path(scope.id)
        case ScopeKind.WABA:
            return account_path(scope.id)
        case ScopeKind.TEMPLATE if found := read_template_path(scope.id):
            waba, ref = found
            return template_path(waba, ref.name, ref.language)
        case _:
            return ""
