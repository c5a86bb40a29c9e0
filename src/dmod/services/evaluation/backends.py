"""What a specification's backends give: files, or what a service answers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from dmod.errors import BackendError, InputError, StoreError
from dmod.evaluation.specification.backend import FILE, Backend
from dmod.services.evaluation.resolving import Resolver
from dmod.services.outgoing import EVERYWHERE, Outgoing

LARGEST_ANSWER = 256 << 20
LARGEST_DOCUMENT = 1 << 30
"""Bytes of an answer, and of a file that is read as one document."""
PAUSES = (0.5, 2.0)
"""Seconds before each further try of a request."""
REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Content:
    """One source of data.

    Parameters
    ----------
    address : as it is told
    path : of a file
    data : of an answer
    """

    address: str
    path: Path | None = None
    data: bytes | None = None

    @property
    def name(self) -> str:
        """The file's name, or the last part of the address."""
        return self.path.name if self.path else Path(urlsplit(self.address).path).name

    def read(self) -> bytes:
        """Return all bytes.

        Raises
        ------
        StoreError, InputError
            the file cannot be read, or is too large to be read at once.
        """
        if self.data is not None:
            return self.data
        path = self.path or Path(self.address)
        try:
            if path.stat().st_size > LARGEST_DOCUMENT:
                raise InputError(
                    f"{path.name} is larger than {LARGEST_DOCUMENT >> 20} MiB",
                    hint="divide it, or give a table (CSV)",
                )
            return path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from error

    def sha256(self) -> str:
        """Return the hash of the bytes."""
        if self.data is not None or self.path is None:
            return hashlib.sha256(self.data or b"").hexdigest()
        try:
            with self.path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Reach:
    """What a specification may read.

    Parameters
    ----------
    resolve : addresses of files → files
    outgoing : sends requests to services; a server gives one that refuses machines behind its walls
    sleep : waits between tries
    """

    resolve: Resolver
    outgoing: Outgoing = field(default_factory=lambda: Outgoing(EVERYWHERE))
    sleep: Callable[[float], None] = time.sleep

    def contents(self, backend: Backend, place: str) -> Sequence[Content]:
        """Return what a backend holds; files are not read yet.

        Raises
        ------
        NotFoundError, NotPermitted, InputError
            there is no such file, or it may not be read; the service may not be asked.
        BackendError
            the service does not answer, or not with success, after several tries.
        """
        if backend.backend_type == FILE:
            return [Content(str(path), path) for path in self.resolve(backend.address, f"{place}.address")]
        return [Content(backend.address, data=self._answer(backend, place))]

    def _answer(self, backend: Backend, place: str) -> bytes:
        address = backend.address
        if backend.params:
            joint = "&" if urlsplit(address).query else "?"
            address += joint + urlencode(backend.params, doseq=True, safe=",:%")
        outgoing = replace(self.outgoing, largest=LARGEST_ANSWER, deadline=backend.timeout)
        for pause in (*PAUSES, None):
            try:
                return outgoing.fetch(address, headers=backend.headers, redirects=REDIRECTS)
            except BackendError as error:
                if pause is None or not error.retryable:
                    raise BackendError(f"{place}: {error.message}", retryable=error.retryable) from error
                self.sleep(pause)
        raise AssertionError("the last try returns or raises")
