"""A template about which webhooks and polls tell, and how sends of it are judged."""

from __future__ import annotations

from sqlalchemy import select

from tests.support.facts import T0, TEMPLATES, WABA, recorded, told
from tests.support.polling import MINUTE, Watch
from wabawatch.domain.facts import Source, Status, TemplateChanged, When
from wabawatch.domain.platform import Kind, Subject
from wabawatch.domain.standing import TemplateUse
from wabawatch.storage import schema

HELLO = Subject(Kind.TEMPLATE, "hello/en", WABA)


def webhook(watch: Watch, after: str, happened: int, came: int) -> None:
    """A webhook about the template, some minutes after the beginning."""
    when = When(T0 + happened * MINUTE, T0 + came * MINUTE)
    fact = TemplateChanged(when, Source.WEBHOOK, WABA, "status", "hello", "en", after=after)
    watch.shelf.learn([fact])


def verdict(watch: Watch, minutes: float, wamid: str = "wamid.one") -> str:
    """How a send is judged, that was accepted so many minutes after the beginning."""
    sent_at = int(minutes * MINUTE)
    send = recorded(sent_at, wamid=wamid, template=TEMPLATES[0])
    watch.shelf.learn([send, told(Status.SENT, sent_at, wamid=wamid, waba=WABA)])
    watch.shelf.settle(T0)
    with watch.shelf.books.writing() as ledger:
        (held,), _ = ledger.find([wamid], [])
    use: TemplateUse = held.judgement.use
    return use.value


def events(watch: Watch, kind: str, event: str) -> list[tuple[str, str]]:
    """Before and after of each event of a kind, in order."""
    c = schema.events.c
    query = select(c.before, c.after).where(c.kind == kind, c.event == event).order_by(c.at)
    with watch.shelf.database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]
