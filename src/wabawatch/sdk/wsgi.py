"""WSGI middleware for an application that keeps its own webhook: wabawatch gets a copy, and how it was answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any, TypeAlias

from wabawatch.sdk.copying import SIGNATURE, Copies, Copy, HasKeeper

Env: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]
App: TypeAlias = Callable[[Env, StartResponse], Iterable[bytes]]

_SIGNATURE = "HTTP_" + SIGNATURE.upper().replace("-", "_")


class WebhookWatch:
    """Everything passes through as it is. The copy is kept once the response is complete, and sent in the background.

    The answer time is that from the request's arrival here until the server has taken the last byte of the response.
    What goes wrong with a copy is in the log and in `health_check`; the application never sees it, `strict` or not.
    """

    def __init__(
        self,
        app: App,
        client: HasKeeper,
        paths: str | Mapping[str, str] = "/webhook",
        app_secrets: Sequence[str] = (),
    ) -> None:
        """*paths*: the path of the webhook; with several Meta apps, the app's name in wabawatch for each path.

        With *app_secrets*, what none of them signed is not copied.
        """
        self._app = app
        self._copies = Copies(client, paths, app_secrets)

    def __call__(self, env: Env, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request by the application."""
        path = env.get("SCRIPT_NAME", "") + env.get("PATH_INFO", "")
        signature = env.get(_SIGNATURE, "")
        copy = self._copies.begin(env["REQUEST_METHOD"], path, signature, time.time_ns() // 1_000_000)
        if copy is None:
            return self._app(env, start_response)
        return _Watched(self._copies, copy).run(self._app, env, start_response)


class _Watched:
    """One webhook on its way through the application."""

    def __init__(self, copies: Copies, copy: Copy) -> None:
        self._copies = copies
        self._copy = copy
        self._began = time.perf_counter()
        self._status = 0

    def run(self, app: App, env: Env, start_response: StartResponse) -> Iterable[bytes]:
        length = env.get("CONTENT_LENGTH") or ""
        env["wsgi.input"] = _Input(env["wsgi.input"], self._copy, int(length) if length.isdigit() else None)

        def start(status: str, *rest: Any) -> Callable[[bytes], object]:
            self._status = int(status[:3])
            return start_response(status, *rest)

        try:
            chunks = app(env, start)
            return _SizedResponse(chunks, self) if isinstance(chunks, Sized) else _Response(chunks, self)
        except BaseException:
            self.end(500)  # what the server makes of it
            raise

    def end(self, status: int | None = None) -> None:
        """The response is complete."""
        self._copies.end(self._copy, status or self._status, (time.perf_counter() - self._began) * 1000)


class _Input:
    """The body of the request, which notes what the application reads of it."""

    def __init__(self, stream: Any, copy: Copy, length: int | None) -> None:
        self._stream = stream
        self._copy = copy
        self._left = length

    def read(self, *size: int) -> bytes:
        """As `io.RawIOBase.read`, and the other methods as theirs."""
        wants_none = bool(size) and size[0] == 0
        return self._note(self._stream.read(*size), at_end=not wants_none)

    def readline(self, *size: int) -> bytes:
        return self._note(self._stream.readline(*size), at_end=not size or size[0] != 0)

    def readinto(self, buffer: Any) -> int:
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def readlines(self, *hint: int) -> list[bytes]:
        return [self._note(line) for line in self._stream.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _note(self, chunk: bytes, at_end: bool = False) -> bytes:
        self._copy.add(chunk)
        if self._left is not None:
            self._left -= len(chunk)
            self._copy.is_whole = self._left <= 0
        elif at_end and not chunk:
            self._copy.is_whole = True
        return chunk


class _Response:
    """What the application answers, which tells when the server has taken all of it."""

    def __init__(self, chunks: Iterable[bytes], watched: _Watched) -> None:
        self._chunks = chunks
        self._watched: _Watched | None = watched

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        """As PEP 3333 has it: the server calls it when it is done, whatever happened."""
        try:
            if hasattr(self._chunks, "close"):
                self._chunks.close()
        finally:
            watched, self._watched = self._watched, None
            if watched is not None:
                watched.end()


class _SizedResponse(_Response):
    """One of which the server may ask how many chunks it has, to make a Content-Length of a single one (PEP 3333)."""

    def __len__(self) -> int:
        return len(self._chunks)  # type: ignore[arg-type]
