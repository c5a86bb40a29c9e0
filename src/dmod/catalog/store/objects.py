"""The objects of a bucket: what a remote store asks of `obstore`, with dmod's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

from dmod.catalog.store.answers import answering
from dmod.errors import AlreadyExists, InputError, NotFoundError, StoreError

_WRITER = "dmodwriter"  # metadata of an object; Azure wants a plain word
LISTED = 1000  # objects that one answer lists


class Objects:
    """The objects below an address.

    Parameters
    ----------
    client : a store of `obstore`, whose keys are relative to the address
    """

    def __init__(self, client: Any, address: str) -> None:
        self.client = client
        self.address = address.rstrip("/")

    def put(self, key: str, data: bytes, *, if_absent: bool = False, writer: str = "") -> None:
        """Write an object whole, by one request.

        Parameters
        ----------
        writer : noted beside it

        Raises
        ------
        AlreadyExists
            ``if_absent`` and it is there.
        """
        import obstore

        mode: Literal["create", "overwrite"] = "create" if if_absent else "overwrite"
        noted = {_WRITER: writer} if writer else None
        with answering(self._at(key)):
            obstore.put(self.client, key, data, mode=mode, use_multipart=False, attributes=noted)

    def claim(self, key: str, data: bytes) -> None:
        """Write an object that is not there yet: of any number of writers one succeeds.

        Where the answer is lost on its way, the object itself tells whether it is this writer's.

        Raises
        ------
        AlreadyExists
            it is there.
        """
        writer = uuid4().hex
        try:
            self.put(key, data, if_absent=True, writer=writer)
        except (AlreadyExists, StoreError) as error:
            is_unsure = isinstance(error, AlreadyExists) or error.retryable
            if not (is_unsure and self._is_by(key, writer)):
                raise

    def get(self, key: str) -> bytes:
        """Return an object.

        Raises
        ------
        NotFoundError
            it is not there.
        """
        import obstore

        with answering(self._at(key)):
            return bytes(obstore.get(self.client, key).bytes())

    def get_range(self, key: str, start: int, end: int) -> Any:
        """Return a part of an object, at least one byte, as a buffer."""
        import obstore

        with answering(self._at(key)):
            return obstore.get_range(self.client, key, start=start, end=end)

    def size(self, key: str) -> int | None:
        """Return how many bytes an object holds, or None if it is not there."""
        import obstore

        try:
            with answering(self._at(key)):
                return int(obstore.head(self.client, key)["size"])
        except NotFoundError:
            return None

    def list(self, folder: str, after: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield what is known of the objects below a folder, in the order of keys.

        Parameters
        ----------
        after : only what comes after this key
        """
        import obstore

        with answering(self._at(folder)):
            for found in obstore.list(self.client, prefix=folder, offset=after, chunk_size=LISTED):
                yield from found

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there are passed over."""
        import obstore

        if not keys:
            return
        try:
            with answering(self._at(keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1:,} more")):
                obstore.delete(self.client, list(keys))
        except NotFoundError as error:
            if "no such bucket" in error.message:
                raise
            for key in keys if len(keys) > 1 else ():  # some stores stop at the first that is not there
                self.delete([key])

    def sign(self, method: str, keys: Sequence[str], expires: timedelta) -> Sequence[str]:
        """Return addresses that need no credentials for a while.

        Raises
        ------
        InputError
            this kind of store has none.
        """
        import obstore
        from obstore.store import AzureStore, GCSStore, S3Store

        if not isinstance(self.client, AzureStore | GCSStore | S3Store):
            raise InputError(
                f"{self.address} has no signed addresses", hint="let the gateway pass the data on"
            )
        with answering(self.address):
            signing: Any = obstore.sign
            return list(signing(self.client, method, list(keys), expires))

    def _is_by(self, key: str, writer: str) -> bool:
        import obstore

        try:
            with answering(self._at(key)):
                return obstore.get(self.client, key).attributes.get(_WRITER) == writer
        except (NotFoundError, StoreError):  # as unsure as before
            return False

    def _at(self, key: str) -> str:
        return f"{self.address}/{key}"
