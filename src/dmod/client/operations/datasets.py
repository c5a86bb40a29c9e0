"""What is asked of datasets: listing, and fetching with every byte compared with its hash."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dmod.catalog.manifest import require_path
from dmod.client.asking import Patience, ask_json, opened, wait_or_raise
from dmod.client.call import Call, Transport, Unreached
from dmod.core.atomic import replacing, require_space
from dmod.core.cache import user_cache
from dmod.errors import AlreadyExists, DmodError, IntegrityError

Document = dict[str, Any]
Told = Callable[[str, int, int], None]
"""Told of progress: what, bytes done, bytes in all."""
RESULTS = "results"
"""Folder of the cache for files of results, by hash."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a dataset on a server.

    Parameters
    ----------
    dataset : reference, ``run-3f…@1``
    path : within the dataset
    size : [bytes]
    """

    dataset: str
    path: str
    size: int
    sha256: str

    @property
    def call(self) -> Call:
        """Return the request for its bytes."""
        where = f"data/datasets/{quote(self.dataset, safe='@')}/files/{quote(self.path)}"
        return Call("GET", where, headers={"Accept": "*/*"})


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def tell_more(told: Told, what: str, before: int, total: int, more: int) -> None:
    """Tell of some bytes more than there were before."""
    told(what, before + more, total)


async def datasets(transport: Transport, pattern: str = "", **query: Any) -> list[Document]:
    """Return datasets in the order of their names, or as `sort` and `descending` say."""
    found: list[Document] = []
    while True:
        asked = {**query, "pattern": pattern or None, "limit": 1000, "offset": len(found) or None}
        page = await ask_json(transport, Call("GET", "data/datasets", asked))
        found += page
        if len(page) < 1000:
            return found


async def dataset(transport: Transport, reference: str) -> Document:
    """Return all that is known of a version of a dataset."""
    found: Document = await ask_json(transport, Call("GET", f"data/datasets/{quote(reference, safe='@')}"))
    return found


async def share(transport: Transport, reference: str, names: Iterable[str]) -> Document:
    """Let others read a dataset, and nobody else."""
    # a name by itself is an iterable too, of its letters
    wanted = {names} if isinstance(names, str) else set(names)
    body = {"shared_with": sorted(wanted)}
    call = Call("PUT", f"data/datasets/{quote(reference, safe='@')}/sharing", body=body)
    return dict(await ask_json(transport, call))


async def files(transport: Transport, reference: str) -> list[RemoteFile]:
    """Return the files of a version of a dataset."""
    path = f"data/datasets/{quote(reference, safe='@')}/files"
    found = await ask_json(transport, Call("GET", path))
    return [
        RemoteFile(reference, require_path(item["path"]), int(item["size"]), str(item["sha256"]))
        for item in found
    ]


async def download(
    transport: Transport, reference: str, folder: str | Path, told: Told = silent
) -> list[Path]:
    """Fetch all files of a dataset into a folder; those that are there already are kept.

    Raises
    ------
    AlreadyExists
        another file of the same name is there; it stays.
    IntegrityError
        what came is not what the server has; it is not kept.
    """
    return await fetch_all(transport, await files(transport, reference), Path(folder), told)


async def fetch_all(
    transport: Transport, wanted: Sequence[RemoteFile], folder: Path, told: Told = silent
) -> list[Path]:
    """Fetch files into a folder, under their paths."""
    total, done = sum(item.size for item in wanted), 0
    require_space(folder / "any", total)
    found = []
    for item in wanted:
        target = folder / item.path
        if not await _is_there(transport, item, target):
            await _fetch(transport, item, target, partial(tell_more, told, "fetch", done, total))
        done += item.size
        told("fetch", done, total)
        found.append(target)
    return found


async def cached(transport: Transport, item: RemoteFile) -> Path:
    """Return the path of a file in the cache, by its hash; it is fetched where it is not there."""
    target = user_cache() / RESULTS / item.sha256[:2] / f"{item.sha256}{Path(item.path).suffix}"
    if not target.is_file() or target.stat().st_size != item.size:
        require_space(target, item.size)
        await _fetch(transport, item, target, lambda _more: None)
    return target


async def read_file(transport: Transport, item: RemoteFile) -> bytes:
    """Return the bytes of a small file."""
    path = await cached(transport, item)
    return await transport.work(path.read_bytes)


async def _is_there(transport: Transport, item: RemoteFile, target: Path) -> bool:
    if not target.exists():
        return False
    if target.is_file() and await transport.work(lambda: _hash(target)) == item.sha256:
        return True
    raise AlreadyExists(f"{target} is there and is another file", hint="name another folder, or move it away")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _fetch(transport: Transport, item: RemoteFile, target: Path, told: Callable[[int], None]) -> None:
    """Fetch a file; where the connection is cut it goes on from there."""
    patience, sum_of = Patience(transport.patience), hashlib.sha256()
    with replacing(target, needed=item.size, durable=False) as hidden, hidden.open("wb") as file:
        done = 0
        while done < item.size:
            try:
                async with aclosing(_part(transport, item, done)) as pieces:
                    async for piece in pieces:
                        file.write(piece)
                        sum_of.update(piece)
                        done += len(piece)
                        told(done)
                        patience.renew()
            except (Unreached, DmodError) as error:
                await wait_or_raise(transport, error, patience)
        if done != item.size or sum_of.hexdigest() != item.sha256:
            raise IntegrityError(
                f"{item.dataset}: {item.path} came as other bytes than the server has",
                hint="fetch it again; if it stays so, `dmod data verify` on the server says more",
                retryable=True,
            )


async def _part(transport: Transport, item: RemoteFile, start: int) -> AsyncGenerator[bytes]:
    call = item.call
    if start:
        call = Call("GET", call.path, headers={**call.headers, "Range": f"bytes={start}-"})
    async with opened(transport, call) as stream:
        if start and stream.status != 206:
            raise IntegrityError(f"the server sends {item.path} from the beginning again", retryable=False)
        async for piece in stream.pieces():
            yield piece
