"""Where in a NetCDF-4 file the values of a variable lie, as the HDF5 library tells that wrote it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import BackendError, StoreError

UNDEFINED = 2**64 - 1
"""Where what has no room in the file lies, or does not lie in one piece."""
_ID, _OFFSET = ctypes.c_int64, ctypes.c_uint64
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "H5Fopen": (_ID, (ctypes.c_char_p, ctypes.c_uint, _ID)),
    "H5Fclose": (ctypes.c_int, (_ID,)),
    "H5Dopen2": (_ID, (_ID, ctypes.c_char_p, _ID)),
    "H5Dget_offset": (_OFFSET, (_ID,)),
    "H5Dclose": (ctypes.c_int, (_ID,)),
}


def storage_offsets(path: Path, names: Iterable[str]) -> dict[str, int]:
    """Return the byte at which each variable begins; its values lie there in one piece, in C order.

    Parameters
    ----------
    path : of a file that is closed
    names : of variables in contiguous storage that have been written to

    Raises
    ------
    StoreError
        the file cannot be opened, or a variable is not there or not in one piece.
    BackendError
        the NetCDF library was built in a way that hides HDF5.
    """
    library = _library()
    with HDF5_LOCK, _opened(library.H5Fopen(bytes(path), 0, 0), library.H5Fclose, f"{path}") as file:
        found = {}
        for name in names:
            what = f"{path}: variable {name!r}"
            with _opened(library.H5Dopen2(file, name.encode(), 0), library.H5Dclose, what) as dataset:
                found[name] = int(library.H5Dget_offset(dataset))
            if found[name] == UNDEFINED:
                raise StoreError(f"{what} does not lie in one piece")
        return found


@contextmanager
def _opened(identifier: int, close: Any, what: str) -> Iterator[int]:
    if identifier < 0:
        raise StoreError(f"{what} cannot be opened")
    try:
        yield identifier
    finally:
        close(identifier)


@cache
def _library() -> Any:
    """Return the HDF5 library that is in this process already: NetCDF's own, which is linked with it."""
    from netCDF4 import _netCDF4

    library = ctypes.CDLL(_netCDF4.__file__)
    try:
        for name, (result, parameters) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, parameters
    except AttributeError as error:
        raise BackendError(
            f"{_netCDF4.__file__} does not let its HDF5 library be called: {error}",
            hint="install netCDF4 from its wheel, or run without parts",
        ) from error
    return library
