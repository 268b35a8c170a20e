"""Where webhooks are forwarded to: the sections `forward.NAME`, and what may not stand in them together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from wabawatch import kinds
from wabawatch.domain.forwarding import DEFAULT_APP, EVERY_APP, Target
from wabawatch.kinds import Secret, whole
from wabawatch.sources import setting


@dataclass(frozen=True, slots=True)
class Forward:
    """One target: whose webhooks it gets, and how."""

    url: Secret | None = setting(
        "WABAWATCH_FORWARD_<name>_URL",
        kinds.SECRET_URL,
        None,
        "Address of an application that gets webhooks as they come; a private one must be in "
        "`WABAWATCH_ALLOW_PRIVATE_URLS`.",
    )
    app: tuple[str, ...] = setting(
        "WABAWATCH_FORWARD_<name>_APP",
        kinds.WORDS,
        (),
        f"The Meta apps whose bodies it gets, unchanged; `{DEFAULT_APP}` is the one without a name, `{EVERY_APP}` all.",
    )
    waba: tuple[str, ...] = setting(
        "WABAWATCH_FORWARD_<name>_WABA",
        kinds.WORDS,
        (),
        "The WABAs whose webhooks it gets; what a body tells of others is cut out before.",
    )
    number: tuple[str, ...] = setting(
        "WABAWATCH_FORWARD_<name>_NUMBER",
        kinds.WORDS,
        (),
        "The numbers (phone_number_id) whose webhooks it gets; what a body tells of others is cut out before.",
    )
    secret: Secret | None = setting(
        "WABAWATCH_FORWARD_<name>_SECRET",
        kinds.SECRET,
        None,
        "Signs bodies out of which something was cut, as an app secret would; needed with `waba` and `number`.",
    )
    timeout_s: int = setting(
        "WABAWATCH_FORWARD_<name>_TIMEOUT",
        whole(1, 120, unit="seconds"),
        21,
        "How long to wait for its answer; whatever it is, an answer after 20 s counts as late.",
    )
    concurrency: int = setting(
        "WABAWATCH_FORWARD_<name>_CONCURRENCY",
        whole(1, 256),
        16,
        "How many requests it gets at once; with 1 each body waits until the one before is answered.",
    )
    enabled: bool = setting(
        "WABAWATCH_FORWARD_<name>_ENABLED",
        kinds.SWITCH,
        True,
        "Whether it gets anything; enabled again, it goes on where it stopped, as far as bodies are still kept.",
    )


def mistakes(forward: Mapping[str, Forward], apps: Collection[str]) -> Iterator[str]:
    """What is wrong with targets, a sentence each. *apps*: the names of all apps; "" is the one without a name."""
    for name, given in forward.items():
        where = f"forward.{name}"
        if given.url is None:
            yield f"{where}.url: missing; give the address that webhooks are posted to"
        if not (given.app or given.waba or given.number):
            yield f"{where}: it says not whose webhooks it gets; give app, waba or number (app = '{DEFAULT_APP}')"
        if given.app and (given.waba or given.number):
            yield f"{where}: app does not go with waba or number; make two targets of it"
        if (given.waba or given.number) and given.secret is None:
            yield f"{where}.secret: missing; it signs bodies out of which other WABAs or numbers were cut"
        for id_ in (*given.waba, *given.number):
            if not (id_.isascii() and id_.isdigit()):
                yield f"{where}: {id_!r} is no id of a WABA or number: they are digits only (not the phone number)"
        for app in given.app:
            if app != EVERY_APP and _app(app) not in apps:
                known = ", ".join(each or DEFAULT_APP for each in apps)
                yield f"{where}.app: {app!r} is no app of these settings; there are {known} (and {EVERY_APP} for all)"


def targets_of(forward: Mapping[str, Forward]) -> dict[str, Target]:
    """The targets that are enabled, by name."""
    return {
        name: Target(
            name=name,
            url=given.url.reveal(),
            apps=frozenset(map(_app, given.app)),
            wabas=frozenset(given.waba),
            numbers=frozenset(given.number),
            secret=given.secret.reveal().encode() if given.secret else b"",
            timeout_s=given.timeout_s,
            concurrency=given.concurrency,
        )
        for name, given in forward.items()
        if given.enabled and given.url is not None
    }


def _app(name: str) -> str:
    return "" if name == DEFAULT_APP else name
