"""Many arrays and some facts in one file that is mapped into memory, not read.

Layout: a magic line, the length and hash of a JSON header, the header, then the arrays at multiples of 64
bytes. The header says how long the file is, so that one that was cut short is noticed when it is opened; the
hash over the arrays is checked when asked for.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError

Array = NDArray[Any]
Arrays = Mapping[str, Array]

MAGIC = b"dmod fabric index 1\n"
_HEAD = struct.Struct("<Q32s")
_ALIGNMENT = 64


def write_arrays(path: Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write arrays and facts; the caller sees to it that the file appears whole or not at all."""
    stored = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    places, end = {}, 0
    for name, array in stored.items():
        places[name] = [array.dtype.str, list(array.shape), end]
        end = _aligned(end + array.nbytes)
    header = {"facts": facts, "arrays": places, "size": end, "content": _content_hash(stored.values())}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(MAGIC)
        file.write(_HEAD.pack(len(text), _hash(text)))
        file.write(text)
        file.write(bytes(_aligned(file.tell()) - file.tell()))
        for array in stored.values():
            file.write(array.data)
            file.write(bytes(_aligned(array.nbytes) - array.nbytes))


def map_arrays(path: Path, *, verify: bool = False) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays, which stay on the disk until they are looked at, and the facts.

    Parameters
    ----------
    verify : whether to hash the arrays too

    Raises
    ------
    HydrofabricError
        the file is no such file, of another layout, cut short or damaged.
    """
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise _unusable(path, f"it cannot be read ({error})") from error
    header, start = _header(path, content)
    if len(content) < start + header["size"]:
        raise _unusable(path, f"it is cut short: {len(content)} bytes of {start + header['size']}")
    arrays = {
        name: np.frombuffer(content, dtype, _count(shape), start + offset).reshape(shape)
        for name, (dtype, shape, offset) in header["arrays"].items()
    }
    if verify and _content_hash(arrays.values()) != header["content"]:
        raise _unusable(path, "its content does not have the hash that it had when it was written")
    facts: dict[str, Any] = header["facts"]
    return arrays, facts


def _header(path: Path, content: mmap.mmap) -> tuple[dict[str, Any], int]:
    begin = len(MAGIC) + _HEAD.size
    if content[: len(MAGIC)] != MAGIC or len(content) < begin:
        raise _unusable(path, "it was made by another version, or is none")
    length, digest = _HEAD.unpack(content[len(MAGIC) : begin])
    text = content[begin : begin + length]
    if len(text) < length or _hash(text) != digest:
        raise _unusable(path, "its header is damaged")
    header: dict[str, Any] = json.loads(text)
    return header, _aligned(begin + length)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _count(shape: Iterable[int]) -> int:
    return int(np.prod(list(shape), dtype=np.int64))


def _hash(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=32).digest()


def _content_hash(arrays: Iterable[Array]) -> str:
    digest = hashlib.blake2b(digest_size=32)
    for array in arrays:
        digest.update(array.data)
    return digest.hexdigest()


def _unusable(path: Path, reason: str) -> HydrofabricError:
    return HydrofabricError(f"the index {path} cannot be used: {reason}", hint="it is built anew by itself")
