"""Nodes of the Graph API as states: which fields are asked for, and what of them is kept. Never raises on content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from wabawatch.domain.platform import Kind, Seen, Subject, template_key
from wabawatch.domain.polls import Problem
from wabawatch.meta.numbers import tier
from wabawatch.meta.reading import Json, flag, integer, items, mapping, phone, text, upper

NUMBER_FIELDS: Final = (
    "id",
    "display_phone_number",
    "verified_name",
    "status",
    "quality_rating",
    "name_status",
    "code_verification_status",
    "account_mode",
    "platform_type",
    "throughput",
    "is_on_biz_app",
    "whatsapp_business_manager_messaging_limit",
    "health_status",
    "webhook_configuration",
)
ACCOUNT_FIELDS: Final = (
    "id",
    "name",
    "status",
    "account_review_status",
    "business_verification_status",
    "owner_business_info",
    "whatsapp_business_manager_messaging_limit",
    "health_status",
)
TEMPLATE_FIELDS: Final = (
    "id",
    "name",
    "language",
    "status",
    "category",
    "correct_category",
    "rejected_reason",
    "quality_score",
)

NOTE_LIMIT: Final = 500


def read_numbers(waba: str, answer: Json) -> Iterator[Seen]:
    """The numbers on a page of an account's."""
    for node in map(mapping, items(answer.get("data"))):
        if number := text(node.get("id")):
            yield _number(waba, number, node)


def _number(waba: str, number: str, node: Json) -> Seen:
    values = _words(
        node,
        status="status",
        quality="quality_rating",
        name_status="name_status",
        code_verification="code_verification_status",
        account_mode="account_mode",
        platform="platform_type",
    )
    level = upper(mapping(node.get("throughput")).get("level"))
    limit = tier(node.get("whatsapp_business_manager_messaging_limit"))
    name, on_app = text(node.get("verified_name")), flag(node.get("is_on_biz_app"))
    values |= {
        **({"throughput": level} if level else {}),
        **({"limit": limit} if limit else {}),
        **({"verified_name": name} if name else {}),
        **({"on_business_app": str(on_app).lower()} if on_app is not None else {}),
        "waba": waba,
    }
    callbacks = mapping(node.get("webhook_configuration"))
    if callbacks:
        own = callbacks.get("phone_number")
        values["override"] = address(own) if own and own != callbacks.get("application") else ""
    states, notes = _health(node, {"PHONE_NUMBER": "health"})
    return Seen(
        Subject(Kind.NUMBER, number),
        values | states,
        notes,
        waba=waba,
        display_number=phone(node.get("display_phone_number")),
    )


def read_account(waba: str, node: Json) -> Iterator[Seen]:
    """An account."""
    values = _words(node, status="status", review="account_review_status", verification="business_verification_status")
    portfolio = text(mapping(node.get("owner_business_info")).get("id"))
    limit, name = tier(node.get("whatsapp_business_manager_messaging_limit")), text(node.get("name"))
    values |= {
        **({"portfolio": portfolio} if portfolio else {}),
        **({"limit": limit} if limit else {}),
        **({"name": name} if name else {}),
    }
    states, notes = _health(node, {"WABA": "health", "BUSINESS": "health_business", "APP": "health_app"})
    yield Seen(Subject(Kind.WABA, waba), values | states, notes, portfolio=portfolio)


def read_subscribed(waba: str, answer: Json) -> Iterator[Seen]:
    """Which apps get an account's webhooks, and where those go that do not go to the app's own address."""
    apps, overrides = [], []
    for each in map(mapping, items(answer.get("data"))):
        app = text(mapping(each.get("whatsapp_business_api_data")).get("id"))
        if app:
            apps.append(app)
        if each.get("override_callback_uri"):
            overrides.append(f"{app}={address(each.get('override_callback_uri'))}")
    values = {"apps": ",".join(sorted(apps)) or NONE, "override": ",".join(sorted(overrides))}
    yield Seen(Subject(Kind.WABA, waba), values)


NONE: Final = "none"
"""Where an empty list is worth telling: "" would mean that it is not known"""


def read_app(app: str, answer: Json) -> Iterator[Seen]:
    """An app's subscription to the webhooks of accounts."""
    found = [
        one for one in map(mapping, items(answer.get("data"))) if text(one.get("object")) == "whatsapp_business_account"
    ]
    fields = [mapping(each) if isinstance(each, dict) else {"name": each} for one in found for each in _fields(one)]
    names = sorted({text(each.get("name")) for each in fields} - {""})
    versions = sorted({text(each.get("version")) for each in fields} - {""}, key=_version)
    yield Seen(
        Subject(Kind.APP, app),
        {
            "callback": ",".join(address(one.get("callback_url")) for one in found) or NONE,
            "active": "true" if any(flag(one.get("active")) is not False for one in found) else "false",
            "fields": ",".join(names) or NONE,
            "oldest_version": versions[0] if versions else "",
        },
    )


