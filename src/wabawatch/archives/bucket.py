"""The archive in a bucket of an S3-compatible store: a file is made here, sent, fetched back, and only then there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from wabawatch.archives import parquet
from wabawatch.archives.folder import checked, sha256_of, write_checked
from wabawatch.domain.archives import MENDED_BY, ArchivedMessage, Stored, is_file_name
from wabawatch.domain.errors import ArchiveDamaged, BadRequest, StoreUnavailable
from wabawatch.domain.facts import Millis

TIMEOUT = timedelta(seconds=60)
RETRIES = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}


class BucketPlace(msgspec.Struct, frozen=True):
    """Where a bucket is, and how one gets in."""

    bucket: str
    prefix: str
    endpoint: str = ""
    """Empty: that of AWS"""
    region: str = ""
    access_key: str = ""
    """Empty: who we are is told by the machine we run on"""
    secret_key: str = ""

    def __repr__(self) -> str:
        return f"BucketPlace({self})"

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class Bucket:
    """`flows.archiving.ArchiveStore` in a bucket. Files pass through a temporary one on our disk."""

    def __init__(self, place: BucketPlace) -> None:
        self._place = place
        self._made: Any = None

    def __str__(self) -> str:
        return str(self._place)

    def keep(self, name: str, pages: Iterable[Sequence[ArchivedMessage]]) -> Stored:
        """Write a file; on return it is there, and was fetched back. Raises StoreUnavailable, ArchiveDamaged."""
        with self._trying() as (obstore, store), tempfile.TemporaryDirectory(prefix="wabawatch-archive-") as folder:
            path = Path(folder) / name
            stored = write_checked(path, pages)
            obstore.put(store, self._key(name), path)
            self._fetch(obstore, store, name, path)
            if sha256_of(path) != stored.sha256:
                obstore.delete(store, self._key(name))
                raise ArchiveDamaged(f"what was fetched back from {self}/{name} is not what was sent")
            return stored

    def read(self, name: str, sha256: str) -> Iterator[list[ArchivedMessage]]:
        """The messages of a file. Raises ArchiveDamaged when it is gone, or not as it was."""
        with self._fetched(name, sha256) as path:
            yield from checked(path, sha256, parquet.read(path))

    def read_some(self, name: str, sha256: str, wanted: parquet.Some) -> Iterator[tuple[int, ArchivedMessage]]:
        """The messages of a file that are *wanted*, each with its place in it. Raises as `read`."""
        with self._fetched(name, sha256) as path:
            yield from checked(path, sha256, parquet.read_some(path, wanted))

    @contextmanager
    def _fetched(self, name: str, sha256: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="wabawatch-archive-") as folder:
            path = Path(folder) / name
            with self._trying() as (obstore, store):
                self._fetch(obstore, store, name, path)
            if sha256_of(path) != sha256:
                raise ArchiveDamaged(f"the archive's file {self}/{name} is not as it was written: {MENDED_BY}")
            yield path

    def delete(self, name: str) -> None:
        """Delete a file. Repeatable."""
        with self._trying() as (obstore, store):
            try:
                obstore.delete(store, self._key(name))
            except (obstore.exceptions.NotFoundError, FileNotFoundError):
                return

    def names(self, before: Millis) -> list[str]:
        """The files of ours that were written before *before*."""
        found = []
        with self._trying() as (obstore, store):
            for some in obstore.list(store, self._place.prefix or None):
                for each in some:
                    name = each["path"].rpartition("/")[2]
                    at = each["last_modified"].timestamp() * 1_000
                    if each["path"] == self._key(name) and is_file_name(name) and at < before:
                        found.append(name)
        return sorted(found)

    def _key(self, name: str) -> str:
        return f"{self._place.prefix}/{name}".lstrip("/")

    def _fetch(self, obstore: Any, store: Any, name: str, path: Path) -> None:
        try:
            got = obstore.get(store, self._key(name))
        except (obstore.exceptions.NotFoundError, FileNotFoundError) as error:
            raise ArchiveDamaged(f"the archive's file {self}/{name} is gone: {MENDED_BY}") from error
        with path.open("wb") as file:
            for some in got.stream():
                file.write(some)

    @contextmanager
    def _trying(self) -> Iterator[tuple[Any, Any]]:
        """The library and the store; its troubles get our names."""
        obstore = _library()
        try:
            if self._made is None:
                self._made = _store(self._place)
            yield obstore, self._made
        except obstore.exceptions.BaseError as error:
            why = str(error).partition("\n")[0]
            raise StoreUnavailable(
                f"the archive's bucket {self} does not work: {why}; nothing is removed until it does"
            ) from None
        except OSError as error:
            raise StoreUnavailable(
                f"a temporary file cannot be written: {error}; nothing is removed until it can"
            ) from error


def _library() -> Any:
    try:
        import obstore
        import obstore.exceptions
    except ImportError as error:
        raise BadRequest(
            "WABAWATCH_ARCHIVE_BUCKET names a bucket, and what speaks S3 is not installed: pip install 'wabawatch[s3]'"
        ) from error
    return obstore


def _store(place: BucketPlace) -> Any:
    from obstore.store import S3Store

    given = {
        "endpoint": place.endpoint,
        "region": place.region or "us-east-1",
        "access_key_id": place.access_key,
        "secret_access_key": place.secret_key,
    }
    return S3Store(
        place.bucket,
        **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        virtual_hosted_style_request=not place.endpoint,
        client_options={"timeout": TIMEOUT, "allow_http": place.endpoint.startswith("http://")},
        retry_config=RETRIES,  # type: ignore[arg-type]
    )
