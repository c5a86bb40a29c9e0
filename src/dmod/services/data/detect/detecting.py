"""Finding out what a file or folder is."""

from __future__ import annotations

import csv
import lzma
import struct
import zlib
from dataclasses import replace
from pathlib import Path

from dmod.errors import InputError, NotFoundError, StoreError
from dmod.services.data.detect import json_document, sight
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.registry import DETECTORS
from dmod.services.data.detect.words import some

# what the libraries that read NetCDF, CSV, text and archives raise about bytes that make no sense
_DAMAGE = (
    *(RuntimeError, UnicodeError, OSError, ArithmeticError),
    *(csv.Error, zlib.error, lzma.LZMAError, struct.error),
)
_HINT = (
    "correct the path, or say yourself what it is: category, format and domain; "
    "the format GENERIC takes files of any kind"
)


def detect(path: Path | str) -> Detected:
    """Find out what a file or folder is, and what it covers; nothing is changed.

    Of a folder that holds a single file, or a single Zarr store, that is what is looked at.

    Raises
    ------
    NotFoundError
        there is nothing at the path.
    InputError
        it may not be read, it is damaged, or it is none of the kinds of data that are known; the message says
        what it looks like and what was tried.
    """
    path = Path(path).expanduser()
    sight.require_there(path)
    try:
        return _detect(path)
    finally:
        sight.forget()
        json_document.forget()


def _detect(path: Path) -> Detected:
    inside = _only_entry(path)
    if inside is not None:
        return replace(_detect(inside), path=path)
    for detector in DETECTORS:
        found = _asked(detector, path)
        if found is not None:
            return found
    tried = ", ".join(detector.name for detector in DETECTORS)
    raise InputError(
        f"{path} is none of the kinds of data that are known: it is {_looks_like(path)}; tried: {tried}",
        hint=_HINT,
    )


def _asked(detector: Detector, path: Path) -> Detected | None:
    """Return what a detector finds; None where it does not recognise the path."""
    recognised = False
    try:
        recognised = detector.recognises(path)
        return detector.read(path) if recognised else None
    except (InputError, NotFoundError, StoreError) as error:
        if not recognised:
            raise InputError(error.message, hint=error.hint) from error
        raise InputError(
            f"{path} looks like this: {detector.name}; but it cannot be read as that: {error.message}",
            hint=error.hint,
        ) from error
    except _DAMAGE as error:
        kind = f" (it looks like this: {detector.name})" if recognised else ""
        raise InputError(
            f"{path} is damaged or cannot be read{kind}: {error}", hint="copy or make it again"
        ) from error


def _only_entry(path: Path) -> Path | None:
    """Return the one file or store that a folder holds; None where it is no folder, or holds more or none."""
    if not path.is_dir() or sight.is_store(path):
        return None
    entries = sight.listing(path).entries
    return path / entries[0] if len(entries) == 1 else None


def _looks_like(path: Path) -> str:
    members = sorted(json_document.members_of(path))
    keys = f" with the keys {some(members)}" if members else ""
    return sight.looks_like(path) + keys
