"""The media endpoints: upload, what is known of an upload, download, delete."""

from __future__ import annotations

import asyncio
from hashlib import sha256

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message

from wabawatch.simulator.application import Json
from wabawatch.simulator.failures import because
from wabawatch.simulator.media import LARGEST, MB, Medium, size_refusal, too_large, type_refusal
from wabawatch.simulator.office import NO_NODE, Denied, Office

DOWNLOAD = "/whatsapp_business/attachments"
_SLACK = MB
"""What the other fields of an upload may take."""
_LIFE_S = 300
"""How long a download address is good for."""


class MediaCounter:
    """Takes uploads and gives them back."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._store = office.simulation.media

    def routes(self) -> list[Route]:
        """Where it stands. The download has no version: its address is another host's in life."""
        guarded = self._office.messaging
        return [
            Route(DOWNLOAD, guarded(self.download)),
            Route("/{version}/{node}/media", guarded(self.upload), methods=["POST"]),
        ]

    async def upload(self, request: Request) -> Response:
        """Take a file. It goes to the disk as it comes; beyond the largest size no more of it is read."""
        number = request.path_params["node"]
        if self._office.simulation.world.number(number) is None:
            raise Denied(NO_NODE)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise Denied(because(100, "The parameter file is required, as multipart/form-data."))
        try:
            async with _bounded(request).form(max_files=1, max_fields=20) as form:
                return await self._take(form, number)
        except _TooLarge:
            raise Denied(too_large()) from None

    async def look(self, request: Request, medium: Medium) -> Response:
        """What is known of an upload; a DELETE forgets it."""
        if request.query_params.get("phone_number_id", medium.number) != medium.number:
            raise Denied(NO_NODE)
        if request.method == "DELETE":
            return JSONResponse({"success": self._store.forget(medium.id)})
        return JSONResponse(self._described(request, medium))

    async def download(self, request: Request) -> Response:
        """The bytes of an upload, to whoever has the address and the token."""
        query = request.query_params
        medium = self._store.find(query.get("mid", ""))
        expires = query.get("ext", "")
        is_right = medium is not None and query.get("hash") == self._hash(medium.id, expires)
        if medium is None or not is_right or int(expires) < self._office.clock.now() // 1_000:
            return Response(status_code=404)
        return FileResponse(medium.path, media_type=medium.mime_type)

    async def _take(self, form: FormData, number: str) -> Response:
        file, kind = form.get("file"), form.get("type")
        if form.get("messaging_product") != "whatsapp":
            raise Denied(because(100, "The parameter messaging_product is required."))
        if not isinstance(file, UploadFile):
            raise Denied(because(100, "The parameter file is required."))
        mime_type = kind if isinstance(kind, str) and "/" in kind else file.content_type or ""
        refusal = type_refusal(mime_type) or size_refusal(mime_type, file.size or 0)
        if refusal is not None:
            raise Denied(refusal)
        medium = await asyncio.to_thread(self._store.take, file.file, mime_type, number)
        return JSONResponse({"id": medium.id})

    def _described(self, request: Request, medium: Medium) -> Json:
        expires = str(self._office.clock.now() // 1_000 + _LIFE_S)
        base = str(request.base_url).rstrip("/")
        return {
            "url": f"{base}{DOWNLOAD}?mid={medium.id}&ext={expires}&hash={self._hash(medium.id, expires)}",
            "mime_type": medium.mime_type,
            "sha256": medium.sha256,
            "file_size": medium.size,
            "id": medium.id,
            "messaging_product": "whatsapp",
        }

    def _hash(self, medium_id: str, expires: str) -> str:
        return sha256(f"{medium_id}:{expires}:{self._office.token}".encode()).hexdigest()[:40]


class _TooLarge(Exception):
    """More was sent than any upload may have."""


def _bounded(request: Request) -> Request:
    """The same request, whose reading ends with `_TooLarge` once it has more bytes than an upload may have."""
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST + _SLACK:
            raise _TooLarge
        return message

    return Request(request.scope, receive)
