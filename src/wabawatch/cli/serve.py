"""`wabawatch serve`: receive webhooks, digest them, judge, answer."""

from __future__ import annotations

import logging
import os
import signal
from typing import Annotated

import uvicorn
from cyclopts import App, Parameter

from wabawatch.app import System
from wabawatch.cli.common import HERE, Where, err
from wabawatch.cli.main import FAILED, WELL
from wabawatch.settings import check_production

app = App(help="Receive webhooks, digest them, and serve the API.")

BACKLOG = 2048
"""Connections that may wait to be accepted: Meta opens many at once after a pause."""


@app.default
def serve(
    *,
    host: Annotated[str | None, Parameter(help="Address to listen on (WABAWATCH_HOST).")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes a free one (WABAWATCH_PORT).")] = None,
    where: Where = HERE,
) -> int:
    """Run until SIGTERM or Ctrl-C. What was answered with 200 is kept, whatever happens."""
    settings = where.settings(WABAWATCH_HOST=host, WABAWATCH_PORT=port)
    check_production(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    system = System(settings)
    site = system.site(system.supervisor())
    config = uvicorn.Config(
        site,
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    if not any(each.app_secret for each in settings.apps.values()) and not settings.webhook.allow_unsigned:
        err.print(
            "wabawatch: no app secret is set, so every webhook is refused; set WABAWATCH_APP_SECRET", style="yellow"
        )
    server = uvicorn.Server(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        # When it has stopped, uvicorn raises the signal again for the handler that was there before: left alone, that
        # would end the process by the signal, and an orderly stop would not exit with 0.
        signal.signal(number, server.handle_exit)
    server.run()
    if not system.stopped.is_clean:
        os._exit(FAILED)  # a step hangs in a thread that Python cannot end; it is safe, as a crash would be
    return WELL if server.started else FAILED
