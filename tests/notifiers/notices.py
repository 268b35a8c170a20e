"""Notices as they come, one of each kind: what the stored examples are made of."""

from __future__ import annotations

from dataclasses import replace

from wabawatch.domain.alerts import AlertScope, Comparison, Contributor, ScopeKind, Severity
from wabawatch.domain.notices import MOST_TOLD, Notice, NoticeKind, Told

AT = 1_795_256_100_000  # 2026-11-21, 10:15 UTC
MINUTE, HOUR = 60_000, 3_600_000
WABA, NUMBER = "102290129340398", "106540352242922"
CONSOLE = "https://watch.example.com"

DELIVERY = Told(
    alert="4be1f0c2a9d37e58",
    type="DELIVERY_RATE_LOW",
    title="Delivery rate low",
    severity=Severity.CRITICAL,
    scope=AlertScope(ScopeKind.NUMBER, NUMBER, WABA),
    about=f"number {NUMBER} of WABA {WABA}",
    words="Fewer of the messages sent from 09:00 to 10:00 UTC were delivered than the rule asks for.",
    since=AT - 65 * MINUTE,
    value=0.912,
    n=2_000,
    interval=(0.9008, 0.9221),
    threshold=0.95,
    unit="share",
    cause="template",
    contributors=(
        Contributor("template", f"{WABA}/promo_7/en", 141, 176, "error 132015, Template is Paused"),
        Contributor("country", "BR", 22, 640),
        Contributor("error", "131049", 9, 176, "Meta chose not to deliver"),
    ),
    explains=2,
    first_steps=(
        "Look at the contributors above: one template, country or error that stands out is most often the whole cause.",
        "Open the number's messages of this hour, failed ones first, and read the error's meaning and next step.",
        "Look at Meta's status page and at the other numbers: if all of them fell at once, the cause is not yours.",
    ),
    runbook="delivery_rate_low",
    runbook_url=f"{CONSOLE}/runbooks/delivery_rate_low",
    link=f"{CONSOLE}/alerts/4be1f0c2a9d37e58",
)
PAUSED = Told(
    alert="90aa51bd0c7733e1",
    type="TEMPLATE_PAUSED",
    title="Template paused",
    severity=Severity.CRITICAL,
    scope=AlertScope(ScopeKind.TEMPLATE, f"{WABA}/promo_7/en", WABA),
    about=f"template promo_7 (en) of WABA {WABA}",
    words="Meta has paused the template for the first time, for 3 hours.",
    since=AT - 4 * MINUTE,
    cause="template",
    first_steps=("Stop what sends this template: every attempt is refused with 132015.",),
    runbook="template_paused",
    link=f"{CONSOLE}/alerts/90aa51bd0c7733e1",
)
TOKEN = Told(
    alert="77c0de5512ab90ff",
    type="TOKEN_EXPIRING",
    title="Token expires soon",
    severity=Severity.WARNING,
    scope=AlertScope(ScopeKind.APP, "shop"),
    about="app shop",
    words="The access token expires on 26 Nov 2026.",
    since=AT - 2 * HOUR,
    value=5,
    threshold=14,
    unit="days",
    runbook="token_expiring",
)
SLOW = Told(
    alert="0e5f3ac2218890d4",
    type="WEBHOOK_TIMEOUT",
    title="Application answers webhooks too late",
    severity=Severity.WARNING,
    scope=AlertScope(ScopeKind.FORWARD, "crm"),
    about="forward target crm",
    words="The slowest hundredth of the answers took longer than Meta would wait.",
    since=AT - 12 * MINUTE,
    value=22_400,
    n=5_310,
    interval=(20_900, 24_100),
    threshold=20_000,
    comparison=Comparison.ABOVE,
    unit="ms",
    cause="us",
    runbook="webhook_timeout",
)


def notice(kind: NoticeKind, *told: Told, **changes: object) -> Notice:
    """A notice of *kind* about *told*."""
    key = "c4f1" + kind.value.encode().hex()[:8].ljust(8, "0")
    given = Notice(
        key, kind, "ops", AT, told, len(told), thread=told[0].alert if told else "", link=f"{CONSOLE}/alerts"
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def ended(told: Told, how: str, after: int = 2 * HOUR) -> Told:
    """*told*, ended."""
    return replace(told, ended_at=told.since + after, ended=how)


RECOVERED = replace(
    ended(DELIVERY, "recovered"), since=AT - 2 * HOUR - 5 * MINUTE, ended_at=AT, value=0.973, n=1_930,
    interval=(0.9641, 0.9798), contributors=(), explains=0,
)  # fmt: skip

MANY = tuple(
    replace(DELIVERY, alert=f"{n:016x}", about=f"number {106540352242000 + n} of WABA {WABA}", value=0.90 + n / 1000)
    for n in range(MOST_TOLD)
)

EXAMPLES: dict[str, Notice] = {
    "firing": notice(NoticeKind.FIRING, DELIVERY),
    "firing-state": notice(NoticeKind.FIRING, PAUSED),
    "firing-warning": notice(NoticeKind.FIRING, SLOW),
    "firing-three": notice(NoticeKind.FIRING, DELIVERY, PAUSED, TOKEN),
    "firing-many": notice(
        NoticeKind.FIRING, *MANY, total=214, thread="grp",
        by_type=(("DELIVERY_RATE_LOW", 148), ("FAILURE_RATE_HIGH", 66)),
    ),
    "resolved": notice(NoticeKind.RESOLVED, RECOVERED),
    "resolved-acknowledged": notice(NoticeKind.RESOLVED, ended(PAUSED, "acknowledged", 3 * MINUTE)),
    "resolved-aged": notice(NoticeKind.RESOLVED, ended(replace(PAUSED, since=AT - 24 * HOUR), "aged", 24 * HOUR)),
    "resolved-dark": notice(NoticeKind.RESOLVED, ended(DELIVERY, "went_dark", HOUR)),
    "resolved-gone": notice(NoticeKind.RESOLVED, ended(SLOW, "rule_gone", 5 * MINUTE)),
    "resolved-replaced": notice(NoticeKind.RESOLVED, ended(DELIVERY, "replaced", 5 * MINUTE)),
    "resolved-two": notice(NoticeKind.RESOLVED, RECOVERED, ended(SLOW, "recovered", 10 * MINUTE)),
    "reminder": notice(NoticeKind.REMINDER, replace(DELIVERY, since=AT - 3 * HOUR)),
    "escalation": notice(NoticeKind.ESCALATION, replace(PAUSED, since=AT - 45 * MINUTE)),
    "test": notice(NoticeKind.TEST, link=""),
}  # fmt: skip
