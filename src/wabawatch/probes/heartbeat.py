"""One heartbeat to an outside dead-man service, such as a check of Healthchecks."""

from __future__ import annotations

import asyncio

import aiohttp

from wabawatch.kinds import Secret
from wabawatch.net import Guard, HttpClient, Timeouts, told

_TIMEOUTS = Timeouts(total=10.0, connect=5.0, read=10.0)


def beat(url: Secret, method: str, guard: Guard) -> str:
    """Ask *url*; gives why it was not taken, without the address, which is a secret; "" when it was.

    Taken is an answer of 2xx; redirects are not followed. Not to be called inside an event loop.
    """
    return asyncio.run(_beat(url, method, guard))


async def _beat(url: Secret, method: str, guard: Guard) -> str:
    client = HttpClient(guard, _TIMEOUTS, connections=1)
    try:
        async with client.request(method, url.reveal()) as answer:
            return "" if 200 <= answer.status < 300 else f"the service answered {answer.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return told(error)
    finally:
        await client.close()