def _fields(subscription: Json) -> Iterable[object]:
    return items(subscription.get("fields"))


def _version(name: str) -> tuple[int, ...]:
    parts = name.removeprefix("v").split(".")
    return tuple(int(part) if part.isdecimal() and part.isascii() else 0 for part in parts)


def read_templates(waba: str, answer: Json) -> Iterator[Seen]:
    """The templates on a page of an account's."""
    for node in map(mapping, items(answer.get("data"))):
        name, language = text(node.get("name")), text(node.get("language"))
        if name:
            yield _template(waba, template_key(name, language), node)


def _template(waba: str, key: str, node: Json) -> Seen:
    values = _words(node, status="status", category="category")
    score = mapping(node.get("quality_score"))
    quality = upper(score.get("score"))
    correct = upper(node.get("correct_category"))
    template_id = text(node.get("id"))
    values |= {
        **({"quality": quality} if quality else {}),
        **({"id": template_id} if template_id else {}),
        "category_notice": correct if correct != values.get("category") else "",
    }
    reason = upper(node.get("rejected_reason"))
    return Seen(Subject(Kind.TEMPLATE, key, waba), values, {"status": reason} if reason not in ("", "NONE") else {})


def read_token(answer: Json) -> Iterator[Seen]:
    """What is known of the token that we ask with."""
    data = mapping(answer.get("data"))
    is_valid = flag(data.get("is_valid"))
    if is_valid is None:
        return
    error = mapping(data.get("error"))
    granular = [mapping(each) for each in items(data.get("granular_scopes"))]
    targets = {
        text(target)
        for each in granular
        if text(each.get("scope")) in WABA_SCOPES
        for target in items(each.get("target_ids"))
    }
    values = {
        "valid": str(is_valid).lower(),
        "expires_at": str(integer(data.get("expires_at"))),
        "data_access_expires_at": str(integer(data.get("data_access_expires_at"))),
        "type": upper(data.get("type")),
        "app": text(data.get("app_id")),
    }
    if is_valid:
        values["scopes"] = ",".join(sorted(map(text, items(data.get("scopes"))))) or NONE
        values["wabas"] = text(",".join(sorted(targets - {""})), 60_000)
    yield Seen(Subject(Kind.TOKEN, ""), values, {"valid": text(error.get("message"), NOTE_LIMIT)})


WABA_SCOPES: Final = frozenset({"whatsapp_business_management", "whatsapp_business_messaging"})


def is_dead(answer: Json) -> bool:
    """Whether Meta says of the token that was asked about that it is not valid."""
    return flag(mapping(answer.get("data")).get("is_valid")) is False


def dead_token(problem: Problem) -> tuple[Seen, ...]:
    """What is known of a token that was refused when it asked about itself."""
    return (Seen(Subject(Kind.TOKEN, ""), {"valid": "false"}, {"valid": problem.sentence[:NOTE_LIMIT]}),)


def _words(node: Json, **names: str) -> dict[str, str]:
    """The aspects of *node* that it shows, as words in capitals."""
    return {aspect: said for aspect, name in names.items() if (said := upper(node.get(name)))}


def _health(node: Json, aspects: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Whether each kind of entity in *aspects* can send, and if not, why and what to do."""
    health = mapping(node.get("health_status"))
    values: dict[str, str] = {}
    notes: dict[str, str] = {}
    for entity in map(mapping, items(health.get("entities"))):
        aspect, said = aspects.get(upper(entity.get("entity_type")), ""), upper(entity.get("can_send_message"))
        if aspect and said:
            values[aspect] = said
            notes[aspect] = _why(entity)
    whole = upper(health.get("can_send_message"))
    if whole and "health" not in values:
        values["health"] = whole
    return values, notes


def _why(entity: Json) -> str:
    said = [text(each) for each in items(entity.get("additional_info"))]
    for error in map(mapping, items(entity.get("errors"))):
        words = (text(error.get(name)) for name in ("error_code", "error_description", "possible_solution"))
        said.append(" ".join(word for word in words if word))
    return text("; ".join(word for word in said if word), NOTE_LIMIT)


def address(value: object) -> str:
    """A web address without what may be secret in it: user, password and query."""
    written = text(value)
    try:
        parts = urlsplit(written)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "?"
    return f"{parts.scheme}://{host}{port}{parts.path}" if host else written.partition("?")[0]
