"""Whether forward targets can be reached: a connection is opened and closed again, and nothing is sent."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from wabawatch.domain.forwarding import Target, TargetState
from wabawatch.domain.premises import TargetLook
from wabawatch.net import Forbidden, Guard, place

TIMEOUT_S = 3.0


def look_at_targets(
    targets: Iterable[Target], states: Mapping[str, TargetState], guard: Guard
) -> tuple[TargetLook, ...]:
    """Each of *targets*, with what the books tell of it. *guard* says which addresses may be reached."""
    return tuple(
        TargetLook(each.name, place(each.url), trouble_of(each.url, guard), states.get(each.name)) for each in targets
    )


def trouble_of(url: str, guard: Guard) -> str:
    """Why there is no connection, in a sentence; "" when there is one."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            guard.check(host, str(address[0]))
        with socket.create_connection((host, port), timeout=TIMEOUT_S):
            return ""
    except Forbidden as error:
        return str(error)
    except socket.gaierror:
        return f"the name {host} cannot be looked up"
    except TimeoutError:
        return f"no connection within {TIMEOUT_S:.0f} s"
    except OSError as error:
        return f"no connection: {error.strerror or 'refused'}"
