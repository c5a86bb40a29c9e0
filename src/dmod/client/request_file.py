"""Requests out of files: YAML or JSON, in which a date is text and no key stands twice."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dmod.errors import InputError

Asked = Mapping[str, Any] | str | Path
"""A request, the file of one, or ``-`` for standard input."""
LARGEST = 16 << 20
"""Bytes of a file."""
_PLAIN = {
    "null": re.compile(r"(?:~|null|)\Z"),
    "bool": re.compile(r"(?:true|false)\Z"),
    "int": re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z"),
    "float": re.compile(r"[-+]?[0-9]+(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)\Z"),
}
"""What is not text in YAML: an id such as ``00060`` is, and so are ``no``, ``12:30`` and dates."""


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
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError as error:
            if where.endswith(".json"):
                raise InputError(f"{where} is no JSON: {error}") from error
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())[:300]
        raise InputError(f"{where} is no YAML: {said}", hint="JSON will do, too") from error
    except RecursionError as error:
        raise InputError(f"{where} is nested too deep") from error


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


@cache
def _loader() -> Any:
    import yaml

    class RequestLoader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - as its parent has it

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [getattr(key, "value", None) for key, _ in node.value]
            twice = next((key for key in keys if isinstance(key, str) and keys.count(key) > 1), None)
            if twice is not None:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {twice!r} stands twice", node.start_mark
                )
            return dict(super().construct_mapping(node, deep))

    first = {"null": [*"~n", ""], "bool": [*"tf"], "int": [*"-+0123456789"], "float": [*"-+0123456789"]}
    for name, pattern in _PLAIN.items():
        RequestLoader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", pattern, first[name])
    return RequestLoader
