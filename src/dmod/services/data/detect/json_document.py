"""JSON documents as they are looked at by several detectors: read once."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from dmod.errors import InputError
from dmod.services.data.detect.sight import Kind, kind_of, unreadable


def json_of(path: Path) -> Any:
    """Return the content of a JSON file; None of anything else.

    Raises
    ------
    InputError
        it begins like JSON, and is none.
    """
    if path.is_dir() or kind_of(path) is not Kind.JSON:
        return None
    return _read(path, path.stat().st_mtime_ns, path.stat().st_size)


def members_of(path: Path) -> frozenset[str]:
    """Return the keys of the object that a JSON file holds; none of anything else.

    Raises
    ------
    InputError
        it begins like JSON, and is none.
    """
    document = json_of(path)
    return frozenset(document) if isinstance(document, dict) else frozenset()


def forget() -> None:
    """Let go of the document that was read last."""
    _read.cache_clear()


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int, _size: int) -> Any:
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} begins like JSON, but is no UTF-8 text", hint="save it in UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path} begins like JSON, but is none: {error.msg} (line {error.lineno})",
            hint="the file may be cut short: copy or make it again",
        ) from error
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply to be read") from error
