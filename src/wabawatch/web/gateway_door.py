"""Who may pass through the gateway, and with which token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import compare_digest

from starlette.concurrency import run_in_threadpool

from wabawatch.access_tokens import AccessTokens
from wabawatch.domain.access import Scope
from wabawatch.domain.errors import NotAllowed
from wabawatch.flows.access import PREFIX, Doorkeeper, check
from wabawatch.flows.sending import SEND_EDGES, Target
from wabawatch.web.gateway_headers import Incoming

_WRITING = SEND_EDGES | {"media"}


@dataclass(frozen=True, slots=True)
class Door:
    """Lets calls through."""

    gateway_tokens: Sequence[bytes] = field(default=(), repr=False)
    """Each opens. Without one everybody may pass: Meta checks the caller's own token"""
    own: AccessTokens = field(default_factory=AccessTokens, repr=False)
    """Our own access tokens, for callers who show one of wabawatch's"""
    callers: Doorkeeper | None = None
    """Knows the tokens that wabawatch gave out"""

    async def admit(self, method: str, target: Target, incoming: Incoming) -> None:
        """Let *incoming* pass; where its bearer token is wabawatch's, with our own in its place.

        Raises NotAllowed, and StoreUnavailable when a token of wabawatch's cannot be looked up and was not good lately.
        """
        if await self._is_ours(method, target, incoming.bearer):
            if not self.own:
                raise NotAllowed("the bearer token is wabawatch's, and WHATSAPP_TOKEN is not set: none for Meta")
            incoming.replace_bearer(self.own.current.reveal().encode())
        elif self.gateway_tokens and not self._opens(incoming.gateway_token):
            raise NotAllowed("the gateway is closed: send its token in the header X-Wabawatch-Token")

    def is_own(self, bearer: bytes) -> bool:
        """Whether Meta is called with an access token of ours."""
        return self.own.known(bearer) is not None

    def learn(self, bearer: bytes, *, is_refused: bool) -> None:
        """Note whether Meta refused *bearer*: where it is ours, the next call may be made with another."""
        if (token := self.own.known(bearer)) is not None:
            self.own.learn(token, is_refused=is_refused)

    def _opens(self, shown: bytes) -> bool:
        return (
            sum(compare_digest(shown, each) for each in self.gateway_tokens) > 0
        )  # all are compared: none is told apart

    async def _is_ours(self, method: str, target: Target, bearer: bytes) -> bool:
        if not bearer:
            return False
        if self._opens(bearer):
            return True
        if self.callers is None:
            return False
        caller = self.callers.recall(bearer)
        if caller is None and bearer.startswith(PREFIX.encode()):
            caller = await run_in_threadpool(self.callers.identify, bearer)
        if caller is None:
            return False
        is_plain = method in ("GET", "HEAD") or target.edge in _WRITING
        check(caller, Scope.WRITE if is_plain else Scope.ADMIN)
        return True
