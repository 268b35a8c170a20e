"""The guarded HTTP client: where it goes, where it does not, and what it says."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import BaseTestServer, TestServer

from wabawatch.net import Forbidden, Guard, HttpClient, Timeouts, guard_of, is_public, place, redact, told

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_no_public_one(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["157.240.1.1", "8.8.8.8", "2a03:2880:f10c::1", "64:ff9b::808:808"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_what_the_operator_allows_is_admitted() -> None:
    guard = guard_of(["10.0.0.0/8", "192.168.1.7", "Crm.Internal.", "fd00::/8"])

    assert guard.admits("10.9.9.9", "10.9.9.9")
    assert guard.admits("crm.internal.", "172.16.0.9")
    assert guard.admits("x.example", "192.168.1.7")
    assert guard.admits("x.example", "fd12::1")
    assert not guard.admits("x.example", "192.168.1.8")
    assert not guard.admits("crm.internal.evil.example", "172.16.0.9")


class Names(AbstractResolver):
    """Answers look-ups from a list, one after the other."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.addresses.pop(0)
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def _seen(request: web.Request) -> web.Response:
    return web.json_response([[name.lower(), value] for name, value in request.headers.items()])


def talk(act: Callable[[BaseTestServer], Awaitable[Any]], handler: Any = _seen) -> Any:
    """Run *act* with a server on this machine."""

    async def run() -> Any:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handler)
        async with TestServer(app) as server:
            return await act(server)

    return asyncio.run(run())


async def get(client: HttpClient, url: object) -> tuple[int, Any]:
    """Ask, and give status and JSON."""
    try:
        async with client.request("GET", url) as answer:
            return answer.status, await answer.json(content_type=None)
    finally:
        await client.close()


def test_nothing_is_added_to_a_request_but_the_host() -> None:
    _, headers = talk(lambda server: get(HttpClient(None, Timeouts()), server.make_url("/a")))

    assert [name for name, _ in headers] == ["host"]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0"])
def test_a_url_of_this_machine_is_refused(host: str) -> None:
    client = HttpClient(Guard(), Timeouts())

    with pytest.raises(Forbidden) as caught:
        asyncio.run(get(client, f"http://{host}:9/"))

    assert "private address" in told(caught.value)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((Forbidden, aiohttp.ClientError)):
        asyncio.run(get(HttpClient(Guard(), Timeouts(), resolver=Names("127.0.0.1")), f"http://{host}:9/"))


def test_a_name_that_leads_to_this_machine_is_refused() -> None:
    client = HttpClient(Guard(), Timeouts(), resolver=Names("127.0.0.1"))

    with pytest.raises(Forbidden) as caught:
        asyncio.run(get(client, "http://innocent.example/"))

    assert "innocent.example leads to the private address 127.0.0.1" in told(caught.value)


def test_the_address_that_was_checked_is_the_one_that_is_used() -> None:
    """DNS rebinding: a second look-up would give another address, so there must be none."""
    names = Names("127.0.0.1", "10.0.0.1")
    client = HttpClient(guard_of(["127.0.0.1"]), Timeouts(), resolver=names)

    status, _ = talk(lambda server: get(client, f"http://innocent.example:{server.port}/"))

    assert (status, names.addresses) == (200, ["10.0.0.1"])


def test_an_allowed_network_is_reached() -> None:
    status, _ = talk(lambda server: get(HttpClient(guard_of(["127.0.0.0/8"]), Timeouts()), server.make_url("/")))

    assert status == 200


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"location": "http://10.0.0.1/"}, text="{}")

    status, _ = talk(lambda server: get(HttpClient(None, Timeouts()), server.make_url("/")), away)

    assert status == 302


def test_a_server_that_says_nothing_is_given_up() -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(20)
        return web.Response()

    with pytest.raises(TimeoutError) as caught:
        talk(lambda server: get(HttpClient(None, Timeouts(total=0.05)), server.make_url("/")), silent)

    assert told(caught.value) == "no answer in time"


def test_a_closed_port_is_told_without_the_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        asyncio.run(get(HttpClient(None, Timeouts()), f"http://127.0.0.1:{port}/?access_token=EAAsecret"))

    assert told(caught.value).startswith("no connection: ")
    assert "secret" not in told(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com/…"),
        ("https://user:pass@crm.example:8443/?key=secret", "https://crm.example:8443/…"),
        ("https://crm.example/", "https://crm.example"),
        ("http://[fd00::1]:80/x", "http://[fd00::1]:80/…"),
        ("http://[", "an address that cannot be read"),
    ],
)
def test_the_place_of_a_url_is_shown_without_secrets(url: str, shown: str) -> None:
    assert place(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        "GET https://graph.example/v25.0/1?access_token=SECRET failed",
        "Authorization: Bearer SECRET",
        "https://SECRET:SECRET@crm.example/x",
        '{"access_token": "SECRET"}',
        "appsecret_proof=SECRET&x=1",
        "token EAASECRETSECRETSECRETSECRET was refused",
    ],
)
def test_secrets_are_left_out_of_texts(text: str) -> None:
    assert "SECRET" not in redact(text)
