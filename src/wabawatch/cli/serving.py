"""An ASGI app served on loopback inside a command, and a command that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import uvicorn

from wabawatch.domain.errors import BadRequest

T = TypeVar("T")

HOST = "127.0.0.1"
GRACE_S = 1


class Stopped(Exception):
    """SIGINT or SIGTERM came, and everything has been given back."""


def listen(port: int) -> socket.socket:
    """A socket that listens on this machine only; port 0 takes a free one. Raises BadRequest."""
    try:
        return socket.create_server((HOST, port), backlog=2048)
    except OSError as error:
        raise BadRequest(f"--port {port}: cannot listen there ({error.strerror}); 0 takes a free one") from error


def url_of(listener: socket.socket) -> str:
    """Where *listener* is reached."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


@asynccontextmanager
async def serving(app: Any, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the ASGI *app* in this event loop. At the end its lifespan is shut down and *listener* closed."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    config.load()
    server = uvicorn.Server(config)
    # Not `serve`: it would take the signals, and a task of its own to run in.
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield
    finally:
        await server.shutdown(sockets=[listener])


def run_until_stopped(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* in an event loop of its own. The first SIGINT or SIGTERM cancels it; then Stopped is raised."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        try:
            return runner.run(_cancelled_by_signals(main))
        except asyncio.CancelledError as error:
            raise Stopped from error


async def _cancelled_by_signals(main: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)  # so that a second one ends the process at once
        if task is not None:
            task.cancel()

    with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread, or not on this system
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    return await main
