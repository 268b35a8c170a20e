"""The receiver that one would write first: FastAPI, an ORM, a commit for each webhook. Ours is measured beside it.

It checks the signature, and its SQLite is set up as ours is (WAL, synchronous=FULL): when it answers 200, the webhook
is on disk here too. It runs on PostgreSQL as well.
"""

import hmac
import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The models."""


class WebhookEvent(Base):
    """One status of one message."""

    __tablename__ = "webhook_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    wamid: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    phone_number_id: Mapped[str]
    recipient: Mapped[str]
    timestamp: Mapped[int]
    payload: Mapped[str]


def make_app(database_url: str, secret: bytes) -> FastAPI:
    """The app, with its tables made."""
    engine = _engine(database_url)
    Base.metadata.create_all(engine)

    app = FastAPI()

    @app.post("/webhooks/whatsapp")
    async def receive(request: Request) -> dict[str, str]:
        body = await request.body()
        given = request.headers.get("x-hub-signature-256", "")
        if not hmac.compare_digest(given, "sha256=" + hmac.digest(secret, body, "sha256").hex()):
            raise HTTPException(401)
        with Session(engine) as session:
            session.add_all(_events(json.loads(body)))
            session.commit()
        return {"status": "ok"}

    return app


def _engine(database_url: str) -> Engine:
    if database_url.startswith("postgresql:"):
        return create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    engine = create_engine(database_url, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def _events(payload: dict[str, Any]) -> Iterator[WebhookEvent]:
    for entry in payload["entry"]:
        for change in entry["changes"]:
            for status in change["value"].get("statuses", ()):
                yield WebhookEvent(
                    wamid=status["id"],
                    status=status["status"],
                    phone_number_id=change["value"]["metadata"]["phone_number_id"],
                    recipient=status["recipient_id"],
                    timestamp=int(status["timestamp"]),
                    payload=json.dumps(payload),
                )
