"""When the certificate of a web address expires."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wabawatch.domain.checks import Failure, Plan, Seen
from wabawatch.net import Forbidden, Guard
from wabawatch.ports import Clock
from wabawatch.probes.verdicts import failing, well

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Certificate:
    """Shakes hands as any client does, and reads until when the certificate is valid."""

    url: str
    least_days: int
    guard: Guard
    clock: Clock
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def __call__(self, plan: Plan) -> Seen:
        """Look once."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 443
        began = time.perf_counter()
        try:
            expires_s = _expires(host, port, plan.timeout_ms / 1000, self.guard, self.context)
        except Forbidden as error:
            return failing(plan, self.clock, Failure.FORBIDDEN, str(error))
        except ssl.SSLCertVerificationError as error:
            words = f"the certificate of {host} is not accepted: {error.verify_message}"
            return failing(plan, self.clock, Failure.CERTIFICATE, words)
        except socket.gaierror:
            return failing(plan, self.clock, Failure.NAME, f"the name {host} cannot be looked up")
        except TimeoutError:
            return failing(plan, self.clock, Failure.TIMEOUT, "no answer in time")
        except (OSError, ValueError) as error:
            return failing(
                plan, self.clock, Failure.CONNECTION, f"no secure connection to {host}: {type(error).__name__}"
            )
        latency, days = (time.perf_counter() - began) * 1000, (expires_s - self.clock.now() / 1000) / DAY_S
        words = f"the certificate of {host} is valid for {days:.0f} more days"
        if days < self.least_days:
            return failing(plan, self.clock, Failure.CERTIFICATE, words, latency_ms=latency, value=days)
        return well(plan, self.clock, latency, words, days)


def _expires(host: str, port: int, timeout_s: float, guard: Guard, context: ssl.SSLContext) -> float:
    """Seconds since 1970 at which the certificate ends."""
    deadline = time.monotonic() + timeout_s
    last: OSError | None = None
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        guard.check(host, str(address[0]))
        try:
            left = max(0.1, deadline - time.monotonic())
            # To the address that was checked: the name might lead elsewhere by now.
            with (
                socket.create_connection((str(address[0]), port), timeout=left) as plain,
                context.wrap_socket(plain, server_hostname=host) as secure,
            ):
                found = secure.getpeercert() or {}
                return float(ssl.cert_time_to_seconds(str(found.get("notAfter", ""))))
        except ssl.SSLError:
            raise
        except OSError as error:
            last = error
    raise last or OSError("no address")
