"""`wabawatch serve`: receive webhooks, digest them, judge, answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Annotated

import uvicorn
from cyclopts import Parameter

from wabawatch.app import System
from wabawatch.cli import own_log
from wabawatch.cli.common import HERE, Command, Where, err
from wabawatch.cli.main import FAILED, WELL
from wabawatch.cli.process import tune_allocator, tune_interpreter
from wabawatch.domain.errors import BadRequest, SealBroken
from wabawatch.settings import Server, check_production
from wabawatch.web.site import Site

app = Command()

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
    own_log.begin(settings.log)
    if not any(each.app_secret for each in settings.apps.values()) and not settings.webhook.allow_unsigned:
        err.print(
            "wabawatch: no app secret is set, so every webhook is refused; set WABAWATCH_APP_SECRET", style="yellow"
        )
    tune_allocator()
    system = System(settings)
    _must_open(system)
    if (link := system.access.invitation("serve")) is not None:
        err.print("wabawatch: nobody can sign in yet. This link makes the first admin; it works once, for 24 hours:")
        err.print(f"  {link}", markup=False)
    tune_interpreter()
    server = _Server(_config(system.site(system.supervisor()), settings.server), system.console.live.end)
    _run(server, settings.server)
    if not system.stopped.is_clean:
        os._exit(FAILED)  # a step hangs in a thread that Python cannot end; it is safe, as a crash would be
    return WELL if server.started else FAILED


def _must_open(system: System) -> None:
    """Raise SealBroken where the key file is another installation's: what came would be sealed with a key that goes
    when the right file is put back."""
    try:
        system.signing.public_keys()
    except SealBroken as error:
        system.close()
        raise SealBroken(
            f"{error} The server was not started. If that key is lost for ever, `wabawatch keys rotate --anyway` goes "
            "on without what it sealed."
        ) from error


class _Server(uvicorn.Server):
    """Ends the streams to open pages with the first signal: it waits for all that is open, and they never end."""

    def __init__(self, config: uvicorn.Config, end: Callable[[], None]) -> None:
        super().__init__(config)
        self._end = end

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._end()
        super().handle_exit(sig, frame)


def _config(site: Site, where_to: Server) -> uvicorn.Config:
    return uvicorn.Config(
        site,
        host=where_to.host,
        port=where_to.port,
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=10,
        server_header=False,
        date_header=False,  # the site adds it, but not to what Meta answers
    )


def _run(server: uvicorn.Server, where_to: Server) -> None:
    """Serve until a signal comes. Raises BadRequest when nobody can listen there."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # When it has stopped, uvicorn raises the signal again for the handler that was there before: left alone, that
        # would end the process by the signal, and an orderly stop would not exit with 0.
        signal.signal(number, server.handle_exit)
    try:
        server.run()
    except SystemExit as error:  # uvicorn's way to say that it cannot listen; it has logged why, and stopped the rest
        place = f"{where_to.host}, port {where_to.port}"
        raise BadRequest(f"cannot listen on {place}; give another with --host and --port") from error
