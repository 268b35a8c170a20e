"""The process in which Apprise runs: reads one notice as JSON from stdin, hands it over, writes one line of JSON.

Every connection is checked where the interpreter makes it: neither a redirect nor a name that leads elsewhere the
second time gets past the guard.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import socket
import sys
from collections.abc import Callable
from typing import Any

from wabawatch.net import Forbidden, Guard

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


def main() -> None:
    """Do what stdin asks for."""
    asked = json.load(sys.stdin)
    networks = tuple(ipaddress.ip_network(each) for each in asked["networks"])
    watch = Watch(Guard(frozenset(asked["hosts"]), networks))
    logs = Lines()
    logging.getLogger("apprise").addHandler(logs)
    logging.getLogger("apprise").propagate = False
    logging.lastResort = None
    watch.begin()
    answer = _notify(asked, watch, logs)
    # Apprise prints where services ask for it; what is read is the last line.
    sys.stdout.write(json.dumps(answer))


def _notify(asked: dict[str, Any], watch: Watch, logs: Lines) -> dict[str, Any]:
    try:
        import apprise
    except ImportError:
        return {"outcome": "refused", "detail": "Apprise is not installed: pip install apprise"}
    services = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False, app_id="wabawatch", app_desc="wabawatch"))
    if not services.add(asked["url"]) or not len(services):
        return {"outcome": "refused", "detail": "Apprise does not understand the address"}
    if asked.get("is_check"):
        return {"outcome": "sent"}
    for service in services:
        service.socket_connect_timeout = service.socket_read_timeout = asked["timeout_s"]
        # A long text is cut: in several messages it could cost as many times.
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
    if services.notify(title=asked["title"], body=asked["body"], notify_type=asked["type"], body_format="text"):
        return {"outcome": "sent"}
    if watch.refusals:
        return {"outcome": "refused", "detail": watch.refusals[0]}
    return logs.meaning()


class Watch:
    """Lets connections through that the guard admits. Only this process is watched, and it cannot be undone."""

    def __init__(self, guard: Guard) -> None:
        self.refusals: list[str] = []
        self._guard = guard
        self._names: dict[str, str] = {}
        """The name behind each address that was looked up"""

    def begin(self) -> None:
        """Watch from now on."""
        look_up: Callable[..., Any] = socket.getaddrinfo

        def looked_up(host: Any, *args: Any, **options: Any) -> Any:
            found = look_up(host, *args, **options)
            self._names.update({str(each[4][0]): str(host) for each in found if host})
            return found

        socket.getaddrinfo = looked_up
        sys.addaudithook(self._seen)

    def _seen(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in _CONNECTING or not isinstance(args[1], tuple) or len(args[1]) < 2:
            return
        address = str(args[1][0])
        try:
            self._guard.check(self._names.get(address, address), address)
        except Forbidden as error:
            self.refusals.append(str(error))
            raise
        except ValueError:
            pass  # a name, which the interpreter looks up itself: no library that Apprise uses connects by one


class Lines(logging.Handler):
    """Keeps what Apprise writes to its log, of which only the status is told: the rest may show the address."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._lines.append(record.getMessage())

    def meaning(self) -> dict[str, Any]:
        """Why it failed, as far as the log tells."""
        for line in reversed(self._lines):
            if found := re.search(r"\berror=(\d{3})\b", line):
                return {"outcome": "status", "status": int(found[1])}
        return {"outcome": "retry", "detail": "the service did not take it, and Apprise does not say why"}


if __name__ == "__main__":
    main()
