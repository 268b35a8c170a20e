"""A browser of a test: it keeps cookies, fills in forms as people do, and follows nobody by itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

ORIGIN = "http://watch.example.com"


class Browser:
    """Asks *site*, an ASGI app, or the server at *url*."""

    def __init__(self, site: Any = None, url: str = ORIGIN) -> None:
        self._site = site
        self.url = url
        self.cookies: dict[str, str] = {}

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers or {})

    def post(
        self, path: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Post a form, with no more than is given."""
        told = {"content-type": "application/x-www-form-urlencoded"} | dict(headers or {})
        return self.ask("POST", path, told, urlencode(fields or {}).encode())

    def submit(self, page: str, path: str = "", **fields: str) -> httpx.Response:
        """Load *page*, and send a form of it to *path* with what stands hidden in it."""
        hidden = hidden_in(self.get(page).text)
        return self.post(path or page.partition("?")[0], hidden | fields, {"origin": self.url})

    def sign_in(self, name: str, password: str, page: str = "/login") -> httpx.Response:
        return self.submit(page, name=name, password=password)

    def may_look(self) -> bool:
        """Whether somebody is signed in."""
        return self.get("/account").status_code == 200

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> httpx.Response:
        """Ask anything."""
        told = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        asked = httpx.Request(method, self.url + path, headers=told, content=body)
        answer = self._server(asked) if self._site is None else asyncio.run(self._in_process(asked))
        for kept in answer.headers.get_list("set-cookie"):
            name, _, value = kept.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in kept:
                del self.cookies[name]
        return answer

    def _server(self, asked: httpx.Request) -> httpx.Response:
        with httpx.Client(timeout=60, verify=False) as client:  # no certificates to load
            return client.send(asked)

    async def _in_process(self, asked: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._site, client=("192.0.2.7", 4711))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(asked)


def hidden_in(text: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: value.replace("&amp;", "&") for name, value in found}
