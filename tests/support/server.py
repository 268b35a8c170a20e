"""The real server in a process of its own, to be started, killed and asked, and a sender of signed webhooks."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import httpx

from tests.support.zygote import Fork, start
from wabawatch.meta.signature import sign

COMMAND = str(Path(sys.executable).with_name("wabawatch"))
HOST = "127.0.0.1"
SECRET = "app secret"
VERIFY_TOKEN = "verify token"
API_TOKEN = "api token"
WEBHOOKS = "/webhooks/whatsapp"

PATIENCE_S = 120.0
"""What has not happened by then will not happen"""

PLAIN: Any = {"timeout": PATIENCE_S, "verify": False}
"""For requests to servers of tests. Nothing is encrypted there, and to load all certificates of the world, as
`httpx.get` does each time, takes longer than most answers."""

LOST = 0
"""The answer of a server that went away in the middle: it may have kept the body or not."""

Settings: TypeAlias = Mapping[str, str]


def environment(folder: Path, settings: Settings) -> dict[str, str]:
    """The usual settings of an installation in *folder*, and nothing from outside."""
    usual = {
        "WABAWATCH_DATA_DIR": str(folder / "data"),
        "WABAWATCH_APP_SECRET": SECRET,
        "WEBHOOK_VERIFY_TOKEN": VERIFY_TOKEN,
        "WABAWATCH_API_TOKEN": API_TOKEN,
        "WABAWATCH_API_RATE_LIMIT": "0",
        "WABAWATCH_FREE_SPACE_RESERVE": "0",
    }
    outside = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "LANG") if name in os.environ}
    return {**outside, **usual, **settings}


def run(folder: Path, *arguments: str, settings: Settings | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line `wabawatch` on the installation in *folder* and wait for its end."""
    command = [COMMAND, *arguments]
    env = environment(folder, settings or {})
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)


class Server:
    """`wabawatch serve` on the installation in *folder*: each life has the same port and writes to the same log."""

    def __init__(self, folder: Path, settings: Settings | None = None, under: Sequence[str] = ()) -> None:
        """*under*: a command that runs the server and becomes it, in front of its command line."""
        self.folder = folder
        self.settings = dict(settings or {})
        self._under = tuple(under)
        self.port = free_port()
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | Fork | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """What it said in all its lives."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def spawn(self) -> None:
        """Begin a life, without waiting for anything."""
        assert self._process is None
        arguments, env = ("serve", "--port", str(self.port)), environment(self.folder, self.settings)
        if not self._under:
            self._process = start(arguments, env, self.folder, self._log)
            return
        with self._log.open("ab") as log:
            command = [*self._under, COMMAND, *arguments]
            self._process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log)

    def wait_until_up(self) -> None:
        """Wait until it answers."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._answers():
            self.must_be_alive()
            assert time.monotonic() < give_up_at, f"no answer from the server:\n{self.log}"
            time.sleep(0.02)

    def start(self) -> Server:
        self.spawn()
        self.wait_until_up()
        return self

    def must_be_alive(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, f"the server ended with {self._process.returncode}:\n{self.log}"

    def kill(self) -> None:
        """As a power cut would, for this process: SIGKILL."""
        self.must_be_alive()
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; gives the exit code."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        """End it if it lives."""
        if self._process is not None:
            self._end(signal.SIGKILL)

    def get(self, path: str, token: str = API_TOKEN, **query: str) -> httpx.Response:
        return httpx.get(self.url + path, params=query or None, headers=bearer(token), **PLAIN)

    def post(self, body: bytes, *, app: str = "", secret: str = SECRET, **headers: str) -> httpx.Response:
        """Post one webhook, signed."""
        path = f"{WEBHOOKS}/{app}" if app else WEBHOOKS
        signed = {"x-hub-signature-256": sign(body, secret.encode())}
        return httpx.post(self.url + path, content=body, headers=signed | headers, **PLAIN)

    def call(self, path: str, content: object) -> httpx.Response:
        """Post to `/api/v1`."""
        return httpx.post(f"{self.url}/api/v1{path}", json=content, headers=bearer(API_TOKEN), **PLAIN)

    def status(self, hours: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/v1/status", hours=str(hours)).raise_for_status().json()
        return found

    def settled(self) -> dict[str, Any]:
        """The status once all is digested that was accepted: webhooks, and our own records, which it does not count."""
        give_up_at = time.monotonic() + PATIENCE_S
        while self.status()["webhooks"]["backlog"] or not self._nothing_waits():
            assert time.monotonic() < give_up_at, f"still not digested: {self.status()['webhooks']}\n{self.log}"
            time.sleep(0.02)
        return self.status()

    def _nothing_waits(self) -> bool:
        # By /healthz: it counts records too, looks each time, unlike /metrics, and starts no process, as `doctor` does.
        return any(each["detail"] == "nothing waits" for each in self.get("/healthz").json()["checks"])

    def sql(self, question: str) -> list[tuple[Any, ...]]:
        """What the public views say."""
        with closing(sqlite3.connect(f"file:{self.folder / 'data' / 'wabawatch.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(question).fetchall()

    def _answers(self) -> bool:
        with socket.socket() as knock:
            if knock.connect_ex((HOST, self.port)):
                return False  # told in less time than an HTTP client needs to ask
        try:
            return self.get("/healthz").status_code in (200, 503)  # 503: unwell, but up
        except httpx.TransportError:
            return False

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(how)
        try:
            return process.wait(PATIENCE_S)
        finally:
            process.kill()


class Sender:
    """Posts to a server over a few connections, as Meta or an application would."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def webhook(self, body: bytes) -> int:
        """Post a signed webhook; gives the HTTP status or LOST."""
        return await self._post(WEBHOOKS, body, {"x-hub-signature-256": sign(body, SECRET.encode())})

    async def record(self, path: str, body: bytes) -> int:
        """Post to `/api/v1`; gives the HTTP status or LOST."""
        return await self._post(f"/api/v1{path}", body, bearer(API_TOKEN) | {"content-type": "application/json"})

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        while True:
            try:
                async with self._session.post(self._url + path, data=body, headers=headers) as answer:
                    await answer.read()
                    return answer.status
            except aiohttp.ClientConnectorError:  # nobody listens, so nothing was sent
                await asyncio.sleep(0.01)
            except (aiohttp.ClientError, ConnectionError):
                return LOST


@asynccontextmanager
async def sender(url: str, at_once: int = 16) -> AsyncIterator[Sender]:
    """A sender that has at most *at_once* requests on their way."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Sender(session, url)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel gives to outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
