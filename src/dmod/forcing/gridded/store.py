"""Where stored objects lie, on a disk, in a bucket or behind a web server, and how they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from dmod.errors import InputError, NotFoundError
from dmod.forcing.gridded.answers import answering

SCHEMES = ("file", "s3", "gs", "http", "https")
OPTIONS = {
    "endpoint": "address of a store of your own that speaks S3 (also AWS_ENDPOINT_URL)",
    "region": "region of the bucket (also AWS_REGION)",
    "anonymous": "true: without credentials; false: with them",
    "access_key_id": "credentials (also AWS_ACCESS_KEY_ID)",
    "secret_access_key": "credentials (also AWS_SECRET_ACCESS_KEY)",
    "session_token": "credentials (also AWS_SESSION_TOKEN)",
    "timeout": "seconds without an answer after which a request is repeated",
    "retries": "how often a request is repeated before it is given up",
}
TIMEOUT, RETRIES = 30.0, 6
BIGGEST_PIECE = 8 * 2**20  # bytes of an object that are held at a time while it is copied

_AMAZON = re.compile(
    r"^https?://(?P<bucket>[\w.-]+)\.s3(?:[.-](?P<region>[\w-]+))?\.amazonaws\.com/?(?P<path>.*)$"
)
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError, NotFoundError)


class Place:
    """A folder of objects: a prefix of a bucket, a folder of a disk, a path of a web server.

    Parameters
    ----------
    url : ``s3://bucket/path``, ``gs://…``, ``http(s)://…``, ``file://…`` or a path of this machine
    options : those of `OPTIONS`
    """

    def __init__(self, url: str, options: Mapping[str, str] = MappingProxyType({})) -> None:
        self.options = options
        self.url = _plain(url)
        self.scheme = urlsplit(self.url).scheme if "://" in self.url else "file"
        if self.scheme not in SCHEMES:
            raise InputError(
                f"{url}: stores at {self.scheme}:// cannot be read",
                hint="a path of this machine, or an address with " + ", ".join(f"{s}://" for s in SCHEMES),
            )

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> Place:
        return Place(f"{self.url.rstrip('/')}/{name}", self.options)

    @property
    def name(self) -> str:
        """Last part of the path."""
        return PurePosixPath(urlsplit(self.url).path if self.is_remote else self.url).name

    @property
    def parent(self) -> Place:
        """The folder that this place lies in."""
        return Place(self.url.rstrip("/").rpartition("/")[0] or "/", self.options)

    @property
    def is_remote(self) -> bool:
        """Whether it is anywhere but on a disk of this machine."""
        return self.scheme != "file"

    @property
    def can_list(self) -> bool:
        """Whether names can be asked for; a plain web server does not tell them."""
        return self.scheme not in {"http", "https"}

    @cached_property
    def objects(self) -> Any:
        """The store of `obstore` whose keys are relative to this place.

        Raises
        ------
        NotFoundError
            it is a folder of this machine, and does not exist.
        StoreError
            it cannot be connected to as the options say.
        """
        if not self.is_remote and not Path(self.url).is_dir():
            raise NotFoundError(f"{self.url} does not exist", hint="check the path")
        with answering(self.url):
            return _connect(self)

    def get(self, key: str) -> bytes | None:
        """Return an object, or None if it does not exist.

        Raises
        ------
        StoreError
            it cannot be told: no answer (retryable), or no permission.
        """
        import obstore

        with answering(f"{self.url}/{key}"):
            try:
                return bytes(obstore.get(self.objects, key).bytes())
            except _ABSENT:
                return None

    def size(self, key: str) -> int | None:
        """Return the size of an object in bytes, or None if it does not exist."""
        found = self.head(key)
        return None if found is None else int(found["size"])

    def head(self, key: str) -> Mapping[str, Any] | None:
        """Return what is known of an object without reading it, or None if it does not exist."""
        import obstore

        with answering(f"{self.url}/{key}"):
            try:
                found: Mapping[str, Any] = obstore.head(self.objects, key)
            except _ABSENT:
                return None
            return found

    def names(self) -> list[str]:
        """Return the names of the folders and objects right in this place, in order; none if it is empty."""
        if not self.is_remote:
            folder = Path(self.url)
            return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        import obstore

        with answering(self.url):
            found = obstore.list_with_delimiter(self.objects)
        paths = [*found["common_prefixes"], *(item["path"] for item in found["objects"])]
        return sorted(PurePosixPath(path).name for path in paths)

    def copy(self, key: str, path: Path) -> None:
        """Copy an object to a file, a piece at a time.

        Raises
        ------
        NotFoundError
            it does not exist.
        StoreError
            it cannot be read (retryable), or the file cannot be written.
        """
        import obstore

        with answering(f"{self.url}/{key}"):
            try:
                answer = obstore.get(self.objects, key)
                with path.open("wb") as file:
                    for piece in answer.stream(min_chunk_size=BIGGEST_PIECE):
                        file.write(piece)
            except FileNotFoundError as error:
                raise NotFoundError(f"{self.url}/{key} does not exist") from error


def _plain(url: str) -> str:
    """Return the address as it is used: a bucket's web address as ``s3://``, a file's as its path."""
    amazon = _AMAZON.match(url)
    if amazon:
        return f"s3://{amazon['bucket']}/{amazon['path']}".rstrip("/")
    if url.startswith("file://"):
        return unquote(urlsplit(url).path) or "/"
    if "://" not in url:
        return str(Path(url).expanduser().absolute())
    return url.rstrip("/")


def _connect(place: Place) -> Any:
    from obstore.store import GCSStore, HTTPStore, LocalStore, S3Store

    if not place.is_remote:
        return LocalStore(place.url)
    parts = urlsplit(place.url)
    if not parts.netloc:
        raise InputError(f"{place.url} names no {'bucket' if place.can_list else 'host'}")
    careful: Any = {"client_options": _client(place), "retry_config": _retries(place)}
    prefix = unquote(parts.path).strip("/")
    if place.scheme == "s3":
        return S3Store(parts.netloc, prefix=prefix or None, **_credentials(place), **careful)
    if place.scheme == "gs":
        skip = _is_true(
            place.options.get("anonymous", str("GOOGLE_APPLICATION_CREDENTIALS" not in os.environ))
        )
        return GCSStore(parts.netloc, prefix=prefix or None, skip_signature=skip, **careful)
    return HTTPStore(place.url, **careful)


def _credentials(place: Place) -> dict[str, Any]:
    """Return how a bucket is entered: without credentials where none are given or none are needed."""
    known = ("region", "access_key_id", "secret_access_key", "session_token")
    given: dict[str, Any] = {key: place.options[key] for key in known if key in place.options}
    endpoint = _endpoint(place)
    if endpoint:
        given["endpoint"] = endpoint
    bucket = urlsplit(place.url).netloc
    has_key = "access_key_id" in given or (
        "AWS_ACCESS_KEY_ID" in os.environ and not bucket.startswith("noaa-")
    )
    given["skip_signature"] = _is_true(place.options.get("anonymous", str(not has_key)))
    if "region" not in given and not {"AWS_REGION", "AWS_DEFAULT_REGION"} & os.environ.keys():
        given["region"] = "us-east-1"
    return given


def _endpoint(place: Place) -> str:
    return (
        place.options.get("endpoint")
        or os.environ.get("AWS_ENDPOINT_URL_S3", "")
        or os.environ.get("AWS_ENDPOINT_URL", "")
    )


def _client(place: Place) -> dict[str, Any]:
    """Return limits of time: a server that says nothing is given up, a slow one that goes on is not."""
    seconds = _number(place, "timeout", TIMEOUT)
    plain = place.scheme == "http" or (place.scheme == "s3" and _endpoint(place).startswith("http://"))
    return {
        "allow_http": plain,
        "connect_timeout": timedelta(seconds=min(5.0, seconds)),
        "read_timeout": timedelta(seconds=seconds),
        "timeout": timedelta(seconds=20 * seconds),
        "user_agent": "dmod",
    }


def _retries(place: Place) -> dict[str, Any]:
    return {
        "max_retries": int(_number(place, "retries", RETRIES)),
        "retry_timeout": timedelta(seconds=4 * _number(place, "timeout", TIMEOUT)),
        "backoff": {
            "init_backoff": timedelta(milliseconds=200),
            "max_backoff": timedelta(seconds=5),
            "base": 2,
        },
    }


def _number(place: Place, key: str, default: float) -> float:
    text = place.options.get(key, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if value < 0:
        raise InputError(f"option {key}={text} is no number of 0 or more")
    return value


def _is_true(text: str) -> bool:
    if text.lower() not in {"true", "false", "yes", "no", "1", "0"}:
        raise InputError(f"option anonymous={text} is neither true nor false")
    return text.lower() in {"true", "yes", "1"}
