"""Templates to answers: everything a page needs beside its own values, and the headers that keep it safe."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse

from wabawatch.domain.access import Right
from wabawatch.domain.facts import Millis
from wabawatch.notifiers import words
from wabawatch.web.assets import Assets
from wabawatch.web.pages import links
from wabawatch.web.pages.alert_words import CAUSES
from wabawatch.web.pages.check_words import check_title
from wabawatch.web.pages.places import RANGES, Whereabouts
from wabawatch.web.visitors import Visitor
from wabawatch.wire import iso

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECURE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: forms would be sent with `Origin: null`, and could not be told from those of strangers.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
THEMES = ("system", "light", "dark")

NAVIGATION: list[tuple[str, str, Right]] = [
    ("/", "Overview", Right.VIEW),
    ("/logs", "Logs", Right.VIEW),
    ("/templates", "Templates", Right.VIEW),
    ("/numbers", "Numbers", Right.VIEW),
    ("/webhooks", "Webhooks", Right.VIEW),
    ("/alerts", "Alerts", Right.VIEW),
    ("/uptime", "Uptime", Right.VIEW),
    ("/reports", "Reports", Right.VIEW),
    ("/exports", "Exports", Right.OPERATE),
    ("/settings", "Settings", Right.ADMINISTER),
    ("/audit", "Audit", Right.ADMINISTER),
    ("/system", "System", Right.VIEW),
]
"""The pages at the side: path, name, and who sees it. A page adds its line here."""
ELSEWHERE = {"/accounts": "/numbers", "/messages": "/logs", "/users": "/settings"}
"""Pages that belong to a section whose path is not above theirs"""


def section_of(path: str) -> str:
    """The section at the side that the page at *path* belongs to: `/alerts` of `/alerts/x`; "": none."""
    first = "/" + path.strip("/").partition("/")[0]
    first = ELSEWHERE.get(first, first)
    return first if first in {to for to, _, _ in NAVIGATION} or first == "/account" else ""


class Bell(NamedTuple):
    """What the frame of a page says of alerts."""

    unread: int = 0
    """So many began since its visitor last looked at their list"""
    told: str = "0.0"
    """How far the page has been told: what is new since then is shown when it comes"""


class Views:
    """Renders templates: text is escaped, always, and a name that a template misspells is an error."""

    def __init__(
        self,
        assets: Assets,
        now: Callable[[], Millis],
        bell: Callable[[Visitor], Bell] = lambda _: Bell(),
        who: Callable[[str], str] = str,
    ) -> None:
        self.assets = assets
        self._now = now
        self._bell = bell
        self._who = who

    def render(
        self,
        name: str,
        request: Request,
        *,
        visitor: Visitor | None = None,
        at: Whereabouts | None = None,
        status: int = 200,
        **values: Any,
    ) -> HTMLResponse:
        """The template *name* as an answer. Raises AssetsMissing."""
        theme = request.cookies.get("theme", THEMES[0])
        theme = theme if theme in THEMES else THEMES[0]
        given = {
            "visitor": visitor,
            "at": at,
            "path": request.url.path,
            "section": section_of(request.url.path),
            "theme": theme,
            "ranges": RANGES,
            "navigation": [each for each in NAVIGATION if visitor is not None and visitor.may(each[2])],
            "now": self._now(),
            "bell": Bell() if visitor is None else self._bell(visitor),
        }
        return HTMLResponse(self.environment.get_template(name).render(given | values), status, headers=SECURE)

    @cached_property
    def environment(self) -> Environment:
        """Jinja2, loaded with the first page: an installation that nobody looks at does without."""
        from jinja2 import Environment, PackageLoader, StrictUndefined

        found = Environment(
            loader=PackageLoader("wabawatch.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        found.globals |= {
            "asset": lambda name: self.assets.url(name),
            "verdicts": VERDICTS,
            "severities": SEVERITIES,
            "faults": FAULTS,
            "number_path": links.number_path,
            "account_path": links.account_path,
            "template_path": links.template_path,
            "scope_path": links.scope_path,
        }
        filters: dict[str, Callable[..., Any]] = {
            "percent": _or_dash(words.percent),
            "count": _or_dash(lambda n: f"{n:,}"),
            "quantity": _or_dash(words.quantity),
            "duration": _or_dash(words.duration),
            "iso": iso,
            "moment": _or_dash(words.moment),
            "sentence": lambda text: text[:1].upper() + text[1:],
            "who": self._who,
            "check_title": check_title,
            "cause": lambda cause: FAULTS.get(cause) or CAUSES.get(cause, cause),
            "points": _or_dash(lambda share: f"{abs(share) * 100:.1f}"),
        }
        found.filters |= filters
        return found


def _or_dash(say: Callable[..., str]) -> Callable[..., str]:
    """*say*, of what may be unknown: then it is a dash."""
    return lambda value, *more: "–" if value is None else say(value, *more)


VERDICTS = {
    "compliant": ("good", "Compliant"),
    "warning": ("warn", "Warning"),
    "violation": ("bad", "Violation"),
    "insufficient_data": ("none", "Too little data"),
}
"""Of each verdict its colour and its word: never one without the other"""
SEVERITIES = {"critical": ("bad", "Critical"), "warning": ("warn", "Warning"), "info": ("none", "Info")}
FAULTS = {
    "sender": "the sending application",
    "account": "the business account",
    "template": "a template",
    "recipient": "the recipients",
    "meta": "Meta",
    "rate_limit": "rate limits",
    "unknown": "unknown",
}
"""Who can mend a failure, in words"""
