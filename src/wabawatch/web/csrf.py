"""Whether a request that changes something was made by a page of ours: two proofs, each of which would do.

The browser says where the request comes from (`Sec-Fetch-Site`, `Origin`: no page can set these), and the request shows
a token that is made of the cookie's secret, which other sites cannot read.
"""

from __future__ import annotations

import base64
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from wabawatch.domain.errors import Forbidden
from wabawatch.web.forms import Form

HEADER = "x-csrf-token"
FIELD = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD"})

STRANGE = "this request comes from another site, so nothing was done; open the page here and try again"
OLD = "this page is too old, or cookies are refused, so nothing was done; load the page again, then try again"


def token_of(secret: str) -> str:
    """The token that belongs to the cookie's *secret*. Who knows it does not know the secret."""
    return base64.urlsafe_b64encode(hmac.digest(secret.encode("utf-8", "replace"), b"csrf", "sha256")).decode()


def check(headers: Headers, form: Form, secret: str, public_url: str | None) -> None:
    """Raise Forbidden unless one of our pages made the request, for the browser whose cookie holds *secret*."""
    if not is_from_here(headers, public_url):
        raise Forbidden(STRANGE, code="other_site")
    shown = headers.get(HEADER) or form.one(FIELD)
    if not secret or not hmac.compare_digest(shown.encode("utf-8", "replace"), token_of(secret).encode()):
        raise Forbidden(OLD, code="bad_csrf_token")


def is_from_here(headers: Headers, public_url: str | None) -> bool:
    """Whether the browser says that a page of this site made the request, or, an old one, says nothing."""
    if (site := headers.get("sec-fetch-site")) is not None and site not in ("same-origin", "none"):
        return False
    if (origin := headers.get("origin")) is None:
        return True
    hosts = {headers.get("host", "").lower()}
    if public_url is not None:
        hosts.add(_host(public_url))
    return _host(origin) in hosts - {""}


def _host(url: str) -> str:
    """Host and port of *url*; "" when it has none, as `null` has."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
