"""Meta's access tokens of ours: more than one while one is being changed, and which of them calls are made with."""

from __future__ import annotations

import threading
from hmac import compare_digest

from wabawatch.kinds import Secret


class AccessTokens:
    """Tokens in the order in which they are wanted. Calls are made with the first that Meta did not refuse last.

    So a token is changed without a gap: the new one is put in front; where it does not work yet, or the older one does
    no more, the other is used. Every method may be called from any thread.
    """

    def __init__(self, *tokens: Secret) -> None:
        self._tokens = tokens
        self._refused: set[Secret] = set()
        self._gate = threading.Lock()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._tokens)

    @property
    def first(self) -> Secret:
        """The one that is wanted most. Raises IndexError when there is none."""
        return self._tokens[0]

    @property
    def current(self) -> Secret:
        """The one to call with; the first when Meta refuses all. Raises IndexError when there is none."""
        with self._gate:
            return next((each for each in self._tokens if each not in self._refused), self._tokens[0])

    def learn(self, token: Secret, *, is_refused: bool) -> bool:
        """Note whether Meta refused *token*. Gives whether another one is worth a try instead."""
        with self._gate:
            if not is_refused or token not in self._tokens:
                self._refused.discard(token)
                return False
            self._refused.add(token)
            return any(each not in self._refused for each in self._tokens)

    def known(self, bearer: bytes) -> Secret | None:
        """The one that a caller shows as *bearer*; None: it is none of them."""
        matching = [each for each in self._tokens if compare_digest(each.reveal().encode(), bearer)]
        return matching[0] if matching else None
