"""What pages load: files that `make assets` built, found by what they were made of, compressed, and kept for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from wabawatch.domain.errors import Trouble

TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "txt": "text/plain"}
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""The best first"""


class AssetsMissing(Trouble):
    """This installation was made without the files that its pages load."""

    transient = False


@dataclass
class Assets:
    """The built files of one folder."""

    folder: Path = field(default_factory=lambda: Path(str(files("wabawatch.web"))) / "static" / "built")

    @cached_property
    def names(self) -> dict[str, str]:
        """What each source became: `console.js` is `console.HASH.js`. Raises AssetsMissing."""
        try:
            return msgspec.json.decode((self.folder / "manifest.json").read_bytes(), type=dict[str, str])
        except (OSError, msgspec.MsgspecError) as error:
            detail = "the files that the console's pages load are not built: run `make assets`, then start again"
            raise AssetsMissing(detail) from error

    @cached_property
    def kept(self) -> frozenset[str]:
        """The name of every file that is served."""
        return frozenset(path.name for path in self.folder.iterdir() if path.suffix.lstrip(".") in TYPES)

    def url(self, name: str) -> str:
        """Where the file is that *name* became. Its content never changes. Raises AssetsMissing."""
        return f"/static/{self.names[name]}"

    def routes(self) -> list[Route]:
        """The route of the files. It needs no visitor: they say nothing about anybody."""
        return [Route("/static/{name}", self.file, methods=["GET"])]

    async def file(self, request: Request) -> Response:
        """One file, in the smallest encoding that the client takes."""
        name = request.path_params["name"]
        if not self.folder.is_dir() or name not in self.kept:
            raise HTTPException(404)
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
        }
        taken = {each.partition(";")[0].strip() for each in request.headers.get("accept-encoding", "").split(",")}
        path = self.folder / name
        for encoding, suffix in ENCODINGS:
            if encoding in taken and (packed := self.folder / f"{name}{suffix}").is_file():
                path, headers["content-encoding"] = packed, encoding
                break
        return FileResponse(path, headers=headers, media_type=TYPES[name.rpartition(".")[2]])
