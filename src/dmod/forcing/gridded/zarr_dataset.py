"""A Zarr group, format 2 or 3, on a disk, in a bucket or behind a web server."""

from __future__ import annotations

import base64
import itertools
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError, NotFoundError, StoreError
from dmod.forcing.gridded.answers import answering
from dmod.forcing.gridded.dataset import Cube, RawDataset, RawVariable, arranged, ordered, selection
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.store import Place

METADATA = ("zarr.json", ".zmetadata", ".zgroup", ".zarray", ".zattrs")
DAMAGE = (RuntimeError, ValueError, TypeError, OSError, EOFError, zlib.error, struct.error)
SAMPLES = 6  # chunks whose size is asked for when the bytes to read are estimated


class ZarrCube(Cube):
    """One array of a Zarr group; its chunks are read and decoded side by side."""

    def __init__(self, array: Any, where: str, place: Place, order: tuple[int, int, int]) -> None:
        self.where = where
        self.order = order
        self.shape = ordered(array.shape, order)
        self.chunk = ordered(array.shards or array.chunks, order)
        self._array = array
        self._place = place

    def read(self, first: int, count: int, window: GridWindow) -> NDArray[Any]:
        """Return the numbers as stored, (time, row, column)."""
        wanted = selection(self.order, self._array.ndim, first, count, window)
        try:
            values = self._array[wanted]
        except DAMAGE as error:
            raise self._damaged(wanted, error) from error
        return arranged(np.asarray(values), self.order)

    def stored_bytes(self, first: int, count: int, window: GridWindow) -> int:
        """Estimate from the sizes of some of the chunks."""
        wanted = selection(self.order, self._array.ndim, first, count, window)
        chunks = self._chunks(wanted)
        number = int(np.prod([len(places) for places in chunks]))
        every = max(1, number // SAMPLES)
        sampled = itertools.islice(itertools.product(*chunks), every // 2, None, every)
        sizes = [self._place.size(self._key(chunk)) or 0 for chunk in sampled]
        return round(number * sum(sizes) / max(1, len(sizes)))

    def _chunks(self, wanted: Sequence[slice | int]) -> list[range]:
        """Return along each dimension the chunks that a selection touches."""
        sizes = self._array.shards or self._array.chunks
        spans = [part if isinstance(part, slice) else slice(part, part + 1) for part in wanted]
        return [
            range(span.start // size, (span.stop - 1) // size + 1)
            for span, size in zip(spans, sizes, strict=True)
        ]

    def _key(self, chunk: tuple[int, ...]) -> str:
        return f"{self._array.path}/{self._array.metadata.encode_chunk_key(chunk)}"

    def _damaged(self, wanted: Sequence[slice | int], error: Exception) -> StoreError:
        """Say which chunk it is that cannot be decoded."""
        sizes = self._array.shards or self._array.chunks
        bad = ""
        for chunk in itertools.product(*self._chunks(wanted)):
            inside = tuple(
                slice(place * size, (place + 1) * size) for place, size in zip(chunk, sizes, strict=True)
            )
            try:
                self._array[inside]
            except DAMAGE as reason:
                bad, error = self._key(chunk), reason
                break
        return StoreError(
            f"{self.where}: chunk {bad or 'unknown'} of {self._array.path} cannot be decoded: {error}"
            " (cut short, or damaged)",
            hint="copy that object again, or ask whoever keeps the store",
        )


def open_zarr(place: Place, expected: Sequence[str] = ()) -> RawDataset:
    """Open a Zarr group; nothing but its description is read.

    Parameters
    ----------
    expected : arrays to ask for by name where the store can neither list them nor holds a list

    Raises
    ------
    NotFoundError
        there is no Zarr group.
    InputError
        its description cannot be read.
    StoreError
        the store does not answer.
    """
    import zarr
    from zarr.errors import BaseZarrError, GroupNotFoundError

    store = _counting_store()(place.objects, place.url)
    try:
        group = zarr.open_group(store, mode="r")
        arrays = _arrays(group, place, expected)
    except GroupNotFoundError as error:
        raise NotFoundError(
            f"{place}: there is no Zarr store (neither zarr.json nor .zgroup or .zmetadata)",
            hint="check the name of the bucket and the path",
        ) from error
    except (BaseZarrError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{place}: the description of the Zarr store cannot be read: {error}",
            hint="copy or make the store again",
        ) from error
    variables = {name: _variable(name, array) for name, array in arrays.items()}

    def read(name: str) -> NDArray[Any]:
        try:
            return np.asarray(arrays[name][...])
        except DAMAGE as error:
            raise StoreError(f"{place}: {name} cannot be decoded: {error} (cut short, or damaged)") from error

    def cube(name: str, order: tuple[int, int, int]) -> Cube:
        return ZarrCube(arrays[name], str(place), place, order)

    described = "\n".join(f"{name} {array.metadata}" for name, array in sorted(arrays.items()))
    return RawDataset(
        str(place),
        variables,
        dict(group.attrs),
        read,
        cube,
        described.encode(),
        lambda: store.missing,
    )


def _arrays(group: Any, place: Place, expected: Sequence[str]) -> dict[str, Any]:
    """Return the arrays of a group by name."""
    from zarr import Array

    if group.metadata.consolidated_metadata is not None or place.can_list:
        return dict(_members(group))
    found = {name: group[name] for name in expected if name in group}
    arrays = {name: array for name, array in found.items() if isinstance(array, Array)}
    if not arrays:
        raise InputError(
            f"{place}: the store has no list of its arrays, and a web server cannot be asked for one",
            hint="consolidate its metadata (zarr.consolidate_metadata), or read it through s3:// or gs://",
        )
    return arrays


def _members(group: Any) -> Iterator[tuple[str, Any]]:
    import warnings

    from zarr.errors import ZarrUserWarning

    with warnings.catch_warnings():
        # other files may lie in the folder of a store: they are none of its arrays
        warnings.filterwarnings("ignore", message="Object at .* is not recognized", category=ZarrUserWarning)
        yield from group.arrays()


def _variable(name: str, array: Any) -> RawVariable:
    attributes = dict(array.attrs)
    named = attributes.pop("_ARRAY_DIMENSIONS", None)
    if named is None:
        named = getattr(array.metadata, "dimension_names", None)
    dimensions = tuple(str(part) for part in named) if named else ()
    fill = _fill(array, attributes)
    if fill is not None:
        attributes["_FillValue"] = fill
    chunk = tuple(array.shards or array.chunks)
    return RawVariable(name, dimensions, tuple(array.shape), np.dtype(array.dtype), chunk, attributes)


def _fill(array: Any, attributes: Mapping[str, Any]) -> Any:
    """Return the value that marks what is missing.

    In format 2 it is the array's own fill value, unless that is 0, which is no mark but what arrays that
    nobody thought about are filled with. In format 3 it is an attribute, where xarray writes it in base64.
    """
    stated = attributes.get("_FillValue")
    if isinstance(stated, str) and array.dtype.kind == "f":
        return struct.unpack("<d", base64.standard_b64decode(stated))[0]
    if stated is not None:
        return stated
    fill = array.fill_value
    return fill if array.metadata.zarr_format == 2 and fill is not None and fill != 0 else None


@lru_cache(maxsize=1)
def _counting_store() -> Any:
    """Return a store for zarr that counts chunks that do not exist, and whose errors are those of dmod."""
    from zarr.storage import ObjectStore

    class CountingStore(ObjectStore):  # type: ignore[type-arg]
        def __init__(self, objects: Any, url: str, *, read_only: bool = True) -> None:
            super().__init__(objects, read_only=read_only)
            self.url = url
            self.missing = 0

        async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
            with answering(f"{self.url}/{key}"):
                found = await super().get(key, prototype, byte_range)
            if found is None and key.rpartition("/")[2] not in METADATA:
                self.missing += 1
            return found

    return CountingStore
