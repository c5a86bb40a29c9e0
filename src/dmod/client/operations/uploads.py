"""Sending files to a server in pieces, and making a dataset of them; what was cut off goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from dmod.client.asking import Patience, ask_json, wait_or_raise
from dmod.client.call import Call, Transport
from dmod.client.operations.datasets import Told, silent, tell_more
from dmod.errors import ConflictError, DmodError, InputError

Document = dict[str, Any]
PIECE = 8 << 20
"""Bytes that are sent at once."""


async def upload(
    transport: Transport,
    name: str,
    paths: str | Path | Sequence[str | Path],
    said: Document,
    *,
    going_on: str | None = None,
    told: Told = silent,
) -> Document:
    """Send files and make a dataset of them; return what is known of it.

    Parameters
    ----------
    paths : files, or folders with all they hold
    said : of the dataset: category, format, description …; what is left out is found out
    going_on : id of an earlier upload that was cut off; what it has is not sent again
    """
    sources = _sources(paths)
    begun = going_on or (await ask_json(transport, Call("POST", "data/uploads")))["upload"]
    where = f"data/uploads/{quote(begun)}"
    total, done = sum(path.stat().st_size for path in sources.values()), 0
    try:
        for place, path in sources.items():
            await _send(transport, where, place, path, partial(tell_more, told, "send", done, total))
            done += path.stat().st_size
    except DmodError as error:
        error.add_note(f"the upload {begun} can be gone on with")
        raise
    found: Document = await ask_json(transport, Call("POST", f"{where}/commit", body={"name": name, **said}))
    return found


def _sources(paths: str | Path | Sequence[str | Path]) -> dict[str, Path]:
    """Return the files to send by their paths in the dataset."""
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    found: dict[str, Path] = {}
    for path in given:
        if path.is_file():
            found[path.name] = path
        elif path.is_dir():
            inner = sorted(item for item in path.rglob("*") if item.is_file())
            found |= {item.relative_to(path).as_posix(): item for item in inner}
        else:
            raise InputError(f"{path} is not there", hint="name files or folders")
    if not found:
        raise InputError("there is nothing to send", hint="name files, or folders that hold some")
    return found


async def _send(
    transport: Transport, where: str, place: str, path: Path, told: Callable[[int], None]
) -> None:
    """Send a file piece by piece; where one is refused or lost it goes on from what the server has."""
    patience, size = Patience(transport.patience), path.stat().st_size
    done = await _received(transport, where, place)
    with path.open("rb") as file:
        while done is None or done < size:
            try:
                done = await _send_piece(transport, f"{where}/files/{quote(place)}", file, done or 0, size)
                patience.renew()
            except DmodError as error:
                await wait_or_raise(transport, _again(error), patience)
                done = await _received(transport, where, place)
            told(done or 0)


async def _send_piece(transport: Transport, path: str, file: BinaryIO, start: int, size: int) -> int:
    file.seek(start)
    content = await transport.work(lambda: file.read(PIECE))
    headers = {"Content-Range": f"bytes {start}-{start + len(content) - 1}/{size}"} if content else {}
    call = Call(
        "PUT", path, content=content, media="application/octet-stream", headers=headers, is_repeatable=False
    )
    return int((await ask_json(transport, call))["received"])


async def _received(transport: Transport, where: str, place: str) -> int | None:
    found = await ask_json(transport, Call("GET", where))
    return next((int(item["received"]) for item in found["files"] if item["path"] == place), None)


def _again(error: DmodError) -> DmodError:
    """Return an error that says whether sending from another byte can help."""
    if isinstance(error, ConflictError):
        error.retryable = True
    return error
