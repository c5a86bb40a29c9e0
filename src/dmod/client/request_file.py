"""Requests out of files: YAML or JSON, in which a date is text and no key stands twice."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dmod.core.document_text import load_json, load_yaml
from dmod.errors import InputError

Asked = Mapping[str, Any] | str | Path
"""A request, the file of one, or ``-`` for standard input."""
LARGEST = 16 << 20
"""Bytes of a file."""


def read_request(asked: Asked) -> dict[str, Any]:
    """Return a request as a document.

    Raises
    ------
    InputError
        it cannot be read, or is no mapping.
    """
    if isinstance(asked, Mapping):
        return dict(asked)
    where = "standard input" if str(asked) == "-" else str(asked)
    document = parse(_text(asked, where), where)
    if not isinstance(document, dict):
        raise InputError(
            f"{where} holds no request", hint="a request is a mapping of keys to values: dmod schema"
        )
    return document


def parse(text: str, where: str) -> Any:
    """Return what a text of YAML, of which JSON is a part, holds.

    Parameters
    ----------
    where : named in messages

    Raises
    ------
    InputError
        it is neither.
    """
    if where.lower().endswith(".json"):
        return load_json(text, where)
    if text.lstrip().startswith("{"):
        with suppress(InputError):  # what is not quite JSON may be YAML, which is read much slower
            return load_json(text, where)
    return load_yaml(text, where)


def _text(asked: str | Path, where: str) -> str:
    try:
        data = sys.stdin.buffer.read(LARGEST + 1) if str(asked) == "-" else _bytes(Path(asked))
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"the request {where} cannot be read: {(error.strerror or '').lower()}",
            hint="name a file of YAML or JSON, or - for standard input",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is no text in UTF-8", hint="a request is YAML or JSON") from error
    if len(data) > LARGEST:
        raise InputError(f"{where} is larger than {LARGEST >> 20} MiB", hint="name catchments by a place")
    return text


def _bytes(path: Path) -> bytes:
    with path.expanduser().open("rb") as file:
        return file.read(LARGEST + 1)
